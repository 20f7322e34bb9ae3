// Draws the way of a leaf up to the root: our own nodes in the middle, and beside each the subtree that it is hashed with.

import { hex } from "./bytes.js";
import { count, short } from "./format.js";
import { svg } from "./elements.js";

const WIDTH = 400;
const MIDDLE = WIDTH / 2;
const BOX = { width: 116, height: 28 };
const ASIDE = 138; // from the middle to a sibling's middle
const ROOM = 80; // from one level to the next
const TIGHT = 66; // the same where there are many levels
const MANY_LEVELS = 9;
const CHECKPOINT = 64; // room for the checkpoint above the root

/**
 * The drawing of a tree of check.js. `state` colours our way: good where it leads to the signed root, bad where it leads
 * elsewhere, unsure where nothing is signed.
 */
export function drawPath(tree, state, checkpoint) {
  const room = tree.steps.length > MANY_LEVELS ? TIGHT : ROOM;
  const height = CHECKPOINT + BOX.height + tree.steps.length * room + 44;
  const yOf = (level) => CHECKPOINT + BOX.height / 2 + (tree.steps.length - level) * room;
  const edges = [];
  const boxes = [];
  tree.steps.forEach((step, i) => {
    const [y, above] = [yOf(i), yOf(i + 1)];
    const x = MIDDLE + (step.onTheLeft ? -ASIDE : ASIDE);
    const bend = y - BOX.height / 2 - 8;
    edges.push(svg("path", { class: "edge", d: `M${x} ${y - BOX.height / 2}V${bend}H${MIDDLE}` }));
    edges.push(svg("path", { class: "edge way is-" + state, d: `M${MIDDLE} ${y - BOX.height / 2}V${above + BOX.height / 2}` }));
    boxes.push(subtree(x, y, step));
    boxes.push(box(x, y, "box", hex(step.sibling)));
    boxes.push(label(x, y + BOX.height / 2 + (step.end - step.begin > 1n ? 19 : 13), leaves(step)));
  });
  boxes.push(box(MIDDLE, yOf(0), "box is-" + state, hex(tree.leaf)));
  tree.steps.forEach((step, i) => boxes.push(box(MIDDLE, yOf(i + 1), "box is-" + state, hex(step.node))));
  boxes.push(label(MIDDLE, yOf(0) + BOX.height / 2 + 14, `event ${count(tree.index + 1n)}`));
  return svg(
    "svg",
    {
      class: "tree",
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: "img",
      "aria-label": `The path of event ${tree.index + 1n} through ${tree.steps.length} levels to the root of ${tree.size} events`,
    },
    edges,
    boxes,
    seal(yOf(tree.steps.length), tree, state, checkpoint),
  );
}

/** The checkpoint above the root, and whether the two are the same. */
function seal(rootY, tree, state, checkpoint) {
  const sign = { good: "=", bad: "≠", unsure: "?" }[state];
  const text = checkpoint === null ? "no signed checkpoint" : short(hex(checkpoint.root));
  return [
    svg("rect", { class: "box is-" + state, x: MIDDLE - 92, y: 1, width: 184, height: 40, rx: 20 }),
    label(MIDDLE, 13, checkpoint === null ? "" : `signed root of ${count(checkpoint.size)}`),
    svg("text", { x: MIDDLE, y: checkpoint === null ? 21 : 29 }, text),
    svg("text", { x: MIDDLE, y: (41 + rootY - BOX.height / 2) / 2, "font-size": 16 }, sign),
    label(MIDDLE + BOX.width / 2 + 20, rootY, "root"),
  ];
}

function box(x, y, name, hash) {
  return svg(
    "g",
    null,
    svg("title", null, hash),
    svg("rect", { class: name, x: x - BOX.width / 2, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 6 }),
    svg("text", { x, y }, short(hash)),
  );
}

/** A hill below a sibling: wider the more leaves it covers. */
function subtree(x, y, { begin, end }) {
  const levels = (end - begin).toString(2).length - 1;
  if (levels === 0) return [];
  const half = Math.min(BOX.width / 2, 12 + 6 * levels);
  const top = y + BOX.height / 2;
  return svg("path", { class: "subtree", d: `M${x - 6} ${top}H${x + 6}L${x + half} ${top + 11}H${x - half}Z` });
}

function leaves({ begin, end }) {
  return end - begin === 1n ? `event ${count(end)}` : `${count(begin + 1n)} – ${count(end)}`;
}

function label(x, y, text) {
  return svg("text", { class: "label", x, y }, text);
}

/** How the subtrees beside the path and the leaf itself make up the whole log, to scale. */
export function drawCover(tree) {
  const size = Number(tree.size);
  const parts = tree.steps.map(({ begin, end }, i) =>
    svg(
      "rect",
      { class: i % 2 === 0 ? "odd" : "even", x: (1000 * Number(begin)) / size, y: 3, width: (1000 * Number(end - begin)) / size, height: 6 },
      svg("title", null, leaves({ begin, end })),
    ),
  );
  const width = Math.max(6, 1000 / size);
  const x = Math.min(1000 - width, (1000 * Number(tree.index)) / size);
  return svg(
    "svg",
    { class: "cover", viewBox: "0 0 1000 12", preserveAspectRatio: "none", role: "img", "aria-label": "Where this event stands in the log" },
    parts,
    svg("rect", { class: "leaf", x, y: 0, width, height: 12 }),
  );
}
