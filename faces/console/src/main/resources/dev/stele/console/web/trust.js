// What this browser remembers of logs, so that it need not believe a server twice: the key it saw first, and the last
// checkpoint which that key signed. In localStorage, per log; never sent anywhere.
//
//   first visit ──► the key is pinned: trust on first use
//   each later  ──► the key is the pinned one, the checkpoint is signed by it and continues the one seen last
//   otherwise   ──► an alarm, kept until the reader takes it away by hand
//
// A checkpoint that is older than the last one seen is an alarm only if it was asked for afterwards: answers may
// overtake each other.

import { of, get, getBytes, Problem } from "./api.js";
import { base64, fromBase64, fromHex, hex, utf8 } from "./bytes.js";
import { checkConsistency, hindrance, openCheckpoint, readCheckpoint, readKey, readNote, Refused, Unable } from "./verifier.js";

const PREFIX = "stele.trust/1/";
const STALE_MILLIS = 2500; // a checkpoint may be cached for a second
const inMemory = new Map(); // where the browser keeps nothing for this page
let isKept = true;

/** Whether what is remembered outlives this page. */
export function remembers() {
  return isKept;
}

/** What is remembered of a log: { vkey, since, how, seen: {note, size, root, at} | null, alarms } or null. */
export function memory(log) {
  try {
    const text = localStorage.getItem(PREFIX + log);
    return text === null ? null : JSON.parse(text);
  } catch {
    isKept = false;
    return inMemory.get(log) ?? null;
  }
}

function keep(log, remembered) {
  inMemory.set(log, remembered);
  try {
    localStorage.setItem(PREFIX + log, JSON.stringify(remembered));
  } catch {
    isKept = false;
  }
  dispatchEvent(new CustomEvent("stele:trust", { detail: log }));
}

/** Pins a key, and forgets what another key had signed. `how` is "first use" or "by hand". Throws Refused. */
export async function pin(log, vkey, how) {
  const key = await readKey(vkey);
  const before = memory(log);
  const isSame = before?.vkey === vkey;
  keep(log, {
    vkey,
    origin: key.name,
    since: isSame ? before.since : new Date().toISOString(),
    how,
    seen: isSame ? before.seen : null,
    alarms: isSame ? before.alarms : [],
  });
}

/** Forgets everything of a log. */
export function forget(log) {
  inMemory.delete(log);
  try {
    localStorage.removeItem(PREFIX + log);
  } catch {
    isKept = false;
  }
  dispatchEvent(new CustomEvent("stele:trust", { detail: log }));
}

/** Takes an alarm away, as the reader asked. */
export function dismiss(log, index) {
  const remembered = memory(log);
  if (remembered === null) return;
  remembered.alarms.splice(index, 1);
  keep(log, remembered);
}

function raise(log, alarm) {
  const remembered = memory(log);
  if (remembered === null) return;
  // The same finding is one alarm, however often it is found.
  if (remembered.alarms.some((one) => one.kind === alarm.kind && one.detail === alarm.detail)) return;
  remembered.alarms.push({ ...alarm, at: new Date().toISOString() });
  keep(log, remembered);
}

/**
 * Asks the server for the log's key and checkpoint and holds both against what is remembered.
 * Resolves to { vkey, served, how, since, checkpoint, note, state, reason }, where state is
 * "good"      the checkpoint is signed by the pinned key and continues the last one seen
 * "none"      nothing is signed yet
 * "bad"       it is not; reason says what is wrong
 * "unsure"    it could not be checked; reason says why
 */
export async function observe(log, signal) {
  const before = memory(log);
  try {
    const served = new TextDecoder().decode(await getBytes(of(log, "vkey"), signal)).trim();
    if (hindrance() !== null) throw new Unable(hindrance());
    if (before === null) await pin(log, served, "first use");
    const pinned = memory(log);
    const told = { vkey: pinned.vkey, served, how: pinned.how, since: pinned.since };
    if (served !== pinned.vkey) {
      raise(log, {
        kind: "key-changed",
        detail: `The pinned key is ${pinned.vkey}; the server now shows ${served}.`,
      });
    }
    let note = await checkpointOf(log, signal);
    if (before?.seen && (await isBehind(note, before.seen, pinned.vkey))) {
      // A cache on the way may hold an older one for a moment; nothing holds it for longer.
      await new Promise((resolve) => setTimeout(resolve, STALE_MILLIS));
      note = await checkpointOf(log, signal);
      if (await isBehind(note, before.seen, pinned.vkey)) return rewound(log, told, before.seen, note);
    }
    if (note === null) return { ...told, state: "none", reason: "Nothing is signed yet." };
    return { ...told, ...(await meet(log, note, signal)), note };
  } catch (trouble) {
    if (trouble.name === "AbortError") throw trouble;
    if (trouble instanceof Refused) return { state: "bad", reason: trouble.message };
    return { state: "unsure", reason: trouble.message };
  }
}

