package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Verdict;
import dev.stele.testkit.gate.TestGate;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that someone with the database file can do to a log of ten events, each signed for,
 * with an anchor elsewhere: each is found, at its place, and the log takes no more events.
 */
@Tag("engine")
class TamperingTest {
  @TempDir Path folder;

  interface Deed {
    void on(SmallLog log) throws Exception;
  }

  record Tampering(String name, Deed deed, long at, Class<? extends Fault> fault) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Deed rows(Consumer<Forger> edit) {
    return log -> {
      Forger forger = new Forger(log);
      edit.accept(forger);
      forger.write();
    };
  }

  private static Deed sql(String... statements) {
    return log -> log.sql(statements);
  }

  private static Deed both(Deed first, Deed second) {
    return log -> {
      first.on(log);
      second.on(log);
    };
  }

  /** The beginning of an entry of an index: the first log, and the key of nothing. */
  private static final String STRAY = "CAST(x'00000000' || randomblob(16) ||";

  private static final Deed NO_CHECKPOINTS = sql("DELETE FROM log_checkpoints");
  private static final Deed NONE_FROM_5 = sql("DELETE FROM log_checkpoints WHERE size >= 5");

  /** One change of event 5, made with more and more care. */
  private static Stream<Tampering> changes(
      String what, Consumer<Forger.Row> change, Class<? extends Fault> plain) {
    Deed careful =
        rows(
            forger -> {
              change.accept(forger.at(5));
              forger.at(5).commitToBody();
              forger.relinkFrom(5);
            });
    return Stream.of(
        new Tampering(what + " of 5", rows(f -> change.accept(f.at(5))), 5, plain),
        new Tampering(
            what + " of 5 with its link",
            rows(
                forger -> {
                  change.accept(forger.at(5));
                  forger.at(5).commitToBody();
                  forger.at(5).relink();
                }),
            5,
            Fault.Link.class),
        new Tampering(what + " of 5 with all links", careful, 5, Fault.Checkpoint.class),
        new Tampering(
            what + " of 5 with all links, later checkpoints dropped",
            both(careful, NONE_FROM_5),
            5,
            Fault.Checkpoint.class),
        new Tampering(
            what + " of 5 with all links, all checkpoints dropped",
            both(careful, NO_CHECKPOINTS),
            1,
            Fault.Checkpoint.class));
  }

