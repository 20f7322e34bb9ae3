package dev.stele.bench;

import dev.stele.core.log.EventLog;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.NodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Inclusion proofs, built and checked. */
final class ProofRows {
  private ProofRows() {}

  static List<Row> rows(Plan plan) {
    List<Row> rows = new ArrayList<>();
    rows.add(row("proof, nodes at hand", "InclusionProof.build + verify", ProofRows::atHand));
    for (Store store : Store.values()) {
      rows.add(
          row(
              "proof, from tiles" + store.suffix(),
              "EventLog.prove + verify, " + store.title(),
              scene -> fromTiles(scene, store)));
    }
    return rows;
  }

  private static Row row(String name, String api, Scene.Builder scene) {
    return new Row(name, api, "-", 1, Workload.PAYLOAD_BYTES, 1, scene);
  }

  private static void atHand(Scene scene) throws Exception {
    int size = scene.workplace().plan().readEvents();
    List<byte[]> leaves = new ArrayList<>();
    Workload workload = new Workload();
    for (int i = 0; i < size; i++) {
      byte[] leaf = Merkle.leafHash(workload.payload(i));
      leaf[0] = (byte) i;
      leaves.add(leaf);
    }
    NodeSource nodes = whole(leaves);
    byte[] root = Merkle.root(size, nodes);
    proofs(scene, size, root, leaves, index -> InclusionProof.build(index, size, nodes));
  }

  private static void fromTiles(Scene scene, Store store) throws Exception {
    int size = scene.workplace().plan().readEvents();
    EventLog log = scene.keep(store.open(scene.workplace().folder()));
    new Workload().fill(log, size, false);
    List<byte[]> leaves = new ArrayList<>();
    for (long after = 0; after < size; after = leaves.size()) {
      log.read(after, 1_000).forEach(event -> leaves.add(event.link()));
    }
    proofs(scene, size, log.root(size), leaves, index -> log.prove(index + 1, size));
  }

  private interface Prover {
    InclusionProof prove(long index);
  }

  private static void proofs(
      Scene scene, int size, byte[] root, List<byte[]> leaves, Prover prover) {
    Random random = new Random(4);
    scene.ours(
        Side.alone(
            "ours",
            () -> {
              int index = random.nextInt(size);
              if (!prover.prove(index).verify(leaves.get(index), root)) {
                throw new IllegalStateException("a proof of the workload does not verify");
              }
              return 1;
            }));
    // A check hashes two hashes and a tag for each level of the tree.
    int levels = 64 - Long.numberOfLeadingZeros(size - 1L);
    List<byte[]> nodes = new ArrayList<>();
    for (int level = 0; level < levels; level++) {
      nodes.add(new byte[1 + 2 * Merkle.HASH_BYTES]);
    }
    scene.against(Bare.hashAlone(List.of(nodes)));
  }

  /** Every node of a tree in memory. */
  private static NodeSource whole(List<byte[]> leaves) {
    List<List<byte[]>> levels = new ArrayList<>(List.of(leaves));
    while (levels.getLast().size() > 1) {
      List<byte[]> below = levels.getLast();
      List<byte[]> level = new ArrayList<>();
      for (int i = 0; i + 1 < below.size(); i += 2) {
        level.add(Merkle.nodeHash(below.get(i), below.get(i + 1)));
      }
      levels.add(level);
    }
    return (level, index) -> levels.get(level).get(Math.toIntExact(index));
  }
}
