package dev.stele.core.engine;

import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A filter over the claims that an engine has written down, for the one process that writes: most
 * look-ups of claims need not go to the file.
 *
 * <p>It is filled in the background after a log was opened, so that opening takes no longer for a
 * larger log; until then every claim is looked for in the file. Once it is too small it is made
 * anew, and beyond {@link KeyFilter#MAX_KEYS} there is none. Thread-safe.
 */
public final class ClaimFilter {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.engine");

  /** Gives every claim that is in the file now. */
  public interface Claims {
    /** Goes through all of them, or throws when the engine is closed meanwhile. */
    void scan(Consumer<IndexEntry> sink);
  }

  private final Claims claims;

  /** What is asked, once it knows all that is in the file. */
  private volatile @Nullable KeyFilter ready;

  /** What is being filled from the file; also told of what is flushed meanwhile. Under this. */
  private @Nullable KeyFilter filling;

  /**
   * A filter for a log.
   *
   * @param indexedTo how many events are in its index
   * @param claims is gone through in the background, now and whenever the filter is too small
   */
  public ClaimFilter(long indexedTo, Claims claims) {
    this.claims = claims;
    if (indexedTo == 0) {
      ready = KeyFilter.forKeys(0);
    } else {
      fill(indexedTo);
    }
  }

  /** Whether a claim may be in the file; false is certain. */
  public boolean mayHold(IndexKey claim) {
    KeyFilter filter = ready;
    return filter == null || filter.mayHold(claim);
  }

  /** Tells of claims that are about to be looked for in the file, and nowhere else any more. */
  public synchronized void flushed(List<IndexEntry> entries) {
    KeyFilter filter = ready;
    for (IndexEntry entry : entries) {
      if (filter != null) {
        filter.add(entry.key());
      }
      if (filling != null) {
        filling.add(entry.key());
      }
    }
    if (filter != null && filter.isFull() && filling == null) {
      fill(filter.size());
    }
  }

  private synchronized void fill(long expected) {
    if (expected > KeyFilter.MAX_KEYS) {
      ready = null;
      return;
    }
    KeyFilter filter = KeyFilter.forKeys(expected);
    filling = filter;
    Thread.ofPlatform().name("stele-claims").daemon().start(() -> fillFromFile(filter));
  }

  private void fillFromFile(KeyFilter filter) {
    try {
      claims.scan(
          entry -> {
            synchronized (this) {
              filter.add(entry.key());
            }
          });
      synchronized (this) {
        ready = filter;
        filling = null;
      }
    } catch (StorageFailed | LogClosed e) {
      // Without a filter every claim is looked for in the file, which will say what is wrong.
      LOGGER.log(System.Logger.Level.DEBUG, "event=no-claim-filter reason=\"{0}\"", e.getMessage());
      synchronized (this) {
        ready = null;
        filling = null;
      }
    }
  }
}
