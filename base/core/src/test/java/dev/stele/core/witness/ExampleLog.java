package dev.stele.core.witness;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.CosignerKey;
import dev.stele.core.proof.Frontier;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NodeSource;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519Key;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A log that says what it is told to: its tree in memory, its key that of RFC 8032 test 1. A second
 * one with other entries is its fork.
 */
final class ExampleLog implements NodeSource {
  static final String ORIGIN = "ledger.example/log";
  static final SignerKey KEY =
      SignerKey.of(ORIGIN, key("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
  static final VerifierKey VKEY = KEY.vkey();
  static final CosignerKey WITNESS =
      CosignerKey.of(
          "witness.example/w1",
          key("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"));

  private final List<List<byte[]>> levels = new ArrayList<>();

  /** Makes a log of {@code size} entries, whose bytes begin with {@code history}. */
  ExampleLog(String history, int size) {
    Frontier frontier = new Frontier();
    for (int i = 0; i < size; i++) {
      frontier.append(Merkle.leafHash(utf8(history + i)), this::keep);
    }
  }

  private void keep(int level, long index, byte[] hash) {
    if (levels.size() == level) {
      levels.add(new ArrayList<>());
    }
    levels.get(level).add(hash);
  }

  @Override
  public byte[] node(int level, long index) {
    return levels.get(level).get(Math.toIntExact(index));
  }

  SignedCheckpoint checkpoint(long size) {
    return SignedCheckpoint.sign(new Checkpoint(ORIGIN, size, Merkle.root(size, this)), KEY);
  }

  AddCheckpoint request(long oldSize, long newSize) {
    return new AddCheckpoint(ConsistencyProof.build(oldSize, newSize, this), checkpoint(newSize));
  }

  static Ed25519Key key(String hexSeed) {
    return Ed25519Key.fromSeed(HexFormat.of().parseHex(hexSeed));
  }

  /** Returns a witness's key that differs for each number. */
  static CosignerKey witness(int number) {
    byte[] seed = new byte[Ed25519Key.SEED_BYTES];
    seed[0] = (byte) number;
    return CosignerKey.of("witness.example/n" + number, Ed25519Key.fromSeed(seed));
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
