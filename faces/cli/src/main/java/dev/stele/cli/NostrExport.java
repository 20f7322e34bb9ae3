package dev.stele.cli;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.event.ParsedEvent;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.gate.NostrGate;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.store.StoredNostrEvent;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiConsumer;

/** Writes Nostr events, one a line, as they were admitted. One thread at a time. */
final class NostrExport {
  /** 500 events are read at once, as a store reads them. */
  private static final int PAGE = 500;

  /** In which order events are written. */
  enum Order {
    /** As clients are answered: the newest first, of equally new ones the lowest id. */
    NEWEST,
    /** As the log has them: in the order in which they came. */
    LOG
  }

  private final Writer out;
  private final NostrFilter filter;
  private final BiConsumer<Long, Long> progress;
  private long written;
  private long gone;

  /**
   * An export.
   *
   * @param filter what is wanted
   * @param progress is told how many were written, of how many, which is 0 where nobody knows
   */
  NostrExport(Writer out, NostrFilter filter, BiConsumer<Long, Long> progress) {
    this.out = out;
    this.filter = filter;
    this.progress = progress;
  }

  long written() {
    return written;
  }

  /** How many events have lost their payloads, and were left out. */
  long gone() {
    return gone;
  }

  /** What is visible. */
  void visible(NostrStore store, Order order) {
    switch (order) {
      case NEWEST -> {
        var _ = store.query(List.of(filter), found -> add(found.json()));
      }
      case LOG -> {
        LogReader log = NostrStores.log(store);
        for (long after = 0; ; ) {
          List<StoredEvent> page = log.readStream(NostrGate.STREAM, after, PAGE);
          if (page.isEmpty()) {
            return;
          }
          Map<Long, String> visible = visibleOf(store, page);
          for (StoredEvent event : page) {
            String json = visible.get(event.position());
            if (json != null) {
              var _ = add(json);
            }
          }
          after = page.getLast().revision();
        }
      }
    }
  }

  /** Those of some events that are visible and wanted, by position. */
  private Map<Long, String> visibleOf(NostrStore store, List<StoredEvent> page) {
    Set<NostrId> ids = new LinkedHashSet<>();
    for (StoredEvent event : page) {
      ids.add(NostrId.ofHex(event.id()));
    }
    NostrFilter these =
        new NostrFilter(
            Optional.of(ids),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalInt.empty(),
            Optional.empty());
    Map<Long, String> visible = new HashMap<>();
    var _ =
        store.query(
            List.of(these),
            (StoredNostrEvent found) -> {
              if (filter.matches(found.event())) {
                visible.put(found.position(), found.json());
              }
              return true;
            });
    return visible;
  }

  /** All that is in the log, in its order: superseded, deleted and expired events, too. */
  void all(LogReader log) {
    long size = log.lastRevision(NostrGate.STREAM);
    for (long after = 0; after < size; ) {
      List<StoredEvent> page = log.readStream(NostrGate.STREAM, after, PAGE);
      if (page.isEmpty()) {
        return;
      }
      for (StoredEvent event : page) {
        after = event.revision();
        event.payload().ifPresentOrElse(this::addIfWanted, () -> gone++);
      }
      progress.accept(after, size);
    }
  }

  private void addIfWanted(byte[] payload) {
    if (EventJson.parse(payload) instanceof ParsedEvent.Wellformed(NostrEvent event)
        && filter.matches(event)) {
      var _ = add(new String(payload, StandardCharsets.UTF_8));
    }
  }

  private boolean add(String json) {
    written++;
    if (written % PAGE == 0) {
      progress.accept(written, 0L);
    }
    return NostrCommand.write(out, json);
  }
}
