#!/usr/bin/env node
// Checks a .tlog-proof file, in Node (18 or later) and in browsers, without any package.
//
//   node verify-proof.mjs [--json] --vkey TEXT|FILE [--record FILE] PROOF
//   node verify-proof.mjs --batch < CASES     each line: vkey TAB base64(proof) TAB base64(record) or -
//   import { check, readKey } from "./verify-proof.mjs";     await check(proofBytes, await readKey(vkey))
//
// Exit 0: proven. Exit 1: refused, with the reason. Exit 2: it could not be checked.
//
// What holds of a file that is proven:
//
//   1. Its checkpoint is signed by the key that was given, under the key's name and id, and its origin is that name.
//   2. The path leads from the record's leaf hash to the signed root, with exactly the hashes that index and size
//      ask for.
//   3. The record it carries says the position that is proven, and the body it carries is the one the record commits
//      to.
//   4. The record that was given is the one that is proven. A file that carries none needs it.
//
// Signatures of other keys, witnesses' above all, are read but not judged. What a record says beyond position and
// body hash is not looked at: the log has signed it, and that is what is proven.
//
// Every value has one spelling, so no two files say the same. The formats: C2SP tlog-proof, tlog-checkpoint and
// signed-note; RFC 9162, section 2.1.3.2; RFC 8032.

const HEADER = "c2sp.org/tlog-proof@v1";
const DASH = "\u2014 ";
const MAX_FILE_BYTES = 24 * 2 ** 20; // the largest extra line, path and checkpoint together, and a little more
const MAX_EXTRA_BYTES = 16 * 2 ** 20;
const MAX_NOTE_BYTES = 1_000_000;
const MAX_SIGNATURES = 100;
const MAX_PATH = 63; // a tree has at most 2^63 - 1 leaves
const MAX_NUMBER = 2n ** 63n - 1n;

/** The file proves nothing; the message says why. */
export class Refused extends Error {}

/** The question cannot be answered; the message says why. */
export class Unable extends Error {}

// ---- The check ------------------------------------------------------------------------------------------------------

/**
 * Tells what is proven by the bytes of a proof file under a key of readKey; throws Refused.
 * Sizes and indexes are BigInt: they can exceed what a Number holds.
 */
export async function check(proof, key, record = null) {
  const { head, checkpoint } = split(proof);
  const { text, signatures } = readNote(checkpoint);
  const { origin, size, root } = readCheckpoint(text);
  const { extra, index, path } = readHead(head);
  require(index < size, "the index is not below the size");
  require(origin === key.name, "the checkpoint is of another log than the key");
  const { carried, body } = extra === null ? { carried: null, body: null } : readEvent(extra);
  require(carried !== null || record !== null, "the file carries no record, and none was given");
  require(
    carried === null || record === null || equal(carried, record),
    "the file carries another record than the given one",
  );
  const leaf = await sha256([0], record ?? carried);
  const folded = await fold(leaf, index, size, path);
  require(folded !== null && equal(folded, root), "the path does not lead from the record to the signed root");
  if (carried !== null) await checkEvent(carried, body, index);
  // Last, because it costs more than all the rest together.
  await checkSignatures(text, signatures, key);
  return { proven: true, origin, size, root: hex(root), index, leaf: hex(leaf), body: body !== null };
}

