package dev.stele.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import dev.stele.testkit.Scale;
import dev.stele.testkit.SimulatedDisk;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ATrustFolderTest {
  private static final URI LOG = URI.create("https://log.example/v1/logs/main");
  private static final List<SignedCheckpoint> HEADS = heads(5);

  @TempDir Path folder;

  private static List<SignedCheckpoint> heads(int count) {
    List<SignedCheckpoint> heads = new ArrayList<>();
    try (EventLog log = TrueLog.empty(3)) {
      for (int i = 0; i < count; i++) {
        heads.add(TrueLog.grow(log, 2));
      }
    }
    return heads;
  }

  private TrustStore store() {
    return TrustStore.inFolder(folder.resolve("trust"));
  }

  private Path only(String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("trust"))) {
      return files.filter(file -> file.toString().endsWith(suffix)).findFirst().orElseThrow();
    }
  }

  @Test
  void knows_nothing_at_first_and_makes_nothing_by_being_asked() {
    assertThat(store().pinned(LOG)).isEmpty();
    assertThat(store().head(TrueLog.KEY)).isEmpty();
    assertThat(folder.resolve("trust")).doesNotExist();
  }

  @Test
  void gives_back_what_another_process_has_left() {
    store().pin(LOG, TrueLog.KEY);
    assertThat(store().advance(TrueLog.KEY, Optional.empty(), HEADS.getFirst())).isTrue();
    assertThat(store().pinned(LOG)).contains(TrueLog.KEY);
    assertThat(store().head(TrueLog.KEY)).contains(HEADS.getFirst());
    assertThat(store().pinned(URI.create("https://other.example/v1/logs/main"))).isEmpty();
  }

  @Test
  void writes_what_the_format_document_shows() throws IOException {
    store().pin(LOG, TrueLog.KEY);
    store().advance(TrueLog.KEY, Optional.empty(), HEADS.getFirst());
    String document = Files.readString(Path.of("../../docs/format/trust.md"));
    assertThat(document)
        .contains("`" + only(".pin").getFileName() + "` holds\n\n```\n")
        .contains(Files.readString(only(".pin")) + "```\n")
        .contains("`" + only(".head").getFileName() + "`");
    assertThat(only(".head")).hasBinaryContent(HEADS.getFirst().bytes());
  }

  @Test
  void keeps_the_key_that_was_pinned_first() {
    VerifierKey other =
        VerifierKey.of("other.example", VerifierKey.Algorithm.ED25519, TrueLog.KEY.publicKey());
    assertThat(store().pin(LOG, TrueLog.KEY)).isEqualTo(TrueLog.KEY);
    assertThat(store().pin(LOG, other)).isEqualTo(TrueLog.KEY);
  }

  @Test
  void moves_on_only_from_what_is_trusted() {
    TrustStore store = store();
    assertThat(store.advance(TrueLog.KEY, Optional.empty(), HEADS.get(0))).isTrue();
    assertThat(store.advance(TrueLog.KEY, Optional.empty(), HEADS.get(1))).isFalse();
    assertThat(store.advance(TrueLog.KEY, Optional.of(HEADS.get(1)), HEADS.get(2))).isFalse();
    assertThat(store.head(TrueLog.KEY)).contains(HEADS.get(0));
    assertThat(store.advance(TrueLog.KEY, Optional.of(HEADS.get(0)), HEADS.get(2))).isTrue();
    assertThat(store.head(TrueLog.KEY)).contains(HEADS.get(2));
  }

  @Test
  void lets_one_of_many_who_move_on_at_once_through() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 4; round++) {
        Optional<SignedCheckpoint> from =
            round == 0 ? Optional.empty() : Optional.of(HEADS.get(round - 1));
        SignedCheckpoint to = HEADS.get(round);
        Callable<Boolean> advance = () -> store().advance(TrueLog.KEY, from, to);
        int moved = 0;
        for (Future<Boolean> done : threads.invokeAll(List.of(advance, advance, advance))) {
          moved += done.get() ? 1 : 0;
        }
        assertThat(moved).isEqualTo(1);
      }
    }
  }

  @Test
  void is_readable_by_its_owner_alone() throws IOException {
    store().pin(LOG, TrueLog.KEY);
    store().advance(TrueLog.KEY, Optional.empty(), HEADS.getFirst());
    for (String suffix : List.of(".pin", ".head")) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(only(suffix))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void refuses_a_file_that_is_cut_anywhere() throws IOException {
    store().pin(LOG, TrueLog.KEY);
    store().advance(TrueLog.KEY, Optional.empty(), HEADS.getFirst());
    for (String suffix : List.of(".pin", ".head")) {
      byte[] whole = Files.readAllBytes(only(suffix));
      for (int length = 0; length < whole.length; length++) {
        Files.write(only(suffix), Arrays.copyOf(whole, length));
        refuses(suffix, "cut at " + length);
      }
      Files.write(only(suffix), whole);
    }
  }

  @Test
  void refuses_a_file_of_which_any_bit_is_flipped() throws IOException {
    store().pin(LOG, TrueLog.KEY);
    store().advance(TrueLog.KEY, Optional.empty(), HEADS.getFirst());
    for (String suffix : List.of(".pin", ".head")) {
      byte[] whole = Files.readAllBytes(only(suffix));
      for (int bit = 0; bit < 8 * whole.length; bit++) {
        byte[] flipped = whole.clone();
        flipped[bit / 8] ^= (byte) (1 << bit % 8);
        Files.write(only(suffix), flipped);
        refuses(suffix, "bit " + bit);
      }
      Files.write(only(suffix), whole);
    }
  }

  private void refuses(String suffix, String how) {
    assertThatThrownBy(
            () -> {
              var _ = suffix.equals(".pin") ? store().pinned(LOG) : store().head(TrueLog.KEY);
            })
        .as(how)
        .isInstanceOfSatisfying(
            StorageFailed.class, failed -> assertThat(failed.damaged()).isTrue())
        .hasMessageContaining("trust begins anew");
  }

  @Test
  void trusts_nothing_new_where_nothing_can_be_written_and_still_tells_what_it_knows()
      throws IOException {
    store().pin(LOG, TrueLog.KEY);
    store().advance(TrueLog.KEY, Optional.empty(), HEADS.getFirst());
    TrustStore unwritable = TrustStore.inFolder(folder.resolve("trust"), new UnwritableDisk());
    assertThat(unwritable.head(TrueLog.KEY)).contains(HEADS.getFirst());
    assertThatThrownBy(
            () -> unwritable.advance(TrueLog.KEY, Optional.of(HEADS.get(0)), HEADS.get(1)))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("nothing new is trusted");
    assertThat(store().head(TrueLog.KEY)).contains(HEADS.getFirst());
  }

  @Test
  void holds_the_old_head_or_the_new_one_after_a_loss_of_power_at_any_moment() throws Exception {
    for (int seed = 0; seed < Scale.of(1_000); seed++) {
      Random random = new Random(seed);
      Path root = Path.of("/disk");
      SimulatedDisk disk = new SimulatedDisk(root, seed);
      TrustStore before = TrustStore.inFolder(root.resolve("trust"), disk);
      before.advance(TrueLog.KEY, Optional.empty(), HEADS.get(0));
      disk.loseThePowerIn(random.nextInt(24));
      Optional<SignedCheckpoint> acknowledged = Optional.of(HEADS.get(0));
      try {
        assertThat(before.advance(TrueLog.KEY, acknowledged, HEADS.get(1))).isTrue();
        acknowledged = Optional.of(HEADS.get(1));
        assertThat(before.advance(TrueLog.KEY, acknowledged, HEADS.get(2))).isTrue();
        acknowledged = Optional.of(HEADS.get(2));
      } catch (StorageFailed e) {
        // The power went out on the way.
      }
      disk.crash();
      Optional<SignedCheckpoint> found =
          TrustStore.inFolder(root.resolve("trust"), disk).head(TrueLog.KEY);
      assertThat(found.orElseThrow().checkpoint().size())
          .as("seed %d", seed)
          .isGreaterThanOrEqualTo(acknowledged.orElseThrow().checkpoint().size());
    }
  }
}
