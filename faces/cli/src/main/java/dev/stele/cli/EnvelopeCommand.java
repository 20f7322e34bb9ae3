package dev.stele.cli;

import dev.stele.core.log.EraseResult;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.Verdict;
import dev.stele.envelope.event.EnvelopeCreation;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.EnvelopeMaker;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.JsonValue;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.event.Wire;
import dev.stele.envelope.gate.EnvelopeKeyRegistry;
import dev.stele.envelope.gate.EnvelopeKeys;
import dev.stele.envelope.gate.EnvelopeVerdict;
import dev.stele.envelope.gate.EnvelopeVerifier;
import dev.stele.envelope.gate.EqualPayload;
import dev.stele.envelope.store.EnvelopeSchema;
import dev.stele.envelope.store.EnvelopeStore;
import dev.stele.envelope.store.EnvelopeStoreOptions;
import dev.stele.envelope.store.KeyActResult;
import dev.stele.envelope.store.SaveResult;
import dev.stele.envelope.store.StoreStats;
import dev.stele.envelope.store.StoredEnvelope;
import dev.stele.postgres.PostgresSchema;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "envelope",
    description = {
      "Signed envelopes: made, signed and verified here, kept in a store.",
      "A store is named by --log: sqlite:FOLDER, lmdb:FOLDER,",
      "postgres://USER:PASSWORD@HOST/DATABASE, the last also with ?blobs=DIR."
    },
    subcommands = {
      EnvelopeCommand.Keygen.class,
      EnvelopeCommand.Create.class,
      EnvelopeCommand.Sign.class,
      EnvelopeCommand.Verify.class,
      EnvelopeCommand.Register.class,
      EnvelopeCommand.Revoke.class,
      EnvelopeCommand.Save.class,
      EnvelopeCommand.Get.class,
      EnvelopeCommand.Erase.class,
      EnvelopeCommand.Compact.class,
      EnvelopeCommand.Audit.class,
      EnvelopeCommand.Stats.class,
      EnvelopeCommand.Schema.class
    })
final class EnvelopeCommand {
  private static final String STDIN = "-";

  private static byte[] read(String file) throws IOException {
    return read(file, ReadingRules.STRICT);
  }

  /**
   * A file's bytes, or those of stdin: as many as are read by these rules, and one more, so that
   * what is larger is known to be.
   */
  private static byte[] read(String file, ReadingRules rules) throws IOException {
    int most = rules.maxBytes() + 1;
    if (file.equals(STDIN)) {
      return System.in.readNBytes(most);
    }
    try (InputStream in = Files.newInputStream(path(file))) {
      return in.readNBytes(most);
    }
  }

  private static Path path(String file) {
    try {
      return Path.of(file);
    } catch (InvalidPathException e) {
      throw new CannotRun("no-file", "that names no file", "name another file");
    }
  }

  private static EnvelopeKey key(Path file) throws IOException {
    // What is not UTF-8 is no key either, and is told so by the parser.
    String text = new String(read(file.toString()), StandardCharsets.UTF_8);
    return switch (EnvelopeKey.parse(text)) {
      case Parsed.Value<EnvelopeKey>(EnvelopeKey key) -> key;
      case Parsed.Malformed<EnvelopeKey>(String reason) ->
          throw new CannotRun(
              "bad-key",
              file + " is not a key of envelopes: " + reason,
              "stele envelope keygen --key-id ID -o FILE");
    };
  }

  private static JsonObject object(String file) throws IOException {
    return switch (Wire.read(read(file), ReadingRules.STRICT)) {
      case Parsed.Value<JsonValue>(JsonObject object) -> object;
      case Parsed.Value<JsonValue> _ ->
          throw new CannotRun("bad-json", file + " is not a JSON object", "give one object");
      case Parsed.Malformed<JsonValue>(String reason) ->
          throw new CannotRun("bad-json", file + " is not JSON: " + reason, "give one object");
    };
  }

