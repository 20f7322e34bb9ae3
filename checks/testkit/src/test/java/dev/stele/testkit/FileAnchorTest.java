package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.FileAnchor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileAnchorTest {
  private static final int SLOT_BYTES = 4_096;

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("made/for/it/log.anchor");
  }

  private FileAnchor anchor() {
    return new FileAnchor(file());
  }

  private static byte[] note(int number) {
    return ("note " + number).getBytes(StandardCharsets.UTF_8);
  }

  private FileAnchor recorded(int notes) {
    FileAnchor anchor = anchor();
    for (int i = 1; i <= notes; i++) {
      anchor.record(note(i));
    }
    return anchor;
  }

  @Test
  void remembers_nothing_before_anything_was_recorded() {
    assertThat(anchor().last()).isEmpty();
    assertThat(anchor().damage()).isEmpty();
  }

  @Test
  void remembers_the_last_note_also_when_opened_again() {
    for (int notes = 1; notes <= 5; notes++) {
      FileAnchor anchor = anchor();
      anchor.record(note(notes));
      assertThat(anchor.last()).hasValue(note(notes));
      assertThat(anchor().last()).hasValue(note(notes));
      assertThat(anchor().damage()).isEmpty();
    }
    assertThat(file()).hasSize(2 * SLOT_BYTES);
  }

  @Test
  void holds_a_note_up_to_its_slot_and_refuses_one_past_it() {
    int most = SLOT_BYTES - 28 - 32;
    anchor().record(new byte[most]);
    assertThat(anchor().last()).hasValue(new byte[most]);
    assertThatIllegalArgumentException().isThrownBy(() -> anchor().record(new byte[most + 1]));
  }

  @Test
  void answers_from_the_older_slot_when_the_newer_one_is_torn() throws Exception {
    recorded(3);
    byte[] before = Files.readAllBytes(file());
    recorded(1);
    byte[] after = Files.readAllBytes(file());
    for (int sector = 512; sector < SLOT_BYTES; sector += 512) {
      byte[] torn = before.clone();
      System.arraycopy(after, 0, torn, 0, sector);
      Files.write(file(), torn);
      assertThat(anchor().last()).hasValue(note(3));
      assertThat(anchor().damage()).isPresent();
      FileAnchor healed = anchor();
      healed.record(note(9));
      assertThat(anchor().last()).hasValue(note(9));
      assertThat(anchor().damage()).isEmpty();
    }
  }

  @Test
  void never_answers_with_a_wrong_note_whatever_byte_is_flipped() throws Exception {
    recorded(3);
    byte[] whole = Files.readAllBytes(file());
    int step = whole.length / Scale.of(whole.length);
    for (int at = step / 2; at < whole.length; at += step) {
      byte[] changed = whole.clone();
      changed[at] ^= (byte) (at % 4 < 2 ? 0xff : 1 << at % 8);
      Files.write(file(), changed);
      boolean newer = at >= SLOT_BYTES;
      assertThat(anchor().last()).hasValue(note(newer ? 2 : 3));
      assertThat(anchor().damage()).as("byte %d", at).isPresent();
    }
  }

  @Test
  void says_so_when_both_slots_are_damaged_and_does_not_write_over_them() throws Exception {
    recorded(2);
    byte[] bytes = Files.readAllBytes(file());
    bytes[100] ^= 1;
    bytes[SLOT_BYTES + 100] ^= 1;
    Files.write(file(), bytes);
    FileAnchor damaged = anchor();
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(damaged::last).isInstanceOf(StorageFailed.class);
      assertThatThrownBy(() -> damaged.record(note(3))).isInstanceOf(StorageFailed.class);
    }
    assertThat(Files.readAllBytes(file())).isEqualTo(bytes);
  }

  @Test
  void says_so_when_it_was_cut() throws Exception {
    recorded(2);
    byte[] bytes = Files.readAllBytes(file());
    for (int length : new int[] {0, 1, 30, SLOT_BYTES - 1}) {
      Files.write(file(), Arrays.copyOf(bytes, length));
      assertThatThrownBy(() -> anchor().last()).isInstanceOf(StorageFailed.class);
    }
  }

  @Test
  void is_never_there_in_part_when_it_is_made() throws Exception {
    Files.createDirectories(Optional.ofNullable(file().getParent()).orElseThrow());
    Files.write(file().resolveSibling("log.anchor.writing"), new byte[77]);
    assertThat(anchor().last()).isEmpty();
    recorded(1);
    assertThat(anchor().last()).hasValue(note(1));
    assertThat(file().resolveSibling("log.anchor.writing")).doesNotExist();
  }

  @Test
  void records_for_a_caller_that_was_interrupted_and_leaves_it_interrupted() {
    FileAnchor anchor = anchor();
    for (int i = 1; i <= 3; i++) {
      Thread.currentThread().interrupt();
      anchor.record(note(i));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(anchor().last()).hasValue(note(i));
    }
  }
}
