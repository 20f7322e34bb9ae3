package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.stele.core.engine.Durability;
import dev.stele.core.proof.Verdict;
import dev.stele.envelope.event.JsonInteger;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.JsonString;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.Category;
import dev.stele.envelope.store.EnvelopeStoreOptions.Judging;
import dev.stele.envelope.store.EnvelopeStoreOptions.Nonces;
import dev.stele.postgresserver.PostgresServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every scenario in which the reference's store was measured, step by step through ours, on the
 * storage that it names.
 *
 * <p>Each answer is compared with {@link ExpectedStore}, and then with the reference's own: where
 * the two differ, {@link #DIFFERENCES} says which advice or decision wants it so, or the scenario
 * fails. A step, a result or an advice of an unknown form fails too.
 */
@Tag("engine")
class StoreCasesTest {
  /** From what the reference answered to what we do, and who says so. */
  private static final Map<String, String> DIFFERENCES =
      Map.ofEntries(
          Map.entry("save: replay -> AlreadyPresent", "ADR 0025: a retry is no attack"),
          Map.entry("save: none -> AlreadyPresent", "ADR 0025: cleaned guard or not"),
          Map.entry("save: failure -> AlreadyPresent", "ADR 0025: a retry is no attack"),
          Map.entry("save: none -> Replayed", "advice: a nonce stays refused"),
          Map.entry("save: none -> DuplicateId", "advice: typed DuplicateId"),
          Map.entry("save: failure -> DuplicateId", "advice: typed DuplicateId"),
          Map.entry("save: none -> STRUCTURE_INVALID", "advice: refuse at verification; ADR 0025"),
          Map.entry("save: replay -> STRUCTURE_INVALID", "the first was refused as well"),
          Map.entry("save: failure -> STRUCTURE_INVALID", "advice: refuse at verification"),
          Map.entry("save: none -> HASH_MISMATCH", "advice: verify on save; ADR 0023"),
          Map.entry("save: replay -> HASH_MISMATCH", "the first was refused as well"),
          Map.entry("save: none -> SIGNATURE_INVALID", "advice: verify on save; ADR 0023"),
          Map.entry("save: replay -> SIGNATURE_INVALID", "the first was refused as well"),
          Map.entry("save: none -> EXPIRED", "ADR 0025: envelopes from years ago"),
          Map.entry("save: replay -> EXPIRED", "ADR 0025: envelopes from years ago"),
          Map.entry("save: failure -> EXPIRED", "ADR 0025: envelopes from years ago"),
          Map.entry("save: replay -> Inserted", "advice: one authority for the guard"),
          Map.entry("save: failure -> Inserted", "advice: a copy that fails, fails no save"),
          Map.entry("get: envelope -> none", "what was not genuine or too old is not stored"),
          Map.entry("get: none -> envelope", "advice: store both events; nothing can be deleted"),
          Map.entry("get: failure -> none", "an id that is none is not there"),
          Map.entry("get: failure -> envelope", "an id that is none spoils no connection"),
          Map.entry("get: other -> envelope", "advice: compare the id of what came back"),
          Map.entry("sql: done -> refused", "advice: refuse UPDATE, DELETE and TRUNCATE"),
          Map.entry("sql: done -> nothing to do", "ADR 0025: envelopes from years ago"));

  /** In which rules and at which time a scenario is told. */
  private enum Telling {
    /** As everybody uses it: on the day of the newest envelopes. */
    TODAY(Judging.STRICT, Nonces.FOR_EVER),
    /** Old envelopes arrive in their own time, and years pass before the guard is cleaned. */
    AS_TIME_PASSED(Judging.STRICT, Nonces.UNTIL_CLEANED_UP),
    /** The same, where nonces are kept for ever. */
    AS_TIME_PASSED_FOR_EVER(Judging.STRICT, Nonces.FOR_EVER),
    /** By the reference's own rules of verification. */
    COMPATIBLE(Judging.COMPATIBLE, Nonces.FOR_EVER);

    private final Judging judging;
    private final Nonces nonces;

    Telling(Judging judging, Nonces nonces) {
      this.judging = judging;
      this.nonces = nonces;
    }

    boolean timePasses() {
      return this == AS_TIME_PASSED || this == AS_TIME_PASSED_FOR_EVER;
    }
  }

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> a_scenario_ends_as_it_is_advised() throws IOException {
    List<StoreCase> cases = StoreCase.all();
    Instant today =
        cases.stream()
            .map(StoreCase::lastIssued)
            .max(Comparator.naturalOrder())
            .orElseThrow()
            .plusSeconds(60);
    List<DynamicTest> tests = new ArrayList<>();
    for (StoreCase each : cases) {
      boolean old = each.firstIssued().isBefore(today.minus(Duration.ofDays(1)));
      for (Telling telling : Telling.values()) {
        if (old || !telling.timePasses()) {
          tests.add(
              DynamicTest.dynamicTest(
                  each.name() + " " + telling, () -> new Scene(each, telling, today).run()));
        }
      }
    }
    return tests.stream();
  }

  /** One scenario, told once. */
  private final class Scene {
    private final StoreCase told;
    private final Telling telling;
    private final Instant today;
    private final Path place;
    private final ExpectedStore expected;
    private final List<SaveResult> saved = new ArrayList<>();
    private final List<String> cleaned = new ArrayList<>();
    private final List<String> sqlAnswers = new ArrayList<>();
    private Instant now;
    private boolean blocked;
    private EnvelopeStore store;

    Scene(StoreCase told, Telling telling, Instant today) throws IOException {
      this.told = told;
      this.telling = telling;
      this.today = today;
      this.now = telling.timePasses() ? told.firstIssued() : today;
      this.place = folder.resolve(told.name() + "-" + telling);
      Files.createDirectories(place);
      this.expected =
          new ExpectedStore(
              telling.judging == Judging.STRICT, telling.nonces == Nonces.UNTIL_CLEANED_UP);
      this.store = open();
    }

    private EnvelopeStore open() {
      return EnvelopeStore.open(
          uri(),
          EnvelopeStoreOptions.DEFAULT
              .with(() -> now, new Random(told.name().hashCode()))
              .with(telling.judging)
              .with(telling.nonces)
              .anchoredIn(place.resolve("anchors")));
    }

    private String uri() {
      return switch (told.backend()) {
        case "lmdb" -> "lmdb:" + place.resolve("store");
        case "pg" -> server() + "?home=" + encoded(place.resolve("home"));
        case "hybrid" ->
            server()
                + "?home="
                + encoded(place.resolve("home"))
                + "&blobs="
                + encoded(place.resolve("blobs"));
        default -> throw new AssertionError("a storage of an unknown kind: " + told.backend());
      };
    }

    private String server() {
      return PostgresServer.shared().databaseFor(place);
    }

    private static String encoded(Path path) {
      return URLEncoder.encode(path.toString(), StandardCharsets.UTF_8);
    }

    private boolean onServer() {
      return !told.backend().equals("lmdb");
    }

    private boolean hybrid() {
      return told.backend().equals("hybrid");
    }

    void run() throws Exception {
      try {
        for (SignedEnvelope each : told.readable()) {
          // A key id that is none cannot be registered; its envelope is refused for that.
          if (ExpectedStore.isKeyId(each.header().keyId())) {
            store.register(each.header().keyId(), each.publicKey());
          }
        }
        for (StoreCase.Step step : told.steps()) {
          take(step);
        }
        assertAdvice();
        assertEnd();
        store.close();
        store = open();
        assertEnd();
      } finally {
        store.close();
      }
    }

    private void take(StoreCase.Step step) throws Exception {
      switch (step.op()) {
        case "save" -> save(step);
        case "get" -> get(step);
        case "get_metadata" -> metadata(step);
        case "get_by_hash" -> byHash(step.text("hash"));
        case "state" -> state(step.result().orElseThrow());
        case "sql" -> sql(step);
        case "cleanup_replay_guard" -> {
          now = today;
          cleanup(instant(step.text("older_than_iso")));
        }
        case "fail_next_lmdb_write" -> blockBlobs();
        case "note" -> assertThat(step.text("text")).isNotEmpty();
        default -> fail("%s: a step of an unknown form: %s", told.name(), step);
      }
    }

    private void same(String difference) {
      assertThat(DIFFERENCES).as(told.name() + " " + telling).containsKey(difference);
    }

    // ---- steps ----

    private void save(StoreCase.Step step) throws Exception {
      byte[] wire = told.wire(step.text("env"));
      long size = store.log().head().size();
      SaveResult wanted = expected.save(wire, now, size + 1, ack());
      SaveResult given = store.save(wire);
      saved.add(given);
      assertThat(withoutReason(given)).as("%s %s", told.name(), step.text("env")).isEqualTo(wanted);
      assertThat(store.log().head().size())
          .isEqualTo(given instanceof SaveResult.Inserted ? size + 1 : size);
      String pair = step.reference().word() + " -> " + word(given);
      switch (pair) {
        case "none -> Inserted", "replay -> Replayed", "id taken -> DuplicateId" -> {}
        default -> same("save: " + pair);
      }
      unblockBlobs();
    }

    private Durability ack() {
      // The shared server waits for no disk, and an ack that was not synced does not say it was.
      return onServer() ? Durability.OS : Durability.DURABLE;
    }

    private static SaveResult withoutReason(SaveResult result) {
      if (result instanceof SaveResult.Invalid(Category category, String reason)) {
        assertThat(reason).isNotEmpty();
        return new SaveResult.Invalid(category, "");
      }
      return result;
    }

    private static String word(SaveResult result) {
      return result instanceof SaveResult.Invalid invalid
          ? invalid.category().name()
          : result.getClass().getSimpleName();
    }

    private void get(StoreCase.Step step) {
      String id = step.text("id");
      Optional<SignedEnvelope> wanted = expected.find(id).map(ExpectedStore.Stored::envelope);
      Optional<SignedEnvelope> given = store.get(id).map(StoredEnvelope::envelope);
      assertThat(given).as("%s %s", told.name(), id).isEqualTo(wanted);
      assertThat(store.exists(id)).isEqualTo(wanted.isPresent());
      assertThat(store.getMetadata(id).isPresent()).isEqualTo(wanted.isPresent());
      String before =
          switch (step.reference()) {
            case StoreCase.Reference.Envelope(String found)
                when wanted.isPresent() && !found.equals(wanted.get().header().id()) ->
                "other";
            case StoreCase.Reference other -> other.word();
          };
      String after = given.isPresent() ? "envelope" : "none";
      if (!before.equals(after)) {
        same("get: " + before + " -> " + after);
      }
    }

    /** The reference's answer may be any object: what it has of a stored envelope must be ours. */
    private void metadata(StoreCase.Step step) {
      String id = step.text("id");
      Optional<EnvelopeMetadata> given = store.getMetadata(id);
      Optional<SignedEnvelope> wanted = expected.find(id).map(ExpectedStore.Stored::envelope);
      assertThat(given.isPresent()).as(told.name()).isEqualTo(wanted.isPresent());
      if (given.isEmpty()
          || !(step.reference() instanceof StoreCase.Reference.Value(JsonObject before))) {
        return;
      }
      EnvelopeMetadata ours = given.get();
      EnvelopeMetadata.Details details = ours.details().orElseThrow();
      Map<String, String> known = new TreeMap<>();
      known.put("id", ours.id());
      known.put("event_type", ours.eventType());
      known.put("source", ours.source());
      known.put("content_hash", details.contentHash());
      before
          .members()
          .forEach(
              (name, value) -> {
                String text = value instanceof JsonString(String said) ? said : value.toString();
                if (name.equals("issued_at")) {
                  // Ours cuts what is below a microsecond, as verification does.
                  assertThat(Duration.between(details.issuedAt(), instant(text)).abs())
                      .isLessThanOrEqualTo(Duration.ofNanos(1_000));
                } else {
                  assertThat(known).as(told.name()).containsEntry(name, text);
                }
              });
    }

    private void byHash(String hash) {
      assertThat(store.getByContentHash(hash))
          .extracting(StoredEnvelope::envelope)
          .isEqualTo(expected.withContent(hash));
    }

    private void state(JsonObject counts) throws Exception {
      for (Map.Entry<String, ?> each : counts.members().entrySet()) {
        assertThat(each.getValue()).isInstanceOf(JsonInteger.class);
        int stored = expected.stored().size();
        switch (each.getKey()) {
          case "pg_events" -> assertThat(count("events")).as(told.name()).isEqualTo(stored);
          case "pg_replay_guard" -> assertThat(count("replay_guard")).isEqualTo(expected.held());
          case "lmdb_events" -> {
            if (hybrid()) {
              assertBlobs();
            } else {
              assertThat(store.iterate(EnvelopeQuery.all(), Optional.empty(), 1_000).envelopes())
                  .hasSize(stored);
            }
          }
          // In a hybrid LMDB has no guard, and alone its guard is the log's claims: a second
          // save of each nonce, by other steps, is what shows them.
          case "lmdb_replay_guard" -> assertThat(expected.held()).isLessThanOrEqualTo(stored);
          default -> fail("%s: a count of an unknown thing: %s", told.name(), each.getKey());
        }
      }
    }

    /** Every envelope is answered from LMDB, each with its own id. */
    private void assertBlobs() throws Exception {
      until(() -> health().degraded().isEmpty());
      assertThat(store.awaitBlobs()).isTrue();
      long hits = health().hits();
      for (ExpectedStore.Stored each : expected.stored()) {
        assertThat(store.get(each.envelope().header().id()).orElseThrow().envelope())
            .isEqualTo(each.envelope());
      }
      assertThat(health().hits() - hits).as(told.name()).isEqualTo(expected.stored().size());
    }

    private BlobHealth health() {
      return store.stats().blobs().orElseThrow();
    }

    private static final Pattern CLEANING =
        Pattern.compile(
            "DELETE FROM replay_guard WHERE issued_at < now\\(\\) - interval '(\\d+) days?';?");

    private static final Pattern CHANGE =
        Pattern.compile("(UPDATE|DELETE FROM|TRUNCATE|TRUNCATE TABLE) (events|replay_guard)\\b.*");

    private void sql(StoreCase.Step step) throws Exception {
      String sql = step.text("sql");
      Matcher cleaning = CLEANING.matcher(sql);
      if (!cleaning.matches() && !CHANGE.matcher(sql).matches()) {
        fail("%s: SQL of an unknown form: %s", told.name(), sql);
      }
      if (cleaning.matches()) {
        now = today;
      }
      int rows = expected.stored().size();
      String answer = execute(sql);
      sqlAnswers.add(answer);
      same("sql: done -> " + answer);
      assertThat(count("events")).as(sql).isEqualTo(rows);
      if (cleaning.matches()) {
        cleanup(now.minus(Duration.ofDays(Long.parseLong(cleaning.group(1)))));
      }
    }

    /** What the owner of the tables gets, who may do more than anybody else. */
    private String execute(String sql) throws SQLException {
      try (Connection connection = PostgresServer.shared().connect(server());
          Statement statement = connection.createStatement()) {
        statement.execute("SET search_path = stele");
        assertThat(statement.executeUpdate(sql)).as("rows changed by %s", sql).isZero();
        return "nothing to do";
      } catch (SQLException refused) {
        assertThat(refused.getSQLState()).as(refused.getMessage()).isIn("42501", "55000");
        return "refused";
      }
    }

    private int count(String table) throws SQLException {
      assertThat(onServer()).as("%s has tables", told.backend()).isTrue();
      try (Connection connection = PostgresServer.shared().connect(server());
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT count(*) FROM stele." + table)) {
        rows.next();
        return rows.getInt(1);
      }
    }

    private void cleanup(Instant olderThan) {
      String wanted = expected.cleanup(olderThan, now);
      CleanupResult given = store.cleanupReplayGuard(olderThan);
      String word =
          given instanceof CleanupResult.Released(long nonces, long _)
              ? "Released " + nonces
              : given.getClass().getSimpleName();
      cleaned.add(word);
      assertThat(word).as(told.name() + " " + telling).isEqualTo(wanted);
    }

    /** A file where the folder of blobs is to be: the next write there fails. */
    private void blockBlobs() throws IOException {
      assertThat(hybrid()).isTrue();
      store.close();
      try (Stream<Path> files = Files.walk(place.resolve("blobs"))) {
        for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(each);
        }
      }
      Files.writeString(place.resolve("blobs"), "in the way");
      store = open();
      blocked = true;
    }

    private void unblockBlobs() throws IOException {
      if (blocked) {
        until(() -> health().failures() > 0);
        assertThat(health().degraded()).isPresent();
        Files.delete(place.resolve("blobs"));
        blocked = false;
      }
    }

    // ---- what is so in the end ----

    private void assertEnd() throws Exception {
      for (ExpectedStore.Stored each : expected.stored()) {
        StoredEnvelope found = store.get(each.envelope().header().id()).orElseThrow();
        assertThat(found.envelope()).as(told.name()).isEqualTo(each.envelope());
        assertThat(found.position()).isEqualTo(each.position());
      }
      assertThat(store.iterate(EnvelopeQuery.all(), Optional.empty(), 1_000).envelopes())
          .extracting(StoredEnvelope::envelope)
          .containsExactlyElementsOf(
              expected.stored().stream().map(ExpectedStore.Stored::envelope).toList());
      if (hybrid()) {
        assertBlobs();
      }
      assertThat(store.verify(_ -> {})).as(told.name()).isInstanceOf(Verdict.Intact.class);
    }

    /** What the advice asks for beyond each step's answer. */
    private void assertAdvice() {
      String better = told.better();
      if (better.isEmpty()) {
        return;
      }
      if (better.startsWith("say on save whether")) {
        assertThat(saved).hasAtLeastOneElementOfType(SaveResult.Inserted.class);
        assertThat(saved).hasAtLeastOneElementOfType(SaveResult.AlreadyPresent.class);
      } else if (better.startsWith("typed DuplicateId")) {
        assertThat(saved).hasAtLeastOneElementOfType(SaveResult.DuplicateId.class);
      } else if (better.startsWith("refuse at verification")) {
        assertThat(saved)
            .extracting(StoreCasesTest.Scene::withoutReason)
            .containsOnly(new SaveResult.Invalid(Category.STRUCTURE_INVALID, ""));
      } else if (better.startsWith("verify (or at least re-hash)")) {
        assertThat(saved).noneMatch(SaveResult::isStored);
      } else if (better.startsWith("store both events")) {
        assertThat(expected.stored()).hasSize(told.envelopes().size());
      } else if (better.startsWith("triggers / privileges")) {
        assertThat(sqlAnswers).isNotEmpty().containsOnly("refused");
      } else if (better.startsWith("a nonce of a stored event must stay refused")) {
        assertThat(saved.stream().filter(SaveResult.Inserted.class::isInstance).count())
            .isLessThanOrEqualTo(told.envelopes().size());
      } else if (better.startsWith("one authority for the guard")) {
        assertThat(saved).allMatch(each -> each.isStored() == isFound(each));
      } else if (better.startsWith("repair on read")) {
        assertThat(expected.stored()).hasSize(told.envelopes().size());
        assertThat(health().degraded()).isEmpty();
      } else if (better.matches("remove all \\d+ in the first call")) {
        if (telling == Telling.AS_TIME_PASSED) {
          assertThat(cleaned.getFirst()).isEqualTo("Released " + better.replaceAll("\\D", ""));
        }
        assertThat(cleaned.subList(1, cleaned.size()))
            .noneMatch(each -> each.startsWith("Released"));
      } else {
        fail("%s: an advice of an unknown form: %s", told.name(), better);
      }
    }

    private boolean isFound(SaveResult result) {
      long position =
          switch (result) {
            case SaveResult.Inserted(long at, Durability _) -> at;
            case SaveResult.AlreadyPresent(long at) -> at;
            default -> 0;
          };
      return position > 0 && store.log().get(position).isPresent();
    }
  }

  private static Instant instant(String text) {
    return Objects.requireNonNull(Instant.parse(text));
  }

  private static void until(BooleanSupplier holds) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("20 seconds have passed").isLessThan(end);
      Thread.onSpinWait();
    }
  }
}
