// Re-computes what a log claims, in the browser, from bytes. It takes nobody's word but that of the key it is given.
//
//   record ──00──► leaf ──01──► node ──01──► … ──► root ══ the checkpoint's root ◄── Ed25519 ── key
//
// What holds where nothing here throws:
//
//   1. A leaf is SHA-256(00 ‖ record), a node SHA-256(01 ‖ left ‖ right): RFC 6962.
//   2. The form of a path follows from index and size alone. A hash too few or too many is refused.
//   3. A checkpoint is signed by the key under the key's name and id, its origin is that name, and no signature under
//      that name and id is bad. Signatures of others are read and not judged.
//   4. A signature is valid if Web Crypto says so and it is not odd: S is below L, and key and R are canonical
//      and of order L. Libraries disagree on the others, so none of them is taken.
//
// The formats: C2SP signed-note and tlog-checkpoint; RFC 6962; RFC 9162, sections 2.1.3 and 2.1.4; RFC 8032.
// Sizes and indexes are BigInt: they can exceed what a Number holds. Needs nothing but Web Crypto: runs in Node, too.

import { concat, equal, fromBase64, fromUtf8, hex, utf8 } from "./bytes.js";

const DASH = "\u2014 ";
const MAX_NOTE_BYTES = 1_000_000; // as for every reader of notes
const MAX_SIGNATURES = 100; // so that checking a note stays cheap
const MAX_NUMBER = 2n ** 63n - 1n; // the largest tree
const HASH_BYTES = 32;

/** What was given proves nothing; the message says why. */
export class Refused extends Error {}

/** It cannot be checked here; the message says why. That is neither good nor bad. */
export class Unable extends Error {}

/** Whether this browser can check at all, and why not; null where it can. */
export function hindrance() {
  if (globalThis.crypto?.subtle) return null;
  return "Browsers lend their cryptography only to pages from https:// or from this machine; this page is neither.";
}

// ---- The tree -------------------------------------------------------------------------------------------------------

