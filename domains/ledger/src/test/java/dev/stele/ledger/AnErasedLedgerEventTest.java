package dev.stele.ledger;

import static dev.stele.ledger.Scene.appended;
import static dev.stele.ledger.Scene.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.proof.Verdict;
import dev.stele.ledger.gate.KeyGate;
import dev.stele.ledger.gate.LedgerGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnErasedLedgerEventTest {
  @TempDir Path folder;
  private Scene scene;

  @BeforeEach
  void begin() {
    scene = new Scene(folder);
    try (EventLedger ledger = scene.open()) {
      for (int i = 1; i <= 5; i++) {
        appended(ledger.append("said", utf8("a secret of the day " + i)));
      }
    }
  }

  private static Erasure revision(long number) {
    return new Erasure.OfRevisions(LedgerGate.STREAM, number, number);
  }

  private List<Path> filesWith(String text) throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (Files.readString(file, StandardCharsets.ISO_8859_1).contains(text)) {
          found.add(file);
        }
      }
    }
    return found;
  }

  @Test
  void leavesItsNumberAndNothingItSaidInLogAndTable() throws IOException {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.erase(revision(3))).isInstanceOf(EraseResult.Erased.class);
      ledger.compact();
      assertThat(filesWith("a secret of the day 3")).isEmpty();
      assertThat(filesWith("a secret of the day 4")).isNotEmpty();
      assertThat(ledger.iterate(1, 10))
          .extracting(LedgerEntry::seqNo)
          .containsExactly(1L, 2L, 4L, 5L);
      assertThat(ledger.verify())
          .isInstanceOfSatisfying(
              Verdict.Intact.class, intact -> assertThat(intact.scope().erased()).isEqualTo(1));
    }
    assertThat(filesWith("a secret of the day 3")).isEmpty();
  }

  @Test
  void doesNotStopTheLedgerAlsoWhereItWasTheLast() {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.erase(revision(5))).isInstanceOf(EraseResult.Erased.class);
      assertThat(appended(ledger.append("said", utf8("more"))).seqNo()).isEqualTo(6);
      assertThat(ledger.erase(revision(6))).isInstanceOf(EraseResult.Erased.class);
    }
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.health()).isInstanceOf(LedgerHealth.Ok.class);
      assertThat(appended(ledger.append("said", utf8("and more"))).seqNo()).isEqualTo(7);
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.health()).isInstanceOf(LedgerHealth.Ok.class);
    }
  }

  @Test
  void isNeverAKeyAct() {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.erase(new Erasure.OfRevisions(KeyGate.STREAM, 1, Long.MAX_VALUE)))
          .isEqualTo(new EraseResult.Kept(1, KeyGate.STREAM));
    }
  }
}
