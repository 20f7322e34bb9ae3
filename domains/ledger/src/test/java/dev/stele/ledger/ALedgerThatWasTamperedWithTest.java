package dev.stele.ledger;

import static dev.stele.ledger.Scene.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.log.LogCorrupt;
import dev.stele.core.proof.Verdict;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Ten events; the key act of the node is at position 1, so event n is at position n + 1. */
class ALedgerThatWasTamperedWithTest {
  @TempDir Path folder;
  private Scene scene;

  @BeforeEach
  void begin() {
    scene = new Scene(folder).withEvents(10);
  }

  static Stream<Arguments> edits() {
    return Stream.of(
        // The table that everybody can read.
        edit(
            "change payload_ref",
            5,
            "UPDATE ledger_events SET payload_ref='s3://evil' WHERE seq_no=5"),
        edit(
            "change timestamp", 5, "UPDATE ledger_events SET timestamp=timestamp-1 WHERE seq_no=5"),
        edit(
            "change signature",
            5,
            "UPDATE ledger_events SET signature=zeroblob(64) WHERE seq_no=5"),
        edit("change key id", 5, "UPDATE ledger_events SET public_key_id='x' WHERE seq_no=5"),
        edit("change event_id", 5, "UPDATE ledger_events SET event_id='x' WHERE seq_no=5"),
        edit("change event_type", 5, "UPDATE ledger_events SET event_type='x' WHERE seq_no=5"),
        edit("forget event_type", 5, "UPDATE ledger_events SET event_type=NULL WHERE seq_no=5"),
        edit("change created_at", 5, "UPDATE ledger_events SET created_at=0 WHERE seq_no=5"),
        edit(
            "change prev hash",
            3,
            "UPDATE ledger_events SET prev_event_hash=zeroblob(32) WHERE seq_no=3"),
        edit("cut last 3 rows", 8, "DELETE FROM ledger_events WHERE seq_no > 7"),
        edit("delete all rows", 1, "DELETE FROM ledger_events"),
        edit("drop the table", 1, "DROP TABLE ledger_events"),
        edit("cut first 4 rows", 1, "DELETE FROM ledger_events WHERE seq_no <= 4"),
        edit(
            "cut first 4 rows and zero row 5's prev",
            1,
            "DELETE FROM ledger_events WHERE seq_no <= 4",
            "UPDATE ledger_events SET prev_event_hash=zeroblob(32) WHERE seq_no=5"),
        edit(
            "change hash of last row",
            10,
            "UPDATE ledger_events SET event_hash=zeroblob(32) WHERE seq_no=10"),
        edit(
            "change hash of row 5 and prev of row 6",
            5,
            "UPDATE ledger_events SET event_hash=zeroblob(32) WHERE seq_no=5",
            "UPDATE ledger_events SET prev_event_hash=zeroblob(32) WHERE seq_no=6"),
        edit("drop row 5", 5, "DELETE FROM ledger_events WHERE seq_no=5"),
        edit(
            "drop row 5, renumber, relink row 6",
            5,
            "DELETE FROM ledger_events WHERE seq_no=5",
            "UPDATE ledger_events SET seq_no=seq_no-1 WHERE seq_no>5",
            "UPDATE ledger_events SET prev_event_hash=(SELECT event_hash FROM ledger_events WHERE"
                + " seq_no=4) WHERE seq_no=5"),
        edit(
            "add a row",
            11,
            "INSERT INTO ledger_events SELECT"
                + " 11,'x',timestamp,event_hash,prev_event_hash,signature,public_key_id,event_type,payload_ref,created_at"
                + " FROM ledger_events WHERE seq_no=10"),
        edit(
            "add a trigger",
            1,
            "CREATE TRIGGER t AFTER INSERT ON ledger_events BEGIN DELETE FROM ledger_events; END"),
        // The log itself.
        edit("flip a byte of body 5", 5, flip(6, "length(entry) - 40")),
        edit("flip the last byte of body 5", 5, flip(6, "length(entry)")),
        edit("flip a byte of record 5", 5, flip(6, "140")),
        edit("flip a byte of link 5", 5, flip(6, "11")),
        edit("drop body 5", 5, "UPDATE log_events SET entry=without_body(entry) WHERE place=6"),
        edit("cut last 3 of the log", 8, "DELETE FROM log_events WHERE place > 8"),
        edit(
            "cut last 3 of the log, its checkpoints and its table",
            8,
            "DELETE FROM log_events WHERE place > 8",
            "DELETE FROM log_checkpoints WHERE size > 8",
            "DELETE FROM ledger_events WHERE seq_no > 7"),
        edit("delete all of the log", 1, "DELETE FROM log_events"),
        edit("cut first 4 of the log", 1, "DELETE FROM log_events WHERE place <= 5"),
        edit("drop 5 of the log", 5, "DELETE FROM log_events WHERE place=6"),
        edit(
            "drop 5 of the log and renumber",
            5,
            "DELETE FROM log_events WHERE place=6",
            "UPDATE log_events SET place=place-1 WHERE place>6"),
        edit(
            "swap 5 and 6 of the log",
            5,
            "UPDATE log_events SET place=1000 WHERE place=6",
            "UPDATE log_events SET place=6 WHERE place=7",
            "UPDATE log_events SET place=7 WHERE place=1000"));
  }

