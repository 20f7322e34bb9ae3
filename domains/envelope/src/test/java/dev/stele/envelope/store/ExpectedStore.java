package dev.stele.envelope.store;

import dev.stele.core.engine.Durability;
import dev.stele.core.proof.Parsed;
import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.EnvelopeReader;
import dev.stele.envelope.event.ReadingRules;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.gate.Category;
import dev.stele.envelope.gate.EnvelopeVerdict;
import dev.stele.envelope.gate.EnvelopeVerifier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/**
 * What a store is to answer that follows the advice and the decisions, in memory and in a few
 * lines: every event stored once under its own id, nonces claimed by what is stored alone, nothing
 * stored that is not genuine.
 *
 * <p>That an envelope is genuine it takes from compatible verification, whose answers are those of
 * the given vectors; the rest it decides itself.
 */
final class ExpectedStore {
  private static final Duration LONGEST_AGE = Duration.ofHours(24);
  private static final Duration SKEW = Duration.ofMinutes(5);

  /** An envelope that is stored. */
  record Stored(SignedEnvelope envelope, long position, Instant recordedAt) {}

  /** A nonce that is held. */
  private record Held(String keyId, String nonce) {}

  private final boolean strict;
  private final boolean releasable;
  private final Map<String, Stored> byId = new LinkedHashMap<>();
  private final Map<Held, Stored> guard = new LinkedHashMap<>();

  ExpectedStore(boolean strict, boolean releasable) {
    this.strict = strict;
    this.releasable = releasable;
  }

  /** What saving is to answer; what is inserted is stored here too. */
  SaveResult save(byte[] wire, Instant now, long next, Durability durability) {
    if (!(EnvelopeReader.read(wire, ReadingRules.COMPATIBLE)
        instanceof Parsed.Value<SignedEnvelope>(SignedEnvelope envelope))) {
      return new SaveResult.Invalid(Category.UNDECODABLE, "");
    }
    EnvelopeHeader header = envelope.header();
    Stored sameId = byId.get(header.id());
    if (sameId != null && sameId.envelope().equals(envelope)) {
      return new SaveResult.AlreadyPresent(sameId.position());
    }
    Optional<Category> flaw = flaw(envelope, wire, now);
    if (flaw.isPresent()) {
      return new SaveResult.Invalid(flaw.get(), "");
    }
    Held nonce = new Held(header.keyId(), header.nonce());
    Stored holder = guard.get(nonce);
    if (holder != null) {
      return new SaveResult.Replayed(header.keyId(), header.nonce(), holder.position());
    }
    if (sameId != null) {
      return new SaveResult.DuplicateId(header.id(), sameId.position());
    }
    Stored stored = new Stored(envelope, next, now);
    byId.put(header.id(), stored);
    guard.put(nonce, stored);
    return new SaveResult.Inserted(next, durability);
  }

  static boolean isKeyId(String keyId) {
    return keyId.matches("[A-Za-z0-9_-]{1,64}");
  }

  private Optional<Category> flaw(SignedEnvelope envelope, byte[] wire, Instant now) {
    EnvelopeHeader header = envelope.header();
    if (!header.id().matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
        || !isKeyId(header.keyId())
        || header.source().indexOf('\0') >= 0) {
      return Optional.of(Category.STRUCTURE_INVALID);
    }
    if (EnvelopeVerifier.compatible().verify(wire, now)
        instanceof EnvelopeVerdict.Invalid invalid) {
      return Optional.of(invalid.category());
    }
    return strict && StoreCase.issued(envelope).isBefore(now.minus(LONGEST_AGE))
        ? Optional.of(Category.EXPIRED)
        : Optional.empty();
  }

  /** What a clean-up of the guard is to answer: the number of nonces, or why there are none. */
  String cleanup(Instant olderThan, Instant now) {
    if (!releasable || !strict) {
      return "KeptForEver";
    }
    if (olderThan.isAfter(now.minus(LONGEST_AGE).minus(SKEW))) {
      return "TooRecent";
    }
    int before = guard.size();
    guard.values().removeIf(each -> each.recordedAt().isBefore(olderThan));
    return before == guard.size() ? "NothingToRelease" : "Released " + (before - guard.size());
  }

  /** The envelope with an id in any spelling of a UUID. */
  Optional<Stored> find(String spelling) {
    String hex = spelling.toLowerCase(Locale.ROOT).replaceAll("[{}-]", "");
    if (!hex.matches("[0-9a-f]{32}")) {
      return Optional.empty();
    }
    UUID id =
        new UUID(
            Long.parseUnsignedLong(hex.substring(0, 16), 16),
            Long.parseUnsignedLong(hex.substring(16), 16));
    return Optional.ofNullable(byId.get(id.toString()));
  }

  List<SignedEnvelope> withContent(String hash) {
    return stored().stream()
        .map(Stored::envelope)
        .filter(each -> Objects.equals(each.header().payloadHash(), hash))
        .toList();
  }

  List<Stored> stored() {
    return new ArrayList<>(byId.values());
  }

  /** How many nonces are held. */
  int held() {
    return guard.size();
  }
}