/** The signed checkpoint as it is served now; null where nothing is signed yet. */
async function checkpointOf(log, signal) {
  try {
    return await getBytes(of(log, "checkpoint"), signal);
  } catch (trouble) {
    if (trouble instanceof Problem && trouble.status === 404) return null;
    throw trouble;
  }
}

/** Whether a checkpoint is older than one that was seen; one that is not signed by the key is nothing at all. */
async function isBehind(note, seen, vkey) {
  if (note === null) return true;
  try {
    return (await openCheckpoint(note, await readKey(vkey))).size < BigInt(seen.size);
  } catch (trouble) {
    if (trouble instanceof Refused) return false;
    throw trouble;
  }
}

function rewound(log, told, seen, note) {
  const now = note === null ? "none at all" : `one of ${readCheckpoint(readNote(note).text).size} events`;
  const reason = `This browser has seen a signed checkpoint of ${seen.size} events; the server now shows ${now}.`;
  raise(log, { kind: "rewound", detail: reason, notes: note === null ? [seen.note] : [seen.note, base64(note)] });
  return { ...told, state: "bad", reason };
}

/**
 * Holds one signed checkpoint against the pinned key and the last checkpoint seen, and remembers it if it goes on from
 * there. Resolves to { state, reason, checkpoint }, with the states of observe.
 */
export async function meet(log, note, signal) {
  const remembered = memory(log);
  if (remembered === null) return { state: "unsure", reason: "No key of this log is pinned yet.", checkpoint: null };
  let checkpoint;
  try {
    checkpoint = await openCheckpoint(note, await readKey(remembered.vkey));
  } catch (trouble) {
    if (trouble instanceof Refused) return { state: "bad", reason: trouble.message, checkpoint: null };
    return { state: "unsure", reason: trouble.message, checkpoint: null };
  }
  const seen = remembered.seen;
  if (seen === null || checkpoint.size > BigInt(seen.size) || hex(checkpoint.root) !== seen.root) {
    const trouble = seen === null ? null : await comparedWith(log, seen, checkpoint, note, signal);
    if (trouble !== null) return { ...trouble, checkpoint };
    advance(log, checkpoint, note);
  }
  return { state: "good", reason: null, checkpoint };
}

/** What speaks against one tree continuing the other; null where nothing does. */
async function comparedWith(log, seen, checkpoint, note, signal) {
  const seenSize = BigInt(seen.size);
  const isNewer = checkpoint.size >= seenSize;
  const [from, to] = isNewer ? [seenSize, checkpoint.size] : [checkpoint.size, seenSize];
  const roots = [fromHex(seen.root), checkpoint.root];
  const [older, newer] = isNewer ? roots : roots.reverse();
  let path = [];
  try {
    if (from !== to && from !== 0n) {
      const proof = await get(`${of(log, "consistency")}?from=${from}&to=${to}`, signal);
      path = proof.path.map(fromHex);
    }
    await checkConsistency(from, to, older, newer, path);
    return null;
  } catch (trouble) {
    if (trouble.name === "AbortError") throw trouble;
    if (!(trouble instanceof Refused)) {
      return { state: "unsure", reason: `It could not be compared with the last one seen: ${trouble.message}` };
    }
    const reason =
      from === to
        ? `The log's key has signed two different histories of ${from} events.`
        : `The checkpoint of ${to} events does not continue that of ${from} events: ${trouble.message}.`;
    raise(log, { kind: from === to ? "forked" : "unproven", detail: reason, notes: [seen.note, base64(note)] });
    return { state: "bad", reason };
  }
}

function advance(log, checkpoint, note) {
  // Read anew: another tab may have seen more in the meantime.
  const remembered = memory(log);
  if (remembered === null || (remembered.seen !== null && BigInt(remembered.seen.size) >= checkpoint.size)) return;
  keep(log, {
    ...remembered,
    seen: {
      note: base64(note),
      size: String(checkpoint.size),
      root: hex(checkpoint.root),
      at: new Date().toISOString(),
    },
  });
}

/**
 * What convicts a log that has signed two histories of one size, as a file that needs nobody's word: its form is
 * stele/fraud-proof/v1. Null for alarms that convict nobody.
 */
export function fraudProof(alarm) {
  if (alarm.kind !== "forked") return null;
  const notes = alarm.notes.map(fromBase64);
  const head = utf8(`stele/fraud-proof/v1\nsizes ${notes[0].length} ${notes[1].length}\n\n`);
  return new Blob([head, ...notes], { type: "application/octet-stream" });
}
