// The whole way of one event, from its bytes to the pinned key, step by step. Each step says what was computed here and
// what it was held against. No step takes the server's word.

import { fromBase64, fromHex, hex, equal, utf8 } from "./bytes.js";
import { instantOf, readBody, readRecord } from "./record.js";
import { receiptOf } from "./receipt.js";
import { meet } from "./trust.js";
import { climb, leafHash, Refused, sha256 } from "./verifier.js";

/**
 * Checks an event as the server serves it (with `record` and `body`) with the proof it gives, null where there is none.
 * Resolves to { verdict, reason, steps, record, body, tree, checkpoint }.
 *
 * verdict  "good" all holds · "bad" something does not · "unsure" not checked to the end, and reason says why
 * steps    { title, state, text, hashes: [{ label, value, state }] }, with the states of verdict, or "quiet"
 * tree     { leaf, steps, root, index, size }, the nodes that were climbed; null where none was
 */
export async function checkEvent(log, position, event, proof, signal) {
  const found = { verdict: "unsure", reason: null, steps: [], record: null, body: null, tree: null, checkpoint: null };
  const step = (title, state, text, hashes = []) => found.steps.push({ title, state, text, hashes });
  try {
    const bytes = fromBase64(event.record);
    if (bytes === null) throw new Refused("The server sent no record that could be read.");
    checkFields(position, event, readInto(found, "record", () => readRecord(bytes)), step);
    await checkBody(log, event, found, step, signal);
    const leaf = await leafHash(bytes);
    checkLeaf(leaf, event, proof, step);
    if (proof === null) {
      found.reason = "No signed checkpoint covers this event yet. The next one will.";
    } else {
      await checkPath(log, position, leaf, proof, found, step, signal);
    }
  } catch (trouble) {
    if (trouble.name === "AbortError") throw trouble;
    if (trouble instanceof Refused) step("What the server sent", "bad", sentence(trouble.message));
    else found.reason = trouble.message;
  }
  const states = found.steps.map(({ state }) => state);
  const broken = found.steps.find(({ state }) => state === "bad");
  if (broken) {
    found.verdict = "bad";
    found.reason = broken.text;
  } else if (found.reason === null && !states.includes("unsure")) {
    found.verdict = "good";
  } else {
    found.reason ??= found.steps.find(({ state }) => state === "unsure").text;
  }
  return found;
}

function readInto(found, name, read) {
  found[name] = read();
  return found[name];
}

function checkFields(position, event, record, step) {
  const said = {
    position: [event.position, record.position],
    stream: [event.stream, record.stream],
    revision: [event.revision, record.revision],
    type: [event.type, record.type],
    id: [event.id ?? "", record.id],
    "recorded at": [Date.parse(event.recordedAt), record.recordedAt],
    "admitted by": [event.admittedBy, record.admittedBy],
    "previous link": [event.previousLink, record.previousLink],
    "body hash": [event.bodyHash, record.bodyHash],
  };
  const differing = Object.entries(said).filter(([, [told, read]]) => String(told) !== String(read));
  if (record.position !== BigInt(position)) {
    step("Record", "bad", `The record is of position ${record.position}, and ${position} was asked for.`);
  } else if (differing.length > 0) {
    const [name, [told, read]] = differing[0];
    const shown = name === "recorded at" ? instantOf(read) : read;
    step("Record", "bad", `The server says that ${name} is “${told}”; the record says “${shown}”.`);
  } else {
    step("Record", "good", "Every field that the server named is what the record's own bytes say.");
  }
}

