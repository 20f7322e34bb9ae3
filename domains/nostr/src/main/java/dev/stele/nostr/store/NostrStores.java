package dev.stele.nostr.store;

import dev.stele.core.log.EventLog;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.View;
import dev.stele.nostr.view.Part;
import java.util.List;

/**
 * Opens stores.
 *
 * <pre>
 *   try (NostrStore store = NostrStores.open("sqlite:relay", NostrStoreOptions.DEFAULT)) {
 *     StoreOutcome outcome = store.store(event);
 *     QueryEnd end = store.query(filters, found -&gt; send(found.json()));
 *   }
 * </pre>
 */
public final class NostrStores {
  private NostrStores() {}

  /**
   * A store whose events are in a log: {@code sqlite:FOLDER}, {@code sqlite:FILE.db}, {@code
   * lmdb:FOLDER}, {@code postgres://…} or {@code memory:}. What is not there yet is made, with its
   * keys.
   *
   * @param uri of a storage whose engine is on the class path
   * @throws IllegalArgumentException when it is not
   * @throws dev.stele.core.engine.StorageFailed when it cannot be opened
   */
  public static NostrStore open(String uri, NostrStoreOptions options) {
    return open(uri, options, List.of());
  }

  /**
   * As {@link #open(String, NostrStoreOptions)}, with tables besides those that every store has:
   * relay hints, the owner's graph, how far syncs are, aggregates, words to search for. Read them
   * by {@link #views} from the view {@link dev.stele.nostr.view.NostrView#NAME}.
   */
  public static NostrStore open(String uri, NostrStoreOptions options, List<Part> parts) {
    return open(uri, options, parts, List.of());
  }

  /**
   * As {@link #open(String, NostrStoreOptions, List)}, with more views of the same log.
   *
   * @param alongside views that the store does not ask itself; read them by {@link #views}
   */
  public static NostrStore open(
      String uri, NostrStoreOptions options, List<Part> parts, List<View> alongside) {
    return LogNostrStore.open(uri, options, parts, alongside);
  }

  /** A store that is gone with the process. */
  public static NostrStore inMemory(NostrStoreOptions options) {
    return open("memory:", options);
  }

  /** The log below a store: its checkpoints and proofs are for everybody. */
  public static EventLog log(NostrStore store) {
    return ofLog(store).log();
  }

  /** The views of the log below a store. */
  public static KeptViews views(NostrStore store) {
    return ofLog(store).views();
  }

  /** Tells whether no other process writes to the log below a store while this one has it open. */
  public static boolean writesAlone(NostrStore store) {
    return ofLog(store).writesAlone();
  }

  private static LogNostrStore ofLog(NostrStore store) {
    if (store instanceof LogNostrStore ofLog) {
      return ofLog;
    }
    throw new IllegalArgumentException("a store of another make has no log that is known here");
  }
}
