package dev.stele.server.http;

import dev.stele.core.engine.Compactable;
import dev.stele.core.event.EventDraft;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.TrimResult;
import dev.stele.server.audit.Audit;
import dev.stele.server.host.HostedLog;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What only administrators do to a log; each act is recorded before it is done. */
final class AdminRoutes {
  private final Audit audit;

  AdminRoutes(Audit audit) {
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.post("/v1/logs/{log}/scrub", Access.ADMIN, this::scrub),
        Route.post("/v1/logs/{log}/erase", Access.ADMIN, this::erase),
        Route.post("/v1/logs/{log}/trim", Access.ADMIN, this::trim),
        Route.post("/v1/logs/{log}/compact", Access.ADMIN, this::compact));
  }

  private Reply scrub(Call call) throws Exception {
    HostedLog hosted = call.log();
    boolean started =
        audit.around(
            call.principal(),
            "log.scrub",
            Map.of("log", hosted.name()),
            hosted::scrub,
            began -> began ? "started" : "under way");
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("result", started ? "started" : "underWay");
    return Reply.json(202, json);
  }

  private Reply erase(Call call) throws Exception {
    HostedLog hosted = call.log();
    requireNotServersOwn(hosted);
    Map<String, ?> body = LogRoutes.object(call);
    Erasure what = erasure(body);
    EraseResult result =
        audit.around(
            call.principal(),
            "log.erase",
            Map.of("log", hosted.name(), "what", body),
            () -> hosted.log().erase(what),
            erased -> erased.getClass().getSimpleName());
    return switch (result) {
      case EraseResult.Erased(long events, List<Long> receipts) -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("result", "erased");
        json.put("events", events);
        json.put("receipts", receipts);
        yield Reply.json(200, json);
      }
      case EraseResult.NothingToErase _ -> Reply.json(200, Map.of("result", "nothingToErase"));
      case EraseResult.Kept(long position, String stream) ->
          Reply.failed(
              Problem.conflict(
                      "kept",
                      "the event at %d is of a stream that is kept whole".formatted(position))
                  .with("position", position)
                  .with("stream", stream));
      case EraseResult.ReadOnly(var verdict) -> Reply.failed(VerdictJson.readOnly(verdict));
    };
  }

  private static void requireNotServersOwn(HostedLog hosted) {
    if (hosted.isServersOwn()) {
      throw new Refusal(
          new Problem("forbidden", 403, "the record of what administrators did stays whole"));
    }
  }

  private static Erasure erasure(Map<String, ?> body) {
    if (body.containsKey("position")) {
      LogRoutes.requireOnly(body, "position");
      return new Erasure.OfEvent(number(body, "position"));
    }
    if (body.containsKey("subject")) {
      LogRoutes.requireOnly(body, "subject");
      String subject = LogRoutes.text(body, "subject", "");
      if (!EventDraft.fits(subject, 1, EventDraft.MAX_SUBJECT_BYTES)) {
        throw new Refusal(
            Problem.badParameter("subject", "a subject has 1 to 1024 bytes of UTF-8"));
      }
      return new Erasure.OfSubject(subject);
    }
    LogRoutes.requireOnly(body, "stream", "from", "to");
    String stream = LogRoutes.text(body, "stream", "");
    if (stream.isEmpty()) {
      throw new Refusal(
          Problem.badRequest(
              "say what to erase: a position, a stream with from and to, a subject"));
    }
    long from = number(body, "from");
    long to = body.containsKey("to") ? number(body, "to") : Long.MAX_VALUE;
    if (to < from) {
      throw new Refusal(Problem.badParameter("to", "'to' is not before 'from'"));
    }
    return new Erasure.OfRevisions(stream, from, to);
  }

  private static long number(Map<String, ?> body, String name) {
    if (body.get(name) instanceof Long number && number >= 1) {
      return number;
    }
    throw new Refusal(Problem.badParameter(name, "'%s' is a whole number from 1".formatted(name)));
  }

  private Reply trim(Call call) throws Exception {
    HostedLog hosted = call.log();
    requireNotServersOwn(hosted);
    Map<String, ?> body = LogRoutes.object(call);
    LogRoutes.requireOnly(body, "before");
    long before = number(body, "before");
    TrimResult result =
        audit.around(
            call.principal(),
            "log.trim",
            Map.of("log", hosted.name(), "before", before),
            () -> hosted.log().trim(before),
            trimmed -> trimmed.getClass().getSimpleName());
    return switch (result) {
      case TrimResult.Trimmed(long upTo, long events, List<Long> receipts) -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("result", "trimmed");
        json.put("upTo", upTo);
        json.put("events", events);
        json.put("receipts", receipts);
        yield Reply.json(200, json);
      }
      case TrimResult.NothingToTrim(String reason) ->
          Reply.json(200, Map.of("result", "nothingToTrim", "reason", reason));
      case TrimResult.ReadOnly(var verdict) -> Reply.failed(VerdictJson.readOnly(verdict));
    };
  }

  private Reply compact(Call call) throws Exception {
    HostedLog hosted = call.log();
    Compactable.Compacted compacted =
        audit.around(
            call.principal(),
            "log.compact",
            Map.of("log", hosted.name()),
            () -> {
              Compactable.Compacted of = hosted.log().compact();
              hosted.views().compact();
              return of;
            },
            _ -> "Compacted");
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("result", "compacted");
    json.put("bytesBefore", compacted.bytesBefore());
    json.put("bytesAfter", compacted.bytesAfter());
    return Reply.json(200, json);
  }
}
