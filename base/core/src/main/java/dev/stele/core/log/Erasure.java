package dev.stele.core.log;

import dev.stele.core.event.EventDraft;

/** Which events are to lose their bodies. */
public sealed interface Erasure {
  /**
   * One event.
   *
   * @param position its position, from 1
   */
  record OfEvent(long position) implements Erasure {
    /** Checks the bound. */
    public OfEvent {
      if (position < 1) {
        throw new IllegalArgumentException("positions count from 1, not " + position);
      }
    }
  }

  /**
   * Revisions of a stream, as far as there are such.
   *
   * @param stream the stream's name
   * @param from the first revision, from 1
   * @param to the last one; {@link Long#MAX_VALUE} for all that follow
   */
  record OfRevisions(String stream, long from, long to) implements Erasure {
    /** Checks the bounds. */
    public OfRevisions {
      if (from < 1 || to < from) {
        throw new IllegalArgumentException("revisions from %d to %d".formatted(from, to));
      }
    }
  }

  /**
   * Every event about a subject, as named at append or taken by the gate from a key or a principal.
   * Finding them reads the whole log.
   *
   * @param subject the subject, not empty
   */
  record OfSubject(String subject) implements Erasure {
    /** Checks the bounds. */
    public OfSubject {
      if (!EventDraft.fits(subject, 1, EventDraft.MAX_SUBJECT_BYTES)) {
        throw new IllegalArgumentException("a subject has 1 to 1,024 bytes of UTF-8");
      }
    }
  }
}
