package dev.stele.server.http;

import dev.stele.core.engine.Durability;
import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.TlogProof;
import dev.stele.server.host.HostedLog;
import dev.stele.server.json.AppendJson;
import dev.stele.server.json.CloudEvents;
import dev.stele.server.json.EventJson;
import dev.stele.server.json.JsonReading.NotJson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Appends events, and reads them. */
final class EventRoutes {
  /** 1,000 events on a page. */
  static final int MAX_LIMIT = 1_000;

  private static final int DEFAULT_LIMIT = 100;

  /** What tells the event numbers of a request apart; no header can hold it. */
  private static final char KEY_SEPARATOR = '\0';

  /** 255 characters: longer keys are no keys, but contents. */
  private static final int MAX_IDEMPOTENCY_CHARS = 255;

  private final InstantSource clock;
  private final int maxBody;
  private final UnsignedGate gate = new UnsignedGate();

  /** Appends bodies of at most so many bytes. */
  EventRoutes(InstantSource clock, int maxBody) {
    this.clock = clock;
    this.maxBody = maxBody;
  }

  List<Route> routes() {
    return List.of(
        Route.post(
            "/v1/logs/{log}/events",
            Access.APPEND,
            this::append,
            "expectedRevision",
            "durability",
            "proof",
            "stream"),
        Route.get(
            "/v1/logs/{log}/events",
            Access.READ,
            this::read,
            "after",
            "before",
            "limit",
            "stream",
            "id",
            "type",
            "subject",
            "from",
            "to",
            "q",
            "order",
            "bytes"),
        Route.get("/v1/logs/{log}/events/{position}", Access.READ, this::get, "bytes"));
  }

  // ---- appending ----

  private Reply append(Call call) throws IOException {
    HostedLog hosted = call.log();
    requireOpenToCallers(hosted);
    String key = idempotencyKey(call);
    List<AppendJson.Item> items = items(call);
    requireOneStream(items);
    Instant now = clock.instant();
    List<Admitted> admitted = new ArrayList<>(items.size());
    for (int i = 0; i < items.size(); i++) {
      AppendJson.Item item = items.get(i);
      Admission admission =
          gate.judge(
              new UnsignedGate.Input(
                  item.stream(),
                  item.type(),
                  item.id(),
                  item.payload(),
                  item.subject(),
                  key.isEmpty() || i == 0 ? key : key + KEY_SEPARATOR + i),
              now);
      switch (admission) {
        case Admitted good -> admitted.add(good);
        case Rejected(String code, String reason) -> {
          Problem problem = Problem.rejected(code, reason);
          return Reply.failed(items.size() == 1 ? problem : problem.with("event", i));
        }
        case Transient(String reason) -> {
          return Reply.failed(Problem.unavailable("overloaded", reason));
        }
      }
    }
    Append append = Append.of(admitted);
    OptionalLong expected = call.query().number("expectedRevision", 0, Long.MAX_VALUE);
    if (expected.isPresent()) {
      append = append.expecting(expected.getAsLong());
    }
    append = append.at(durability(call));
    if (call.query().flag("proof")) {
      append = append.proven();
    }
    return answer(hosted.log(), hosted.log().append(append), items, key);
  }

  private static void requireOpenToCallers(HostedLog log) {
    if (log.isServersOwn()) {
      throw new Refusal(
          new Problem("forbidden", 403, "only the server itself appends to this log"));
    }
  }

  private static void requireOneStream(List<AppendJson.Item> items) {
    String stream = items.getFirst().stream();
    if (!items.stream().allMatch(item -> item.stream().equals(stream))) {
      throw new Refusal(
          Problem.badParameter("stream", "the events of one append are all of one stream"));
    }
  }

  private static Durability durability(Call call) {
    return switch (call.query().word("durability", "durable", "os", "memory")) {
      case "os" -> Durability.OS;
      case "memory" -> Durability.MEMORY;
      default -> Durability.DURABLE;
    };
  }

  /** The header {@code Idempotency-Key}; empty where there is none. */
  static String idempotencyKey(Call call) {
    String key = call.header("Idempotency-Key").orElse("");
    // As the draft for this header has it, a string may stand in quotes.
    if (key.length() >= 2 && key.startsWith("\"") && key.endsWith("\"")) {
      key = key.substring(1, key.length() - 1);
    }
    if (key.length() > MAX_IDEMPOTENCY_CHARS) {
      throw new Refusal(
          Problem.badParameter("Idempotency-Key", "an idempotency key has at most 255 characters"));
    }
    return key;
  }

  private List<AppendJson.Item> items(Call call) throws IOException {
    String stream = call.query().text("stream").orElse(AppendJson.DEFAULT_STREAM);
    boolean binary = call.header("ce-specversion").isPresent();
    try {
      if (binary) {
        return List.of(
            CloudEvents.binary(
                name -> call.header("ce-" + name),
                call.header("Content-Type"),
                call.body(maxBody),
                stream));
      }
      return switch (call.contentType()) {
        case "application/json" -> {
          if (call.query().has("stream")) {
            throw new Refusal(
                Problem.badParameter("stream", "the stream stands in the event, as 'stream'"));
          }
          yield AppendJson.read(call.body(maxBody));
        }
        case CloudEvents.CONTENT_TYPE ->
            List.of(CloudEvents.structured(call.body(maxBody), stream));
        case CloudEvents.BATCH_TYPE -> CloudEvents.batch(call.body(maxBody), stream);
        default ->
            throw new Refusal(
                new Problem(
                    "unsupported-media-type",
                    415,
                    "a body here is application/json, %s or %s"
                        .formatted(CloudEvents.CONTENT_TYPE, CloudEvents.BATCH_TYPE)));
      };
    } catch (NotJson e) {
      throw new Refusal(Problem.badRequest(String.valueOf(e.getMessage())));
    }
  }