  static Stream<Tampering> tamperings() {
    Stream<Tampering> fields =
        Stream.of(
                changes("payload", Forger.Row::changePayload, Fault.Payload.class),
                changes("salt", row -> row.body[0] ^= 1, Fault.Payload.class),
                Stream.of(
                    new Tampering(
                        "claim of 5", rows(f -> f.at(5).changeClaim()), 5, Fault.Payload.class),
                    new Tampering(
                        "claim of 5 with all links, but not under the index key",
                        both(
                            rows(
                                forger -> {
                                  forger.at(5).changeClaim();
                                  forger.at(5).commitToBody();
                                  forger.relinkFrom(5);
                                }),
                            NO_CHECKPOINTS),
                        5,
                        Fault.Claim.class)),
                changes("time", Forger.Row::changeTime, Fault.Link.class),
                changes("type", Forger.Row::changeType, Fault.Link.class),
                changes("id", Forger.Row::changeId, Fault.Link.class),
                changes("stream", Forger.Row::changeStream, Fault.Link.class),
                changes("gate", Forger.Row::changeGate, Fault.Link.class))
            .flatMap(each -> each);
    Deed cutTail = sql("DELETE FROM log_events WHERE place > 7");
    Deed cutHead = sql("DELETE FROM log_events WHERE place <= 4");
    Deed moveUp = rows(forger -> forger.rows.subList(0, 4).clear());
    Deed moveUpAndLink =
        rows(
            forger -> {
              forger.rows.subList(0, 4).clear();
              forger.relinkFrom(1);
            });
    Deed dropAndLink =
        rows(
            forger -> {
              forger.rows.remove(4);
              forger.relinkFrom(5);
            });
    Stream<Tampering> rows =
        Stream.of(
            new Tampering("last 3 cut", cutTail, 8, Fault.Gap.class),
            new Tampering(
                "last 3 cut with their checkpoints",
                both(cutTail, sql("DELETE FROM log_checkpoints WHERE size > 7")),
                8,
                Fault.Gap.class),
            new Tampering(
                "last 3 cut with all checkpoints",
                both(cutTail, NO_CHECKPOINTS),
                8,
                Fault.Gap.class),
            new Tampering("all cut", sql("DELETE FROM log_events"), 1, Fault.Gap.class),
            new Tampering(
                "all cut with all checkpoints",
                both(sql("DELETE FROM log_events"), NO_CHECKPOINTS),
                1,
                Fault.Gap.class),
            new Tampering(
                "everything of the log gone",
                sql(
                    "DELETE FROM log_events",
                    "DELETE FROM log_checkpoints",
                    "DELETE FROM log_names"),
                1,
                Fault.Gap.class),
            new Tampering("first 4 cut", cutHead, 1, Fault.Gap.class),
            new Tampering(
                "first 4 cut, and 5 names nothing before it",
                both(
                    cutHead,
                    sql(
                        "UPDATE log_events SET entry = CAST(substr(entry, 1, 49)"
                            + " || zeroblob(32) || substr(entry, 82) AS BLOB) WHERE place = 5")),
                1,
                Fault.Gap.class),
            new Tampering("first 4 cut, the others moved up", moveUp, 1, Fault.Gap.class),
            new Tampering(
                "first 4 cut, the others moved up and linked",
                moveUpAndLink,
                1,
                Fault.Checkpoint.class),
            new Tampering(
                "5 dropped", sql("DELETE FROM log_events WHERE place = 5"), 5, Fault.Gap.class),
            new Tampering("5 dropped, the rest linked", dropAndLink, 5, Fault.Checkpoint.class),
            new Tampering(
                "5 dropped, the rest linked, later checkpoints dropped",
                both(dropAndLink, NONE_FROM_5),
                10,
                Fault.Gap.class),
            new Tampering(
                "5 and 6 exchanged", rows(f -> Collections.swap(f.rows, 4, 5)), 5, Fault.Gap.class),
            new Tampering(
                "5 and 6 exchanged and linked",
                rows(
                    forger -> {
                      Collections.swap(forger.rows, 4, 5);
                      forger.relinkFrom(5);
                    }),
                5,
                Fault.Checkpoint.class),
            new Tampering("link of 5", rows(f -> f.at(5).link[0] ^= 1), 5, Fault.Link.class),
            new Tampering(
                "link of the last", rows(f -> f.at(10).link[0] ^= 1), 10, Fault.Link.class),
            new Tampering(
                "link of 5, and 6 names it",
                rows(
                    forger -> {
                      forger.at(5).link[0] ^= 1;
                      forger.at(6).record[9] ^= 1;
                    }),
                5,
                Fault.Link.class),
            new Tampering(
                "the last with its link",
                rows(
                    forger -> {
                      forger.at(10).changeTime();
                      forger.at(10).relink();
                    }),
                10,
                Fault.Checkpoint.class),
            new Tampering(
                "the last but one with its link",
                rows(
                    forger -> {
                      forger.at(9).changeTime();
                      forger.at(9).relink();
                    }),
                9,
                Fault.Checkpoint.class),
            new Tampering(
                "an 11th made up",
                rows(
                    forger -> {
                      Forger.Row last = forger.at(10);
                      forger.rows.add(
                          new Forger.Row(last.link, last.record.clone(), last.body, new byte[0]));
                      forger.relinkFrom(11);
                    }),
                11,
                Fault.Claim.class),
            new Tampering(
                "body of 5 gone",
                rows(forger -> forger.at(5).erased = true),
                5,
                Fault.Payload.class),
            new Tampering(
                "index keys of 5 changed",
                rows(forger -> forger.at(5).keys = new byte[16]),
                5,
                Fault.Claim.class),
            new Tampering(
                "index keys of 5 gone",
                rows(forger -> forger.at(5).keys = new byte[0]),
                5,
                Fault.Claim.class),
            new Tampering(
                "a stray claim",
                sql(
                    "INSERT INTO log_claims (entry) VALUES ("
                        + STRAY
                        + " x'0000000000000005' AS BLOB))"),
                10,
                Fault.Claim.class),
            new Tampering(
                "a stray claim of no event",
                sql(
                    "INSERT INTO log_claims (entry) VALUES ("
                        + STRAY
                        + " x'ffffffffffffffff' AS BLOB))"),
                1,
                Fault.Claim.class),
            new Tampering(
                "a stray stream",
                sql(
                    "INSERT INTO log_streams (entry) VALUES ("
                        + STRAY
                        + " x'00000000000000010000000000000005' AS BLOB))"),
                10,
                Fault.Claim.class),
            new Tampering(
                "a stray claim beyond the end",
                sql(
                    "INSERT INTO log_claims (entry) VALUES ("
                        + STRAY
                        + " x'0000000000000063' AS BLOB))"),
                11,
                Fault.Gap.class),
            new Tampering(
                "a tile before it is full",
                sql(
                    "INSERT INTO log_tiles (log, level, number, hashes) VALUES (0, 0, 0,"
                        + " zeroblob(8192))"),
                11,
                Fault.Gap.class),
            new Tampering(
                "a tile of later",
                sql(
                    "INSERT INTO log_tiles (log, level, number, hashes) VALUES (0, 0, 7,"
                        + " zeroblob(8192))"),
                11,
                Fault.Gap.class),
            new Tampering(
                "how far the index goes",
                sql("UPDATE log_names SET indexed_to = 5"),
                1,
                Fault.Claim.class),
            new Tampering("the fence", sql("UPDATE log_names SET fence = 77"), 11, Fault.Gap.class),
            new Tampering(
                "a checkpoint of 5 put for 6",
                sql(
                    "UPDATE log_checkpoints SET note ="
                        + " (SELECT note FROM log_checkpoints WHERE size = 5) WHERE size = 6"),
                6,
                Fault.Checkpoint.class),
            new Tampering(
                "a checkpoint that nobody signed",
                sql("UPDATE log_checkpoints SET note = x'00' WHERE size = 6"),
                6,
                Fault.Checkpoint.class),
            new Tampering(
                "a table without its guards",
                sql(
                    "CREATE TABLE copied AS SELECT * FROM log_checkpoints",
                    "DROP TABLE log_checkpoints",
                    "ALTER TABLE copied RENAME TO log_checkpoints"),
                11,
                Fault.Gap.class),
            new Tampering(
                "a trigger that swallows",
                sql(
                    "CREATE TRIGGER lost BEFORE INSERT ON log_events BEGIN SELECT RAISE(IGNORE);"
                        + " END"),
                11,
                Fault.Gap.class));
    return Stream.concat(fields, rows);
  }