async function checkBody(log, event, found, step, signal) {
  const title = "Payload";
  if (event.erased) {
    const receipt = await receiptOf(log, found.record.position, signal);
    step(
      title,
      receipt === null ? "bad" : "quiet",
      receipt === null
        ? "It is missing, and no receipt that the log's key has signed says that it was erased."
        : `It was erased, as the signed receipt at position ${receipt} says. The record, and the hash it commits to, stay.`,
      [{ label: "body hash in the record", value: found.record.bodyHash }],
    );
    return;
  }
  const bytes = fromBase64(event.body);
  if (bytes === null) {
    step(title, "bad", "The server says that the body is there, and sends none.");
    return;
  }
  const computed = hex(await sha256(bytes));
  const holds = computed === found.record.bodyHash;
  if (holds) readInto(found, "body", () => readBody(bytes));
  const payload = fromBase64(event.payload);
  const isSame = holds && (payload === null || equal(payload, found.body.payload));
  const isSameSubject = !holds || event.subject === undefined || (event.subject ?? "") === found.body.subject;
  const text = !holds
    ? "The body is not the one that the record commits to."
    : !isSame
      ? "The payload that the server named is not the one in the body."
      : !isSameSubject
        ? "The subject that the server named is not the one in the body."
        : "The body is the one that the record commits to, and the payload below is read from it.";
  step(title, holds && isSame && isSameSubject ? "good" : "bad", text, [
    ...both("SHA-256 of the body, computed here", computed, "in the record", found.record.bodyHash),
  ]);
}

function checkLeaf(leaf, event, proof, step) {
  const computed = hex(leaf);
  const told = [event.link, ...(proof === null ? [] : [proof.leafHash])];
  const holds = told.every((hash) => hash === computed);
  step(
    "Leaf",
    holds ? "good" : "bad",
    holds
      ? "The hash of the record is the leaf of the tree, and the link of the chain."
      : "The record does not hash to the leaf that the server named.",
    [
      ...both("SHA-256(00 ‖ record), computed here", computed, "from the server", told.find((hash) => hash !== computed) ?? computed),
    ],
  );
}

async function checkPath(log, position, leaf, proof, found, step, signal) {
  const note = utf8(String(proof.checkpoint ?? ""));
  const met = proof.checkpoint ? await meet(log, note, signal) : null;
  const path = Array.isArray(proof.path) ? proof.path.map(fromHex) : [];
  if (proof.index !== position - 1) throw new Refused("the proof is of another position than the one asked for");
  const size = BigInt(proof.size);
  const tree = { ...(await climb(leaf, BigInt(proof.index), size, path.map((hash) => hash ?? new Uint8Array()))), size };
  found.tree = { ...tree, index: BigInt(proof.index), holds: false };
  const root = hex(tree.root);
  const signed = met?.checkpoint ?? null;
  const holds = signed !== null && signed.size === size && hex(signed.root) === root;
  found.tree.holds = holds;
  step(
    "Path",
    signed === null ? "unsure" : holds ? "good" : "bad",
    signed === null
      ? "The path leads to a root that no checkpoint vouches for."
      : holds
        ? `${path.length} ${path.length === 1 ? "hash leads" : "hashes lead"} from the leaf to the root of the checkpoint.`
        : "The path does not lead from the leaf to the root that is signed.",
    [
      ...both("root, computed here", root, "in the checkpoint", signed === null ? null : hex(signed.root)),
    ],
  );
  found.checkpoint = signed;
  if (met === null) {
    step("Checkpoint", "unsure", "The server sent no checkpoint with the proof.");
  } else {
    step(
      "Checkpoint",
      met.state === "none" ? "unsure" : met.state,
      met.state === "good"
        ? "It is signed by the key that this browser has pinned, and continues the last one seen."
        : sentence(met.reason),
      signed === null ? [] : [{ label: `signed by ${signed.origin}, size ${signed.size}, root`, value: hex(signed.root) }],
    );
  }
}

/** Two hashes that should be one: shown once where they are, and both where they differ. */
function both(label, computed, otherLabel, other) {
  if (other === null) return [{ label, value: computed }];
  if (other === computed) return [{ label: `${label}, and ${otherLabel}`, value: computed, state: "good" }];
  return [
    { label, value: computed },
    { label: otherLabel, value: String(other), state: "bad" },
  ];
}

function sentence(text) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith(".") ? "" : ".");
}
