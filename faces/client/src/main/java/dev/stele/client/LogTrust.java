package dev.stele.client;

import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.EventRun;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.StrictText;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.proof.VerifierKey;
import dev.stele.core.witness.FraudProof;
import dev.stele.core.witness.WitnessPolicy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is believed of one log: its key, its head, and what follows from them.
 *
 * <pre>
 *   checkpoint ── signed by the pinned key? ── cosigned by enough? ── grown out of the trusted one?
 *                                                                            │ consistency path
 *                                                                            ▼
 *   records, bodies ── EventRun ──inclusion path──────────────────► the trusted checkpoint
 * </pre>
 *
 * <p>Thread-safe: what is trusted is in the store alone, and moves there by comparing and setting.
 */
final class LogTrust {
  /**
   * How often a head is asked for again because another thread or process trusted a newer one in
   * between: each round somebody got on, so that many in a row are no coincidence.
   */
  private static final int MAX_RACES = 100;

  /** With these a server says that it will not show what it should be able to. */
  private static final Set<Integer> NOT_SHOWN = Set.of(400, 404, 409, 410, 416, 422);

  private final Requests requests;
  private final String path;
  private final URI address;
  private final TrustPolicy policy;
  private final TrustStore store;
  private final SignedReceipts receipts;

  LogTrust(Requests requests, String path, URI address, TrustPolicy policy) {
    this.requests = requests;
    this.path = path;
    this.address = address;
    this.policy = policy;
    this.store = requests.options().trust();
    this.receipts = new SignedReceipts(requests, path);
  }

  /** The key of the log, pinned if it was not before. */
  VerifierKey key() throws NotTrusted {
    Optional<VerifierKey> pinned = store.pinned(address);
    return switch (policy.key()) {
      case TrustPolicy.KeySource.Given(VerifierKey key) ->
          requireSame(key, pinned.isPresent() ? pinned.get() : store.pin(address, key));
      case TrustPolicy.KeySource.Pinned() ->
          pinned.orElseThrow(
              () ->
                  new NotTrusted(
                      new Distrust.NoKey("no key is pinned for " + address + "; give one")));
      case TrustPolicy.KeySource.FirstUse() ->
          pinned.isPresent() ? pinned.get() : store.pin(address, shownKey());
    };
  }

  private static VerifierKey requireSame(VerifierKey given, VerifierKey pinned) throws NotTrusted {
    if (!given.equals(pinned)) {
      throw new NotTrusted(
          new Distrust.OtherKey(
              pinned, "the key %s is pinned, and %s was given".formatted(pinned, given)));
    }
    return pinned;
  }

  private VerifierKey shownKey() throws NotTrusted {
    byte[] shown = requests.get(path + "/vkey", "text/plain").body();
    String line = StrictText.utf8(shown).orElse("").strip();
    return switch (VerifierKey.parse(line)) {
      case Parsed.Malformed<VerifierKey>(String reason) ->
          throw new NotTrusted(new Distrust.Unreadable("the log's key: " + reason));
      case Parsed.Value<VerifierKey>(VerifierKey key) -> {
        if (key.algorithm() != VerifierKey.Algorithm.ED25519) {
          throw new NotTrusted(new Distrust.Unreadable("the log's key is that of a witness"));
        }
        yield key;
      }
    };
  }

  /** Asks for the head, and trusts it if it continues what is trusted. */
  SignedCheckpoint verifiedHead() throws NotTrusted {
    VerifierKey key = key();
    for (int race = 0; race < MAX_RACES; race++) {
      // Before the request: what is answered cannot be older than what was trusted by then.
      Optional<SignedCheckpoint> trusted = store.head(key);
      SignedCheckpoint offered = opened(requests.get(path + "/checkpoint", "text/plain").body());
      if (trusted.isPresent() && size(offered) < size(trusted.get())) {
        throw new NotTrusted(new Distrust.Rewound(trusted.get(), offered));
      }
      Optional<SignedCheckpoint> joined = join(key, trusted, offered);
      if (joined.isPresent()) {
        return joined.get();
      }
    }
    throw new RequestFailed.Unreachable(
        "the head of %s moved %d times while it was looked at".formatted(address, MAX_RACES));
  }

  /**
   * A trusted head that covers a position, if there is one: the last one trusted, or the log's own,
   * or one that the log signs for being asked to prove the event. Otherwise the log's own.
   */
  SignedCheckpoint headFor(long position) throws NotTrusted {
    Optional<SignedCheckpoint> trusted = store.head(key());
    if (trusted.isPresent() && size(trusted.get()) >= position && isCosigned(trusted.get())) {
      return trusted.get();
    }
    SignedCheckpoint head = verifiedHead();
    if (size(head) >= position) {
      return head;
    }
    Optional<SignedCheckpoint> signedNow = signedOver(position);
    return signedNow.isPresent() ? admit(signedNow.get()) : head;
  }