  private static int refused(Terminal terminal, Map<String, Object> json, String line) {
    terminal.answer(json, List.of(Terminal.printable(line)));
    return ExitCode.REFUSED_OR_BROKEN;
  }

  @Command(name = "keygen", description = "Make a key that signs envelopes; mode 0600.")
  static final class Keygen extends SteleCommand {
    @Option(
        names = "--key-id",
        paramLabel = "ID",
        required = true,
        description = "the key's name: 1 to 64 of A-Z a-z 0-9 _ -")
    private String keyId = "";

    @Option(
        names = {"-o", "--output"},
        paramLabel = "FILE",
        required = true,
        description = "the file to write")
    private Path output = Path.of("envelope.key");

    @Override
    int run(Terminal terminal) throws IOException {
      EnvelopeKey key;
      try {
        key = EnvelopeKey.generate(keyId, new SecureRandom());
        key.write(output);
      } catch (IllegalArgumentException e) {
        throw new CannotRun("bad-key-id", String.valueOf(e.getMessage()), "--key-id sensor-1");
      } catch (FileAlreadyExistsException e) {
        throw new CannotRun(
            "file-exists",
            output + " is there already; keys are never overwritten",
            "name another file");
      }
      String publicKey = Base64.getEncoder().encodeToString(key.publicKey());
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("file", output.toString());
      json.put("key_id", keyId);
      json.put("public_key", publicKey);
      terminal.answer(
          json,
          List.of(
              "wrote   " + output + " (secret)",
              "key id  " + keyId,
              "public  " + publicKey,
              "let it sign: stele envelope register --key " + output));
      return ExitCode.DONE;
    }
  }

  @Command(
      name = "create",
      description = "Make an envelope of a payload; with --key it is signed at once.")
  static final class Create extends SteleCommand {
    @Option(names = "--type", paramLabel = "T", required = true, description = "a registered type")
    private String type = "";

    @Option(
        names = "--source",
        paramLabel = "S",
        defaultValue = "",
        description = "where it comes from, at most 128 characters")
    private String source = "";

    @Option(names = "--key", paramLabel = "FILE", description = "sign with this key")
    private @Nullable Path key;

    @Option(
        names = "--key-id",
        paramLabel = "ID",
        description = "who will sign, where --key is not here")
    private @Nullable String keyId;

    @Option(
        names = "--expires-in",
        paramLabel = "SECONDS",
        description = "how long it holds, at most 86400 (default: no expiry)")
    private @Nullable Long expiresIn;

    @Option(names = "--context", paramLabel = "FILE", description = "an object beside the payload")
    private @Nullable String context;

    @Parameters(paramLabel = "FILE|-", description = "the payload, a JSON object; - is stdin")
    private String file = STDIN;

    @Override
    int run(Terminal terminal) throws IOException {
      @Nullable EnvelopeKey signer = key == null ? null : key(key);
      if (signer == null && keyId == null) {
        throw new CannotRun(
            "no-key", "an envelope names who signs it", "--key FILE or --key-id ID");
      }
      EnvelopeDraft draft =
          EnvelopeDraft.of(
              type, source, signer != null ? signer.keyId() : String.valueOf(keyId), object(file));
      if (expiresIn != null) {
        draft = draft.withExpiresIn(Duration.ofSeconds(expiresIn));
      }
      if (context != null) {
        draft = draft.withContext(object(context));
      }
      return switch (new EnvelopeMaker(InstantSource.system(), new SecureRandom()).create(draft)) {
        case EnvelopeCreation.Invalid(var flaw, String reason) -> {
          Map<String, Object> json = new LinkedHashMap<>();
          json.put("created", false);
          json.put("flaw", flaw.name().toLowerCase(java.util.Locale.ROOT));
          json.put("reason", reason);
          yield refused(terminal, json, "not created: " + reason);
        }
        case EnvelopeCreation.Created created -> {
          print(signer == null ? created.wire() : created.sign(signer).wire());
          yield ExitCode.DONE;
        }
      };
    }
  }

