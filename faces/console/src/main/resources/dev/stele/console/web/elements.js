// Makes elements. Text becomes text nodes and never markup: what events say is untrusted.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, listeners (`onclick`) and children; children that are null or false are left out. */
export function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for drawings. */
export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  return add(element, ...children);
}

/** Puts children behind what an element holds; those that are null or false are left out. */
export function add(element, ...children) {
  element.append(...present(children));
  return element;
}

/** Puts children in place of what an element holds. */
export function replace(element, ...children) {
  element.replaceChildren(...present(children));
}

function present(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
}

/** A word on a coloured ground. Kinds: good, bad, unsure, quiet. */
export function badge(kind, text, title) {
  return el("span", { class: "badge " + kind, title }, mark(kind), text);
}

/** The sign of a kind, so that no colour alone says anything. */
export function mark(kind) {
  const drawn = {
    good: ["M3.5 8.5 6.5 11.5 12.5 4.5"],
    bad: ["M4 4 12 12", "M12 4 4 12"],
    unsure: ["M8 3.5V9", "M8 12.2v.3"],
    quiet: ["M4 8H12"],
  }[kind];
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    drawn.map((d) => svg("path", { d })),
  );
}

/** A part of a page under a heading. */
export function card(title, attributes, ...children) {
  const { tools, ...rest } = attributes ?? {};
  return el(
    "section",
    { ...rest, class: "card " + (rest.class ?? "") },
    el("div", { class: "card-head" }, el("h2", null, title), tools),
    children,
  );
}

/** Names and values. */
export function facts(pairs) {
  return el(
    "dl",
    { class: "facts" },
    pairs.filter(Boolean).map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))),
  );
}

/** What stands where there is nothing. */
export function empty(title, text, ...more) {
  return el("div", { class: "empty" }, el("p", { class: "empty-title" }, title), el("p", null, text), more);
}

/** A hash or other long text in full, that can be copied. */
export function code(text) {
  return el("code", { class: "long" }, text);
}

/** A button that copies a text. */
export function copyButton(text, what) {
  const button = el(
    "button",
    {
      type: "button",
      class: "small",
      "aria-label": "Copy " + what,
      onclick: async () => {
        await navigator.clipboard?.writeText(text);
        button.textContent = "Copied";
        setTimeout(() => (button.textContent = "Copy"), 1500);
      },
    },
    "Copy",
  );
  return button;
}

/** A table with a caption for those who do not see it; rows are lists of cells. */
export function table(caption, heads, rows) {
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    el(
      "table",
      null,
      el("caption", { class: "unseen" }, caption),
      el(
        "thead",
        null,
        el("tr", null, heads.map((head) => el("th", { scope: "col", class: head.startsWith("#") && "number" }, head.replace("#", "")))),
      ),
      el(
        "tbody",
        null,
        rows.map((cells) =>
          el("tr", null, cells.map((cell, i) => el("td", { class: heads[i].startsWith("#") && "number" }, cell))),
        ),
      ),
    ),
  );
}

/** Hands bytes or a text to the reader as a file. */
export function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = el("a", { href: url, download: name });
  link.click();
  // Later, as the browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** Asks before something that cannot be undone; resolves to whether it was confirmed. */
export function confirm(title, text, verb) {
  return new Promise((resolve) => {
    const dialog = el(
      "dialog",
      { "aria-labelledby": "confirm-title", onclose: () => (dialog.remove(), resolve(dialog.returnValue === "yes")) },
      el(
        "form",
        { method: "dialog" },
        el("h2", { id: "confirm-title" }, title),
        el("p", null, text),
        el(
          "div",
          { class: "row end" },
          el("button", { value: "no", class: "plain" }, "Cancel"),
          el("button", { value: "yes", class: "danger" }, verb),
        ),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}
