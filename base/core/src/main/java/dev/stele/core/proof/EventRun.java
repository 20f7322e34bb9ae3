package dev.stele.core.proof;

import dev.stele.crypto.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Events that follow one another, proven by the inclusion path of the last of them alone.
 *
 * <pre>
 *   record(first) ◄─names─ record(first + 1) ◄─names─ … ◄─names─ record(last) ──path──► signed root
 * </pre>
 *
 * <p>Each record names the leaf hash of the one before it, so the root that holds the last one
 * holds them all. A page of a thousand events costs a thousand hashes and one path of at most
 * {@link Merkle#MAX_PATH}, and the first event that is not as it was signed is named.
 *
 * <p>An event without its body is proven as far as its record goes: that the body was erased, and
 * not merely kept back, is for a receipt to say.
 */
public final class EventRun {
  private EventRun() {}

  /**
   * One event as it came, proven by nothing yet.
   *
   * @param record the entry of the transparency log; handed over
   * @param body salt, subject, claims and payload, or empty where it is not there; handed over
   */
  public record Entry(byte[] record, Optional<byte[]> body) {}

  /** What came of checking a run. */
  public sealed interface Outcome {
    /**
     * Each event is in the tree, at its position, with the body it was recorded with.
     *
     * @param events in their order
     */
    record Proven(List<CheckedEvent> events) implements Outcome {
      /** Copies the list. */
      public Proven {
        events = List.copyOf(events);
      }
    }

    /**
     * The run proves nothing.
     *
     * @param position the last event that is not as it was signed
     * @param reason what is wrong with it, as a phrase for a human
     */
    record Refused(long position, String reason) implements Outcome {}
  }

  /**
   * Checks a run against a tree head that the caller trusts. No entry and no path makes it throw.
   *
   * @param first the position that the first entry must have, from 1
   * @param entries 1 or more
   * @param path the siblings on the way from the last entry to the root, the one beside it first
   * @param trusted what the log has signed
   * @throws IllegalArgumentException if there are no entries or {@code first} is below 1
   */
  public static Outcome check(
      long first, List<Entry> entries, List<byte[]> path, Checkpoint trusted) {
    if (entries.isEmpty() || first < 1) {
      throw new IllegalArgumentException(
          "a run of %d events from position %d".formatted(entries.size(), first));
    }
    long last = first + entries.size() - 1;
    byte[] expected = Merkle.leafHash(entries.getLast().record());
    // Index and size are the caller's own: a path that was made for other ones leads elsewhere.
    if (!new InclusionProof(last - 1, trusted.size(), path).verify(expected, trusted.root())) {
      return new Outcome.Refused(last, "the path does not lead from the record to the signed root");
    }
    List<CheckedEvent> events = new ArrayList<>(entries.size());
    @Nullable CheckedEvent next = null;
    for (int i = entries.size() - 1; i >= 0; i--) {
      long position = first + i;
      Entry entry = entries.get(i);
      if (next != null && !next.namesPrevious(Merkle.leafHash(entry.record()), 0)) {
        return new Outcome.Refused(position, "the record is not the one that the next one names");
      }
      byte @Nullable [] body = entry.body().orElse(null);
      switch (CheckedEvent.read(entry.record(), body)) {
        case CheckedEvent.Read.Unreadable(Fault fault) -> {
          return new Outcome.Refused(position, fault.detail());
        }
        case CheckedEvent.Read.Ok(CheckedEvent event) -> {
          if (event.position() != position) {
            return new Outcome.Refused(position, "the record is of position " + event.position());
          }
          if (body != null && !event.commitsTo(Sha256.hash(body))) {
            return new Outcome.Refused(position, "the body is not the one the record commits to");
          }
          events.add(event);
          next = event;
        }
      }
    }
    return new Outcome.Proven(events.reversed());
  }
}
