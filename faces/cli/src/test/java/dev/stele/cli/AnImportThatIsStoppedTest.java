package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrKey;
import dev.stele.testkit.ChildJvm;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("crash")
class AnImportThatIsStoppedTest {
  /** More lines than the two batches that are in memory, and what a pipe holds. */
  private static final int BEFORE_THE_SIGNAL = 90_000;

  @TempDir Path folder;

  @Test
  void ends_behind_a_batch_and_says_where() throws Exception {
    String log = "sqlite:" + folder.resolve("log");
    stele("init", "--log", log, "--anchor", folder.resolve("anchor").toString());
    byte[] secret = new byte[32];
    secret[31] = 7;
    List<byte[]> events = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      events.add(
          EventJson.write(
              NostrKey.fromSecret(secret).sign(1_700_000_000L + i, 1, List.of(), "note " + i)));
    }
    Process process =
        ChildJvm.start(Stele.class, List.of("import", "--nostr", "-", "--log", log, "--json"));
    Thread feeding = Thread.ofPlatform().daemon().start(() -> feed(process, events));
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    feeding.join();
    Map<String, Object> answer = TestJson.object(out);
    long lines = (Long) answer.getOrDefault("lines", -1L);
    assertThat(lines).isPositive();
    assertThat(answer)
        .containsEntry("stopped", true)
        .containsEntry("refusedCount", 0L)
        .containsEntry("leftToTheTables", lines);
    assertThat(stele("verify", "--log", log, "--json").json())
        .containsEntry("verdict", "intact")
        .containsEntry("size", 200L);
    assertThat(stele("nostr", "scan", "{}", "--count", "--log", log).out().strip())
        .isEqualTo("200");
  }

  /** Writes lines without an end, and after many of them tells the process to stop. */
  private static void feed(Process process, List<byte[]> events) {
    try (OutputStream in = new BufferedOutputStream(process.getOutputStream(), 1 << 16)) {
      for (long written = 0; process.isAlive(); written++) {
        in.write(events.get((int) (written % events.size())));
        in.write('\n');
        if (written == BEFORE_THE_SIGNAL) {
          // By its handle: the process itself would have its pipes closed, and its answer lost.
          process.toHandle().destroy();
        }
      }
    } catch (IOException e) {
      // The process has ended, and with it the pipe.
      return;
    }
  }
}