  @ParameterizedTest
  @MethodSource("tamperings")
  void is_found_at_its_place_and_closes_the_log(Tampering tampering) throws Exception {
    SmallLog log = SmallLog.make(folder.resolve("log"), folder.resolve("anchor"), 1).with(10);
    assertThat(log.verify()).isInstanceOf(Verdict.Intact.class);
    tampering.deed.on(log);
    assertBroken(log, log.verify(), tampering.at, tampering.fault);
    assertReadOnly(log);
    assertBroken(log, log.verify(), tampering.at, tampering.fault);
  }

  private static void assertBroken(
      SmallLog log, Verdict verdict, long at, Class<? extends Fault> fault) {
    assertThat(verdict).as("%s", log.home.database()).isInstanceOf(Verdict.Broken.class);
    Verdict.Broken broken = (Verdict.Broken) verdict;
    assertThat(broken.fault()).as("%s", broken).isInstanceOf(fault);
    assertThat(broken.at()).as("%s", broken).isEqualTo(at);
    assertThat(broken.lastGood()).isEqualTo(at - 1);
  }

  private static void assertReadOnly(SmallLog log) {
    try (EventLog opened = log.open()) {
      long size = opened.head().size();
      AppendResult result = opened.append(Append.of(TestGate.event("a", "new", "p")));
      assertThat(result).isInstanceOf(AppendResult.ReadOnly.class);
      assertThat(opened.appendAll(List.of(Append.of(TestGate.event("a", "new", "p")))))
          .hasOnlyElementsOfType(AppendResult.ReadOnly.class);
      assertThat(opened.head().size()).isEqualTo(size);
    }
  }

