// Plots of counts: bars over time, lists with bars, and the part of a log that is proven.

import { count } from "./format.js";
import { el, svg } from "./elements.js";

/** The proven prefix of a log as a bar, or what else was done with a prefix; what is not proven yet stays amber, and red begins where the log is broken. */
export function provenBar(proven, size, brokenAt, verb = "proven") {
  const x = (position) => (size === 0 ? 0 : (1000 * position) / size);
  return svg(
    "svg",
    {
      class: size === 0 ? "proven-bar nothing" : "proven-bar",
      viewBox: "0 0 1000 14",
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": `${count(proven)} of ${count(size)} events ${verb}` + (brokenAt ? `, broken at ${count(brokenAt)}` : ""),
    },
    svg("rect", { class: "part", x: 0, y: 0, width: x(brokenAt ? Math.min(proven, brokenAt - 1) : proven), height: 14 }),
    brokenAt && svg("rect", { class: "broken", x: Math.min(990, x(brokenAt - 1)), y: 0, width: 1000, height: 14 }),
  );
}

/**
 * Bars over time. `points` are { at: milliseconds, value }, one per step; steps without a point are 0.
 */
export function ratePlot(points, from, to, stepMillis, noun) {
  const steps = Math.max(1, Math.round((to - from) / stepMillis));
  const values = new Array(steps).fill(0);
  for (const { at, value } of points) {
    const i = Math.floor((at - from) / stepMillis);
    if (i >= 0 && i < steps) values[i] += value;
  }
  const highest = Math.max(1, ...values);
  const clock = (at) => new Date(at).toLocaleTimeString("sv-SE", { hour: "2-digit", minute: "2-digit" });
  const bars = values.map((value, i) => {
    const height = (96 * value) / highest;
    return (
      value > 0 &&
      svg(
        "rect",
        { class: "bar", x: i + 0.14, y: 100 - Math.max(1.5, height), width: 0.72, height: Math.max(1.5, height) },
        svg("title", null, `${clock(from + i * stepMillis)}: ${count(value)} ${noun}`),
      )
    );
  });
  const total = values.reduce((sum, value) => sum + value, 0);
  return el(
    "figure",
    { class: "plot" },
    el("div", { class: "axis" }, el("span", null, `${count(Math.max(...values))} ${noun}`), el("span", null, `${count(total)} in all`)),
    svg(
      "svg",
      {
        viewBox: `0 0 ${steps} 100`,
        preserveAspectRatio: "none",
        role: "img",
        "aria-label": `${count(total)} ${noun} from ${clock(from)} to ${clock(to)}, at most ${count(highest)} at a time`,
      },
      [4, 52, 100].map((y) => svg("path", { class: "grid-line", d: `M0 ${y}H${steps}` })),
      bars,
    ),
    el("div", { class: "axis" }, [0, 0.25, 0.5, 0.75, 1].map((part) => el("span", null, clock(from + part * (to - from))))),
  );
}

/** Names with counts, each with a bar against the largest; items are { name, value, href }. */
export function barList(items) {
  const highest = Math.max(1, ...items.map(({ value }) => value));
  return el(
    "ul",
    { class: "bars" },
    items.map(({ name, value, href }) =>
      el(
        "li",
        null,
        el("a", { href, class: "long" }, name),
        el("span", { class: "value" }, count(value)),
        svg(
          "svg",
          { viewBox: "0 0 1000 5", preserveAspectRatio: "none", "aria-hidden": "true" },
          svg("rect", { x: 0, y: 0, width: Math.max(4, (1000 * value) / highest), height: 5 }),
        ),
      ),
    ),
  );
}
