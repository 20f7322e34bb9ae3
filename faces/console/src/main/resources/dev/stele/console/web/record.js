// Reads what a log remembers of one event: the record, to which chain and tree commit, and the body, to which the record
// commits. Every field is read from bytes, so that what a server says beside them can be held against them.
//
//   record   format 1 · position u64 · previous link 32 · body hash 32 · recorded at i64 · revision u64
//            stream u16+n · type u16+n · id u16+n · admitted by u8+n · expiries u8 × (number u8, at i64)
//   body     salt 16 · subject u16+n · claims u8 × (on duplicate u8, expires i64, scope u8+n, key u16+n) · payload

import { fromUtf8, hex } from "./bytes.js";
import { Refused } from "./verifier.js";

const NEVER = 2n ** 63n - 1n;
const UNTIL_RELEASED = 2n ** 63n - 2n;

/** The fields of a record. Throws Refused where the bytes are not exactly one. */
export function readRecord(bytes) {
  const input = new Reader(bytes, "record");
  if (input.number(1) !== 1n) throw new Refused("the record is of a form that is not known here");
  const record = {
    position: input.number(8),
    previousLink: hex(input.bytes(32)),
    bodyHash: hex(input.bytes(32)),
    recordedAt: input.signed(),
    revision: input.number(8),
    stream: input.text(2),
    type: input.text(2),
    id: input.text(2),
    admittedBy: input.text(1),
    expiries: input.list(() => ({ claim: input.number(1), expiresAt: input.signed() })),
  };
  input.end();
  return record;
}

/** The fields of a body; the payload is what is left. Throws Refused where the bytes are none. */
export function readBody(bytes) {
  const input = new Reader(bytes, "body");
  input.bytes(16);
  return {
    subject: input.text(2),
    claims: input.list(() => ({
      answersExisting: input.number(1) === 1n,
      expiresAt: input.signed(),
      scope: input.text(1),
      key: input.bytes(Number(input.number(2))),
    })),
    payload: input.rest(),
  };
}

/** When a claim ends, in words or as an instant. */
export function expiryText(expiresAt) {
  if (expiresAt === NEVER) return "for good";
  if (expiresAt === UNTIL_RELEASED) return "until it is released";
  return "until " + instantOf(expiresAt);
}

/** An instant of milliseconds since the epoch, in UTC; the number itself where no date reaches. */
export function instantOf(millis) {
  const date = new Date(Number(millis));
  return Number.isNaN(date.getTime()) ? `${millis} ms` : date.toISOString();
}

/** Reads big-endian numbers, and texts behind their length. */
class Reader {
  #bytes;
  #what;
  #at = 0;

  constructor(bytes, what) {
    this.#bytes = bytes;
    this.#what = what;
  }

  bytes(length) {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Refused(`the ${this.#what} is cut`);
    const found = this.#bytes.slice(this.#at, end);
    this.#at = end;
    return found;
  }

  number(length) {
    return BigInt("0x" + hex(this.bytes(length)));
  }

  signed() {
    return BigInt.asIntN(64, this.number(8));
  }

  text(lengthBytes) {
    const text = fromUtf8(this.bytes(Number(this.number(lengthBytes))));
    if (text === null) throw new Refused(`a text of the ${this.#what} is not UTF-8`);
    return text;
  }

  list(read) {
    return Array.from({ length: Number(this.number(1)) }, read);
  }

  rest() {
    return this.bytes(this.#bytes.length - this.#at);
  }

  end() {
    if (this.#at !== this.#bytes.length) throw new Refused(`the ${this.#what} has bytes behind its end`);
  }
}
