// What in this page hinders people who do not see it, do not see it well, or use no mouse. An expression whose value is
// a list of findings; an empty list is good.

(() => {
  const found = [];
  const tell = (what, element) => found.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const isShown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getClientRects().length > 0;

  // ---- Names and structure ----
  const nameOf = (element) => {
    const ids = element.getAttribute("aria-labelledby");
    if (ids) return ids.split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim();
    const label = element.getAttribute("aria-label");
    if (label) return label.trim();
    if (element.labels?.length) return [...element.labels].map((one) => one.firstChild?.textContent ?? "").join(" ").trim();
    const alt = [...element.querySelectorAll("img[alt]")].map((one) => one.alt).join(" ");
    return `${element.textContent} ${alt}`.trim() || element.title?.trim() || "";
  };
  for (const control of all("a[href], button, select, input, textarea, summary, [role=tab], [role=region], dialog")) {
    const isField = control.matches("select, input, textarea");
    const name = isField && !control.labels?.length && !control.hasAttribute("aria-label") ? "" : nameOf(control);
    if (name === "") tell("no name", control);
  }
  for (const image of all("img:not([alt])")) tell("no alternative text", image);
  for (const drawing of all("svg:not([aria-hidden=true])")) if (!drawing.getAttribute("aria-label")) tell("a drawing without a name", drawing);
  for (const element of all("[tabindex]")) if (Number(element.getAttribute("tabindex")) > 0) tell("an order of its own", element);
  const ids = all("[id]").map(({ id }) => id);
  for (const element of all("[id]")) if (ids.filter((id) => id === element.id).length > 1) tell("an id twice", element);
  for (const element of all("[aria-controls]")) {
    if (!document.getElementById(element.getAttribute("aria-controls"))) tell("it controls nothing", element);
  }
  if (all("main").length !== 1) found.push("there is not one main");
  if (all("main h1").length > 1) found.push("there is more than one h1");
  if (!document.documentElement.lang) found.push("the page has no language");
  if (!document.title) found.push("the page has no title");
  let level = 1;
  for (const heading of all("main h1, main h2, main h3")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) tell("a level of headings is left out", heading);
    level = next;
  }
  for (const list of all("ul, ol")) {
    if ([...list.children].some((child) => child.tagName !== "LI")) tell("a list with something else in it", list);
  }
  for (const cell of all("th")) if (!cell.scope) tell("a head of nothing", cell);
  if (document.documentElement.scrollWidth > innerWidth) {
    const wide = all("main *").find((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".scroll, pre, nav"));
    found.push(`the page is wider than the window: ${wide?.outerHTML.slice(0, 160)}`);
  }

  // ---- Contrast (WCAG 2.2, 1.4.3 and 1.4.11) ----
  const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = colour;
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("white");
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !isShown(element) || element.closest("svg, script, noscript, .unseen, :disabled, [aria-disabled=true]")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const asked = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const reached = ratio(rgba(style.color), ground(element));
    if (reached < asked) tell(`contrast ${reached.toFixed(2)} of ${asked}`, element);
    if (size < 11) tell(`text of ${size} px`, element);
  }
  for (const text of all("svg text")) {
    const box = text.previousElementSibling?.matches?.("rect") ? text.previousElementSibling : null;
    const behind = box ? rgba(getComputedStyle(box).fill) : ground(text.closest("svg"));
    const reached = ratio(rgba(getComputedStyle(text).fill), behind);
    if (reached < 4.5) tell(`contrast ${reached.toFixed(2)} in a drawing`, text);
  }
  for (const control of all("button:not(:disabled), select, input, textarea")) {
    if (!isShown(control) || control.matches("[role=tab]")) continue;
    const style = getComputedStyle(control);
    const behind = ground(control.parentElement);
    const edge = Math.max(ratio(rgba(style.borderTopColor), behind), ratio(rgba(style.backgroundColor), behind));
    if (edge < 3) tell(`edge of a control ${edge.toFixed(2)} of 3`, control);
    const box = control.getBoundingClientRect();
    if (box.height < 24 || box.width < 24) tell(`a control of ${box.width} by ${box.height} px`, control);
  }

  // ---- The palette, whether or not a page uses it all ----
  const named = (name) => {
    const swatch = document.body.appendChild(document.createElement("i"));
    swatch.className = name;
    swatch.style.color = `var(--${name})`;
    const colour = rgba(getComputedStyle(swatch).color);
    swatch.remove();
    return colour;
  };
  const pairs = [];
  for (const behind of ["ground", "slab", "sunk"]) for (const ink of ["ink", "soft", "accent"]) pairs.push([ink, behind, 4.5]);
  for (const behind of ["good", "bad", "unsure"]) for (const ink of [behind, "ink"]) pairs.push([ink, behind + "-ground", 4.5]);
  for (const ink of ["good", "bad", "unsure"]) pairs.push([ink, "slab", 4.5]);
  pairs.push(["accent", "accent-ground", 4.5], ["on-accent", "accent", 4.5], ["edge", "slab", 3], ["edge", "ground", 3]);
  for (const [ink, behind, asked] of pairs) {
    const reached = ratio(named(ink), named(behind));
    if (reached < asked) found.push(`${ink} on ${behind}: ${reached.toFixed(2)} of ${asked}`);
  }
  return found;
})()