  private Optional<SignedCheckpoint> signedOver(long position) throws NotTrusted {
    try {
      String note =
          requests.getJson("%s/events/%d/proof".formatted(path, position)).text("checkpoint");
      return Optional.of(opened(note.getBytes(StandardCharsets.UTF_8)));
    } catch (JsonObject.Unfit e) {
      throw new NotTrusted(new Distrust.Unreadable(e.reason()));
    } catch (RequestFailed.Refused e) {
      if (NOT_SHOWN.contains(e.problem().status())) {
        return Optional.empty();
      }
      throw e;
    } catch (NotTrusted e) {
      // Witnesses come later; what they have signed already is the log's own checkpoint.
      if (e.why() instanceof Distrust.NoQuorum) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Reads a checkpoint: signed by the log's key, and cosigned by as many as the policy wants. */
  SignedCheckpoint opened(byte[] note) throws NotTrusted {
    VerifierKey key = key();
    return switch (SignedNote.parse(note)) {
      case Parsed.Malformed<SignedNote>(String reason) ->
          throw new NotTrusted(new Distrust.NotSigned("this is no checkpoint: " + reason));
      case Parsed.Value<SignedNote>(SignedNote parsed) -> opened(parsed, key);
    };
  }

  private SignedCheckpoint opened(SignedNote note, VerifierKey key) throws NotTrusted {
    return switch (SignedCheckpoint.open(note, key)) {
      case SignedCheckpoint.Opening.Refused(String reason) ->
          throw new NotTrusted(of(note, key, reason));
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint) -> {
        requireCosigned(checkpoint, key);
        yield checkpoint;
      }
    };
  }

  /** A note that the key has not signed was either signed by another, or is not what was signed. */
  private static Distrust of(SignedNote note, VerifierKey key, String reason) {
    boolean claimed =
        note.signatures().stream()
            .anyMatch(line -> line.keyId() == key.keyId() && line.name().equals(key.name()));
    return claimed
        ? new Distrust.NotSigned("the checkpoint is not as it was signed: " + reason)
        : new Distrust.OtherKey(key, "the checkpoint is not signed by " + key);
  }

  private void requireCosigned(SignedCheckpoint checkpoint, VerifierKey key) throws NotTrusted {
    if (policy.witnesses().isPresent()) {
      switch (policy.witnesses().get().satisfiedBy(checkpoint.note(), key)) {
        case WitnessPolicy.Verdict.Satisfied _ -> {}
        case WitnessPolicy.Verdict.NotSatisfied(String reason) ->
            throw new NotTrusted(new Distrust.NoQuorum(reason));
      }
    }
  }

  private boolean isCosigned(SignedCheckpoint checkpoint) throws NotTrusted {
    try {
      requireCosigned(checkpoint, key());
      return true;
    } catch (NotTrusted e) {
      if (e.why() instanceof Distrust.NoQuorum) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Makes sure that a checkpoint which was opened belongs to the one history that is trusted, and
   * trusts it if it is the newest.
   */
  SignedCheckpoint admit(SignedCheckpoint offered) throws NotTrusted {
    VerifierKey key = key();
    for (int race = 0; race < MAX_RACES; race++) {
      Optional<SignedCheckpoint> trusted = store.head(key);
      if (trusted.isPresent() && size(offered) < size(trusted.get())) {
        requireContinues(offered, trusted.get(), trusted.get(), offered);
        return offered;
      }
      Optional<SignedCheckpoint> joined = join(key, trusted, offered);
      if (joined.isPresent()) {
        return joined.get();
      }
    }
    throw new RequestFailed.Unreachable(
        "the head of %s moved %d times while it was looked at".formatted(address, MAX_RACES));
  }

  /** Empty if another has moved the trust meanwhile. */
  private Optional<SignedCheckpoint> join(
      VerifierKey key, Optional<SignedCheckpoint> trusted, SignedCheckpoint offered)
      throws NotTrusted {
    if (trusted.isPresent()) {
      SignedCheckpoint before = trusted.get();
      if (size(before) == size(offered)) {
        requireSameRoot(before, offered);
        if (isCosigned(before)) {
          return trusted;
        }
      } else {
        requireContinues(before, offered, before, offered);
      }
    }
    return store.advance(key, trusted, offered) ? Optional.of(offered) : Optional.empty();
  }

  private static void requireSameRoot(SignedCheckpoint trusted, SignedCheckpoint offered)
      throws NotTrusted {
    if (!Arrays.equals(trusted.checkpoint().root(), offered.checkpoint().root())) {
      FraudProof fraud = new FraudProof(trusted.note(), offered.note());
      throw new NotTrusted(new Distrust.Forked(trusted, offered, Optional.of(fraud)));
    }
  }

  private void requireContinues(
      SignedCheckpoint smaller,
      SignedCheckpoint larger,
      SignedCheckpoint trusted,
      SignedCheckpoint offered)
      throws NotTrusted {
    if (size(smaller) == 0) {
      return;
    }
    Checkpoint from = smaller.checkpoint();
    Checkpoint to = larger.checkpoint();
    Optional<List<byte[]>> hashes =
        path("/consistency?from=%d&to=%d".formatted(from.size(), to.size()));
    if (hashes.isEmpty()
        || !new ConsistencyProof(from.size(), to.size(), hashes.get())
            .verify(from.root(), to.root())) {
      throw new NotTrusted(new Distrust.Forked(trusted, offered, Optional.empty()));
    }
  }

  private Optional<List<byte[]>> path(String what) throws NotTrusted {
    try {
      return Optional.of(requests.getJson(path + what).hashes("path"));
    } catch (JsonObject.Unfit e) {
      throw new NotTrusted(new Distrust.Unreadable(e.reason()));
    } catch (RequestFailed.Refused e) {
      if (NOT_SHOWN.contains(e.problem().status())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Reads events that are signed for, and proves them; fewer than asked for may come. */
  RunCheck read(long after, int limit) throws NotTrusted {
    SignedCheckpoint head = headFor(after + 1);
    long signed = size(head) - after;
    if (signed <= 0) {
      return new RunCheck.Verified(List.of(), head);
    }
    List<JsonObject> shown = shown(after, (int) Math.min(limit, signed));
    long first = first(shown, head);
    if (first > after + 1) {
      long trimmedTo = receipts.trimmedTo(first - 1, key());
      if (trimmedTo < first - 1) {
        throw new NotTrusted(new Distrust.Withheld(after + 1, first - 1));
      }
      return new RunCheck.Trimmed(trimmedTo);
    }
    return prove(after, entries(shown), head);
  }

  /** Proves one event with a path and a checkpoint that came with its ack, and trusts both. */
  ProvenEvent prove(long position, TlogProof proof) throws NotTrusted {
    SignedCheckpoint head = opened(proof.checkpoint().bytes());
    if (size(head) < position) {
      throw new NotTrusted(
          new Distrust.FalseEvent(position, "the proof is of a tree of " + size(head)));
    }
    List<JsonObject> shown = shown(position - 1, 1);
    if (first(shown, head) != position) {
      throw new NotTrusted(new Distrust.Withheld(position, position));
    }
    CheckedEvent event =
        check(position - 1, entries(shown), proof.inclusion().path(), head).getFirst();
    var _ = admit(head);
    return new ProvenEvent(event, head);
  }

  private RunCheck.Verified prove(long after, List<EventRun.Entry> entries, SignedCheckpoint head)
      throws NotTrusted {
    long last = after + entries.size();
    Optional<List<byte[]>> hashes = path("/events/%d/proof?size=%d".formatted(last, size(head)));
    if (hashes.isEmpty()) {
      throw new NotTrusted(new Distrust.FalseEvent(last, "the server shows no proof of it"));
    }
    return new RunCheck.Verified(check(after, entries, hashes.get(), head), head);
  }

  private List<CheckedEvent> check(
      long after, List<EventRun.Entry> entries, List<byte[]> path, SignedCheckpoint head)
      throws NotTrusted {
    return switch (EventRun.check(after + 1, entries, path, head.checkpoint())) {
      case EventRun.Outcome.Refused(long position, String reason) ->
          throw new NotTrusted(new Distrust.FalseEvent(position, reason));
      case EventRun.Outcome.Proven(var events) -> {
        for (CheckedEvent event : events) {
          if (event.payload().isEmpty() && !receipts.hasErased(event.position(), key())) {
            throw new NotTrusted(new Distrust.Withheld(event.position(), event.position()));
          }
        }
        yield events;
      }
    };
  }

  private List<JsonObject> shown(long after, int limit) throws NotTrusted {
    try {
      List<JsonObject> events =
          requests
              .getJson("%s/events?after=%d&limit=%d&bytes=true".formatted(path, after, limit))
              .objects("events");
      return events.subList(0, Math.min(limit, events.size()));
    } catch (JsonObject.Unfit e) {
      throw new NotTrusted(new Distrust.Unreadable(e.reason()));
    }
  }

  /** The position that the first event claims, or that behind the head where there are none. */
  private static long first(List<JsonObject> shown, SignedCheckpoint head) throws NotTrusted {
    try {
      long behind = size(head) + 1;
      return shown.isEmpty() ? behind : Math.min(behind, shown.getFirst().count("position"));
    } catch (JsonObject.Unfit e) {
      throw new NotTrusted(new Distrust.Unreadable(e.reason()));
    }
  }

  private static List<EventRun.Entry> entries(List<JsonObject> shown) throws NotTrusted {
    try {
      List<EventRun.Entry> entries = new ArrayList<>();
      for (JsonObject event : shown) {
        entries.add(new EventRun.Entry(event.base64("record"), event.base64OrNull("body")));
      }
      return entries;
    } catch (JsonObject.Unfit e) {
      throw new NotTrusted(new Distrust.Unreadable(e.reason()));
    }
  }

  static long size(SignedCheckpoint checkpoint) {
    return checkpoint.checkpoint().size();
  }
}
