package dev.stele.core.proof;

import dev.stele.crypto.Ed25519Key;

/**
 * A small log that every byte of is known: the eight leaves of Certificate Transparency under the
 * keys of RFC 8032 section 7.1. The keys are public, so never use them outside tests.
 */
final class LedgerExample {
  static final String ORIGIN = "ledger.example/log";
  static final SignerKey LOG =
      SignerKey.of(
          ORIGIN,
          Ed25519Key.fromSeed(
              Trees.hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")));
  static final VerifierKey LOG_KEY =
      VerifierKey.parse("ledger.example/log+c3a011ef+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea")
          .orThrow();
  static final VerifierKey WITNESS_KEY =
      VerifierKey.parse("witness.example/w1+04d2d833+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM")
          .orThrow();

  private LedgerExample() {}

  static Trees.Grown tree() {
    Trees.Grown tree = new Trees.Grown();
    for (String line : Resources.lines("rfc6962.txt")) {
      if (line.startsWith("leaf")) {
        tree.append(Trees.hex(line.substring(4).strip()));
      }
    }
    return tree;
  }

  static SignedCheckpoint checkpoint(Trees.Grown tree, long size) {
    return SignedCheckpoint.sign(new Checkpoint(ORIGIN, size, tree.root(size)), LOG);
  }

  /** Returns the checkpoint of size 8 with the log's signature and the witness's. */
  static byte[] cosigned() {
    String proof = Resources.text("event-5.tlog-proof");
    return Trees.utf8(proof.substring(proof.indexOf("\n\n") + 2));
  }
}
