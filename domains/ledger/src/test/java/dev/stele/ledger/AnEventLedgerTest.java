package dev.stele.ledger;

import static dev.stele.ledger.Scene.appended;
import static dev.stele.ledger.Scene.canonical;
import static dev.stele.ledger.Scene.signed;
import static dev.stele.ledger.Scene.signer;
import static dev.stele.ledger.Scene.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.Durability;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Verdict;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnEventLedgerTest {
  @TempDir Path folder;
  private Scene scene;

  @BeforeEach
  void begin() {
    scene = new Scene(folder);
  }

  @Test
  void opensHealthyAndKnowsItsNode() {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.health()).isEqualTo(new LedgerHealth.Ok("node-1"));
      assertThat(ledger.chainHead()).isEqualTo(new byte[32]);
      assertThat(ledger.latest()).isEmpty();
    }
  }

  @Test
  void keepsItsNodesKeyToItself() throws IOException {
    scene.open().close();
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("node-1.node.key"))))
        .isEqualTo("rw-------");
  }

  @Test
  void numbersItsEventsFromOne() {
    try (EventLedger ledger = scene.open()) {
      assertThat(appended(ledger.append("a", utf8("1"))).seqNo()).isEqualTo(1);
      LedgerAppend.Appended second = appended(ledger.append("b", utf8("2")));
      assertThat(second.seqNo()).isEqualTo(2);
      assertThat(second.durability()).isEqualTo(Durability.DURABLE);
      assertThat(ledger.metrics().ledgerEventsAppendedTotal()).isEqualTo(2);
      assertThat(ledger.chainHead()).isEqualTo(second.last().eventHash());
    }
  }

  @Test
  void acceptsAnEventThatItsSourceSignedOntoTheHead() {
    try (EventLedger ledger = scene.open()) {
      EventSigner source = signer(1);
      ledger.registerKey(source.publicKey(), "source");
      SignedEvent first = signed(source, canonical("one", 1), ledger.chainHead());
      appended(ledger.append(first));
      SignedEvent second = signed(source, canonical("two", 2), ledger.chainHead());
      appended(ledger.append(second));
      assertThat(ledger.latest().orElseThrow().event()).isEqualTo(second);
      assertThat(ledger.byId("one").orElseThrow().event()).isEqualTo(first);
    }
  }

  @Test
  void refusesAnEventWhosePreviousHashIsNotTheHead() {
    try (EventLedger ledger = scene.open()) {
      EventSigner source = signer(1);
      ledger.registerKey(source.publicKey(), "source");
      appended(ledger.append("a", utf8("1")));
      assertThat(ledger.append(signed(source, canonical("x", 1), new byte[32])))
          .isEqualTo(
              new LedgerAppend.ChainOrderingViolation(
                  HexFormat.of().formatHex(ledger.chainHead()), "00".repeat(32)));
      assertThat(ledger.metrics().ledgerAppendsRefusedTotal()).isEqualTo(1);
    }
  }

  @Test
  void refusesASecondEventWithTheSameId() {
    try (EventLedger ledger = scene.open()) {
      appended(ledger.record(canonical("once", 1)));
      appended(ledger.record(canonical("other", 2)));
      assertThat(ledger.record(canonical("once", 3)))
          .isEqualTo(new LedgerAppend.DuplicateEventId("once", 1));
      assertThat(appended(ledger.record(canonical("third", 3))).seqNo()).isEqualTo(3);
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void refusesAnInvalidEventWithItsCode() {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.append("", utf8("x")))
          .isInstanceOfSatisfying(
              LedgerAppend.InvalidEvent.class, e -> assertThat(e.code()).isEqualTo("bad-shape"));
    }
  }

  @Test
  void findsAnEventByItsNumberOrSaysThatThereIsNone() {
    try (EventLedger ledger = scene.withEvents(3).open()) {
      assertThat(ledger.bySequence(2))
          .isInstanceOfSatisfying(
              LedgerLookup.Found.class,
              found -> assertThat(found.entry().event().eventId()).isEqualTo("event-2"));
      assertThat(ledger.bySequence(4)).isEqualTo(new LedgerLookup.EventNotFound(4));
      assertThat(ledger.bySequence(0)).isEqualTo(new LedgerLookup.EventNotFound(0));
    }
  }

  @Test
  void iteratesFromANumberOn() {
    try (EventLedger ledger = scene.withEvents(5).open()) {
      assertThat(ledger.iterate(2, 3)).extracting(LedgerEntry::seqNo).containsExactly(2L, 3L, 4L);
      assertThat(ledger.iterate(1, 0)).isEmpty();
      assertThat(ledger.iterate(6, 10)).isEmpty();
      assertThat(ledger.iterate(4, Long.MAX_VALUE)).hasSize(2);
    }
  }

  @Test
  void streamsMoreThanOnePage() {
    try (EventLedger ledger = scene.open()) {
      for (int batch = 0; batch < 3; batch++) {
        int from = batch * 200;
        appended(
            ledger.recordAll(
                java.util.stream.IntStream.range(from, from + 200)
                    .mapToObj(i -> canonical("e" + i, i + 1))
                    .toList()));
      }
      assertThat(ledger.stream(1).map(LedgerEntry::seqNo).toList())
          .hasSize(600)
          .isSorted()
          .startsWith(1L)
          .endsWith(600L);
    }
  }

  @Test
  void appendsABatchWholeOrNotAtAll() {
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.recordAll(List.of(canonical("a", 1), canonical("b", 2), canonical("a", 3))))
          .isEqualTo(new LedgerAppend.DuplicateEventId("a", 0));
      assertThat(ledger.latest()).isEmpty();
      assertThat(appended(ledger.recordAll(List.of(canonical("a", 1), canonical("b", 2)))).count())
          .isEqualTo(2);
    }
  }

  @Test
  void remembersEverythingWhenItIsOpenedAgain() {
    scene.withEvents(10);
    try (EventLedger ledger = scene.open()) {
      assertThat(ledger.health().isOk()).isTrue();
      assertThat(ledger.metrics().ledgerStartupChecksTotal()).isEqualTo(1);
      assertThat(ledger.iterate(1, 100)).hasSize(10);
      assertThat(appended(ledger.append("next", utf8("x"))).seqNo()).isEqualTo(11);
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void goesOnWhereALedgerThatWasNeverClosedLeftOff() throws IOException {
    Path copy = folder.resolve("after-crash");
    try (EventLedger ledger = scene.open()) {
      for (int i = 1; i <= 100; i++) {
        appended(ledger.record(canonical("event-" + i, i)));
      }
      // What a killed process leaves behind: the files as they are, with the log still to be
      // folded.
      Files.createDirectories(copy);
      try (var files = Files.list(folder)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Files.copy(file, copy.resolve(file.getFileName()));
        }
      }
    }
    Scene after = new Scene(copy);
    try (EventLedger ledger = after.open()) {
      assertThat(ledger.health().isOk()).isTrue();
      assertThat(appended(ledger.append("on", utf8("x"))).seqNo()).isEqualTo(101);
    }
  }

  @Test
  void letsManyThreadsAppendAtOnce() throws InterruptedException {
    int threads = 16;
    int each = 25;
    try (EventLedger ledger = scene.open()) {
      Set<Long> numbers = java.util.concurrent.ConcurrentHashMap.newKeySet();
      List<Throwable> failures = new java.util.concurrent.CopyOnWriteArrayList<>();
      try (var tasks = java.util.concurrent.Executors.newVirtualThreadPerTaskExecutor()) {
        for (int t = 0; t < threads; t++) {
          int thread = t;
          var _ =
              java.util.concurrent.CompletableFuture.runAsync(
                      () -> {
                        for (int i = 0; i < each; i++) {
                          // Each fourth id is everybody's, so that refusals cut into the chain.
                          String id = i % 4 == 0 ? "shared-" + i : thread + "-" + i;
                          switch (ledger.record(canonical(id, 1))) {
                            case LedgerAppend.Appended done -> numbers.add(done.seqNo());
                            case LedgerAppend.DuplicateEventId _ -> {}
                            case LedgerAppend other -> throw new AssertionError(other);
                          }
                        }
                      },
                      tasks)
                  .exceptionally(
                      failure -> {
                        failures.add(failure);
                        return null;
                      });
        }
      }
      assertThat(failures).isEmpty();
      int expected = threads * 18 + 7;
      assertThat(numbers).hasSize(expected);
      assertThat(new HashSet<>(ledger.stream(1).map(LedgerEntry::seqNo).toList()))
          .isEqualTo(numbers);
      assertThat(ledger.verify()).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void saysThatTheDatabaseFailedWithItsCause() throws IOException {
    Files.createDirectories(folder);
    scene.open().close();
    Files.write(scene.database, utf8("this is no database, whatever its name says: ".repeat(200)));
    assertThatThrownBy(scene::open)
        .isInstanceOf(StorageFailed.class)
        .hasCauseInstanceOf(SQLException.class);
  }

  @Test
  void saysThatTheFileSystemFailedWithItsCause() throws IOException {
    Files.writeString(folder.resolve("file"), "a file, not a folder");
    assertThatThrownBy(
            () -> EventLedger.open(folder.resolve("file").resolve("x.db"), "n", scene.options))
        .isInstanceOf(StorageFailed.class)
        .hasCauseInstanceOf(IOException.class);
  }

  @Test
  void isNotMadeAnewWhenItsKeysAreLost() throws IOException {
    scene.withEvents(1);
    Files.delete(folder.resolve("node-1.key"));
    Files.delete(folder.resolve("node-1.vkey"));
    assertThatThrownBy(scene::open).isInstanceOf(StorageFailed.class).hasMessageContaining("keys");
  }
}
