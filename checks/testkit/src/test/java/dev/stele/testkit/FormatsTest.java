package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.backup.Backup;
import dev.stele.core.backup.BackupFile;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.backup.BackupResult;
import dev.stele.core.backup.Progress;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Row;
import dev.stele.core.event.Body;
import dev.stele.core.event.EventRecord;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Receipt;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.HmacSha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bytes of the format documents: written by the log, compared with golden files, which are the
 * examples in the documents. Whoever changes a byte changes a format, and needs a new version of
 * it.
 */
class FormatsTest {
  private static final Path FORMATS = Path.of("..", "..", "docs", "format");
  private static final HexFormat HEX = HexFormat.of();

  @TempDir Path folder;

  private static String golden(String name) throws IOException {
    try (InputStream in = FormatsTest.class.getResourceAsStream(name)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void assertGolden(String name, String document, String actual) throws IOException {
    assertThat(actual).isEqualTo(golden(name));
    assertThat(Files.readString(FORMATS.resolve(document))).contains("```\n" + actual + "```\n");
  }

  @Test
  void of_a_record_its_body_and_its_index_keys() throws IOException {
    ReopenableMemory engine = new ReopenableMemory();
    Example.write(engine, new MemoryAnchor());
    Row row = engine.read(LogId.MAIN, 1, 1).getFirst();
    byte[] body = Optional.ofNullable(row.body()).orElseThrow();
    assertThat(Body.hash(body)).isEqualTo(Arrays.copyOfRange(row.record(), 41, 73));
    assertThat(EventRecord.link(row.record())).isEqualTo(row.link());
    String example =
        lines("genesis", EventRecord.genesis("test.example/log"))
            + lines("index key of the log", TestLogs.keys().indexKey())
            + lines("body", body)
            + lines("body hash", Body.hash(body))
            + lines("record", row.record())
            + lines("link", row.link())
            + lines("index keys", row.keys());
    assertGolden("record.golden", "record.md", example);
  }

  @Test
  void of_an_index_key_is_an_hmac_of_scope_and_key() {
    ReopenableMemory engine = new ReopenableMemory();
    Example.write(engine, new MemoryAnchor());
    byte[] keys = engine.read(LogId.MAIN, 1, 1).getFirst().keys();
    HmacSha256 hmac = new HmacSha256(TestLogs.keys().indexKey());
    byte[] hash = hmac.hash("nonce".getBytes(StandardCharsets.UTF_8), new byte[] {0, 1, 2, 3, 4});
    assertThat(Arrays.copyOfRange(keys, 16, 32)).isEqualTo(Arrays.copyOf(hash, 16));
  }

  @Test
  void of_a_receipt_for_released_claims() throws IOException {
    Receipt receipt = new Receipt.Released("test.example/log", 1_700_000_000_000L);
    byte[] note = receipt.sign(TestLogs.keys().signer());
    assertGolden("released.golden", "receipt.md", new String(note, StandardCharsets.UTF_8));
    VerifierKey key = TestLogs.keys().signer().vkey();
    assertThat(Receipt.open(note, key)).isEqualTo(new Parsed.Value<>(receipt));
    for (String wrong : List.of("-1", "01", "1.5", "", "9223372036854775808", "1\n2")) {
      byte[] signed =
          SignedNote.sign(receipt.text().replace("1700000000000", wrong), TestLogs.keys().signer())
              .bytes();
      assertThat(Receipt.open(signed, key)).as(wrong).isInstanceOf(Parsed.Malformed.class);
    }
  }

  @Test
  void of_a_receipt_for_a_log_that_was_put_back() throws IOException {
    byte[] root = new byte[32];
    Arrays.fill(root, (byte) 7);
    Receipt receipt = new Receipt.Rewound("test.example/log", 400, 512, root);
    byte[] note = receipt.sign(TestLogs.keys().signer());
    assertGolden("rewound.golden", "receipt.md", new String(note, StandardCharsets.UTF_8));
    VerifierKey key = TestLogs.keys().signer().vkey();
    assertThat(Receipt.open(note, key))
        .isInstanceOfSatisfying(
            Parsed.Value.class,
            value -> assertThat(value.value()).usingRecursiveComparison().isEqualTo(receipt));
    for (String wrong : List.of("512\n512", "-1\n512", "0400\n512", "400", "513\n512")) {
      byte[] signed =
          SignedNote.sign(receipt.text().replace("400\n512", wrong), TestLogs.keys().signer())
              .bytes();
      assertThat(Receipt.open(signed, key)).as(wrong).isInstanceOf(Parsed.Malformed.class);
    }
  }

  @Test
  void of_a_backup() throws IOException {
    ReopenableMemory engine = new ReopenableMemory();
    Example.write(engine, new MemoryAnchor());
    BackupFolder backups = new BackupFolder(folder);
    BackupResult made =
        Backup.of(
                engine,
                LogId.MAIN,
                TestLogs.keys().signer().vkey(),
                () -> TestLogs.START,
                new Random(1))
            .make(backups, Backup.Request.FULL, Progress.SILENT);
    assertThat(made).isInstanceOf(BackupResult.Made.class);
    BackupFile file = backups.list().backups().getFirst();
    assertThat(String.valueOf(file.path().getFileName()))
        .isEqualTo("test.example_log-20231114T221320.000Z-73d51abb.stele-backup");
    byte[] bytes = Files.readAllBytes(file.path());
    int content = (int) file.manifest().content().length();
    StringBuilder example = new StringBuilder();
    example.append("magic\n").append(lines("", Arrays.copyOf(bytes, 16)));
    for (int at = 16; at < content; ) {
      int length = ByteBuffer.wrap(bytes).getInt(at + 1);
      example.append("frame %c of %d bytes, which begins\n".formatted(bytes[at], length));
      example.append(lines("", Arrays.copyOfRange(bytes, at, at + 5 + Math.min(length, 27))));
      at += 5 + length;
    }
    int trailer = bytes.length - 52;
    example.append("manifest\n");
    example.append(new String(bytes, content, trailer - content, StandardCharsets.UTF_8));
    example.append("trailer\n").append(lines("", Arrays.copyOfRange(bytes, trailer, bytes.length)));
    assertGolden("backup.golden", "backup.md", example.toString());
  }

  @Test
  void of_an_anchor() throws IOException {
    Path file = folder.resolve("log.anchor");
    Example.write(new ReopenableMemory(), new FileAnchor(file));
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes).hasSize(8_192);
    StringBuilder example = new StringBuilder();
    for (int slot = 0; slot < 2; slot++) {
      int from = slot * 4_096;
      int length = (bytes[from + 26] & 0xff) << 8 | (bytes[from + 27] & 0xff);
      example.append("slot %d, bytes 0 to 27\n".formatted(slot));
      example.append(lines("", Arrays.copyOfRange(bytes, from, from + 28)));
      example.append("the %d bytes of its note, as text\n".formatted(length));
      example.append(new String(bytes, from + 28, length, StandardCharsets.UTF_8));
      example.append("its last 32 bytes\n");
      example.append(lines("", Arrays.copyOfRange(bytes, from + 4_064, from + 4_096)));
      for (int at = from + 28 + length; at < from + 4_064; at++) {
        assertThat(bytes[at]).isZero();
      }
    }
    assertGolden("anchor.golden", "anchor.md", example.toString());
  }

  private static String lines(String title, byte[] bytes) {
    StringBuilder lines = new StringBuilder(title.isEmpty() ? "" : title + "\n");
    for (int at = 0; at < bytes.length; at += 32) {
      lines.append("  ").append(HEX.formatHex(bytes, at, Math.min(bytes.length, at + 32)));
      lines.append('\n');
    }
    return lines.toString();
  }
}
