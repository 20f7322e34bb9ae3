// Puts each line of the standard input to the console's verifier and answers it with one line: what holds, or why not.
// A line is a kind and what belongs to it, divided by tabs; bytes are in hex, and paths hashes divided by commas.

import { createInterface } from "node:readline";
import { fromHex, hex } from "./bytes.js";
import { expiryText, readBody, readRecord } from "./record.js";
import { Refused, checkConsistency, climb, leafHash, openCheckpoint, readKey, siblings } from "./verifier.js";

const path = (text) => (text === "" ? [] : text.split(",").map(fromHex));

const kinds = {
  async leaf(record) {
    return hex(await leafHash(fromHex(record)));
  },
  async inclusion(leaf, index, size, hashes) {
    return hex((await climb(fromHex(leaf), BigInt(index), BigInt(size), path(hashes))).root);
  },
  siblings(index, size) {
    return siblings(BigInt(index), BigInt(size)).map((at) => `${at.begin}-${at.end}${at.onTheLeft ? "L" : "R"}`).join(" ");
  },
  async consistency(from, to, oldRoot, newRoot, hashes) {
    await checkConsistency(BigInt(from), BigInt(to), fromHex(oldRoot), fromHex(newRoot), path(hashes));
    return "continues";
  },
  async checkpoint(vkey, note) {
    const { origin, size, root, others } = await openCheckpoint(fromHex(note), await readKey(vkey));
    return [origin, size, hex(root), others.length].join(" ");
  },
  record(bytes) {
    const fields = readRecord(fromHex(bytes));
    const expiries = fields.expiries.map(({ claim, expiresAt }) => `${claim}:${expiresAt}`).join(",");
    return Object.values({ ...fields, expiries }).join("|");
  },
  body(bytes) {
    const { subject, claims, payload } = readBody(fromHex(bytes));
    const said = claims.map((one) => [one.scope, hex(one.key), one.answersExisting, expiryText(one.expiresAt)].join(":"));
    return [subject, said.join(","), hex(payload)].join("|");
  },
};

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  const [kind, ...given] = line.split("\t");
  try {
    console.log("holds\t" + (await kinds[kind](...given)));
  } catch (trouble) {
    if (!(trouble instanceof Refused)) throw trouble;
    console.log("refused\t" + trouble.message);
  }
}
