package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Properties of trees of up to 600 leaves, at sizes drawn from a printed seed. */
class GrowingTreeTest {
  private static final int LEAVES = 600;

  private final long seed = Long.getLong("stele.seed", System.nanoTime());
  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  private final Trees.Grown tree = Trees.ofSize(LEAVES);

  @Test
  void theEdgeAndTheStoredNodesAgreeWithTheDefinition() {
    Frontier frontier = new Frontier();
    for (int size = 0; size <= 130; size++) {
      byte[] expected = Trees.naiveRoot(tree.entries.subList(0, size));
      assertThat(frontier.root()).as("edge of size %d", size).isEqualTo(expected);
      assertThat(tree.root(size)).as("nodes of size %d", size).isEqualTo(expected);
      frontier.append(tree.leafHash(size));
    }
    for (int i = 0; i < 20; i++) {
      int size = random.nextInt(LEAVES + 1);
      assertThat(tree.root(size))
          .as("seed %d, size %d", seed, size)
          .isEqualTo(Trees.naiveRoot(tree.entries.subList(0, size)));
    }
  }

  @Test
  void aRestoredEdgeGrowsLikeTheOneItWasTakenFrom() {
    Frontier frontier = new Frontier();
    for (int size = 0; size < 300; size++) {
      Frontier restored = Frontier.of(frontier.size(), frontier.hashes());
      Frontier copied = frontier.copy();
      frontier.append(tree.leafHash(size));
      restored.append(tree.leafHash(size));
      copied.append(tree.leafHash(size));
      assertThat(restored.root()).isEqualTo(frontier.root());
      assertThat(copied.root()).isEqualTo(frontier.root());
    }
  }

  @Test
  void aCopyIsNotTouchedByWhatTheOriginalAppends() {
    Frontier frontier = Frontier.of(7, edge(7));
    Frontier copy = frontier.copy();
    frontier.append(tree.leafHash(7));
    frontier.append(tree.leafHash(8));
    assertThat(copy.size()).isEqualTo(7);
    assertThat(copy.root()).isEqualTo(tree.root(7));
  }

