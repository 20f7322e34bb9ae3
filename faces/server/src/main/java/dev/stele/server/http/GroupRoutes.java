package dev.stele.server.http;

import dev.stele.core.event.EventDraft;
import dev.stele.server.group.ConsumerGroups;
import dev.stele.server.group.GroupDefinition;
import dev.stele.server.group.GroupResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Consumer groups: make one, take from it, settle what was taken. */
final class GroupRoutes {
  private static final String GROUP = "/v1/logs/{log}/subscriptions/{group}";
  private static final int MAX_LIMIT = 1_000;
  private static final int DEFAULT_LIMIT = 10;

  /** 20 seconds: shorter than what proxies wait for. */
  private static final long MAX_WAIT_SECONDS = 20;

  /** 10,000 positions in one settlement, as many as can be leased. */
  private static final int MAX_POSITIONS = 10_000;

  private static final int MAX_CONSUMER_BYTES = 256;
  private static final int MAX_REASON_BYTES = 1_024;

  List<Route> routes() {
    return List.of(
        Route.get(
            "/v1/logs/{log}/subscriptions",
            Access.READ,
            call -> Reply.json(200, Map.of("subscriptions", groups(call).all()))),
        Route.get(GROUP, Access.READ, GroupRoutes::get),
        Route.put(GROUP, Access.APPEND, GroupRoutes::create),
        Route.delete(GROUP, Access.APPEND, GroupRoutes::remove),
        Route.post(GROUP + "/fetch", Access.APPEND, GroupRoutes::fetch),
        Route.post(GROUP + "/ack", Access.APPEND, GroupRoutes::settle),
        Route.get(GROUP + "/parked", Access.READ, GroupRoutes::parked, "after", "limit"),
        Route.post(GROUP + "/parked", Access.APPEND, GroupRoutes::unpark));
  }

  private static ConsumerGroups groups(Call call) {
    if (call.log().isServersOwn()) {
      throw new Refusal(new Problem("forbidden", 403, "the server's own log has no consumers"));
    }
    return call.log().groups();
  }

  private static Refusal noSuchGroup(Call call) {
    return new Refusal(
        Problem.notFound("there is no subscription called '%s'".formatted(call.place("group"))));
  }

  private static Reply get(Call call) throws InterruptedException {
    return Reply.json(
        200, groups(call).find(call.place("group")).orElseThrow(() -> noSuchGroup(call)));
  }

  private static Reply create(Call call) throws Exception {
    String name = call.place("group");
    if (!name.matches("[a-z0-9-]{1,63}")) {
      throw new Refusal(
          Problem.badParameter("group", "a subscription's name is 1 to 63 of a to z, 0 to 9, -"));
    }
    Map<String, ?> body = LogRoutes.object(call);
    LogRoutes.requireOnly(body, "stream", "type", "after", "leaseSeconds", "maxAttempts");
    long head = call.log().log().head().size();
    GroupDefinition definition =
        new GroupDefinition(
            word(body, "stream", EventDraft.MAX_STREAM_BYTES),
            word(body, "type", EventDraft.MAX_TYPE_BYTES),
            "end".equals(body.get("after")) ? head : number(body, "after", 0, 0, Long.MAX_VALUE),
            Duration.ofSeconds(
                number(
                    body,
                    "leaseSeconds",
                    GroupDefinition.DEFAULT_LEASE.toSeconds(),
                    1,
                    GroupDefinition.MAX_LEASE.toSeconds())),
            (int)
                number(
                    body,
                    "maxAttempts",
                    GroupDefinition.DEFAULT_ATTEMPTS,
                    1,
                    GroupDefinition.MAX_ATTEMPTS));
    return switch (groups(call).create(name, definition)) {
      case GroupResult.Created(var group) -> Reply.json(201, group);
      case GroupResult.Same(var group) -> Reply.json(200, group);
      case GroupResult.Exists(var group) ->
          Reply.failed(
              Problem.conflict("group-exists", "a subscription of this name is defined otherwise")
                  .with("group", group));
      case GroupResult.TooMany(int limit) ->
          Reply.failed(
              Problem.conflict("too-many-groups", "there are %d, the most".formatted(limit)));
    };
  }

