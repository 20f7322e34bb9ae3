// What was erased, trimmed or released, as the log's own key has signed it. The signatures are checked here.

import { get, of, withQuery } from "../api.js";
import { add, badge, card, code, el, empty, facts } from "../elements.js";
import { time } from "../format.js";
import { readReceipt } from "../receipt.js";
import { Unable } from "../verifier.js";

export const title = () => "Receipts";

const LIMIT = 50;

export async function show({ log, into, signal, query, observe }) {
  const here = `#/logs/${encodeURIComponent(log)}`;
  await observe();
  const { receipts } = await get(withQuery(of(log, "receipts"), { after: query.get("after"), limit: LIMIT }), signal);
  const judged = await Promise.all(receipts.map(async (receipt) => ({ receipt, ...(await judge(log, receipt)) })));
  add(
    into,
    el("div", { class: "page-head" }, el("div", null, el("h1", null, "Receipts"), el("p", { class: "lead" }, "Nothing is forgotten in silence. Each erasure and trim is an event of its own, signed by the log's key."))),
    judged.length === 0 ? empty("No receipts", "Nothing was erased, trimmed or released.") : judged.map((one) => receiptCard(here, one)),
    receipts.length === LIMIT && el("nav", { class: "row end", "aria-label": "Pages of receipts" }, el("a", { class: "button", href: `${here}/receipts?after=${receipts.at(-1).revision}` }, "More")),
  );
}

async function judge(log, { receipt }) {
  try {
    return { state: "good", reason: "The signature is good.", ...(await readReceipt(log, receipt)) };
  } catch (trouble) {
    return { state: trouble instanceof Unable ? "unsure" : "bad", reason: trouble.message };
  }
}

function receiptCard(here, { receipt, state, reason, kind, lines }) {
  return card(
    { erased: "Erased", trimmed: "Trimmed", "claims-released": "Claims released", rewound: "Put back" }[kind] ?? receipt.type,
    { tools: badge(state, state === "good" ? "signature checked" : state === "bad" ? "refused" : "not checked", reason) },
    facts([
      ["Recorded", time(receipt.recordedAt)],
      ["Event", el("a", { href: `${here}/events/${receipt.position}` }, String(receipt.position))],
      state !== "good" && ["Why", reason],
      ...told(here, kind, lines ?? []),
    ]),
    el("details", null, el("summary", null, "As it is signed"), el("pre", { class: "wrap", tabindex: "0" }, String(receipt.receipt))),
  );
}

function told(here, kind, lines) {
  switch (kind) {
    case "erased":
      return [["Positions", lines.map((line) => line.split(" ")[0]).map((range) => rangeLink(here, range))]];
    case "trimmed":
      return [["Up to", lines[0]], ["Root before it", code(lines[2] ?? "")]];
    case "rewound":
      return [["To", `${lines[0]} events`], ["Lost from", `${lines[1]} events`], ["Root of those", code(lines[2] ?? "")]];
    case "claims-released":
      return [["Made before", time(Number(lines[0]))]];
    default:
      return [];
  }
}

function rangeLink(here, range) {
  const [first, last] = range.split("-");
  return el("span", null, el("a", { href: `${here}/events/${first}` }, first === last ? first : `${first} to ${last}`), " ");
}
