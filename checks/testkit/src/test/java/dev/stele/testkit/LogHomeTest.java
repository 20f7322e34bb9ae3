package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogHome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogHomeTest {
  @TempDir Path folder;

  private Path database() {
    return folder.resolve("new/folder/events.db");
  }

  private LogHome made(long seed) {
    return LogHome.create(
        database(), "test.example/log", Optional.of(folder.resolve("anchors")), new Random(seed));
  }

  @Test
  void keeps_keys_that_are_read_back_as_they_were_made() {
    LogHome home = made(1);
    assertThat(home.exists()).isTrue();
    var keys = LogHome.of(database()).keys().orElseThrow();
    assertThat(keys.signer().vkey()).isEqualTo(home.vkey());
    assertThat(keys.origin()).isEqualTo("test.example/log");
    assertThat(keys.indexKey()).isEqualTo(home.keys().orElseThrow().indexKey());
  }

  @Test
  void shows_its_secrets_to_its_owner_alone() throws Exception {
    made(1);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("new/folder/events.key"))))
        .isEqualTo("rw-------");
  }

  @Test
  void never_overwrites_keys() throws Exception {
    made(1);
    byte[] key = Files.readAllBytes(folder.resolve("new/folder/events.key"));
    byte[] vkey = Files.readAllBytes(folder.resolve("new/folder/events.vkey"));
    assertThatThrownBy(() -> made(2)).isInstanceOf(StorageFailed.class);
    assertThat(folder.resolve("new/folder/events.key")).hasBinaryContent(key);
    assertThat(folder.resolve("new/folder/events.vkey")).hasBinaryContent(vkey);
  }

  @Test
  void never_reads_a_changed_key_file_as_the_same_keys() throws Exception {
    LogHome home = made(1);
    Path file = folder.resolve("new/folder/events.key");
    byte[] whole = Files.readAllBytes(file);
    byte[] indexKey = home.keys().orElseThrow().indexKey();
    for (int at = 0; at < whole.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] changed = whole.clone();
        changed[at] ^= (byte) (1 << bit);
        Files.write(file, changed);
        // Another index key is a key too; the verifier finds that it is not that of the claims.
        assertThat(readingOf(home))
            .as("byte %d bit %d", at, bit)
            .isNotEqualTo(HexFormat.of().formatHex(indexKey));
      }
    }
  }

  private static String readingOf(LogHome home) {
    try {
      return HexFormat.of().formatHex(home.keys().orElseThrow().indexKey());
    } catch (StorageFailed e) {
      return "refused";
    }
  }

  @Test
  void refuses_a_secret_and_a_public_key_that_are_not_of_one_pair() throws Exception {
    LogHome home = made(1);
    LogHome.create(folder.resolve("other.db"), "test.example/log", Optional.empty(), new Random(2));
    Files.copy(
        folder.resolve("other.vkey"),
        folder.resolve("new/folder/events.vkey"),
        StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(home::keys).isInstanceOf(StorageFailed.class);
  }

  @Test
  void makes_no_half_of_a_pair_where_the_other_half_is_already() throws Exception {
    made(1);
    for (String left : new String[] {".key", ".vkey", ".anchor"}) {
      for (String extension : new String[] {".key", ".vkey", ".anchor"}) {
        Files.deleteIfExists(folder.resolve("new/folder/events" + extension));
      }
      Files.writeString(folder.resolve("new/folder/events" + left), "something else");
      assertThatThrownBy(() -> made(2)).isInstanceOf(StorageFailed.class);
      assertThat(folder.resolve("new/folder"))
          .isDirectoryNotContaining(file -> !file.toString().endsWith("events" + left));
    }
  }

  @Test
  void does_without_its_secrets_where_only_the_public_key_is() throws Exception {
    LogHome home = made(1);
    Files.delete(folder.resolve("new/folder/events.key"));
    assertThat(home.keys()).isEmpty();
    assertThat(home.vkey().name()).isEqualTo("test.example/log");
  }

  @Test
  void anchors_where_it_was_told_to_under_a_name_of_its_key() {
    LogHome home = made(1);
    home.anchor().record(new byte[] {1});
    assertThat(folder.resolve("anchors")).isDirectoryContaining("glob:**/*.anchor");
    assertThat(LogHome.of(database()).anchor().last()).hasValue(new byte[] {1});
  }
}