  /** An envelope is an answer as it is: JSON, with or without --json. */
  private static void print(byte[] wire) throws IOException {
    System.out.write(wire);
    System.out.write('\n');
    System.out.flush();
  }

  @Command(name = "sign", description = "Sign an envelope that 'create' made without a key.")
  static final class Sign extends SteleCommand {
    @Option(names = "--key", paramLabel = "FILE", required = true, description = "the key")
    private Path key = Path.of("");

    @Parameters(paramLabel = "FILE|-", description = "the envelope without signature; - is stdin")
    private String file = STDIN;

    @Override
    int run(Terminal terminal) throws IOException {
      EnvelopeKey signer = key(key);
      return switch (EnvelopeReader.readUnsigned(read(file))) {
        case Parsed.Malformed<EnvelopeCreation.Created>(String reason) ->
            unsigned(terminal, reason);
        case Parsed.Value<EnvelopeCreation.Created>(EnvelopeCreation.Created created) -> {
          if (!created.header().keyId().equals(signer.keyId())) {
            yield unsigned(
                terminal,
                "the key is %s, the envelope names %s"
                    .formatted(signer.keyId(), created.header().keyId()));
          }
          if (!created.hashMatches()) {
            yield unsigned(terminal, "the payload is not the one whose hash the header has");
          }
          print(created.sign(signer).wire());
          yield ExitCode.DONE;
        }
      };
    }

