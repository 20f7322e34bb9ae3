package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A byte of the database is changed under a server, as a disk or an intruder would. */
@Tag("engine")
class ALogThatWasTamperedWithTest {
  private static final int EVENTS = 100;
  private static final int TAMPERED = 30;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path folder;

  @Test
  void the_server_says_so_takes_nothing_more_and_still_gives_what_is_proven() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      fill(server);
      assertThat(server.get("/health").status()).isEqualTo(200);
      flip(folder.resolve("data/log.db"));
      // Nobody has looked yet: the scrub is what looks.
      assertThat(server.post("/v1/logs/main/scrub", "").status()).isEqualTo(202);
      awaitBroken(server);
      saysSo(server);
    }
    // Nor does it forget over a restart.
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      saysSo(server);
    }
  }

  private static void fill(RunningServer server) throws Exception {
    StringBuilder events = new StringBuilder("{\"events\":[");
    for (int i = 1; i <= EVENTS; i++) {
      events.append(i == 1 ? "" : ",");
      events.append("{\"type\":\"t\",\"payloadText\":\"payload %d\"}".formatted(i));
    }
    assertThat(server.post("/v1/logs/main/events?proof=true", events + "]}").status())
        .isEqualTo(201);
  }

  /** The last byte of a row is the last byte of its payload. */
  private static void flip(Path database) throws Exception {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
      long place;
      byte[] entry;
      try (PreparedStatement select =
          connection.prepareStatement(
              "SELECT place, entry FROM log_events ORDER BY place LIMIT 1 OFFSET ?")) {
        select.setInt(1, TAMPERED - 1);
        try (ResultSet row = select.executeQuery()) {
          assertThat(row.next()).isTrue();
          place = row.getLong(1);
          entry = row.getBytes(2);
        }
      }
      entry[entry.length - 1] ^= 1;
      try (PreparedStatement update =
          connection.prepareStatement("UPDATE log_events SET entry = ? WHERE place = ?")) {
        update.setBytes(1, entry);
        update.setLong(2, place);
        assertThat(update.executeUpdate()).isEqualTo(1);
      }
    }
  }

  private static void awaitBroken(RunningServer server) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (server.get("/health").status() == 200) {
      assertThat(System.nanoTime()).as("nobody has noticed").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static void saysSo(RunningServer server) throws Exception {
    Answer health = server.get("/health");
    assertThat(health.status()).isEqualTo(503);
    assertThat(health.json()).containsEntry("status", "broken");
    Map<?, ?> logs = (Map<?, ?>) Objects.requireNonNull(health.json().get("logs"));
    Map<?, ?> main = (Map<?, ?>) Objects.requireNonNull(logs.get("main"));
    assertThat(main.get("status")).isEqualTo("broken");

    Answer verification = server.get("/v1/logs/main/verification");
    assertThat(verification.text()).contains("broken").contains(String.valueOf(TAMPERED));

    Answer append = server.post("/v1/logs/main/events", "{\"type\":\"t\"}");
    assertThat(append.status()).isEqualTo(503);
    assertThat(append.problem()).isEqualTo("read-only");

    Answer proven = server.get("/v1/logs/main/events/" + (TAMPERED - 1));
    assertThat(proven.status()).isEqualTo(200);
    assertThat(proven.json()).containsEntry("payloadText", "payload " + (TAMPERED - 1));
    // It is no reason to stop the process: it can still say what is wrong.
    assertThat(server.get("/health/live").status()).isEqualTo(200);
  }
}
