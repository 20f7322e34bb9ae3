package dev.stele.cli;

import dev.stele.core.engine.LogId;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Ed25519Key;
import dev.stele.crypto.Sha256;
import dev.stele.ledger.EventLedger;
import dev.stele.ledger.LedgerAppend;
import dev.stele.ledger.LedgerOptions;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.view.LedgerTable;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.sqlite.SqliteLogEngine;
import dev.stele.sqlite.SqliteOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = {
      "Make a log, fill it with signed events, prove one, and see a changed byte found.",
      "The log is left for you to play with."
    })
final class DemoCommand extends SteleCommand {
  private static final int LEDGER_EVENTS = 3_000;
  private static final int NOSTR_EVENTS = 3_000;
  private static final int BATCH = 250;
  private static final long DEFAULT_VICTIM = 4_242;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "the folder to make (default: stele-demo, or the next free number)")
  private Path directory = Path.of("stele-demo");

  private final Map<String, Object> report = new LinkedHashMap<>();

  @Override
  int run(Terminal terminal) throws Exception {
    Path folder = freeFolder();
    Path database = folder.resolve("log.db");
    Path anchors = folder.resolveSibling(folder.getFileName() + "-anchor");
    terminal.say(
        "This makes a log, puts signed events into it, and shows that nobody can change one");
    terminal.say("unnoticed. Everything is in " + folder + ".");
    terminal.say("");

    LogHome home =
        LogHome.create(
            database, "demo.stele.local/" + suffix(), Optional.of(anchors), new SecureRandom());
    terminal.say("1. A log: its name is " + home.vkey().name());
    terminal.say("   public key  " + home.vkey().text());
    terminal.say("   secret key  " + folder.resolve("log.key") + " (only for this log's owner)");
    terminal.say("   anchor      " + anchors + " (outside the log: it remembers what was signed)");
    terminal.say("");

    appendLedgerEvents(terminal, database, anchors);
    appendNostrEvents(terminal, home);
    boolean sound =
        verify(
            terminal,
            home,
            "4. Verify: re-compute every hash and signature from the stored bytes.");
    sound &= prove(terminal, home, folder);
    sound &= tamper(terminal, home);

    report.put("folder", folder.toString());
    report.put("sound", sound);
    terminal.answer(
        report,
        List.of(
            "",
            "The log is yours to play with:",
            "   ./stele tail    --log sqlite:" + folder,
            "   ./stele get 17  --log sqlite:" + folder,
            "   ./stele verify  --log sqlite:" + folder,
            "   sqlite3 " + database + " 'SELECT * FROM ledger_events LIMIT 3'"));
    return sound ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
  }

  private Path freeFolder() {
    Path folder = directory;
    for (int number = 2; Files.exists(folder); number++) {
      folder = directory.resolveSibling(directory.getFileName() + "-" + number);
    }
    return folder;
  }

  private static String suffix() {
    byte[] drawn = new byte[4];
    new SecureRandom().nextBytes(drawn);
    return HexFormat.of().formatHex(drawn);
  }

  private static byte[] fixedSecret(String name) {
    return Sha256.hash(("stele demo " + name).getBytes(StandardCharsets.UTF_8));
  }

  private void appendLedgerEvents(Terminal terminal, Path database, Path anchors) {
    terminal.say(
        "2. %,d ledger events: each signed with Ed25519 and naming the hash of the one before."
            .formatted(LEDGER_EVENTS));
    Ed25519Key key = Ed25519Key.fromSeed(fixedSecret("sensor"));
    EventSigner signer = new EventSigner(key, InstantSource.system(), new SecureRandom());
    try (EventLedger ledger =
        EventLedger.open(database, "demo-node", LedgerOptions.defaults().anchoredIn(anchors))) {
      ledger.registerKey(key.publicKey(), "demo sensor");
      byte[] head = ledger.chainHead();
      terminal.begin("   appending");
      long start = System.nanoTime();
      for (int done = 0; done < LEDGER_EVENTS; ) {
        List<SignedEvent> batch = new ArrayList<>();
        while (batch.size() < BATCH) {
          int number = done + batch.size() + 1;
          String reading = "{\"sensor\":\"north-gate\",\"reading\":" + (number * 37 % 1_000) + "}";
          CanonicalEvent event =
              new CanonicalEvent(
                  "reading-" + number,
                  "sensor.reading",
                  System.currentTimeMillis(),
                  "north-gate",
                  number,
                  reading.getBytes(StandardCharsets.UTF_8),
                  Optional.empty());
          if (!(signer.sign(event, head)
              instanceof EventSigner.Signing.Signed(SignedEvent signed))) {
            throw new IllegalStateException("the demo's own event was not signed");
          }
          batch.add(signed);
          head = signed.eventHash();
        }
        LedgerAppend result = ledger.appendAll(batch);
        if (!(result instanceof LedgerAppend.Appended)) {
          throw new IllegalStateException("the demo's own events were refused: " + result);
        }
        done += batch.size();
        terminal.progress(done, LEDGER_EVENTS);
      }
      rate(terminal, "ledgerEvents", LEDGER_EVENTS, start, "signed, checked, linked and synced");
    }
  }

  private void appendNostrEvents(Terminal terminal, LogHome home) {
    terminal.say(
        "3. %,d Nostr events: each signed with BIP-340, as relays pass them on."
            .formatted(NOSTR_EVENTS));
    List<NostrKey> authors = new ArrayList<>();
    for (String name : List.of("alice", "bob", "carol", "dave")) {
      authors.add(NostrKey.fromSecret(fixedSecret(name)));
    }
    NostrGate gate = new NostrGate();
    try (EventLog writer = openWriter(home)) {
      terminal.begin("   appending");
      long start = System.nanoTime();
      for (int done = 0; done < NOSTR_EVENTS; ) {
        List<Append> batch = new ArrayList<>();
        while (batch.size() < BATCH) {
          int number = done + batch.size();
          byte[] text =
              EventJson.write(
                  authors
                      .get(number % authors.size())
                      .sign(
                          1_700_000_000L + number,
                          1,
                          List.of(List.of("t", "demo")),
                          "demo note number " + number));
          if (!(gate.judge(text, Instant.now()) instanceof Admitted admitted)) {
            throw new IllegalStateException("the demo's own event was refused at the gate");
          }
          batch.add(Append.of(admitted));
        }
        writer.appendAll(batch);
        done += batch.size();
        terminal.progress(done, NOSTR_EVENTS);
      }
      rate(terminal, "nostrEvents", NOSTR_EVENTS, start, "signed, checked, linked and synced");
    }
  }

  private static EventLog openWriter(LogHome home) {
    return EventLog.open(
        SqliteLogEngine.openWriter(
            home.database(), SqliteOptions.DEFAULT, List.of(new LedgerTable())),
        LogId.MAIN,
        home.keys().orElseThrow(),
        LogOptions.withAnchor(home.anchor()));
  }

  private void rate(Terminal terminal, String what, int count, long startNanos, String done) {
    double seconds = (System.nanoTime() - startNanos) / 1e9;
    report.put(what, count);
    report.put(what + "PerSecond", Math.round(count / seconds));
    terminal.say(
        "   %,d events %s in %.1f s: %,.0f a second"
            .formatted(count, done, seconds, count / seconds));
    terminal.say("");
  }

  private boolean verify(Terminal terminal, LogHome home, String headline) {
    terminal.say(headline);
    terminal.begin("   verifying");
    Verdict verdict =
        new FullCheck(LogLocation.ofSqlite(home), home, home.anchor()).run(terminal::progress);
    Verdicts.text(verdict).forEach(line -> terminal.say("   " + line));
    terminal.say("");
    report.put("verify", Verdicts.json(verdict));
    return verdict instanceof Verdict.Intact;
  }

  private boolean prove(Terminal terminal, LogHome home, Path folder) throws IOException {
    Path file = folder.resolve("event-1234.tlog-proof");
    try (LogReader reader =
        LogReader.open(
            SqliteLogEngine.openReader(home.database()), LogId.MAIN, home.vkey(), home.keys())) {
      var event = reader.get(1_234).orElseThrow();
      SignedCheckpoint checkpoint = reader.latestCheckpoint().orElseThrow();
      Files.write(
          file, EventProof.build(event.record(), event.body(), 1_234, checkpoint, reader.nodes()));
    }
    terminal.say("5. A proof that event 1,234 is in the log: " + file);
    terminal.say("   Checked with nothing but that file and the public key:");
    VerifierKey key = home.vkey();
    boolean proven =
        switch (EventProof.check(Files.readAllBytes(file), key)) {
          case EventProof.Outcome.Proven(var event, var checkpoint) -> {
            terminal.say(
                "   PROVEN: event %,d, %s, in the log of %,d events that %s signed"
                    .formatted(
                        event.position(), event.id(), checkpoint.checkpoint().size(), key.name()));
            yield true;
          }
          case EventProof.Outcome.Refused(String reason) -> {
            terminal.say("   REFUSED: " + reason);
            yield false;
          }
        };
    terminal.say(
        "   The same by hand: ./stele check " + file + " --vkey " + folder.resolve("log.vkey"));
    terminal.say("");
    report.put("proof", file.toString());
    report.put("proven", proven);
    return proven;
  }

  private boolean tamper(Terminal terminal, LogHome home) throws SQLException, IOException {
    long size;
    try (SqliteLogEngine engine = SqliteLogEngine.openReader(home.database())) {
      size = engine.head(LogId.MAIN).size();
    }
    terminal.say(
        "6. Now break it: one byte of one event, changed in the database behind the log's back.");
    long victim = chooseVictim(terminal, size);
    flip(home.database(), victim);
    terminal.say("   changed: the last byte of the payload of event %,d".formatted(victim));
    terminal.say("");
    Verdict verdict =
        new FullCheck(LogLocation.ofSqlite(home), home, home.anchor()).run((done, total) -> {});
    boolean found = verdict instanceof Verdict.Broken broken && broken.at() == victim;
    Verdicts.text(verdict).forEach(line -> terminal.say("   " + line));
    terminal.say(
        found
            ? "   Found, at exactly that event."
            : "   NOT FOUND where it was changed: this is a fault of Stele, please report it.");
    boolean refused = appendIsRefused(home);
    terminal.say(
        "   And an append is "
            + (refused ? "refused: a log that does not verify is read-only." : "NOT refused!"));
    terminal.say("");
    flip(home.database(), victim);
    report.put("tamperedAt", victim);
    report.put("tamperFound", found);
    report.put("appendRefused", refused);
    boolean healed = verify(terminal, home, "7. The byte is put back, and all is well again:");
    return found && refused && healed;
  }

  private static long chooseVictim(Terminal terminal, long size) throws IOException {
    long preset = Math.min(DEFAULT_VICTIM, size);
    if (!terminal.interactive()) {
      terminal.say("   (no terminal to ask at, so the demo chooses event %,d)".formatted(preset));
      return preset;
    }
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (int tries = 0; tries < 3; tries++) {
      System.out.printf("   Which event shall be changed, 1 to %,d? [%,d] ", size, preset);
      System.out.flush();
      String line = in.readLine();
      if (line == null || line.isBlank()) {
        return preset;
      }
      String digits = line.strip().replace(",", "");
      if (digits.matches("[0-9]{1,12}")) {
        long chosen = Long.parseLong(digits);
        if (chosen >= 1 && chosen <= size) {
          return chosen;
        }
      }
      terminal.say("   That is not a position from 1 to %,d.".formatted(size));
    }
    return preset;
  }

  /** Turns one bit of the last byte of an event's body over; twice puts it back. */
  private static void flip(Path database, long position) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
        PreparedStatement select =
            connection.prepareStatement("SELECT entry FROM log_events WHERE place = ?");
        PreparedStatement update =
            connection.prepareStatement("UPDATE log_events SET entry = ? WHERE place = ?")) {
      select.setLong(1, position);
      byte[] entry;
      try (ResultSet row = select.executeQuery()) {
        entry = row.getBytes(1);
      }
      entry[entry.length - 1] ^= 1;
      update.setBytes(1, entry);
      update.setLong(2, position);
      update.executeUpdate();
    }
  }

  private static boolean appendIsRefused(LogHome home) {
    try (EventLog writer = openWriter(home)) {
      var input = new UnsignedGate.Input("main", "note", "", new byte[] {1}, "");
      return new UnsignedGate().judge(input, Instant.now()) instanceof Admitted admitted
          && writer.append(Append.of(admitted)) instanceof AppendResult.ReadOnly;
    }
  }
}
