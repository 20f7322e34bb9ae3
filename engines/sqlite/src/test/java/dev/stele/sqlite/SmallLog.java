package dev.stele.sqlite;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.testkit.TestLogs;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A log with its files in one folder and its anchor in another, for tests that lay hands on them.
 */
final class SmallLog {
  final Path folder;
  final LogHome home;

  private SmallLog(Path folder, LogHome home) {
    this.folder = folder;
    this.home = home;
  }

  /** Makes the keys of a log in {@code folder}; its anchor is in {@code anchors}. */
  static SmallLog make(Path folder, Path anchors, long seed) {
    LogHome home =
        LogHome.create(
            folder.resolve("log.db"), "test.example/log", Optional.of(anchors), new Random(seed));
    return new SmallLog(folder, home);
  }

  Path database() {
    return home.database();
  }

  /** Opens the log; every commit is signed, so that each event has a checkpoint of its own. */
  EventLog open() {
    return open(SqliteLogEngine.openWriter(database()), Duration.ZERO);
  }

  EventLog open(LogEngine engine, Duration checkpointEvery) {
    LogOptions options = TestLogs.options(11, home.anchor()).checkpointEvery(checkpointEvery);
    return EventLog.open(engine, LogId.MAIN, home.keys().orElseThrow(), options);
  }

  /** Appends events named by their positions, each in a commit of its own. */
  static void append(EventLog log, int count) {
    for (int i = 0; i < count; i++) {
      long position = log.head().size() + 1;
      AppendResult result =
          log.append(
              Append.of(
                  TestGate.event(
                      "stream-" + position % 2, "id-" + position, "payload " + position)));
      if (!(result instanceof AppendResult.Appended)) {
        throw new AssertionError("appending " + position + " gave " + result);
      }
    }
  }

  /** Makes a log of so many events and closes it. */
  SmallLog with(int events) {
    try (EventLog log = open()) {
      append(log, events);
    }
    return this;
  }

  /** What the verifier says of the files, read only. */
  Verdict verify() {
    try (LogEngine engine = SqliteLogEngine.openReader(database())) {
      return Verifier.of(engine, LogId.MAIN, home.vkey())
          .withAnchor(home.anchor().last())
          .withStranger(home.anchor().stranger())
          .withIndexKey(home.keys().orElseThrow().indexKey())
          .threads(1)
          .verify();
    }
  }

  /** Runs statements on the database as anyone with the file can. */
  void sql(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + database());
  }

  /** Copies every file of one folder over those of another; what is only in the other goes. */
  static void copy(Path from, Path to) {
    try {
      Files.createDirectories(to);
      try (Stream<Path> files = Files.list(to)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      try (Stream<Path> files = Files.list(from)) {
        for (Path file : files.toList()) {
          Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
