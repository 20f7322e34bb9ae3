// Receipts: what the log's own key has signed of events that are erased or trimmed. Checked here, under the pinned key.

import { get, of, withQuery } from "./api.js";
import { utf8 } from "./bytes.js";
import { memory } from "./trust.js";
import { openNote, readKey, Refused } from "./verifier.js";

const PAGE = 1000; // receipts asked for at a time
const MAX_PAGES = 20; // a receipt names up to 8,192 ranges, so that there are rarely many

/** Reads a receipt under the log's pinned key: its kind and the lines below. Throws Refused, or Unable. */
export async function readReceipt(log, text) {
  const remembered = memory(log);
  if (remembered === null) throw new Refused("no key of this log is pinned yet");
  const note = await openNote(utf8(String(text)), await readKey(remembered.vkey));
  const [form, origin, kind, ...lines] = note.text.slice(0, -1).split("\n");
  if (form !== "stele/receipt/v1") throw new Refused("what is signed is no receipt");
  if (origin !== remembered.origin) throw new Refused(`it is a receipt of the log ${origin}`);
  return { kind, lines };
}

/** The position of a good receipt that names an event as erased; null where none was found. */
export async function receiptOf(log, position, signal) {
  let after = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { receipts } = await get(withQuery(of(log, "receipts"), { after, limit: PAGE }), signal);
    for (const one of receipts) {
      if (one.type === "erased" && (await names(log, one.receipt, position))) return one.position;
    }
    if (receipts.length < PAGE) return null;
    after = receipts.at(-1).revision;
  }
  return null;
}

async function names(log, text, position) {
  try {
    const { kind, lines } = await readReceipt(log, text);
    return kind === "erased" && lines.some((line) => isWithin(line, BigInt(position)));
  } catch (trouble) {
    if (trouble instanceof Refused) return false;
    throw trouble;
  }
}

function isWithin(line, position) {
  const range = /^([0-9]+)-([0-9]+) /.exec(line);
  return range !== null && BigInt(range[1]) <= position && position <= BigInt(range[2]);
}
