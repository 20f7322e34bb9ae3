package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrKey;
import dev.stele.testkit.Scale;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("soak")
class HostileLinesTest {
  private static final long SEED = 20_261_121;

  @TempDir Path folder;

  @Test
  void are_refused_one_by_one_and_leave_nothing_behind() throws IOException {
    String log = "sqlite:" + folder.resolve("log");
    stele("init", "--log", log, "--anchor", folder.resolve("anchor").toString());
    int lines = Scale.of(100_000);
    for (String source : List.of("--nostr", "--ledger")) {
      Path file = folder.resolve("hostile" + source + ".jsonl");
      write(file, lines);

      Shell.Result imported = stele("import", source, file.toString(), "--log", log, "--json");

      assertThat(imported.exit()).as("seed %d, %s: %s", SEED, source, imported.err()).isEqualTo(1);
      assertThat(imported.err()).doesNotContain("Exception").doesNotContain("\tat ");
      assertThat(imported.json())
          .containsEntry(source.equals("--nostr") ? "stored" : "appended", 0L);
    }
    assertThat(stele("cat", "--log", log, "--stream", "nostr", "--json").out()).isEmpty();
    assertThat(stele("verify", "--log", log, "--json").json()).containsEntry("verdict", "intact");
  }

  private static void write(Path file, int lines) throws IOException {
    Random random = new Random(SEED);
    byte[] secret = new byte[32];
    secret[31] = 3;
    byte[] valid =
        EventJson.write(
            NostrKey.fromSecret(secret)
                .sign(1_700_000_000L, 1, List.of(List.of("e", "0".repeat(64))), "a note"));
    List<byte[]> listed = listed();
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      for (int i = 0; i < lines; i++) {
        byte[] line = i < listed.size() ? listed.get(i) : mutate(valid, random);
        out.write(line);
        out.write('\n');
      }
    }
  }

  /** What is known to be hard: too large, too deep, cut, of another type, not text at all. */
  private static List<byte[]> listed() {
    List<byte[]> listed = new ArrayList<>();
    for (String text :
        List.of(
            "null",
            "[]",
            "{}",
            "\"\"",
            "0",
            "{\"id\":1}",
            "{\"id\":\"\\ud800\"}",
            "{\"id\":\"a\",\"id\":\"a\"}",
            "{\"id\":\"a\"} {}",
            "{\"kind\":1.5}",
            "{\"kind\":1e3}",
            "{\"kind\":01}",
            "{\"tags\":" + "[".repeat(100_000),
            "{\"created_at\":99999999999999999999999999999999}",
            "\u0000",
            "{\"content\":\"" + "a".repeat(2_000_000) + "\"}")) {
      listed.add(text.getBytes(StandardCharsets.UTF_8));
    }
    listed.add(new byte[] {(byte) 0xff, (byte) 0xfe, '{', '}'});
    listed.add(new byte[] {'"', (byte) 0xc0, (byte) 0x80, '"'});
    return listed;
  }

  private static byte[] mutate(byte[] valid, Random random) {
    byte[] mutated = valid.clone();
    switch (random.nextInt(4)) {
      case 0 -> {
        // Another digit in the id or signature, which hold two thirds of the digits.
        int at = random.nextInt(mutated.length);
        mutated[at] ^= (byte) (1 + random.nextInt(255));
      }
      case 1 -> mutated = Arrays.copyOf(mutated, random.nextInt(mutated.length));
      case 2 -> {
        for (int i = 0; i < 5; i++) {
          mutated[random.nextInt(mutated.length)] = (byte) random.nextInt(256);
        }
      }
      default -> {
        int from = random.nextInt(mutated.length);
        int length = random.nextInt(mutated.length - from);
        byte[] cut = new byte[mutated.length - length];
        System.arraycopy(mutated, 0, cut, 0, from);
        System.arraycopy(mutated, from + length, cut, from, cut.length - from);
        mutated = cut;
      }
    }
    for (int i = 0; i < mutated.length; i++) {
      if (mutated[i] == '\n') {
        mutated[i] = ' ';
      }
    }
    return Arrays.equals(mutated, valid) ? Arrays.copyOf(valid, valid.length - 1) : mutated;
  }
}
