package dev.stele.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.LogId;
import dev.stele.core.event.Claim;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.OnDuplicate;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TileExport;
import dev.stele.core.proof.Verdict;
import dev.stele.core.view.Views;
import dev.stele.sqlite.InlineTables;
import dev.stele.sqlite.SqliteLogEngine;
import dev.stele.sqlite.SqliteOptions;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.StreamsView;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand tokens, planted wherever an event may carry one, retold by views beside the log and in
 * it, erased in every way there is. Every byte of every file is searched for them afterwards.
 */
@Tag("engine")
class PlantedTokensTest {
  private static final int TOKENS = 1_000;
  private static final int TOKEN_BYTES = 12;

  @TempDir Path folder;

  /** Twelve letters, so that none stands anywhere by chance. */
  private static String token(Random random) {
    StringBuilder token = new StringBuilder("zq");
    while (token.length() < TOKEN_BYTES) {
      token.append((char) ('a' + random.nextInt(26)));
    }
    return token.toString();
  }

  private LogHome home() {
    Path database = folder.resolve("log.db");
    LogHome home = LogHome.of(database);
    return home.exists()
        ? home
        : LogHome.create(
            database, "test.example/tokens", Optional.of(folder.resolve("anchors")), new Random(1));
  }

  private EventLog open() {
    LogHome home = home();
    return EventLog.open(
        SqliteLogEngine.openWriter(
            home.database(), SqliteOptions.DEFAULT, List.of(new InlineTables(new StreamsView()))),
        LogId.MAIN,
        home.keys().orElseThrow(),
        LogOptions.withAnchor(home.anchor()));
  }

  private Views views(EventLog log, SqliteViewStore store) {
    return Views.of(log).keep(new EntriesView(), store).start();
  }

  @Test
  void leave_no_trace_in_any_byte_on_disk_once_they_were_erased_and_the_log_compacted()
      throws Exception {
    Random random = new Random(20_261_121);
    Set<String> tokens = new HashSet<>();
    long events = 0;
    try (EventLog log = open();
        SqliteViewStore store = SqliteViewStore.openWriter(folder.resolve("log.views.db"));
        Views views = views(log, store)) {
      List<Append> appends = new ArrayList<>();
      while (tokens.size() < TOKENS) {
        String payload = token(random);
        String claim = token(random);
        String subject = token(random);
        tokens.addAll(List.of(payload, claim, subject));
        appends.add(
            planted(appends.size(), payload.repeat(1 + random.nextInt(800)), claim, subject));
        appends.add(
            Append.of(TestGate.event("stays-" + random.nextInt(3), "keep-" + appends.size(), "p")));
      }
      for (Append append : appends) {
        assertThat(log.append(append)).isInstanceOf(AppendResult.Appended.class);
      }
      events = log.head().size();
      assertThat(views.await("entries", events, Duration.ofMinutes(1)))
          .isNotInstanceOf(AssertionError.class);
      SignedCheckpoint signed = log.checkpoint();
      InclusionProof path = log.prove(1, events);
      byte[] link = log.get(1).orElseThrow().link();
      assertThat(found(tokens)).as("before anything was erased").hasSizeGreaterThan(900);

      erasePlanted(log);
      views.await("entries", log.head().size(), Duration.ofMinutes(1));
      log.compact();
      assertThat(found(tokens)).as("while the log is open").isEmpty();

      assertThat(path.verify(link, signed.checkpoint().root())).isTrue();
      assertThat(log.root(events)).isEqualTo(signed.checkpoint().root());
      assertThat(log.scrub(List::of, _ -> {})).isInstanceOf(Verdict.Intact.class);
      export(log);
    }
    assertThat(found(tokens)).as("after the log was closed and exported").isEmpty();
    try (EventLog log = open();
        SqliteViewStore store = SqliteViewStore.openWriter(folder.resolve("log.views.db"));
        Views views = views(log, store)) {
      views.rebuild("entries");
      views.await("entries", log.head().size(), Duration.ofMinutes(1));
      assertThat(log.scrub(List::of, _ -> {}).scope().erased()).isEqualTo(events / 2);
    }
    assertThat(found(tokens)).as("after everything was rebuilt").isEmpty();
  }

  private static Append planted(int number, String payload, String claim, String subject) {
    EventDraft draft =
        new EventDraft(
            "stream-" + number % 4,
            "planted",
            "planted-" + number,
            payload.getBytes(StandardCharsets.UTF_8),
            List.of(
                new Claim(
                    "token",
                    claim.getBytes(StandardCharsets.UTF_8),
                    OnDuplicate.REFUSE,
                    Claim.NEVER)),
            subject);
    return Append.of(TestGate.admit(draft));
  }

  /** A stream by its revisions, some events by position, the rest by subject. */
  private static void erasePlanted(EventLog log) {
    erased(log, new Erasure.OfRevisions("stream-0", 1, Long.MAX_VALUE));
    long end = log.head().size();
    for (long after = 0; after < end; ) {
      List<StoredEvent> page = log.read(after, 100);
      for (StoredEvent event : page) {
        after = event.position();
        if (event.type().equals("planted") && !event.erased()) {
          erased(
              log,
              after % 3 == 0 ? new Erasure.OfEvent(after) : new Erasure.OfSubject(event.subject()));
        }
      }
      if (page.isEmpty()) {
        break;
      }
    }
  }

  private static void erased(EventLog log, Erasure what) {
    assertThat(log.erase(what)).isInstanceOf(EraseResult.Erased.class);
  }

  private void export(EventLog log) throws IOException {
    SignedCheckpoint checkpoint = log.checkpoint();
    TileExport.Outcome outcome =
        TileExport.write(
            folder.resolve("export"),
            checkpoint,
            log.nodes(),
            index -> log.get(index + 1).orElseThrow().record());
    assertThat(outcome).isInstanceOf(TileExport.Outcome.Written.class);
  }

  /** The tokens that some file holds. */
  private Set<String> found(Set<String> tokens) throws IOException {
    Set<String> found = new HashSet<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        for (int at = bytes.indexOf("zq"); at >= 0; at = bytes.indexOf("zq", at + 1)) {
          String here = bytes.substring(at, Math.min(bytes.length(), at + TOKEN_BYTES));
          if (tokens.contains(here)) {
            found.add(here);
          }
        }
      }
    }
    return found;
  }
}
