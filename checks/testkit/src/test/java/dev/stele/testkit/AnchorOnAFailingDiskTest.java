package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.log.SecretFile;
import dev.stele.testkit.SimulatedDisk.Faults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * An anchor and a key file on a disk that fails, tears, fills up and loses its power, by seed.
 *
 * <p>Whatever happened: the anchor gives the note that was recorded last, or one whose record began
 * after that; and a key file has all of its text or is not there.
 */
class AnchorOnAFailingDiskTest {
  private static final Path ROOT = Path.of("/simulated");
  private static final Path ANCHOR = ROOT.resolve("state/anchors/log.anchor");
  private static final Path KEY = ROOT.resolve("log.key");

  private interface Scene {
    void play(long seed) throws IOException;
  }

  private static void forEverySeed(Scene scene) {
    for (long seed = 0; seed < Scale.of(50_000); seed++) {
      try {
        scene.play(seed);
      } catch (AssertionError | RuntimeException | IOException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static Faults drawFaults(Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> new Faults(300, 60, 30, 60);
      case 1 -> new Faults(0, 0, 0, 250);
      case 2 -> new Faults(500, 0, 0, 0);
      default -> Faults.NONE;
    };
  }

  /** Lets the power go out soon, or the disk fill up, or neither. */
  private static void threaten(SimulatedDisk disk, Random random) {
    disk.faults(drawFaults(random));
    switch (random.nextInt(3)) {
      case 0 -> disk.loseThePowerIn(1 + random.nextInt(40));
      case 1 -> disk.capacity(disk.usedBytes() + random.nextInt(9_000));
      default -> {}
    }
  }

  private static String text(byte[] note) {
    return new String(note, StandardCharsets.UTF_8);
  }

  @Test
  void an_anchor_gives_the_last_recorded_note_or_the_one_being_recorded() {
    forEverySeed(
        seed -> {
          Random random = new Random(seed);
          SimulatedDisk disk = new SimulatedDisk(ROOT, ~seed);
          // The note on the medium for sure, empty for none, and those that may be there instead.
          Optional<String> recorded = Optional.empty();
          List<Optional<String>> possible = new ArrayList<>();
          int number = 0;
          for (int round = 0; round < 6; round++) {
            threaten(disk, random);
            FileAnchor anchor = new FileAnchor(ANCHOR, disk);
            boolean took = random.nextBoolean();
            for (int i = 0; i < 8 && !disk.powerIsOut(); i++) {
              String note = "note " + ++number;
              try {
                if (took) {
                  anchor.take();
                }
                if (random.nextInt(4) == 0) {
                  var _ = anchor.last();
                }
                possible.add(Optional.of(note));
                anchor.record(note.getBytes(StandardCharsets.UTF_8));
                recorded = Optional.of(note);
                possible.clear();
              } catch (StorageFailed e) {
                assertThat(e)
                    .as("damage of a disk that lost nothing")
                    .hasMessageNotContaining("damaged");
              }
            }
            boolean powerLost = disk.powerIsOut() || random.nextBoolean();
            if (powerLost) {
              disk.crash();
            } else {
              disk.killProcess();
            }
            disk.calm();
            Optional<String> last =
                new FileAnchor(ANCHOR, disk).last().map(AnchorOnAFailingDiskTest::text);
            possible.add(recorded);
            assertThat(possible).as("round %d", round).contains(last);
            if (powerLost) {
              recorded = last;
              possible.clear();
            }
          }
          FileAnchor calm = new FileAnchor(ANCHOR, disk);
          calm.record("the end".getBytes(StandardCharsets.UTF_8));
          disk.crash();
          assertThat(new FileAnchor(ANCHOR, disk).last().map(AnchorOnAFailingDiskTest::text))
              .hasValue("the end");
        });
  }

  @Test
  void a_key_file_has_all_of_its_text_or_is_not_there_and_is_never_written_over() {
    forEverySeed(
        seed -> {
          Random random = new Random(seed);
          SimulatedDisk disk = new SimulatedDisk(ROOT, ~seed);
          Optional<String> created = Optional.empty();
          List<String> attempted = new ArrayList<>();
          for (int round = 0; round < 4; round++) {
            threaten(disk, random);
            String text = "the secrets of round " + round + " of seed " + seed + "\n";
            attempted.add(text);
            try {
              SecretFile.create(disk, KEY, text);
              assertThat(created).as("made twice").isEmpty();
              created = Optional.of(text);
            } catch (FileAlreadyExistsException e) {
              assertThat(disk.exists(KEY)).isTrue();
            } catch (IOException e) {
              assertThat(e).isNotNull();
            }
            if (disk.powerIsOut() || random.nextBoolean()) {
              disk.crash();
            }
            disk.calm();
            assertThat(disk.exists(KEY) || created.isEmpty()).as("lost").isTrue();
            if (disk.exists(KEY)) {
              String there = text(disk.read(KEY));
              assertThat(attempted).contains(there);
              assertThat(there).isEqualTo(created.orElse(there));
            }
          }
        });
  }

  @Test
  void a_second_holder_is_refused_until_the_first_lets_go() {
    SimulatedDisk disk = new SimulatedDisk(ROOT, 1);
    FileAnchor first = new FileAnchor(ANCHOR, disk);
    FileAnchor second = new FileAnchor(ANCHOR, disk);
    first.take();
    first.take();
    first.record(new byte[] {1});
    assertThatThrownBy(second::take)
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("held by another writer");
    assertThatThrownBy(() -> second.record(new byte[] {2})).isInstanceOf(StorageFailed.class);
    assertThat(second.last()).as("reading takes nothing").hasValue(new byte[] {1});
    first.close();
    first.close();
    second.take();
    second.record(new byte[] {2});
    assertThat(first.last()).hasValue(new byte[] {2});
  }

  @Test
  void an_anchor_that_another_one_recorded_to_is_not_recorded_to() {
    SimulatedDisk disk = new SimulatedDisk(ROOT, 1);
    FileAnchor mine = new FileAnchor(ANCHOR, disk);
    FileAnchor other = new FileAnchor(ANCHOR, disk);
    mine.record(new byte[] {1});
    other.record(new byte[] {2});
    assertThatThrownBy(() -> mine.record(new byte[] {3}))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("another writer recorded there");
    assertThat(mine.last()).hasValue(new byte[] {2});
    mine.record(new byte[] {4});
    assertThat(Objects.requireNonNull(other.last().orElse(null))).isEqualTo(new byte[] {4});
  }

  @Test
  void an_anchor_that_was_taken_away_or_put_back_is_not_recorded_to() throws IOException {
    SimulatedDisk disk = new SimulatedDisk(ROOT, 1);
    FileAnchor anchor = new FileAnchor(ANCHOR, disk);
    anchor.take();
    anchor.record(new byte[] {1});
    Path aside = ANCHOR.resolveSibling("aside");
    disk.replace(ANCHOR, aside);
    assertThatThrownBy(() -> anchor.record(new byte[] {2})).isInstanceOf(StorageFailed.class);
    disk.replace(aside, ANCHOR);
    anchor.record(new byte[] {3});
    FileAnchor copy = new FileAnchor(ROOT.resolve("copy"), disk);
    copy.record(new byte[] {9});
    disk.replace(ANCHOR, aside);
    disk.replace(ROOT.resolve("copy"), ANCHOR);
    assertThatThrownBy(() -> anchor.record(new byte[] {4})).isInstanceOf(StorageFailed.class);
  }
}