  @Test
  void of_a_log_with_tiles_is_found_also_when_the_tiles_are_made_anew() throws Exception {
    SmallLog log = SmallLog.make(folder.resolve("log"), folder.resolve("anchor"), 1).with(300);
    Forger forger = new Forger(log);
    forger.at(100).changePayload();
    forger.at(100).commitToBody();
    forger.relinkFrom(100).write();
    assertBroken(log, log.verify(), 100, Fault.Checkpoint.class);
    log.sql("DELETE FROM log_checkpoints WHERE size BETWEEN 50 AND 300");
    assertBroken(log, log.verify(), 50, Fault.Checkpoint.class);
  }

  @Test
  void of_a_tile_is_found_at_the_event_whose_hash_was_changed() throws Exception {
    SmallLog log = SmallLog.make(folder.resolve("log"), folder.resolve("anchor"), 1).with(300);
    byte[] hash = ByteBuffer.allocate(32).putLong(7).array();
    log.sql(
        ("UPDATE log_tiles SET hashes = CAST(substr(hashes, 1, 99 * 32) || x'%s'"
                + " || substr(hashes, 100 * 32 + 1) AS BLOB)")
            .formatted(java.util.HexFormat.of().formatHex(hash)));
    assertBroken(log, log.verify(), 100, Fault.Checkpoint.class);
    log.sql("DELETE FROM log_tiles");
    assertBroken(log, log.verify(), 1, Fault.Checkpoint.class);
  }

  @Test
  void by_an_older_copy_of_the_database_is_found() throws Exception {
    SmallLog log = SmallLog.make(folder.resolve("log"), folder.resolve("anchor"), 1).with(6);
    SmallLog.copy(folder.resolve("log"), folder.resolve("copy"));
    log.with(4);
    SmallLog.copy(folder.resolve("copy"), folder.resolve("log"));
    assertBroken(log, log.verify(), 7, Fault.Gap.class);
    assertReadOnly(log);
  }

  @Test
  void by_the_database_of_another_log_is_found() throws Exception {
    SmallLog log = SmallLog.make(folder.resolve("log"), folder.resolve("anchor"), 1).with(10);
    SmallLog other = SmallLog.make(folder.resolve("other"), folder.resolve("anchor"), 2).with(10);
    java.nio.file.Files.copy(
        other.database(), log.database(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertBroken(log, log.verify(), 1, Fault.Checkpoint.class);
    assertReadOnly(log);
  }

  @Test
  void by_another_history_under_the_same_key_is_found() throws Exception {
    SmallLog log = SmallLog.make(folder.resolve("log"), folder.resolve("anchor"), 1).with(10);
    SmallLog twin = SmallLog.make(folder.resolve("twin"), folder.resolve("elsewhere"), 1);
    try (EventLog opened = twin.open()) {
      opened.append(Append.of(TestGate.event("a", "another", "history")));
      SmallLog.append(opened, 12);
    }
    java.nio.file.Files.copy(
        twin.database(), log.database(), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(log.verify())
        .isInstanceOfSatisfying(
            Verdict.Broken.class,
            broken -> assertThat(broken.fault()).isInstanceOf(Fault.Checkpoint.class));
    assertReadOnly(log);
  }
}
