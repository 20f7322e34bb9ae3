package dev.stele.nostr.relay;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.QueryEnd;
import dev.stele.nostr.store.Sink;
import dev.stele.nostr.store.StoredNostrEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The stored events of one subscription, in pieces, of which one may be empty. Each piece is a
 * query of its own that begins at the second where the last one stopped, so that nothing is held
 * open in between: what was passed is passed over, and counts against the limit of each filter that
 * it matches.
 *
 * <p>One thread at a time.
 */
final class StoredScan {
  /** 4 MiB of text: a piece of long events ends early. */
  private static final long MAX_PIECE_CHARS = 4L << 20;

  private final NostrStore store;
  private final List<Share> shares = new ArrayList<>();

  /** Events above it come live: it was read after listening began. */
  private final long upTo;

  private final Predicate<NostrEvent> mayRead;
  private final int pieceEvents;
  private final long pieceChars;

  /** Where the last piece stopped. */
  private @Nullable NostrEvent last;

  private String hint = "finish";
  private boolean done;

  /** What one filter may still have. */
  private static final class Share {
    final NostrFilter filter;
    int left;

    /** Passed already, of the second at which the next piece begins. */
    int passedAtSecond;

    Share(NostrFilter filter, int limit) {
      this.filter = filter;
      this.left = limit;
    }
  }

  StoredScan(
      NostrStore store,
      List<NostrFilter> filters,
      RelayLimits limits,
      Predicate<NostrEvent> mayRead,
      long upTo) {
    this.store = store;
    this.upTo = upTo;
    this.mayRead = mayRead;
    // A ranking has no time to go on from, so what is searched for comes in one piece.
    boolean ranked = filters.stream().anyMatch(each -> each.search().isPresent());
    this.pieceEvents = ranked ? Integer.MAX_VALUE : limits.pieceEvents();
    this.pieceChars = ranked ? Long.MAX_VALUE : MAX_PIECE_CHARS;
    for (NostrFilter filter : filters) {
      int limit = Math.min(filter.limit().orElse(limits.defaultLimit()), limits.maxLimit());
      if (limit > 0) {
        shares.add(new Share(filter, limit));
      } else {
        // What was not asked for may be there or not.
        hint = "";
      }
    }
    this.done = shares.isEmpty();
  }

  boolean isDone() {
    return done;
  }

  /** "finish" if everything that matches was told, and otherwise nothing (NIP-67). */
  String hint() {
    return hint;
  }

  /** Returns the next events. */
  List<StoredNostrEvent> next() {
    List<NostrFilter> filters = new ArrayList<>();
    for (Share share : shares) {
      if (share.left > 0) {
        filters.add(from(share));
      }
    }
    if (filters.isEmpty()) {
      hint = "";
      done = true;
      return List.of();
    }
    Piece piece = new Piece(Optional.ofNullable(last));
    QueryEnd end = store.query(filters, piece);
    last = piece.reached;
    // What is too new took a place within the store's limit that is not its own here.
    boolean cutShort =
        piece.passedNew
            && end instanceof QueryEnd.More
            && shares.stream().anyMatch(s -> s.left > 0);
    if (!piece.isFull && !cutShort) {
      done = true;
      // That there may be more is not to be said: a hint has to be certain.
      if (end instanceof QueryEnd.More || filters.size() < shares.size()) {
        hint = "";
      }
    }
    return piece.events;
  }

  private NostrFilter from(Share share) {
    NostrFilter filter = share.filter;
    OptionalLong until = last == null ? filter.until() : OptionalLong.of(last.createdAt());
    return new NostrFilter(
            filter.ids(),
            filter.authors(),
            filter.kinds(),
            filter.tags(),
            filter.since(),
            until,
            filter.limit(),
            filter.search())
        .limit(share.left + share.passedAtSecond);
  }

  /** Takes the events of one query. */
  private final class Piece implements Sink {
    private final List<StoredNostrEvent> events = new ArrayList<>();
    private final Optional<NostrEvent> after;
    private @Nullable NostrEvent reached;
    private long chars;
    private boolean isFull;
    private boolean passedNew;

    Piece(Optional<NostrEvent> after) {
      this.after = after;
      this.reached = after.orElse(null);
    }

    @Override
    public boolean accept(StoredNostrEvent stored) {
      NostrEvent event = stored.event();
      if (after.isPresent() && !isAfter(event, after.get())) {
        return true;
      }
      // Asked for one more than fits, so that a full piece is known not to be the last.
      if (events.size() >= pieceEvents || chars > pieceChars) {
        isFull = true;
        return false;
      }
      boolean isNew = stored.position() > upTo;
      passedNew |= isNew;
      boolean sameSecond = reached != null && reached.createdAt() == event.createdAt();
      for (Share share : shares) {
        if (!sameSecond) {
          share.passedAtSecond = 0;
        }
        if (share.filter.matches(event)) {
          share.left = isNew ? share.left : Math.max(0, share.left - 1);
          share.passedAtSecond++;
        }
      }
      reached = event;
      if (!isNew && mayRead.test(event)) {
        events.add(stored);
        chars += stored.json().length();
      }
      return true;
    }

    private static boolean isAfter(NostrEvent event, NostrEvent last) {
      return event.createdAt() < last.createdAt()
          || (event.createdAt() == last.createdAt() && event.id().compareTo(last.id()) > 0);
    }
  }
}
