package dev.stele.client;

import dev.stele.core.engine.Durability;
import dev.stele.core.log.Cursor;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.TlogProof;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * One log of a server.
 *
 * <p>What {@link #read}, {@link #get}, {@link #findById} and {@link #subscribe} give is what the
 * server says. What {@link #verifiedHead}, {@link #getVerified}, {@link #readVerified} and {@link
 * #subscribeVerified} give was re-computed from bytes and leads to a checkpoint that continues all
 * that was trusted before; a server that rewinds, forks or lies is answered with a {@link
 * Distrust}.
 *
 * <p>Thread-safe; calls block, and are cheap to make on virtual threads. All of them throw {@link
 * RequestFailed} when the network or the server fails them, and those that verify {@link
 * dev.stele.core.engine.StorageFailed} when the trust store does.
 */
public final class RemoteLog {
  private static final int KEY_BYTES = 16;

  /** How long is waited before it is looked again whether a checkpoint covers an event. */
  static final Duration CHECKPOINT_PAUSE = Duration.ofMillis(100);

  private final Requests requests;
  private final String name;
  private final String path;
  private final LogTrust trust;

  RemoteLog(Requests requests, URI base, String name, TrustPolicy policy) {
    this.requests = requests;
    this.name = name;
    this.path = "/v1/logs/" + name;
    this.trust = new LogTrust(requests, path, URI.create(base + path), policy);
  }

  /** The log's name on its server. */
  public String name() {
    return name;
  }

  // ---- appending ----

  /** Appends one event: durably, with no expectation, and once however often it has to be sent. */
  public AppendAnswer append(NewEvent event) {
    return append(AppendRequest.of(event));
  }

  /** Appends events of one stream, all or none, like {@link #append(NewEvent)}. */
  public AppendAnswer appendAll(List<NewEvent> events) {
    return append(AppendRequest.of(events));
  }

  /**
   * Appends as the request says. It is sent again under its idempotency key until an answer settles
   * it or the {@link RetryPolicy} is used up; an interrupt ends that too, and leaves the flag set.
   *
   * <p>With {@link AppendRequest#proven}, the first event is proven to be in the log as it was sent
   * before this returns. Where the server's answer does not carry the proof, or its checkpoint
   * lacks the witnesses' signatures yet, the next checkpoints are waited for, within the policy's
   * patience. The events after the first are proven by {@link #readVerified}.
   */
  public AppendAnswer append(AppendRequest request) {
    if (request.withProof()) {
      try {
        // Whoever cannot check a proof should not append first.
        var _ = trust.key();
      } catch (NotTrusted e) {
        return new AppendAnswer.Unproven(0, 0, e.why());
      }
    }
    String key = request.idempotencyKey().orElseGet(this::drawKey);
    String to = path + "/events" + request.parameters();
    return switch (requests.post(to, request.json(), key)) {
      case Requests.Outcome.GivenUp(String reason, boolean maybeDone, var cause) -> {
        if (maybeDone) {
          yield new AppendAnswer.Unknown(key, reason);
        }
        throw Requests.unreachable("an append to " + name, reason, cause);
      }
      case Requests.Outcome.Answered(Requests.Answer answer, boolean lostBefore) -> {
        try {
          yield answered(request, key, answer, lostBefore);
        } catch (JsonObject.Unfit e) {
          // It was appended or not, and this answer does not tell.
          yield new AppendAnswer.Unknown(key, "the answer cannot be read: " + e.reason());
        }
      }
    };
  }

  private String drawKey() {
    byte[] key = new byte[KEY_BYTES];
    requests.options().random().nextBytes(key);
    return HexFormat.of().formatHex(key);
  }

  private AppendAnswer answered(
      AppendRequest request, String key, Requests.Answer answer, boolean lostBefore)
      throws JsonObject.Unfit {
    if (answer.isOk()) {
      JsonObject body = JsonObject.parse(answer.body());
      return switch (body.text("result")) {
        case "appended" -> appended(request, body);
        case "alreadyPresent" -> alreadyPresent(request, body.count("position"));
        // A String can be anything: this is a foreign text, not a case left undecided.
        default -> throw new JsonObject.Unfit("an unknown result");
      };
    }
    JsonObject body = JsonObject.parseOrEmpty(answer.body());
    Problem problem = answer.problem();
    return switch (problem.name()) {
      case "conflict" ->
          new AppendAnswer.Conflict(
              body.text("stream"), body.count("expected"), body.count("actual"));
      case "claim-taken" -> new AppendAnswer.ClaimTaken(body.text("scope"), body.count("holder"));
      case "rejected" -> new AppendAnswer.NotAdmitted(body.text("code"), problem.detail());
      case "idempotency-key-reused" -> new AppendAnswer.KeyReused(key);
      case "read-only" -> new AppendAnswer.ReadOnly(problem.detail());
      default -> {
        if (lostBefore) {
          yield new AppendAnswer.Unknown(key, problem.toString());
        }
        throw new RequestFailed.Refused("an append to " + name, problem);
      }
    };
  }

  private AppendAnswer appended(AppendRequest request, JsonObject body) throws JsonObject.Unfit {
    long first = body.count("position");
    int count = request.events().size();
    if (first < 1 || body.count("count") != count) {
      throw new JsonObject.Unfit("%d events were sent".formatted(count));
    }
    Durability durability = durability(body.text("durability"));
    long head = body.count("headPosition");
    if (!request.withProof()) {
      return new AppendAnswer.Appended(first, count, head, durability, Optional.empty());
    }
    try {
      ProvenEvent proven = proven(first, body.optionalText("proof"));
      requireSent(request.events().getFirst(), proven.event());
      return new AppendAnswer.Appended(first, count, head, durability, Optional.of(proven));
    } catch (NotTrusted e) {
      return new AppendAnswer.Unproven(first, count, e.why());
    }
  }

  private static Durability durability(String text) throws JsonObject.Unfit {
    return switch (text) {
      case "durable" -> Durability.DURABLE;
      case "os" -> Durability.OS;
      case "memory" -> Durability.MEMORY;
      default -> throw new JsonObject.Unfit("an unknown durability");
    };
  }

  private AppendAnswer alreadyPresent(AppendRequest request, long at) {
    if (!request.withProof()) {
      return new AppendAnswer.AlreadyPresent(at, Optional.empty());
    }
    try {
      return new AppendAnswer.AlreadyPresent(at, Optional.of(proven(at, Optional.empty())));
    } catch (NotTrusted e) {
      return new AppendAnswer.Unproven(at, request.events().size(), e.why());
    }
  }

  private ProvenEvent proven(long position, Optional<String> carried) throws NotTrusted {
    if (carried.isPresent()) {
      try {
        return checked(position, carried.get());
      } catch (NotTrusted e) {
        // Witnesses sign after the commit; a later checkpoint will carry them.
        if (!(e.why() instanceof Distrust.NoQuorum)) {
          throw e;
        }
      }
    }
    return awaitProven(position);
  }

  private ProvenEvent checked(long position, String file) throws NotTrusted {
    byte[] bytes = file.getBytes(StandardCharsets.UTF_8);
    return switch (TlogProof.parse(bytes)) {
      case Parsed.Malformed<TlogProof>(String reason) ->
          throw new NotTrusted(new Distrust.FalseEvent(position, reason));
      case Parsed.Value<TlogProof>(TlogProof proof) -> trust.prove(position, proof);
    };
  }

  private ProvenEvent awaitProven(long position) throws NotTrusted {
    long begin = System.nanoTime();
    while (true) {
      Distrust last;
      try {
        switch (getVerified(position)) {
          case EventCheck.Verified(ProvenEvent proven) -> {
            return proven;
          }
          case EventCheck.NotSignedYet(long _, long signedSize) ->
              last =
                  new Distrust.NotSigned(
                      "no checkpoint covers position %d, only %d".formatted(position, signedSize));
          case EventCheck.Trimmed(long upTo) ->
              throw new NotTrusted(new Distrust.Withheld(position, upTo));
          case EventCheck.Distrusted(Distrust why) -> throw new NotTrusted(why);
        }
      } catch (NotTrusted e) {
        if (!(e.why() instanceof Distrust.NoQuorum)) {
          throw e;
        }
        last = e.why();
      }
      if (System.nanoTime() - begin > requests.options().retry().patience().toNanos()) {
        throw new NotTrusted(last);
      }
      try {
        requests.pauses().pause(CHECKPOINT_PAUSE);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new NotTrusted(last);
      }
    }
  }

  /** Refuses an ack whose proof is true, but of another event. */
  private static void requireSent(NewEvent sent, CheckedEvent event) throws NotTrusted {
    boolean same =
        event.stream().equals(sent.stream())
            && event.type().equals(sent.type())
            && event.id().equals(sent.id())
            && event.subject().equals(sent.subject())
            && event.payload().map(payload -> Arrays.equals(payload, sent.payload())).orElse(false);
    if (!same) {
      throw new NotTrusted(
          new Distrust.FalseEvent(event.position(), "another event was recorded there"));
    }
  }

  // ---- what the server says ----

  /** Reads a page of events. */
  public EventPage read(ReadQuery query) {
    try {
      JsonObject page = requests.getJson(path + "/events" + query.parameters());
      List<RemoteEvent> events = new ArrayList<>();
      for (JsonObject event : page.objects("events")) {
        events.add(RemoteEvent.of(event));
      }
      return new EventPage(
          events, page.count("after"), page.count("headPosition"), page.truth("more"));
    } catch (JsonObject.Unfit e) {
      throw new RequestFailed.Unintelligible(
          "the events of %s cannot be read: %s".formatted(name, e.reason()));
    }
  }

  /** The event at a position, if the log reaches so far and it was not trimmed. */
  public Optional<RemoteEvent> get(long position) {
    if (position < 1) {
      return Optional.empty();
    }
    return read(ReadQuery.after(position - 1).limit(1)).events().stream()
        .filter(event -> event.position() == position)
        .findFirst();
  }

  /** The event with this id, if there is one. */
  public Optional<RemoteEvent> findById(String id) {
    return read(ReadQuery.after(0).limit(1).withId(id)).events().stream()
        .filter(event -> event.id().equals(id))
        .findFirst();
  }

  /** Follows the log from a cursor: what is there, then what comes. Close it to stop. */
  public RemoteSubscription subscribe(Cursor from) {
    return new RemoteSubscription(requests, path + "/subscribe", "", from);
  }

  /** As {@link #subscribe(Cursor)}, for the events of one stream; cursors stay positions. */
  public RemoteSubscription subscribe(Cursor from, String stream) {
    return new RemoteSubscription(
        requests, path + "/subscribe", ReadQuery.parameter("stream", stream), from);
  }

  // ---- what was re-computed ----

  /**
   * Asks for the log's checkpoint, proves that it continues the last one trusted, and trusts it
   * from now on: durably, before this returns.
   */
  public HeadCheck verifiedHead() {
    try {
      return new HeadCheck.Verified(trust.verifiedHead());
    } catch (NotTrusted e) {
      return new HeadCheck.Distrusted(e.why());
    }
  }

  /**
   * Gets one event and proves it against the trusted checkpoint, which is moved on first if it does
   * not reach so far.
   *
   * @throws IllegalArgumentException if the position is below 1
   */
  public EventCheck getVerified(long position) {
    if (position < 1) {
      throw new IllegalArgumentException("positions count from 1, not from " + position);
    }
    try {
      return switch (trust.read(position - 1, 1)) {
        case RunCheck.Verified(var events, var against) when events.isEmpty() ->
            new EventCheck.NotSignedYet(position, LogTrust.size(against));
        case RunCheck.Verified(var events, var against) ->
            new EventCheck.Verified(new ProvenEvent(events.getFirst(), against));
        case RunCheck.Trimmed(long upTo) -> new EventCheck.Trimmed(upTo);
        case RunCheck.Distrusted(Distrust why) -> new EventCheck.Distrusted(why);
      };
    } catch (NotTrusted e) {
      return new EventCheck.Distrusted(e.why());
    }
  }

  /**
   * Reads events and proves all of them with one path: each names the one before it, and the last
   * leads to the trusted checkpoint. Fewer than asked for may come, but none only at the end of
   * what is signed for.
   *
   * @param after 0 or the position before the first event wanted
   * @param limit 1 to {@value ReadQuery#MAX_LIMIT}
   */
  public RunCheck readVerified(long after, int limit) {
    long from = ReadQuery.requireAfter(after);
    int most = ReadQuery.requireLimit(limit);
    try {
      return trust.read(from, most);
    } catch (NotTrusted e) {
      return new RunCheck.Distrusted(e.why());
    }
  }

  /**
   * Follows the log from a cursor, and gives only what was proven, about a tenth of a second behind
   * its commit; with witnesses, as far behind as they are. Close it to stop.
   */
  public VerifiedSubscription subscribeVerified(Cursor from) {
    return new VerifiedSubscription(this, requests.pauses(), from);
  }

  @Override
  public String toString() {
    return "RemoteLog[" + name + "]";
  }
}