    private static int unsigned(Terminal terminal, String reason) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("signed", false);
      json.put("reason", reason);
      return refused(terminal, json, "not signed: " + reason);
    }
  }

  @Command(
      name = "verify",
      description = {
        "Verify an envelope: 0 valid, 1 not valid, 2 could not run.",
        "Strictly it needs --keys; --compatible takes the key in the envelope."
      })
  static final class Verify extends SteleCommand {
    @Option(
        names = "--compatible",
        description = "verify as Nekhebet 4.0.0 does, by the key in the envelope")
    private boolean compatible;

    @Option(names = "--now", paramLabel = "INSTANT", description = "as of when (default: now)")
    private @Nullable String now;

    @Option(
        names = "--keys",
        paramLabel = "FILE",
        description = "the keys that are trusted, as JSON: key_id and public_key of each")
    private @Nullable String keys;

    @Parameters(paramLabel = "FILE|-", description = "the envelope; - is stdin")
    private String file = STDIN;

    @Override
    int run(Terminal terminal) throws IOException {
      EnvelopeVerifier verifier =
          compatible ? EnvelopeVerifier.compatible() : EnvelopeVerifier.strict(registry());
      EnvelopeVerdict verdict = verifier.verify(read(file, verifier.rules()), instant());
      Map<String, Object> json = new LinkedHashMap<>();
      return switch (verdict) {
        case EnvelopeVerdict.Valid(SignedEnvelope envelope, var details) -> {
          json.put("valid", true);
          json.put("category", null);
          json.put("reason", EnvelopeVerdict.Valid.REASON);
          Map<String, Object> shown = new LinkedHashMap<>();
          shown.put("envelope_id", details.envelopeId());
          shown.put("event_type", details.eventType());
          shown.put("source", details.source());
          shown.put("issued_at", details.issuedAt());
          shown.put("expires_at", details.expiresAt());
          shown.put("key_id", details.keyId());
          json.put("details", shown);
          terminal.answer(
              json,
              List.of(
                  Terminal.printable(
                      "valid: %s %s".formatted(details.eventType(), details.envelopeId()))));
          yield ExitCode.DONE;
        }
        case EnvelopeVerdict.Invalid(var category, String reason, var details) -> {
          json.put("valid", false);
          json.put("category", category.wireName());
          json.put("stage", category.stage());
          json.put("reason", reason);
          json.put("details", details);
          yield refused(terminal, json, "not valid: %s: %s".formatted(category.wireName(), reason));
        }
      };
    }

    private EnvelopeKeyRegistry registry() throws IOException {
      if (keys == null) {
        return EnvelopeKeyRegistry.EMPTY;
      }
      return switch (EnvelopeKeys.parse(read(keys))) {
        case Parsed.Value<EnvelopeKeyRegistry>(EnvelopeKeyRegistry known) -> known;
        case Parsed.Malformed<EnvelopeKeyRegistry>(String reason) ->
            throw new CannotRun(
                "bad-keys",
                keys + " holds no keys: " + reason,
                "[{\"key_id\": \"ID\", \"public_key\": \"BASE64\"}]");
      };
    }

    private Instant instant() {
      try {
        return now == null ? Instant.now() : Instant.parse(now);
      } catch (DateTimeParseException e) {
        throw new CannotRun("bad-time", now + " is not a time", "--now 2026-01-22T12:00:00Z");
      }
    }
  }

  /** What works on a store. */
  abstract static class OnStore extends SteleCommand {
    @Option(
        names = "--equal-payload",
        paramLabel = "POLICY",
        defaultValue = "allow",
        description = "for distinct envelopes with equal payloads: ${COMPLETION-CANDIDATES}")
    private EqualPayload equalPayload = EqualPayload.ALLOW;

    @Option(
        names = "--origin",
        paramLabel = "NAME",
        description = "the log's name, for a store that is made (default: ${DEFAULT-VALUE})",
        defaultValue = "stele.local/envelopes")
    private String origin = "";

    @Override
    final int run(Terminal terminal) throws Exception {
      EnvelopeStoreOptions options = EnvelopeStoreOptions.DEFAULT.with(equalPayload).named(origin);
      if (log.anchorFolder().isPresent()) {
        options = options.anchoredIn(log.anchorFolder().get());
      }
      try (EnvelopeStore store = open(options)) {
        return run(terminal, store);
      }
    }

    private EnvelopeStore open(EnvelopeStoreOptions options) {
      try {
        return EnvelopeStore.open(log.secretUri(), options);
      } catch (IllegalArgumentException e) {
        throw LogLocation.badUri(e);
      }
    }

    abstract int run(Terminal terminal, EnvelopeStore store) throws Exception;
  }

  @Command(name = "register", description = "Let a key sign envelopes from here on.")
  static final class Register extends OnStore {
    @Option(names = "--key", paramLabel = "FILE", required = true, description = "a key file")
    private Path key = Path.of("");

    @Override
    int run(Terminal terminal, EnvelopeStore store) throws IOException {
      EnvelopeKey known = key(key);
      return acted(terminal, known.keyId(), store.register(known.keyId(), known.publicKey()));
    }
  }

  @Command(name = "revoke", description = "Let a key sign no more, whatever time it writes.")
  static final class Revoke extends OnStore {
    @Option(names = "--key-id", paramLabel = "ID", required = true, description = "the key's name")
    private String keyId = "";

    @Option(
        names = "--public",
        paramLabel = "BASE64",
        required = true,
        description = "the public key")
    private String publicKey = "";

    @Option(names = "--reason", paramLabel = "TEXT", defaultValue = "", description = "why")
    private String reason = "";

    @Override
    int run(Terminal terminal, EnvelopeStore store) {
      KeyActResult result;
      try {
        result = store.revoke(keyId, Base64.getDecoder().decode(publicKey), reason);
      } catch (IllegalArgumentException e) {
        throw new CannotRun(
            "bad-key",
            String.valueOf(e.getMessage()),
            "stele envelope keygen prints ID and BASE64");
      }
      return acted(terminal, keyId, result);
    }
  }

  private static int acted(Terminal terminal, String keyId, KeyActResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("key_id", keyId);
    return switch (result) {
      case KeyActResult.Recorded(long position) -> {
        json.put("result", "recorded");
        json.put("position", position);
        terminal.answer(
            json, List.of("recorded at position %,d: key %s".formatted(position, keyId)));
        yield ExitCode.DONE;
      }
      case KeyActResult.Refused(String code, String reason) -> {
        json.put("result", code);
        json.put("reason", reason);
        yield refused(terminal, json, "refused: " + reason);
      }
      case KeyActResult.ReadOnly(Verdict verdict) -> {
        json.put("result", "read-only");
        json.put("reason", verdict.toString());
        yield refused(terminal, json, "the log does not verify: " + verdict);
      }
    };
  }

  @Command(name = "save", description = "Save envelopes; each is verified first.")
  static final class Save extends OnStore {
    @Parameters(
        paramLabel = "FILE|-",
        arity = "1..*",
        description = "envelopes, one a file; - is stdin")
    private List<String> files = List.of(STDIN);

    @Override
    int run(Terminal terminal, EnvelopeStore store) throws IOException {
      int exit = ExitCode.DONE;
      for (String file : files) {
        SaveResult result = store.save(read(file));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("file", file);
        json.put("stored", result.isStored());
        List<String> text = new ArrayList<>();
        text.add(Terminal.printable(file + ": " + tell(result, json)));
        terminal.answer(json, text);
        if (!result.isStored()) {
          exit = ExitCode.REFUSED_OR_BROKEN;
        }
      }
      return exit;
    }

    private static String tell(SaveResult result, Map<String, Object> json) {
      return switch (result) {
        case SaveResult.Inserted(long position, var durability) -> {
          json.put("result", "inserted");
          json.put("position", position);
          json.put("durability", durability.name().toLowerCase(java.util.Locale.ROOT));
          yield "inserted at position %,d".formatted(position);
        }
        case SaveResult.AlreadyPresent(long position) -> {
          json.put("result", "already_present");
          json.put("position", position);
          yield "there already, at position %,d".formatted(position);
        }
        case SaveResult.EqualPayload(long position) -> {
          json.put("result", "equal_payload");
          json.put("position", position);
          yield "another envelope with its payload is at position %,d".formatted(position);
        }
        case SaveResult.Replayed(String keyId, String nonce, long holder) -> {
          json.put("result", "replay_detected");
          json.put("key_id", keyId);
          json.put("nonce", nonce);
          json.put("holder", holder);
          yield "refused: key %s has used its nonce at position %,d".formatted(keyId, holder);
        }
        case SaveResult.DuplicateId(String id, long holder) -> {
          json.put("result", "duplicate_id");
          json.put("id", id);
          json.put("holder", holder);
          yield "refused: another envelope at position %,d has the id %s".formatted(holder, id);
        }
        case SaveResult.DuplicatePayload(String hash, long holder) -> {
          json.put("result", "duplicate_payload");
          json.put("content_hash", hash);
          json.put("holder", holder);
          yield "refused: an equal payload is at position %,d".formatted(holder);
        }
        case SaveResult.Invalid(var category, String reason) -> {
          json.put("result", "invalid");
          json.put("category", category.wireName());
          json.put("reason", reason);
          yield "not valid: %s: %s".formatted(category.wireName(), reason);
        }
        case SaveResult.ReadOnly(Verdict verdict) -> {
          json.put("result", "read_only");
          json.put("reason", verdict.toString());
          yield "the log does not verify: " + verdict;
        }
      };
    }
  }

  @Command(name = "get", description = "Print an envelope, as it was stored.")
  static final class Get extends OnStore {
    @Parameters(paramLabel = "ID", description = "the envelope's id, or with --hash its content's")
    private String id = "";

    @Option(names = "--hash", description = "every envelope whose payload has this hash")
    private boolean hash;

    @Override
    int run(Terminal terminal, EnvelopeStore store) throws IOException {
      List<StoredEnvelope> found =
          hash ? store.getByContentHash(id) : store.get(id).map(List::of).orElseGet(List::of);
      for (StoredEnvelope each : found) {
        print(each.wire());
      }
      if (found.isEmpty()) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("found", false);
        json.put("erased", !hash && store.exists(id));
        return refused(terminal, json, "there is no envelope " + id);
      }
      return ExitCode.DONE;
    }
  }

  @Command(name = "erase", description = "Drop an envelope's payload and signature for ever.")
  static final class Erase extends OnStore {
    @Parameters(paramLabel = "ID", description = "the envelope's id")
    private String id = "";

    @Override
    int run(Terminal terminal, EnvelopeStore store) {
      Optional<EraseResult> result = store.erase(id);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("id", id);
      if (result.isPresent()
          && result.get() instanceof EraseResult.Erased(long events, List<Long> receipts)) {
        json.put("erased", events);
        json.put("receipts", receipts);
        terminal.answer(
            json,
            List.of(
                "erased; the receipt is at position %,d".formatted(receipts.getLast()),
                "to leave no byte of it in any file: stele envelope compact"));
        return ExitCode.DONE;
      }
      json.put("erased", 0);
      json.put("reason", result.map(Object::toString).orElse("there is no such envelope"));
      return refused(terminal, json, "nothing erased: " + json.get("reason"));
    }
  }

  @Command(
      name = "compact",
      description = {
        "Rewrite a store so that nothing that was erased is left in any file:",
        "of the log, of its views, and of the copy beside a server."
      })
  static final class Compact extends OnStore {
    @Override
    int run(Terminal terminal, EnvelopeStore store) {
      terminal.begin("compacting");
      store.compact();
      terminal.answer(Map.of("compacted", true), List.of("compacted"));
      return ExitCode.DONE;
    }
  }

  @Command(
      name = "audit",
      description = "Re-compute everything in a store: links, hashes, claims, signatures.")
  static final class Audit extends OnStore {
    @Override
    int run(Terminal terminal, EnvelopeStore store) {
      terminal.begin("audited");
      long size = store.log().head().size();
      Verdict verdict = store.verify(done -> terminal.progress(done, size));
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("intact", verdict instanceof Verdict.Intact);
      json.put("size", verdict.scope().size());
      json.put("verdict", verdict.toString());
      if (verdict instanceof Verdict.Intact) {
        terminal.answer(json, List.of("intact: %,d events".formatted(verdict.scope().size())));
        return ExitCode.DONE;
      }
      return refused(terminal, json, "broken: " + verdict);
    }
  }

  @Command(name = "stats", description = "How a store is.")
  static final class Stats extends OnStore {
    @Override
    int run(Terminal terminal, EnvelopeStore store) {
      StoreStats stats = store.stats();
      Map<String, Object> json = new LinkedHashMap<>();
      List<String> text = new ArrayList<>();
      json.put("origin", stats.origin());
      json.put("ok", stats.isOk());
      json.put("events", stats.events());
      json.put("keys", stats.keys());
      text.add("log     " + stats.origin());
      text.add("events  %,d".formatted(stats.events()));
      text.add("keys    %,d".formatted(stats.keys()));
      stats
          .blobs()
          .ifPresent(
              blobs -> {
                Map<String, Object> shown = new LinkedHashMap<>();
                shown.put("position", blobs.position());
                shown.put("degraded", blobs.degraded().orElse(null));
                shown.put("failures", blobs.failures());
                shown.put("rebuilds", blobs.rebuilds());
                json.put("blobs", shown);
                text.add("blobs   " + blobs.degraded().orElse("kept"));
              });
      terminal.answer(json, text);
      return stats.isOk() ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
    }
  }

  @Command(
      name = "schema",
      description = "Print the SQL of a store on PostgreSQL, as it is run when one is made.")
  static final class Schema extends SteleCommand {
    @Option(
        names = "--schema",
        paramLabel = "NAME",
        defaultValue = "stele",
        description = "the schema to write it for (default: ${DEFAULT-VALUE})")
    private String schema = "stele";

    @Override
    int run(Terminal terminal) {
      String ddl = PostgresSchema.ddl(schema) + "\n" + EnvelopeSchema.ddl(schema);
      terminal.answer(Map.of("schema", schema, "ddl", ddl), List.of(ddl));
      return ExitCode.DONE;
    }
  }
}