  private static Arguments edit(String what, long firstBad, String... statements) {
    return Arguments.of(what, firstBad, statements);
  }

  private static String flip(int place, String at) {
    return "UPDATE log_events SET entry = CAST(substr(entry, 1, %1$s - 1) || x'ee' || substr(entry, %1$s + 1) AS BLOB) WHERE place=%2$d"
        .formatted(at, place);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("edits")
  void opensReadOnlyAndSaysWhichEventIsTheFirstBadOne(
      String what, long firstBad, String[] statements) {
    scene.tamper(statements);
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.health())
          .isInstanceOfSatisfying(
              LedgerHealth.Corrupted.class,
              corrupted -> {
                assertThat(corrupted.nodeId()).isEqualTo("node-1");
                if (what.startsWith("cut first 4 of")
                    || what.startsWith("delete all of")
                    || what.equals("add a trigger")) {
                  assertThat(corrupted.verdict().at()).isEqualTo(1);
                } else {
                  assertThat(corrupted.verdict().at()).as("%s", corrupted).isEqualTo(firstBad + 1);
                }
                assertThat(corrupted.firstBad()).isEqualTo(firstBad);
                assertThat(corrupted.lastGood()).isEqualTo(firstBad - 1);
              });
      LedgerHealth.Corrupted health = (LedgerHealth.Corrupted) ledger.health();
      assertThat(ledger.append("a", utf8("b"))).isEqualTo(new LedgerAppend.Corrupted(health));
      assertThat(ledger.registerKey(new byte[32], "k")).isEqualTo(new KeyOutcome.Corrupted(health));
      assertThat(ledger.metrics().ledgerCorruptionDetectionsTotal()).isEqualTo(1);
      assertThat(ledger.verify()).isInstanceOf(Verdict.Broken.class);
    }
  }

  @Test
  void opensCleanWhenNothingWasChanged() {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.health().isOk()).isTrue();
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
      assertThat(ledger.metrics().ledgerCorruptionDetectionsTotal()).isZero();
    }
  }

  @Test
  void namesAMissingEventASequenceViolation() {
    scene.tamper("DELETE FROM log_events WHERE place=6");
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.faultOf(ledger.verify())).contains(new LedgerFault.SequenceViolation(5, 0));
    }
  }

  @Test
  void namesAChangedEventACorruption() {
    scene.tamper(flip(6, "length(entry) - 40"));
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.faultOf(ledger.verify()).orElseThrow())
          .isInstanceOfSatisfying(
              LedgerFault.CorruptionDetected.class,
              fault -> assertThat(fault.seqNo()).isEqualTo(5));
    }
  }

  @Test
  void canStillBeReadUpToTheFault() {
    scene.tamper("UPDATE ledger_events SET event_type='x' WHERE seq_no=5");
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.iterate(1, 100)).hasSize(4);
      assertThatThrownBy(() -> ledger.iterate(5, 1)).isInstanceOf(LogCorrupt.class);
    }
  }

  @Test
  void findsTheFaultInALedgerThatIsOpen() {
    try (EventLedger ledger = scene.open()) {
      scene.tamper("UPDATE ledger_events SET event_type='x' WHERE seq_no=5");
      assertThat(ledger.verify())
          .isInstanceOfSatisfying(
              Verdict.Broken.class,
              broken -> {
                assertThat(broken.at()).isEqualTo(6);
                assertThat(broken.fault().code()).isEqualTo("view");
              });
    }
  }
}
