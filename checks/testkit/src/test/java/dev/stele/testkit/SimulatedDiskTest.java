package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.log.Disk.Readers;
import dev.stele.core.log.DiskFile;
import dev.stele.testkit.SimulatedDisk.Faults;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

class SimulatedDiskTest {
  private static final Path ROOT = Path.of("/simulated");
  private static final Path FILE = ROOT.resolve("file");
  private static final int SEEDS = 300;

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  /** A disk with a synced file of 2,048 ones. */
  private static SimulatedDisk withFile(long seed) throws IOException {
    SimulatedDisk disk = new SimulatedDisk(ROOT, seed);
    try (DiskFile file = disk.create(FILE, Readers.ANYBODY)) {
      file.writeFully(filled(2_048, 1), 0);
      file.sync();
    }
    disk.syncFolder(ROOT);
    return disk;
  }

  private interface Act {
    void on(SimulatedDisk disk) throws IOException;
  }

  /** How often each outcome came of an act and a crash, over many seeds. */
  private static Map<Integer, Integer> outcomes(Act act, ToIntFunction<SimulatedDisk> look)
      throws IOException {
    Map<Integer, Integer> counts = new HashMap<>();
    for (long seed = 0; seed < SEEDS; seed++) {
      SimulatedDisk disk = withFile(seed);
      act.on(disk);
      disk.crash();
      counts.merge(look.applyAsInt(disk), 1, Integer::sum);
    }
    return counts;
  }

  private static byte[] bytes(SimulatedDisk disk) {
    try {
      return disk.read(FILE);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void keeps_what_was_synced() throws IOException {
    assertThat(outcomes(_ -> {}, disk -> Arrays.hashCode(bytes(disk))))
        .containsOnlyKeys(Arrays.hashCode(filled(2_048, 1)));
  }

  @Test
  void keeps_drops_or_tears_what_was_not_synced() throws IOException {
    Act overwrite = disk -> disk.open(FILE).writeFully(filled(2_048, 2), 0);
    Map<Integer, Integer> twos =
        outcomes(
            overwrite,
            disk -> {
              int count = 0;
              for (byte each : bytes(disk)) {
                count += each == 2 ? 1 : 0;
              }
              return count;
            });
    assertThat(twos).containsKeys(0, 512, 1_024, 2_048);
    assertThat(twos.keySet()).as("torn inside a sector").anyMatch(count -> count % 512 != 0);
  }

  @Test
  void may_keep_a_later_write_without_an_earlier_one() throws IOException {
    Act two =
        disk -> {
          DiskFile file = disk.open(FILE);
          file.writeFully(filled(512, 2), 0);
          file.writeFully(filled(512, 3), 1_024);
        };
    assertThat(outcomes(two, disk -> bytes(disk)[0] * 10 + bytes(disk)[1_024]))
        .containsKeys(11, 13, 21, 23);
  }

  @Test
  void may_give_a_file_another_length_than_it_had() throws IOException {
    Act grow =
        disk -> {
          DiskFile file = disk.open(FILE);
          file.writeFully(filled(100, 2), 2_048);
          file.writeFully(filled(100, 2), 2_148);
        };
    assertThat(outcomes(grow, disk -> bytes(disk).length)).containsOnlyKeys(2_048, 2_148, 2_248);
  }

  @Test
  void may_undo_a_rename_until_its_folder_is_synced() throws IOException {
    Path other = ROOT.resolve("other");
    assertThat(outcomes(disk -> disk.replace(FILE, other), disk -> disk.exists(other) ? 1 : 0))
        .containsOnlyKeys(0, 1);
    Act synced =
        disk -> {
          disk.replace(FILE, other);
          disk.syncFolder(ROOT);
        };
    assertThat(outcomes(synced, disk -> disk.exists(other) ? 1 : 0)).containsOnlyKeys(1);
  }

  @Test
  void forgets_what_a_failed_sync_was_to_keep_although_a_later_sync_succeeds() throws IOException {
    Act failing =
        disk -> {
          DiskFile file = disk.open(FILE);
          file.writeFully(filled(512, 2), 0);
          disk.faults(new Faults(0, 0, 0, 1_000));
          assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
          disk.faults(Faults.NONE);
          assertThat(disk.read(FILE)[0]).as("the cache still shows it").isEqualTo((byte) 2);
          file.sync();
        };
    assertThat(outcomes(failing, disk -> bytes(disk)[0])).containsOnlyKeys(1, 2);
  }

  @Test
  void writes_the_part_that_fits_and_then_says_that_it_is_full() throws IOException {
    SimulatedDisk disk = withFile(1);
    disk.capacity(2_100);
    DiskFile file = disk.open(FILE);
    assertThat(file.write(ByteBuffer.wrap(filled(100, 2)), 2_048)).isEqualTo(52);
    assertThatThrownBy(() -> file.write(ByteBuffer.wrap(filled(48, 2)), 2_100))
        .hasMessageContaining("No space left");
    assertThat(file.write(ByteBuffer.wrap(filled(48, 2)), 0)).as("in place").isEqualTo(48);
  }

  @Test
  void does_nothing_any_more_when_the_power_is_out() throws IOException {
    SimulatedDisk disk = withFile(1);
    DiskFile file = disk.open(FILE);
    file.writeFully(filled(512, 2), 0);
    disk.loseThePowerIn(1);
    assertThatThrownBy(file::sync).isInstanceOf(IOException.class);
    assertThat(disk.powerIsOut()).isTrue();
    assertThatThrownBy(() -> disk.read(FILE)).hasMessageContaining("power");
    disk.crash();
    assertThatThrownBy(() -> file.length()).hasMessageContaining("closed");
    assertThat(bytes(disk)).hasSize(2_048);
  }

  @Test
  void flips_one_bit_of_one_file() throws IOException {
    SimulatedDisk disk = withFile(1);
    assertThat(disk.rot()).hasValue(FILE);
    Set<Integer> changed = new HashSet<>();
    byte[] after = bytes(disk);
    for (int at = 0; at < after.length; at++) {
      if (after[at] != 1) {
        changed.add(Integer.bitCount(after[at] ^ 1));
      }
    }
    assertThat(changed).containsExactly(1);
  }

  @Test
  void holds_a_lock_once_until_it_is_given_back_or_its_process_dies() throws IOException {
    SimulatedDisk disk = withFile(1);
    var lock = disk.lock(ROOT.resolve("lock")).orElseThrow();
    assertThat(disk.lock(ROOT.resolve("lock"))).isEmpty();
    disk.killProcess();
    var next = disk.lock(ROOT.resolve("lock")).orElseThrow();
    lock.close();
    assertThat(disk.lock(ROOT.resolve("lock"))).as("the dead give nothing back").isEmpty();
    next.close();
    assertThat(disk.lock(ROOT.resolve("lock"))).isPresent();
  }
}
