package dev.stele.cli;

import dev.stele.ledger.EventLedger;
import dev.stele.ledger.LedgerAppend;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.LedgerGate;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code append --key}: signs one event onto the ledger's head and appends it. */
final class SignedAppend {
  private static final HexFormat HEX = HexFormat.of();

  private final LogOptionGroup log;
  private final Path key;

  SignedAppend(LogOptionGroup log, Path key) {
    this.log = log;
    this.key = key;
  }

  int run(
      Terminal terminal,
      String type,
      @Nullable String stream,
      String id,
      @Nullable Long expected,
      byte[] payload)
      throws IOException {
    if (stream != null && !stream.equals(LedgerGate.STREAM)) {
      throw new CannotRun(
          "bad-stream",
          "signed events are one chain, in the stream " + LedgerGate.STREAM,
          "leave --stream out, or leave --key out");
    }
    SecureRandom random = new SecureRandom();
    EventSigner signer = new EventSigner(EventKeyFile.read(key), InstantSource.system(), random);
    try (EventLedger ledger = Ledgers.open(log)) {
      long last = ledger.log().lastRevision(LedgerGate.STREAM);
      if (expected != null && expected != last) {
        return AppendCommand.refused(
            terminal,
            "conflict",
            "stream %s has revision %d, not %d".formatted(LedgerGate.STREAM, last, expected));
      }
      String eventId = id;
      if (eventId.isEmpty()) {
        byte[] drawn = new byte[16];
        random.nextBytes(drawn);
        eventId = HEX.formatHex(drawn);
      }
      CanonicalEvent event =
          new CanonicalEvent(
              eventId,
              type,
              System.currentTimeMillis(),
              "key:" + signer.keyId(),
              last + 1,
              payload,
              Optional.empty());
      return switch (signer.sign(event, ledger.chainHead())) {
        case EventSigner.Signing.Refused(String code, String reason) ->
            AppendCommand.refused(terminal, code, reason);
        case EventSigner.Signing.Signed(SignedEvent signed) ->
            answer(terminal, signed, ledger.append(signed));
      };
    }
  }

  private static int answer(Terminal terminal, SignedEvent event, LedgerAppend result) {
    return switch (result) {
      case LedgerAppend.Appended appended -> {
        String durability = appended.durability().name().toLowerCase(Locale.ROOT);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("result", "appended");
        json.put("position", appended.position());
        json.put("seqNo", appended.seqNo());
        json.put("eventId", event.eventId());
        json.put("eventHash", HEX.formatHex(event.eventHash()));
        json.put("keyId", event.publicKeyId());
        json.put("durability", durability);
        terminal.answer(
            json,
            List.of(
                "appended at position %,d, number %,d in the ledger (%s)"
                    .formatted(appended.position(), appended.seqNo(), durability),
                "event id  " + event.eventId(),
                "hash      " + HEX.formatHex(event.eventHash())));
        yield ExitCode.DONE;
      }
      case LedgerAppend.ChainOrderingViolation(String expected, String actual) ->
          AppendCommand.refused(
              terminal,
              "chain-ordering-violation",
              "the ledger's head is %s, not %s".formatted(expected, actual));
      case LedgerAppend.DuplicateEventId(String eventId, long seqNo) ->
          AppendCommand.refused(
              terminal,
              "duplicate-event-id",
              "id %s is taken, by number %d of the ledger".formatted(eventId, seqNo));
      case LedgerAppend.InvalidEvent(String code, String reason) ->
          AppendCommand.refused(terminal, code, reason);
      case LedgerAppend.Corrupted(var health) ->
          AppendCommand.refused(terminal, "read-only", health.toString());
    };
  }
}