  private static Reply answer(
      EventLog log, AppendResult result, List<AppendJson.Item> items, String key) {
    return switch (result) {
      case AppendResult.Appended appended -> Reply.json(201, appended(log, appended));
      case AppendResult.AlreadyPresent(long at) ->
          !key.isEmpty() && isAnother(log, at, items)
              ? Reply.failed(
                  new Problem(
                          "idempotency-key-reused",
                          422,
                          "this idempotency key has appended another event")
                      .with("holder", at))
              : Reply.json(200, alreadyPresent(at));
      case AppendResult.Conflict(String stream, long expected, long actual) ->
          Reply.failed(
              Problem.conflict(
                      "conflict", "the stream has revision %d, not %d".formatted(actual, expected))
                  .with("stream", stream)
                  .with("expected", expected)
                  .with("actual", actual));
      case AppendResult.Refused(Claim claim, long holder) ->
          Reply.failed(
              Problem.conflict(
                      "claim-taken",
                      holder == 0
                          ? "two events of the request claim the same"
                          : "the claim is held by the event at %d".formatted(holder))
                  .with("scope", claim.scope())
                  .with("holder", holder));
      case AppendResult.ReadOnly(var verdict) -> Reply.failed(VerdictJson.readOnly(verdict));
    };
  }

  private static Map<String, Object> alreadyPresent(long at) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("result", "alreadyPresent");
    json.put("position", at);
    return json;
  }

  private static Map<String, Object> appended(EventLog log, AppendResult.Appended appended) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("result", "appended");
    json.put("position", appended.first());
    json.put("count", appended.count());
    json.put("headPosition", appended.head().size());
    json.put("durability", appended.durability().name().toLowerCase(Locale.ROOT));
    appended
        .proof()
        .ifPresent(
            proof ->
                json.put(
                    "proof",
                    new String(
                        TlogProof.build(
                                appended.first() - 1,
                                proof.checkpoint(),
                                log.nodes(),
                                Optional.empty())
                            .bytes(),
                        StandardCharsets.UTF_8)));
    return json;
  }

  /** Whether what is there differs from what was sent now; of an erased event nobody can tell. */
  private static boolean isAnother(EventLog log, long first, List<AppendJson.Item> items) {
    for (int i = 0; i < items.size(); i++) {
      AppendJson.Item item = items.get(i);
      if (log.get(first + i)
          .filter(event -> !event.erased())
          .filter(event -> !isSame(event, item))
          .isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSame(StoredEvent event, AppendJson.Item item) {
    return event.stream().equals(item.stream())
        && event.type().equals(item.type())
        && event.id().equals(item.id())
        && event.subject().equals(item.subject())
        && Arrays.equals(event.payload().orElse(null), item.payload());
  }

  // ---- reading ----

  private Reply get(Call call) {
    long position = call.position("position");
    StoredEvent event =
        call.log()
            .log()
            .get(position)
            .orElseThrow(
                () ->
                    new Refusal(
                        Problem.notFound("there is no event at position %d".formatted(position))));
    return call.accepts(CloudEvents.CONTENT_TYPE)
        ? new Reply.Whole(
            200, CloudEvents.CONTENT_TYPE, Map.of(), CloudEvents.of(call.log().log(), event))
        : Reply.json(200, EventJson.of(event, call.query().flag("bytes")));
  }

  private Reply read(Call call) {
    EventLog log = call.log().log();
    Query query = call.query();
    int limit = (int) query.number("limit", 1, MAX_LIMIT).orElse(DEFAULT_LIMIT);
    EventFilter filter = EventFilter.of(query);
    Optional<String> id = query.text("id");
    EventPage page =
        id.isPresent()
            ? EventPage.ofId(log, id.get(), filter)
            : switch (query.word("order", "asc", "desc")) {
              case "desc" ->
                  EventPage.backwards(
                      log,
                      filter,
                      query.number("before", 1, Long.MAX_VALUE).orElse(Long.MAX_VALUE),
                      limit);
              default ->
                  EventPage.forwards(
                      log, filter, query.number("after", 0, Long.MAX_VALUE).orElse(0), limit);
            };
    if (call.accepts(CloudEvents.BATCH_TYPE)) {
      return new Reply.Whole(
          200,
          CloudEvents.BATCH_TYPE,
          Map.of("Stele-After", String.valueOf(page.after())),
          CloudEvents.of(log, page.events()));
    }
    return Reply.json(
        200,
        EventJson.page(
            page.events(), query.flag("bytes"), page.after(), page.headPosition(), page.more()));
  }
}