  @Test
  void anEdgeThatDoesNotFitItsSizeIsAMistake() {
    assertThatIllegalArgumentException().isThrownBy(() -> Frontier.of(-1, edge(7)));
    assertThatIllegalArgumentException().isThrownBy(() -> Frontier.of(8, edge(7)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Frontier.of(1, List.<byte[]>of(new byte[31])));
    assertThatIllegalArgumentException().isThrownBy(() -> new Frontier().append(new byte[33]));
  }

  @Test
  void theLargestTreeTakesNoFurtherLeaf() {
    List<byte[]> peaks = new ArrayList<>();
    for (int i = 0; i < 63; i++) {
      peaks.add(new byte[32]);
    }
    Frontier full = Frontier.of(Long.MAX_VALUE, peaks);
    assertThat(full.root()).hasSize(32);
    assertThatThrownBy(() -> full.append(new byte[32])).isInstanceOf(IllegalStateException.class);

    Frontier almost = Frontier.of(Long.MAX_VALUE - 1, peaks.subList(1, 63));
    almost.append(new byte[32]);
    assertThat(almost.size()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void proofsOfTheLargestTreesHaveSixtyThreeHashesAndVerify() {
    // All leaves are alike, so a node's hash depends on its level alone.
    NodeSource alike = levelHashes();
    byte[] root = Merkle.root(Long.MAX_VALUE, alike);
    InclusionProof first = InclusionProof.build(0, Long.MAX_VALUE, alike);
    assertThat(first.path()).hasSize(63);
    assertThat(first.verify(alike.node(0, 0), root)).isTrue();

    long half = 1L << 62;
    ConsistencyProof growth = ConsistencyProof.build(3, half, alike);
    assertThat(growth.path()).hasSize(63);
    assertThat(growth.verify(Merkle.root(3, alike), Merkle.root(half, alike))).isTrue();
  }

  @Test
  void everyInclusionProofVerifiesAndNoFlippedBitOfItDoes() {
    for (int round = 0; round < 40; round++) {
      int size = 1 + random.nextInt(LEAVES);
      int index = random.nextInt(size);
      String scene = "seed " + seed + ", leaf " + index + " of " + size;
      InclusionProof proof = InclusionProof.build(index, size, tree);
      byte[] leaf = tree.leafHash(index);
      byte[] root = tree.root(size);
      assertThat(proof.verify(leaf, root)).as(scene).isTrue();
      for (int bit = 0; bit < 256; bit++) {
        assertThat(proof.verify(flip(leaf, bit), root)).as(scene).isFalse();
        assertThat(proof.verify(leaf, flip(root, bit))).as(scene).isFalse();
        for (int step = 0; step < proof.path().size(); step++) {
          InclusionProof bent = new InclusionProof(index, size, flip(proof.path(), step, bit));
          assertThat(bent.verify(leaf, root)).as(scene).isFalse();
        }
      }
      for (int bit = 0; bit < 64; bit++) {
        InclusionProof moved = new InclusionProof(index ^ 1L << bit, size, proof.path());
        assertThat(moved.verify(leaf, root)).as(scene + ", index bit " + bit).isFalse();
        long otherSize = size ^ 1L << bit;
        if (otherSize > 0 && otherSize <= LEAVES) {
          // A size is bound by its own root: that is what a checkpoint signs.
          InclusionProof resized = new InclusionProof(index, otherSize, proof.path());
          assertThat(resized.verify(leaf, tree.root(otherSize))).as(scene).isFalse();
        }
      }
    }
  }

  @Test
  void everyConsistencyProofVerifiesAndNoFlippedBitOfItDoes() {
    for (int round = 0; round < 40; round++) {
      int newSize = 2 + random.nextInt(LEAVES - 1);
      int oldSize = 1 + random.nextInt(newSize - 1);
      String scene = "seed " + seed + ", from " + oldSize + " to " + newSize;
      ConsistencyProof proof = ConsistencyProof.build(oldSize, newSize, tree);
      byte[] oldRoot = tree.root(oldSize);
      byte[] newRoot = tree.root(newSize);
      assertThat(proof.verify(oldRoot, newRoot)).as(scene).isTrue();
      for (int bit = 0; bit < 256; bit++) {
        assertThat(proof.verify(flip(oldRoot, bit), newRoot)).as(scene).isFalse();
        assertThat(proof.verify(oldRoot, flip(newRoot, bit))).as(scene).isFalse();
        for (int step = 0; step < proof.path().size(); step++) {
          ConsistencyProof bent =
              new ConsistencyProof(oldSize, newSize, flip(proof.path(), step, bit));
          assertThat(bent.verify(oldRoot, newRoot)).as(scene).isFalse();
        }
      }
      for (int bit = 0; bit < 64; bit++) {
        ConsistencyProof moved = new ConsistencyProof(oldSize ^ 1L << bit, newSize, proof.path());
        assertThat(moved.verify(oldRoot, newRoot)).as(scene + ", old size bit " + bit).isFalse();
        long otherSize = newSize ^ 1L << bit;
        if (otherSize > 0 && otherSize <= LEAVES) {
          ConsistencyProof resized = new ConsistencyProof(oldSize, otherSize, proof.path());
          assertThat(resized.verify(oldRoot, tree.root(otherSize))).as(scene).isFalse();
        }
      }
    }
  }

  @Test
  void consistencyWithTheEmptyTreeAsksForTheEmptyRootAndNoPath() {
    ConsistencyProof proof = ConsistencyProof.build(0, 9, tree);
    assertThat(proof.path()).isEmpty();
    assertThat(proof.verify(Merkle.emptyRoot(), tree.root(9))).isTrue();
    assertThat(proof.verify(tree.root(1), tree.root(9))).isFalse();
    assertThat(
            new ConsistencyProof(0, 9, List.<byte[]>of(new byte[32]))
                .verify(Merkle.emptyRoot(), tree.root(9)))
        .isFalse();
    assertThat(new ConsistencyProof(0, 0, List.of()).verify(Merkle.emptyRoot(), Merkle.emptyRoot()))
        .isTrue();
    assertThat(new ConsistencyProof(0, 0, List.of()).verify(tree.root(1), tree.root(1))).isFalse();
  }

  @Test
  void hostileValuesAreRefusedWithoutAnException() {
    byte[] hash = new byte[32];
    long[] numbers = {Long.MIN_VALUE, -1, 0, 1, 2, 3, Long.MAX_VALUE - 1, Long.MAX_VALUE};
    List<List<byte[]>> paths =
        List.of(
            List.<byte[]>of(new byte[0]),
            List.<byte[]>of(new byte[31], hash),
            Collections.nCopies(63, hash),
            Collections.nCopies(64, hash),
            Collections.nCopies(1000, hash));
    for (long one : numbers) {
      for (long other : numbers) {
        for (List<byte[]> path : paths) {
          for (byte[] root : List.of(hash, new byte[0], new byte[33])) {
            assertThat(new InclusionProof(one, other, path).verify(hash, root)).isFalse();
            assertThat(new InclusionProof(one, other, path).verify(root, hash)).isFalse();
            assertThat(new ConsistencyProof(one, other, path).verify(hash, root)).isFalse();
            assertThat(new ConsistencyProof(one, other, path).verify(root, hash)).isFalse();
          }
        }
      }
    }
  }

  @Test
  void proofsCannotBeChangedThroughTheArraysTheyWereMadeOf() {
    InclusionProof proof = InclusionProof.build(3, 9, tree);
    proof.path().getFirst()[0] ^= 1;
    assertThat(proof.verify(tree.leafHash(3), tree.root(9))).isTrue();
    assertThat(proof).isEqualTo(InclusionProof.build(3, 9, tree));
    assertThat(proof).hasSameHashCodeAs(InclusionProof.build(3, 9, tree));
  }

  @Test
  void askingForAProofOutsideTheTreeIsAMistake() {
    assertThatIllegalArgumentException().isThrownBy(() -> InclusionProof.build(9, 9, tree));
    assertThatIllegalArgumentException().isThrownBy(() -> InclusionProof.build(-1, 9, tree));
    assertThatIllegalArgumentException().isThrownBy(() -> ConsistencyProof.build(10, 9, tree));
    assertThatIllegalArgumentException().isThrownBy(() -> ConsistencyProof.build(-1, 9, tree));
    assertThatIllegalArgumentException().isThrownBy(() -> Merkle.root(-1, tree));
  }

  private List<byte[]> edge(int size) {
    Frontier frontier = new Frontier();
    for (int i = 0; i < size; i++) {
      frontier.append(tree.leafHash(i));
    }
    return frontier.hashes();
  }

  private static NodeSource levelHashes() {
    byte[][] hashes = new byte[63][];
    hashes[0] = Merkle.leafHash(new byte[0]);
    for (int level = 1; level < hashes.length; level++) {
      hashes[level] = Merkle.nodeHash(hashes[level - 1], hashes[level - 1]);
    }
    return (level, index) -> hashes[level];
  }

  private static byte[] flip(byte[] bytes, int bit) {
    byte[] flipped = bytes.clone();
    flipped[bit / 8] ^= (byte) (1 << bit % 8);
    return flipped;
  }

  private static List<byte[]> flip(List<byte[]> path, int step, int bit) {
    List<byte[]> flipped = new ArrayList<>(path);
    flipped.set(step, flip(path.get(step), bit));
    return flipped;
  }
}
