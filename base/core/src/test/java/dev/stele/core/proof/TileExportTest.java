package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A log written as a directory of tiles, read back, spoilt, and grown. */
class TileExportTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 255, 256, 257, 511, 512, 1000, 65_537})
  void whatWasExportedIsIntactAndReadsBack(int size) throws IOException {
    Trees.Grown tree = Trees.ofSize(size);
    SignedCheckpoint checkpoint = LedgerExample.checkpoint(tree, size);
    long bundles = (size + 255L) / 256;
    assertThat(TileExport.write(directory, checkpoint, tree, tree))
        .isEqualTo(
            new TileExport.Outcome.Written(TileCoordinates.ofTree(size).count() + bundles + 1));
    assertThat(verdict()).isEqualTo(new TileVerdict.Intact(checkpoint));
    assertThat(files())
        .hasSize((int) (TileCoordinates.ofTree(size).count() + bundles + 1))
        .noneMatch(file -> file.toString().endsWith(".writing"));

    TileReader reader = new TileReader(directory, size);
    assertThat(Merkle.root(size, reader)).isEqualTo(checkpoint.checkpoint().root());
    for (long index : new long[] {0, 1, 254, 255, 256, 300, size - 1L}) {
      if (index >= 0 && index < size) {
        assertThat(reader.entry(index)).isEqualTo(tree.entry(index));
        byte[] file = TlogProof.build(index, checkpoint, reader, Optional.empty()).bytes();
        assertThat(
                TlogProof.parse(file).orThrow().check(reader.entry(index), LedgerExample.LOG_KEY))
            .isEqualTo(new TlogProof.Outcome.Proven(index, checkpoint));
      }
    }
  }

  @Test
  void everyNodeReadsBack() throws IOException {
    Trees.Grown tree = export(1000);
    TileReader reader = new TileReader(directory, 1000);
    for (int level = 0; level < tree.levels.size(); level++) {
      for (int index = 0; index < tree.levels.get(level).size(); index++) {
        assertThat(reader.node(level, index)).isEqualTo(tree.node(level, index));
      }
    }
  }

  @Test
  void aFlippedBitInAnyByteIsFound() throws IOException {
    export(3);
    for (Path file : files()) {
      byte[] good = Files.readAllBytes(file);
      for (int bit = 0; bit < good.length * 8; bit++) {
        assertSpoilt(file, good, bit);
      }
    }
    assertThat(verdict()).isInstanceOf(TileVerdict.Intact.class);
  }

  @Test
  void aFlippedBitInAnyFileOfALargerLogIsFound() throws IOException {
    long seed = Long.getLong("stele.seed", System.nanoTime());
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    export(600);
    for (Path file : files()) {
      byte[] good = Files.readAllBytes(file);
      for (int round = 0; round < 40; round++) {
        int bit = random.nextInt(good.length * 8);
        assertSpoilt(file, good, bit);
      }
    }
    assertThat(verdict()).as("seed %d", seed).isInstanceOf(TileVerdict.Intact.class);
  }

  @Test
  void anAlteredEntryIsNamed() throws IOException {
    Trees.Grown tree = export(600);
    List<byte[]> entries = new ArrayList<>(tree.entries.subList(256, 512));
    entries.set(44, Trees.utf8("forged"));
    Files.write(directory.resolve("tile/entries/001"), EntryBundle.encode(entries));
    assertThat(verdict())
        .isEqualTo(
            new TileVerdict.Broken(
                300, "tile/entries/001", "entry 300 does not hash to its leaf in tile/0/001"));
  }

  @Test
  void anEntryAlteredTogetherWithItsTileIsFoundOneLevelUp() throws IOException {
    Trees.Grown tree = export(600);
    List<byte[]> entries = new ArrayList<>(tree.entries.subList(256, 512));
    entries.set(44, Trees.utf8("forged"));
    Files.write(directory.resolve("tile/entries/001"), EntryBundle.encode(entries));
    byte[] tile = Files.readAllBytes(directory.resolve("tile/0/001"));
    System.arraycopy(Merkle.leafHash(Trees.utf8("forged")), 0, tile, 44 * 32, 32);
    Files.write(directory.resolve("tile/0/001"), tile);
    assertThat(verdict())
        .isEqualTo(
            new TileVerdict.Broken(
                256, "tile/1/000.p/2", "hash 1 is not what the entries below it hash to"));
  }

  @Test
  void aWhollyRewrittenLogDoesNotHaveTheSignedRoot(@TempDir Path other) throws IOException {
    export(10);
    Trees.Grown forged = Trees.ofSize(9);
    forged.append(Trees.utf8("forged"));
    TileExport.write(other, LedgerExample.checkpoint(forged, 10), forged, forged);
    Files.copy(
        directory.resolve("checkpoint"),
        other.resolve("checkpoint"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThat(TileReader.verify(other, LedgerExample.LOG_KEY))
        .isEqualTo(
            new TileVerdict.Broken(
                0, "checkpoint", "the entries do not have the root that was signed"));
  }

  @Test
  void aMissingFileIsFound() throws IOException {
    export(600);
    for (Path file : files()) {
      byte[] good = Files.readAllBytes(file);
      Files.delete(file);
      assertThat(verdict()).isInstanceOf(TileVerdict.Broken.class);
      Files.write(file, good);
    }
  }

  @Test
  void aDirectoryGrowsWithItsLogAndKeepsWhatReadersOfTheOldCheckpointNeed() throws IOException {
    export(300);
    SignedCheckpoint old = LedgerExample.checkpoint(Trees.ofSize(300), 300);
    Trees.Grown tree = export(700);
    assertThat(verdict()).isInstanceOf(TileVerdict.Intact.class);
    TileReader before = new TileReader(directory, 300);
    assertThat(Merkle.root(300, before)).isEqualTo(old.checkpoint().root());
    assertThat(before.entry(299)).isEqualTo(tree.entry(299));

    byte[] stale = Files.readAllBytes(directory.resolve("tile/entries/001.p/44"));
    assertSpoilt(directory.resolve("tile/entries/001.p/44"), stale, 100);
    byte[] staleTile = Files.readAllBytes(directory.resolve("tile/0/001.p/44"));
    assertSpoilt(directory.resolve("tile/0/001.p/44"), staleTile, 100);
    byte[] staleRoots = Files.readAllBytes(directory.resolve("tile/1/000.p/1"));
    assertSpoilt(directory.resolve("tile/1/000.p/1"), staleRoots, 100);
  }

  @Test
  void completeTilesAreNotWrittenAgain() throws IOException {
    export(600);
    Trees.Grown tree = Trees.ofSize(600);
    assertThat(TileExport.write(directory, LedgerExample.checkpoint(tree, 600), tree, tree))
        .as("the partial tiles of two levels, the partial bundle, the checkpoint")
        .isEqualTo(new TileExport.Outcome.Written(4));
  }

  @Test
  void aDirectoryOfAForkedLogIsRefusedAndLeftAsItIs() throws IOException {
    Trees.Grown fork = Trees.ofSize(9);
    fork.append(Trees.utf8("forked"));
    TileExport.write(directory, LedgerExample.checkpoint(fork, 10), fork, fork);
    Trees.Grown tree = Trees.ofSize(20);
    assertRefused(LedgerExample.checkpoint(tree, 20), tree, "forked");
    assertThat(verdict()).isInstanceOf(TileVerdict.Intact.class);
  }

  @Test
  void aDirectoryThatIsAheadOrOfAnotherLogIsRefused() throws IOException {
    Trees.Grown tree = export(20);
    assertRefused(LedgerExample.checkpoint(tree, 10), tree, "beyond the size 10");
    SignerKey other = SignerKey.of("other.example/log", Ed25519Key.fromSeed(new byte[32]));
    assertRefused(
        SignedCheckpoint.sign(new Checkpoint(other.name(), 20, tree.root(20)), other),
        tree,
        "another log");
    Files.writeString(directory.resolve("checkpoint"), "hello");
    assertRefused(LedgerExample.checkpoint(tree, 20), tree, "not a checkpoint");
  }

  @Test
  void aLogThatDoesNotHoldWhatWasSignedIsNotExported() throws IOException {
    Trees.Grown tree = Trees.ofSize(20);
    SignedCheckpoint wrong =
        SignedCheckpoint.sign(
            new Checkpoint(LedgerExample.ORIGIN, 20, tree.root(19)), LedgerExample.LOG);
    assertRefused(wrong, tree, "root");
    tree.entries.set(7, Trees.utf8("altered"));
    assertRefused(LedgerExample.checkpoint(tree, 20), tree, "entry 7");
    assertThat(directory.resolve("checkpoint")).doesNotExist();
  }

  @Test
  void anEntryBeyondTheLimitIsNotExported() throws IOException {
    Trees.Grown tree = new Trees.Grown();
    tree.append(new byte[EntryBundle.MAX_ENTRY_BYTES]);
    tree.append(new byte[EntryBundle.MAX_ENTRY_BYTES + 1]);
    assertRefused(LedgerExample.checkpoint(tree, 2), tree, "65536 bytes");
    assertThat(TileExport.write(directory, LedgerExample.checkpoint(tree, 1), tree, tree))
        .isInstanceOf(TileExport.Outcome.Written.class);
    assertThat(verdict()).isInstanceOf(TileVerdict.Intact.class);
  }

  @Test
  void aDirectoryWithoutALogIsBrokenAtItsCheckpoint() {
    assertThat(verdict()).isEqualTo(new TileVerdict.Broken(0, "checkpoint", "the file is missing"));
  }

  private Trees.Grown export(int size) throws IOException {
    Trees.Grown tree = Trees.ofSize(size);
    assertThat(TileExport.write(directory, LedgerExample.checkpoint(tree, size), tree, tree))
        .isInstanceOf(TileExport.Outcome.Written.class);
    return tree;
  }

  private TileVerdict verdict() {
    return TileReader.verify(directory, LedgerExample.LOG_KEY);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> walk = Files.walk(directory)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private void assertSpoilt(Path file, byte[] good, int bit) throws IOException {
    byte[] bent = good.clone();
    bent[bit / 8] ^= (byte) (1 << bit % 8);
    Files.write(file, bent);
    assertThat(verdict()).as("bit %d of %s", bit, file).isInstanceOf(TileVerdict.Broken.class);
    Files.write(file, good);
  }

  private void assertRefused(SignedCheckpoint checkpoint, Trees.Grown tree, String why)
      throws IOException {
    TileExport.Outcome outcome = TileExport.write(directory, checkpoint, tree, tree);
    assertThat(outcome).isInstanceOf(TileExport.Outcome.Refused.class);
    assertThat(((TileExport.Outcome.Refused) outcome).reason()).contains(why);
  }
}