  private static Reply remove(Call call) throws InterruptedException {
    if (!groups(call).remove(call.place("group"))) {
      throw noSuchGroup(call);
    }
    return Reply.json(200, Map.of("result", "removed"));
  }

  private static Reply fetch(Call call) throws Exception {
    Map<String, ?> body = LogRoutes.object(call);
    LogRoutes.requireOnly(body, "consumer", "limit", "waitSeconds");
    String consumer = word(body, "consumer", MAX_CONSUMER_BYTES).orElse("consumer");
    int limit = (int) number(body, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
    Duration wait = Duration.ofSeconds(number(body, "waitSeconds", 0, 0, MAX_WAIT_SECONDS));
    return Reply.json(
        200,
        groups(call)
            .fetch(call.place("group"), consumer, limit, wait)
            .orElseThrow(() -> noSuchGroup(call)));
  }

  private static Reply settle(Call call) throws Exception {
    Map<String, ?> body = LogRoutes.object(call);
    LogRoutes.requireOnly(body, "positions", "retry", "park", "reason");
    ConsumerGroups.Settlement settlement =
        new ConsumerGroups.Settlement(
            positions(body, "positions"),
            positions(body, "retry"),
            positions(body, "park"),
            word(body, "reason", MAX_REASON_BYTES).orElse("parked by its consumer"));
    int settled =
        groups(call).settle(call.place("group"), settlement).orElseThrow(() -> noSuchGroup(call));
    return Reply.json(200, Map.of("settled", settled));
  }

  private static Reply parked(Call call) throws InterruptedException {
    return Reply.json(
        200,
        Map.of(
            "parked",
            groups(call)
                .parked(
                    call.place("group"),
                    call.query().number("after", 0, Long.MAX_VALUE).orElse(0),
                    (int) call.query().number("limit", 1, MAX_LIMIT).orElse(100))
                .orElseThrow(() -> noSuchGroup(call))));
  }

  private static Reply unpark(Call call) throws Exception {
    Map<String, ?> body = LogRoutes.object(call);
    LogRoutes.requireOnly(body, "retry", "drop");
    int again = unpark(call, positions(body, "retry"), true);
    int dropped = unpark(call, positions(body, "drop"), false);
    return Reply.json(200, Map.of("retried", again, "dropped", dropped));
  }

  private static int unpark(Call call, List<Long> positions, boolean again)
      throws InterruptedException {
    return groups(call)
        .unpark(call.place("group"), positions, again)
        .orElseThrow(() -> noSuchGroup(call));
  }

  private static Optional<String> word(Map<String, ?> body, String name, int maxBytes) {
    if (!body.containsKey(name)) {
      return Optional.empty();
    }
    String text = LogRoutes.text(body, name, "");
    if (!EventDraft.fits(text, 1, maxBytes)) {
      throw new Refusal(
          Problem.badParameter(name, "'%s' has 1 to %d bytes of UTF-8".formatted(name, maxBytes)));
    }
    return Optional.of(text);
  }

  private static long number(Map<String, ?> body, String name, long otherwise, long min, long max) {
    if (!body.containsKey(name)) {
      return otherwise;
    }
    if (body.get(name) instanceof Long number && number >= min && number <= max) {
      return number;
    }
    throw new Refusal(
        Problem.badParameter(
            name, "'%s' is a whole number from %d to %d".formatted(name, min, max)));
  }

  private static List<Long> positions(Map<String, ?> body, String name) {
    return switch (body.get(name)) {
      case null -> List.of();
      case List<?> list when list.size() <= MAX_POSITIONS -> {
        List<Long> positions = new ArrayList<>();
        for (Object each : list) {
          if (!(each instanceof Long position) || position < 1) {
            throw notPositions(name);
          }
          positions.add(position);
        }
        yield positions;
      }
      default -> throw notPositions(name);
    };
  }

  private static Refusal notPositions(String name) {
    return new Refusal(
        Problem.badParameter(
            name, "'%s' is a list of at most %d positions".formatted(name, MAX_POSITIONS)));
  }
}
