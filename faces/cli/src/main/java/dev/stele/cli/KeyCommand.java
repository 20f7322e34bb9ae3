package dev.stele.cli;

import dev.stele.core.log.LogReader;
import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.EventLedger;
import dev.stele.ledger.KeyOutcome;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.ledger.gate.KeyRegistry;
import dev.stele.ledger.gate.KeyRing;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "key",
    description = "Keys that sign events: made here, and registered in the log itself.",
    subcommands = {
      KeyCommand.New.class,
      KeyCommand.Show.class,
      KeyCommand.Register.class,
      KeyCommand.Rotate.class,
      KeyCommand.Revoke.class
    })
final class KeyCommand {
  private static final HexFormat HEX = HexFormat.of();

  @Command(name = "new", description = "Make a key and write it to a file, mode 0600.")
  static final class New extends SteleCommand {
    @Option(
        names = {"-o", "--output"},
        paramLabel = "FILE",
        required = true,
        description = "the file to write")
    private Path output = Path.of("event.key");

    @Override
    int run(Terminal terminal) throws IOException {
      Ed25519Key key = Ed25519Key.generate(new SecureRandom());
      EventKeyFile.write(output, key);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("file", output.toString());
      json.put("keyId", SignedEvent.keyId(key.publicKey()));
      json.put("publicKey", HEX.formatHex(key.publicKey()));
      terminal.answer(
          json,
          List.of(
              "wrote   " + output + " (secret)",
              "key id  " + SignedEvent.keyId(key.publicKey()),
              "public  " + HEX.formatHex(key.publicKey()),
              "let it sign: stele key register --key " + output));
      return ExitCode.DONE;
    }
  }

  @Command(name = "list", description = "The keys the log knows, as of its last event.")
  static final class Show extends SteleCommand {
    @Override
    int run(Terminal terminal) {
      try (LogReader reader = log.openReader()) {
        KeyRing ring = KeyRegistry.replay(reader, reader.head().size()).ring();
        List<Map<String, Object>> keys = new ArrayList<>();
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("key id", "label", "registered at", "revoked at"));
        for (KeyRing.Key key : ring.keys()) {
          Map<String, Object> shown = new LinkedHashMap<>();
          shown.put("keyId", key.id());
          shown.put("publicKey", HEX.formatHex(key.publicKey()));
          shown.put("label", key.label());
          shown.put("registeredAt", key.registeredAt());
          shown.put("revokedAt", key.active() ? null : key.revokedAt());
          keys.add(shown);
          rows.add(
              List.of(
                  key.id(),
                  key.label(),
                  String.valueOf(key.registeredAt()),
                  key.active() ? "" : String.valueOf(key.revokedAt())));
        }
        if (terminal.json()) {
          terminal.answer(Map.of("keys", keys), List.of());
        } else {
          terminal.table(rows);
        }
      }
      return ExitCode.DONE;
    }
  }

  /** An act on a key, recorded in the log. */
  abstract static class Act extends SteleCommand {
    @Override
    final int run(Terminal terminal) throws IOException {
      try (EventLedger ledger = Ledgers.open(log)) {
        return switch (act(ledger)) {
          case KeyOutcome.Recorded(String keyId, long position) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("result", "recorded");
            json.put("keyId", keyId);
            json.put("position", position);
            terminal.answer(
                json, List.of("recorded at position %,d: key %s".formatted(position, keyId)));
            yield ExitCode.DONE;
          }
          case KeyOutcome.Refused(String code, String reason) ->
              AppendCommand.refused(terminal, code, reason);
          case KeyOutcome.Corrupted(var health) ->
              AppendCommand.refused(terminal, "read-only", health.toString());
        };
      }
    }

    abstract KeyOutcome act(EventLedger ledger) throws IOException;
  }

  @Command(name = "register", description = "Let a key sign events from here on.")
  static final class Register extends Act {
    @ArgGroup(multiplicity = "1")
    private Which which = new Which();

    static final class Which {
      @Option(names = "--key", paramLabel = "FILE", description = "a key file")
      private @Nullable Path file;

      @Option(names = "--public", paramLabel = "HEX", description = "a public key, 64 hex digits")
      private @Nullable String hex;
    }

    @Option(names = "--label", paramLabel = "TEXT", description = "whose key it is")
    private String label = "";

    @Override
    KeyOutcome act(EventLedger ledger) throws IOException {
      return ledger.registerKey(publicKey(), label);
    }

    private byte[] publicKey() throws IOException {
      if (which.file != null) {
        return EventKeyFile.read(which.file).publicKey();
      }
      String hex = which.hex == null ? "" : which.hex;
      if (!hex.matches("[0-9a-fA-F]{64}")) {
        throw new CannotRun("bad-key", "a public key has 64 hex digits", "stele key new -o FILE");
      }
      return HEX.parseHex(hex);
    }
  }

  @Command(name = "rotate", description = "Replace a key by a new one.")
  static final class Rotate extends Act {
    @Parameters(paramLabel = "KEYID", description = "the key that may sign no more")
    private String old = "";

    @Option(names = "--key", paramLabel = "FILE", required = true, description = "the new key")
    private Path file = Path.of("event.key");

    @Option(names = "--label", paramLabel = "TEXT", description = "whose key it is")
    private String label = "";

    @Option(names = "--reason", paramLabel = "TEXT", description = "why")
    private String reason = "";

    @Override
    KeyOutcome act(EventLedger ledger) throws IOException {
      return ledger.rotateKey(old, EventKeyFile.read(file), label, reason);
    }
  }

  @Command(name = "revoke", description = "Let a key sign no more; what it signed stays valid.")
  static final class Revoke extends Act {
    @Parameters(paramLabel = "KEYID", description = "the key")
    private String keyId = "";

    @Option(names = "--reason", paramLabel = "TEXT", description = "why")
    private String reason = "";

    @Override
    KeyOutcome act(EventLedger ledger) {
      return ledger.revokeKey(keyId, reason);
    }
  }
}