/** RFC 9162, section 2.1.3.2: the root that a path leads to, or null where it has not the length it must have. */
export async function fold(leaf, index, size, path) {
  let node = index;
  let last = size - 1n;
  let result = leaf;
  for (const sibling of path) {
    if (last === 0n) return null;
    if (node & 1n || node === last) {
      result = await sha256([1], sibling, result);
      while (node !== 0n && !(node & 1n)) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      result = await sha256([1], result, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? result : null;
}

async function checkEvent(record, body, index) {
  require(record.length >= 81 && record[0] === 1, "the record is of a form that is not known here");
  const position = BigInt("0x" + hex(record.subarray(1, 9)));
  require(position === index + 1n, "the record is of another position than the proven one");
  require(
    body === null || equal(await sha256(body), record.subarray(41, 73)),
    "the body is not the one the record commits to",
  );
}

async function checkSignatures(text, signatures, key) {
  const own = signatures.filter(({ name, id }) => name === key.name && equal(id, key.id));
  require(own.length > 0, "no signature is by the key");
  for (const { signature } of own) {
    require(await ed25519Verify(key.publicKey, utf8(text), signature), "the signature is not valid");
  }
}

// ---- The texts ------------------------------------------------------------------------------------------------------

function split(proof) {
  require(proof.length <= MAX_FILE_BYTES, "the file is too large");
  let blank = proof.indexOf(10);
  while (blank >= 0 && proof[blank + 1] !== 10) blank = proof.indexOf(10, blank + 1);
  require(blank >= 0, "no blank line stands before the checkpoint");
  return { head: latin1(proof.subarray(0, blank)).split("\n"), checkpoint: proof.subarray(blank + 2) };
}

function readHead(lines) {
  require(lines[0] === HEADER, "the file does not begin with " + HEADER);
  let next = 1;
  let extra = null;
  if (lines[next]?.startsWith("extra ")) {
    extra = readBase64(lines[next++].slice(6));
    require(extra !== null && extra.length <= MAX_EXTRA_BYTES, "the extra line is not base64 of at most 16 MiB");
  }
  require(lines[next]?.startsWith("index "), "the index line is missing");
  const index = readNumber(lines[next++].slice(6));
  require(index !== null, "the index is not a plain decimal below 2^63");
  require(lines.length - next <= MAX_PATH, "the path has more than 63 hashes");
  const path = lines.slice(next).map(readHash);
  require(!path.includes(null), "a line of the path is not base64 of 32 bytes");
  return { extra, index, path };
}

/** u8 format = 1, u32 length, record, u8 whether a body follows, body. */
function readEvent(extra) {
  require(extra.length >= 6 && extra[0] === 1, "the record is carried in a form that is not known here");
  const end = 5 + Number("0x" + hex(extra.subarray(1, 5)));
  require(end < extra.length, "the carried record is cut");
  require(
    extra[end] === 1 || (extra[end] === 0 && end + 1 === extra.length),
    "it is not clear whether a body is carried",
  );
  return { carried: extra.subarray(5, end), body: extra[end] === 1 ? extra.subarray(end + 1) : null };
}

function readNote(note) {
  require(note.length <= MAX_NOTE_BYTES, "the checkpoint has more than 1,000,000 bytes");
  let whole;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(note);
  } catch {
    throw new Refused("the checkpoint is not UTF-8");
  }
  require(isClean(whole), "the checkpoint holds a control character");
  const blank = whole.lastIndexOf("\n\n");
  require(
    blank >= 0 && whole.endsWith("\n") && blank + 2 < whole.length,
    "the checkpoint does not end in a blank line and signatures",
  );
  const lines = whole.slice(blank + 2, -1).split("\n");
  require(lines.length <= MAX_SIGNATURES, "the checkpoint has more than 100 signatures");
  return { text: whole.slice(0, blank + 1), signatures: lines.map(readSignature) };
}

function readSignature(line) {
  const space = line.indexOf(" ", DASH.length);
  const name = line.slice(DASH.length, Math.max(space, DASH.length));
  const signed = readBase64(line.slice(space + 1));
  require(
    line.startsWith(DASH) && space >= 0 && isKeyName(name) && signed !== null && signed.length > 4,
    "a line below the last blank line is not a signature",
  );
  return { name, id: signed.subarray(0, 4), signature: signed.subarray(4) };
}

function readCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  require(lines.length >= 3 && !lines.includes(""), "the checkpoint has an empty line or fewer than three");
  const size = readNumber(lines[1]);
  const root = readHash(lines[2]);
  require(size !== null, "the size is not a plain decimal below 2^63");
  require(root !== null, "the root is not base64 of 32 bytes");
  return { origin: lines[0], size, root };
}

/** Reads name+id+base64(01 ‖ public key); throws Unable. */
export async function readKey(vkey) {
  const [name, id, ...encoded] = vkey.split("+");
  const typed = encoded.length > 0 ? readBase64(encoded.join("+")) : null;
  if (typed === null || !isKeyName(name) || typed.length !== 33 || typed[0] !== 1) {
    throw new Unable("the key is not name+id+base64 of an Ed25519 key");
  }
  const hash = await sha256(utf8(name), [10], typed);
  if (id !== hex(hash.subarray(0, 4))) throw new Unable("the key's id does not fit its name and bytes");
  return { name, id: hash.subarray(0, 4), publicKey: typed.subarray(1) };
}

function readBase64(text) {
  let binary;
  try {
    binary = atob(text);
  } catch {
    return null;
  }
  // atob overlooks spaces, missing padding and loose bits; written again, they are gone.
  return btoa(binary) === text ? Uint8Array.from(binary, (c) => c.charCodeAt(0)) : null;
}

function readHash(text) {
  const value = readBase64(text);
  return value !== null && value.length === 32 ? value : null;
}

function readNumber(text) {
  const number = /^(0|[1-9][0-9]{0,18})$/.test(text) ? BigInt(text) : null;
  return number !== null && number <= MAX_NUMBER ? number : null;
}

function isClean(text) {
  return !/[\x00-\x09\x0b-\x1f]/.test(text);
}

function isKeyName(text) {
  return text !== "" && isClean(text) && !/[+\p{White_Space}]/u.test(text);
}

async function sha256(...parts) {
  return new Uint8Array(await subtle.digest("SHA-256", concat(parts)));
}

function concat(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

function equal(one, other) {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function latin1(bytes) {
  // Not TextDecoder("latin1"), which by its standard is windows-1252; and in parts, as arguments are limited.
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

function require(holds, reason) {
  if (!holds) throw new Refused(reason);
}

// Node 18 has Web Crypto, but not yet by its global name.
const subtle = (globalThis.crypto ?? (await import("node:crypto")).webcrypto).subtle;

// ---- Ed25519 (RFC 8032), as strictly as it can be read --------------------------------------------------------------
//
// Libraries disagree on odd signatures, Web Crypto's of different browsers too; here none is valid: S is below L, A and
// R are canonical and not neutral, A has order L, and [S]B = R + [k]A holds without the cofactor, from which follows
// that R has order L too. Only hashing is left to Web Crypto. Nothing here is secret, so nothing takes care of the time
// it takes. A point is [X, Y, Z, T] with x = X/Z, y = Y/Z, xy = T/Z.

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = mod(-121665n * invert(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);
const NEUTRAL = [0n, 1n, 1n, 0n];
// y = 4/5, and the even one of the two x.
const BASE = decodePoint(4n * invert(5n) % P);

const pointsOfKeys = new Map();

async function ed25519Verify(publicKey, message, signature) {
  if (signature.length !== 64) return false;
  const encodedR = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const r = decodePoint(littleEndian(encodedR));
  const a = keyPoint(publicKey);
  if (s >= L || r === null || same(r, NEUTRAL) || a === null) return false;
  const hash = await subtle.digest("SHA-512", concat([encodedR, publicKey, message]));
  const k = littleEndian(new Uint8Array(hash)) % L;
  return same(multiplyBoth(s, BASE, L - k, a), r);
}

/** The point of a key, or null where it is not of order L. The last is remembered: this costs as much as a signature. */
function keyPoint(publicKey) {
  const encoded = littleEndian(publicKey);
  if (!pointsOfKeys.has(encoded)) {
    const a = decodePoint(encoded);
    const good = a !== null && !same(a, NEUTRAL) && same(multiplyBoth(L, a, 0n, NEUTRAL), NEUTRAL);
    pointsOfKeys.clear();
    pointsOfKeys.set(encoded, good ? a : null);
  }
  return pointsOfKeys.get(encoded);
}

function decodePoint(encoded) {
  const sign = encoded >> 255n;
  const y = encoded & (2n ** 255n - 1n);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * invert(mod(D * y * y + 1n)));
  let x = power(square, (P + 3n) / 8n);
  if (x * x % P !== square) x = x * ROOT_OF_MINUS_ONE % P;
  if (x * x % P !== square || (x === 0n && sign === 1n)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, x * y % P];
}

/** The sum of two points, the same or not (RFC 8032, section 5.1.4). */
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = (y1 - x1) * (y2 - x2);
  const b = (y1 + x1) * (y2 + x2);
  const c = 2n * D * (t1 * t2 % P) % P;
  const d = 2n * z1 * z2;
  const [e, f, g, h] = [(b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P];
  return [e * f % P, g * h % P, f * g % P, e * h % P];
}

/** [m]p + [n]q, both in one pass from the highest bit. */
function multiplyBoth(m, p, n, q) {
  const table = [NEUTRAL, p, q, add(p, q)];
  let result = NEUTRAL;
  for (let bit = 255n; bit >= 0n; bit--) {
    result = add(result, result);
    const chosen = Number((m >> bit) & 1n) + 2 * Number((n >> bit) & 1n);
    if (chosen > 0) result = add(result, table[chosen]);
  }
  return result;
}

function same(one, other) {
  return (one[0] * other[2] - other[0] * one[2]) % P === 0n && (one[1] * other[2] - other[1] * one[2]) % P === 0n;
}

function mod(value) {
  return ((value % P) + P) % P;
}

function invert(value) {
  return power(value, P - 2n);
}

function power(base, exponent) {
  let result = 1n;
  for (let square = base, left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = result * square % P;
    square = square * square % P;
  }
  return result;
}

function littleEndian(bytes) {
  return BigInt("0x" + hex(Uint8Array.from(bytes).reverse()));
}

// ---- The command line, in Node only ---------------------------------------------------------------------------------

async function judge(proof, vkey, record) {
  try {
    return { code: 0, answer: await check(proof, await readKey(vkey), record) };
  } catch (refusal) {
    if (refusal instanceof Refused) return { code: 1, answer: { proven: false, reason: refusal.message } };
    if (refusal instanceof Unable) return { code: 2, answer: { error: refusal.message } };
    throw refusal;
  }
}

function asJson(answer) {
  // JSON.stringify writes no BigInt, and a Number would be rounded.
  const members = Object.entries(answer).map(
    ([name, value]) => `"${name}":${typeof value === "bigint" ? value : JSON.stringify(value)}`,
  );
  return `{${members.join(",")}}`;
}

function asText(answer) {
  if (answer.error !== undefined) return "CANNOT CHECK: " + answer.error;
  if (!answer.proven) return "REFUSED: " + answer.reason;
  return `PROVEN: leaf ${answer.index} is in the log ${answer.origin} of ${answer.size}, leaf hash ${answer.leaf}`;
}

async function batch(process) {
  const { createInterface } = await import("node:readline");
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const [vkey, proof, record] = line.split("\t");
    const bytes = (encoded) => new Uint8Array(Buffer.from(encoded, "base64"));
    const { answer } = await judge(bytes(proof), vkey, record === "-" ? null : bytes(record));
    process.stdout.write(asJson(answer) + "\n");
  }
}

function readArguments(words) {
  const options = { json: false, files: [] };
  for (let i = 0; i < words.length; i++) {
    if (words[i] === "--json") options.json = true;
    else if (words[i] === "--vkey" || words[i] === "--record") options[words[i].slice(2)] = words[++i] ?? "";
    else if (words[i].startsWith("--")) throw new Unable("there is no option " + words[i]);
    else options.files.push(words[i]);
  }
  if (options.files.length !== 1 || !options.vkey || options.record === "") {
    throw new Unable("usage: verify-proof.mjs [--json] --vkey TEXT|FILE [--record FILE] PROOF");
  }
  return options;
}

async function main(process) {
  const words = process.argv.slice(2);
  if (words.length === 1 && words[0] === "--batch") {
    await batch(process);
    return 0;
  }
  const { readFileSync } = await import("node:fs");
  const json = words.includes("--json");
  let result;
  try {
    const { vkey, record, files } = readArguments(words);
    // A vkey has plus signs; a file that is named so is given as ./a+b.
    const inFile = !vkey.includes("+") || vkey.startsWith(".") || vkey.startsWith("/");
    const bytes = (path) => new Uint8Array(readFileSync(path));
    result = await judge(
      bytes(files[0]),
      inFile ? readFileSync(vkey, "utf8").trim() : vkey,
      record === undefined ? null : bytes(record),
    );
  } catch (trouble) {
    // Files that cannot be read have a code, as faults of this program have not.
    if (!(trouble instanceof Unable) && trouble.code === undefined) throw trouble;
    result = { code: 2, answer: { error: trouble.message } };
  }
  const out = result.code === 2 && !json ? process.stderr : process.stdout;
  out.write((json ? asJson(result.answer) : asText(result.answer)) + "\n");
  return result.code;
}

if (globalThis.process?.versions?.node && process.argv[1]) {
  const { pathToFileURL } = await import("node:url");
  const { realpathSync } = await import("node:fs");
  if (import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
    process.exitCode = await main(process);
  }
}
