package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.FileAnchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.testkit.Scale;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every byte of every file of a log, changed: the log is found broken, or cannot be opened, or the
 * byte is shown to hold nothing, by its place in the file format and by the equal contents of every
 * table. No byte may be silent.
 */
@Tag("engine")
class EveryByteFlippedTest {
  private static final SqliteOptions SMALL_PAGES = new SqliteOptions(512);
  private static final long SEED = 20_260_101;

  @TempDir Path folder;

  private Path whole;
  private Path anchors;
  private SmallLog log;

  @BeforeEach
  void makeLog() throws IOException {
    whole = folder.resolve("whole");
    // Outside the log's folder, as it should be; its files are flipped all the same.
    anchors = folder.resolve("anchors");
    log = SmallLog.make(whole, anchors, 1);
  }

  private EventLog open() {
    return log.open(
        SqliteLogEngine.openWriter(log.database(), SMALL_PAGES, List.of()), Duration.ofHours(1));
  }

  private void append(EventLog opened, int events) {
    SmallLog.append(opened, events);
    // The last event is signed in its own commit, so that no part of the files is beyond the
    // anchor.
    String id = "long-" + opened.head().size();
    opened.append(Append.of(TestGate.event("long", id, "x".repeat(700))).proven());
  }

  @Test
  void of_a_log_that_was_closed() throws Exception {
    try (EventLog opened = open()) {
      append(opened, 9);
    }
    assertThat(whole.resolve("log.db-wal")).doesNotExist();
    flipEveryByte();
  }

  @Test
  void of_a_log_whose_write_ahead_log_is_in_use() throws Exception {
    Path live = folder.resolve("live");
    try (EventLog opened = open()) {
      append(opened, 4);
      // Moves the first events into the database; the later ones begin the write-ahead log anew.
      log.sql("PRAGMA wal_checkpoint(RESTART)");
      append(opened, 4);
      SmallLog.copy(whole, live);
    }
    Files.deleteIfExists(live.resolve("log.db-shm"));
    assertThat(live.resolve("log.db-wal")).isNotEmptyFile();
    SmallLog.copy(live, whole);
    flipEveryByte();
  }

  private void flipEveryByte() throws Exception {
    Map<String, byte[]> files = new TreeMap<>();
    for (Path file : Stream.concat(list(whole).stream(), list(anchors).stream()).toList()) {
      files.put(file.toString(), Files.readAllBytes(file));
    }
    byte[] wal = files.getOrDefault(whole.resolve("log.db-wal").toString(), new byte[0]);
    UnusedBytes unused = new UnusedBytes(Files.readAllBytes(whole.resolve("log.db")), wal);
    reset(files);
    assertThat(found(whole)).as("untouched").isEmpty();
    String contents = contents(whole);
    Random random = new Random(SEED);
    int step = Math.max(1, 1_000 / Scale.of(1_000));
    List<String> silent = new ArrayList<>();
    Map<String, Integer> reasons = new TreeMap<>();
    int flips = 0;
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      byte[] bytes = file.getValue();
      for (int at = random.nextInt(step); at < bytes.length; at += step) {
        for (int mask : new int[] {0xff, 1 << random.nextInt(8)}) {
          reset(files);
          byte[] flipped = bytes.clone();
          flipped[at] ^= (byte) mask;
          Files.write(Path.of(file.getKey()), flipped);
          flips++;
          if (found(whole).isPresent()) {
            continue;
          }
          Optional<String> reason = unused(unused, file.getKey(), at, flipped[at]);
          if (reason.isEmpty() || !contents(whole).equals(contents)) {
            silent.add(
                "%s byte %d xor %02x %s".formatted(file.getKey(), at, mask, reason.orElse("")));
          } else {
            reasons.merge(reason.get(), 1, Integer::sum);
          }
        }
      }
    }
    System.getLogger("dev.stele.sqlite")
        .log(System.Logger.Level.INFO, "flips={0} unused={1}", flips, reasons);
    assertThat(silent).as("of %d flips from seed %d", flips, SEED).isEmpty();
  }

  private static Optional<String> unused(UnusedBytes unused, String file, int at, byte flipped) {
    if (file.endsWith(".db")) {
      return unused.inDatabase(at, flipped);
    }
    return file.endsWith(".db-wal") ? unused.inWal(at) : Optional.empty();
  }

  private void reset(Map<String, byte[]> files) throws IOException {
    Files.createDirectories(whole);
    for (Path there : list(whole)) {
      Files.delete(there);
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(Path.of(file.getKey()), file.getValue());
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  /** What is found wrong with the log in a folder. Any failure but these two ends the test. */
  private static Optional<String> found(Path folder) {
    LogHome home = LogHome.of(folder.resolve("log.db"));
    try (LogEngine engine = SqliteLogEngine.openReader(home.database())) {
      FileAnchor anchor = (FileAnchor) home.anchor();
      Verdict verdict =
          Verifier.of(engine, LogId.MAIN, home.vkey())
              .withAnchor(anchor.last())
              .withStranger(anchor.stranger())
              .withIndexKey(home.keys().orElseThrow().indexKey())
              .threads(1)
              .verify();
      if (verdict instanceof Verdict.Broken || !verdict.scope().anchored()) {
        return Optional.of(verdict.toString());
      }
      return anchor.damage();
    } catch (StorageFailed e) {
      return Optional.of(e.toString());
    }
  }

  /** Every value of every table, with its type. */
  private static String contents(Path folder) throws SQLException {
    StringBuilder contents = new StringBuilder();
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("log.db"));
        Statement statement = connection.createStatement()) {
      List<String> tables = new ArrayList<>(List.of("sqlite_schema"));
      try (ResultSet names =
          statement.executeQuery(
              "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")) {
        while (names.next()) {
          tables.add(names.getString(1));
        }
      }
      for (String table : tables) {
        List<String> columns = new ArrayList<>();
        try (ResultSet names =
            statement.executeQuery("SELECT name FROM pragma_table_info('" + table + "')")) {
          while (names.next()) {
            columns.add("typeof(%1$s) || ':' || hex(%1$s)".formatted(names.getString(1)));
          }
        }
        contents.append(table).append('\n');
        try (ResultSet rows =
            statement.executeQuery(
                "SELECT "
                    + String.join(" || ' ' || ", columns)
                    + " FROM "
                    + table
                    + " ORDER BY 1")) {
          while (rows.next()) {
            contents.append(rows.getString(1)).append('\n');
          }
        }
      }
    }
    byte[] hash =
        dev.stele.crypto.Sha256.hash(
            contents.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(hash);
  }
}