/** SHA-256 over all parts together. */
export async function sha256(...parts) {
  const reason = hindrance();
  if (reason !== null) throw new Unable(reason);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/** The hash of a record as a leaf, which is also its link in the chain. */
export function leafHash(record) {
  return sha256([0], record);
}

/** The hash of two subtrees side by side. */
export function nodeHash(left, right) {
  return sha256([1], left, right);
}

/**
 * The subtrees beside the way from a leaf up to the root, the leaf's own neighbour first: each with the leaves it
 * covers, begin to before end, and whether it stands on the left. They follow from index and size alone.
 */
export function siblings(index, size) {
  require(0n <= index && index < size && size <= MAX_NUMBER, "the index is not within the tree");
  const found = [];
  let [begin, end] = [0n, size];
  while (end - begin > 1n) {
    const middle = begin + split(end - begin);
    if (index < middle) {
      found.push({ begin: middle, end, onTheLeft: false });
      end = middle;
    } else {
      found.push({ begin, end: middle, onTheLeft: true });
      begin = middle;
    }
  }
  return found.reverse();
}

/** The largest power of two below a length. */
function split(length) {
  let power = 1n;
  while (power * 2n < length) power *= 2n;
  return power;
}

/**
 * Climbs from a leaf to the root. Each step tells the sibling and the node that came out; the last node is the root.
 * Throws Refused where the path has not the length that index and size ask for.
 */
export async function climb(leaf, index, size, path) {
  const shape = siblings(index, size);
  require(path.length === shape.length, `the path has ${path.length} hashes, and ${shape.length} are asked for`);
  require(path.every(isHash), "a hash of the path has not 32 bytes");
  const steps = [];
  let node = leaf;
  for (let i = 0; i < shape.length; i++) {
    node = shape[i].onTheLeft ? await nodeHash(path[i], node) : await nodeHash(node, path[i]);
    steps.push({ ...shape[i], sibling: path[i], node });
  }
  return { leaf, steps, root: node };
}

/** Throws Refused unless the tree of newSize leaves and newRoot continues that of oldSize leaves and oldRoot. */
export async function checkConsistency(oldSize, newSize, oldRoot, newRoot, path) {
  require(0n <= oldSize && oldSize <= newSize && newSize <= MAX_NUMBER, "a log does not shrink");
  require([oldRoot, newRoot, ...path].every(isHash), "a hash has not 32 bytes");
  if (oldSize === 0n) {
    require(equal(oldRoot, await sha256()), "the root of an empty log is another one");
    require(newSize !== 0n || equal(oldRoot, newRoot), "two roots for one size");
    require(path.length === 0, "the path has hashes that nothing asks for");
    return;
  }
  if (oldSize === newSize) {
    require(equal(oldRoot, newRoot), "two roots for one size");
    require(path.length === 0, "the path has hashes that nothing asks for");
    return;
  }
  // RFC 9162, section 2.1.4.2. A complete old tree is a node of the new one, and its hash is known.
  const rest = (oldSize & (oldSize - 1n)) === 0n ? [oldRoot, ...path] : [...path];
  require(path.length > 0, "the path is empty");
  let [node, last] = [oldSize - 1n, newSize - 1n];
  while (node & 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  let [older, newer] = [rest[0], rest[0]];
  for (const hash of rest.slice(1)) {
    require(last !== 0n, "the path goes on above the root");
    if (node & 1n || node === last) {
      older = await nodeHash(hash, older);
      newer = await nodeHash(hash, newer);
      while (node !== 0n && !(node & 1n)) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      newer = await nodeHash(newer, hash);
    }
    node >>= 1n;
    last >>= 1n;
  }
  require(last === 0n, "the path ends below the root");
  require(equal(older, oldRoot), "the path does not lead to the old root");
  require(equal(newer, newRoot), "the path does not lead to the new root");
}

function isHash(value) {
  return value instanceof Uint8Array && value.length === HASH_BYTES;
}

// ---- Notes, keys and checkpoints ------------------------------------------------------------------------------------

/** Reads a log's public key, name+id+base64(01 ‖ key). Throws Refused. */
export async function readKey(vkey) {
  const [name, id, ...encoded] = String(vkey).split("+");
  const typed = fromBase64(encoded.join("+"));
  require(
    encoded.length > 0 && typed !== null && isKeyName(name) && typed.length === 33 && typed[0] === 1,
    "the key is not name+id+base64 of an Ed25519 key",
  );
  const hash = await sha256(utf8(name), [10], typed);
  require(id === hex(hash.subarray(0, 4)), "the key's id does not fit its name and bytes");
  return { text: vkey, name, id, publicKey: typed.slice(1) };
}

/** Takes a signed note apart: its text with the last line feed, and its signatures, none of them judged. */
export function readNote(note) {
  require(note.length <= MAX_NOTE_BYTES, "the note has more than 1,000,000 bytes");
  const whole = fromUtf8(note);
  require(whole !== null && isClean(whole), "the note is not UTF-8 without control characters");
  const blank = whole.lastIndexOf("\n\n");
  require(
    blank >= 0 && whole.endsWith("\n") && blank + 2 < whole.length,
    "the note does not end in a blank line and signatures",
  );
  const lines = whole.slice(blank + 2, -1).split("\n");
  require(lines.length <= MAX_SIGNATURES, "the note has more than 100 signatures");
  return { text: whole.slice(0, blank + 1), signatures: lines.map(readSignature) };
}

function readSignature(line) {
  const space = line.indexOf(" ", DASH.length);
  const name = line.slice(DASH.length, Math.max(space, DASH.length));
  const signed = fromBase64(line.slice(space + 1));
  require(
    line.startsWith(DASH) && space >= 0 && isKeyName(name) && signed !== null && signed.length > 4,
    "a line below the last blank line is not a signature",
  );
  return { name, id: hex(signed.subarray(0, 4)), signature: signed.slice(4) };
}

/** Reads the text of a checkpoint: origin, size, root. */
export function readCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  require(lines.length >= 3 && !lines.includes(""), "the checkpoint has an empty line or fewer than three");
  const size = readNumber(lines[1]);
  require(size !== null, "the size is not a plain decimal below 2^63");
  const root = fromBase64(lines[2]);
  require(root !== null && isHash(root), "the root is not base64 of 32 bytes");
  return { origin: lines[0], size, root };
}

/** Reads a plain decimal below 2^63; null where it is anything else. */
function readNumber(text) {
  const number = /^(0|[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : null;
  return number !== null && number <= MAX_NUMBER ? number : null;
}

/**
 * Opens a signed note under a key of readKey: its text, and the signatures of others, unjudged. Throws Refused unless the
 * key has signed it.
 */
export async function openNote(note, key) {
  const { text, signatures } = readNote(note);
  const own = signatures.filter(({ name, id }) => name === key.name && id === key.id);
  require(own.length > 0, "no signature on it is by the key");
  for (const { signature } of own) {
    require(await isSignedBy(key.publicKey, utf8(text), signature), "its signature is not valid");
  }
  return { text, others: signatures.filter((signature) => !own.includes(signature)) };
}

/** Opens a signed checkpoint. Throws Refused unless the key has signed it, for the log of its name. */
export async function openCheckpoint(note, key) {
  const checkpoint = readCheckpoint(readNote(note).text);
  require(checkpoint.origin === key.name, `it is of the log ${checkpoint.origin}, and the key is of ${key.name}`);
  const opened = await openNote(note, key);
  require(
    checkpoint.size !== 0n || equal(checkpoint.root, await sha256()),
    "the root of an empty log is another one",
  );
  return { ...checkpoint, ...opened };
}

function isClean(text) {
  return !/[\x00-\x09\x0b-\x1f]/.test(text);
}

function isKeyName(text) {
  return text !== "" && isClean(text) && !/[+\p{White_Space}]/u.test(text);
}

function require(holds, reason) {
  if (!holds) throw new Refused(reason);
}

// ---- Ed25519 --------------------------------------------------------------------------------------------------------
//
// Web Crypto decides on the equation, and what it need not refuse is refused before it is asked: see 4. above. Whether
// a point is of order L costs as much as a signature, so the answer for the last key is kept. Nothing here is secret, so
// nothing takes care of the time it takes. A point is [X, Y, Z, T] with x = X/Z, y = Y/Z, xy = T/Z.

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = modP(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const NEUTRAL = [0n, 1n, 1n, 0n];

let lastKey = { encoded: -1n, isStrict: false };

async function isSignedBy(publicKey, message, signature) {
  if (signature.length !== 64) return false;
  if (littleEndian(signature.subarray(32)) >= L) return false;
  if (littleEndian(publicKey) !== lastKey.encoded) {
    lastKey = { encoded: littleEndian(publicKey), isStrict: isOfOrderL(publicKey) };
  }
  if (!lastKey.isStrict) return false;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    if (!(await crypto.subtle.verify("Ed25519", key, signature, message))) return false;
  } catch (trouble) {
    if (trouble.name === "NotSupportedError") throw new Unable("This browser does not know Ed25519 signatures.");
    return false;
  }
  // Last, as it costs most and most bad signatures are refused by now.
  return isOfOrderL(signature.subarray(0, 32));
}

function isOfOrderL(encoded) {
  const point = decodePoint(littleEndian(encoded));
  return point !== null && !isSame(point, NEUTRAL) && isSame(times(L, point), NEUTRAL);
}

/** The point of a canonical encoding; null where it is none. */
function decodePoint(encoded) {
  const sign = encoded >> 255n;
  const y = encoded & (2n ** 255n - 1n);
  if (y >= P) return null;
  const square = modP((y * y - 1n) * inverse(modP(D * y * y + 1n)));
  let x = power(square, (P + 3n) / 8n);
  if ((x * x) % P !== square) x = (x * ROOT_OF_MINUS_ONE) % P;
  if ((x * x) % P !== square || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, (x * y) % P];
}

/** The sum of two points, the same or not (RFC 8032, section 5.1.4). */
function sum([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = (y1 - x1) * (y2 - x2);
  const b = (y1 + x1) * (y2 + x2);
  const c = 2n * D * ((t1 * t2) % P);
  const d = 2n * z1 * z2;
  const [e, f, g, h] = [(b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P];
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

function times(factor, point) {
  let result = NEUTRAL;
  for (const bit of factor.toString(2)) {
    result = sum(result, result);
    if (bit === "1") result = sum(result, point);
  }
  return result;
}

function isSame(one, other) {
  return (one[0] * other[2] - other[0] * one[2]) % P === 0n && (one[1] * other[2] - other[1] * one[2]) % P === 0n;
}

function modP(value) {
  return ((value % P) + P) % P;
}

function inverse(value) {
  return power(value, P - 2n);
}

function power(base, exponent) {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function littleEndian(bytes) {
  return BigInt("0x" + hex(Uint8Array.from(bytes).reverse()));
}
