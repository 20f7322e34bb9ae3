package dev.stele.nostr.store;

import dev.stele.nostr.event.NostrEvent;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Cuts events into runs within which none changes what becomes of another, so that a run can be
 * stored at once and still each event be told what it would be told alone.
 */
final class Runs {
  private static final int DELETION_KIND = 5;
  private static final int VANISH_KIND = 62;

  private Runs() {}

  static List<List<NostrEvent>> of(List<NostrEvent> events) {
    List<List<NostrEvent>> runs = new ArrayList<>();
    List<NostrEvent> run = new ArrayList<>();
    Set<Object> touched = new HashSet<>();
    for (NostrEvent event : events) {
      boolean alone = event.kind() == DELETION_KIND || event.kind() == VANISH_KIND;
      if (alone || touches(event, touched)) {
        end(run, runs);
        run = new ArrayList<>();
        touched.clear();
      }
      boolean _ = touches(event, touched);
      run.add(event);
      if (alone) {
        end(run, runs);
        run = new ArrayList<>();
        touched.clear();
      }
    }
    end(run, runs);
    return runs;
  }

  private static void end(List<NostrEvent> run, List<List<NostrEvent>> runs) {
    if (!run.isEmpty()) {
      runs.add(run);
    }
  }

  /** What versions of an event share (NIP-01). */
  private record Address(String pubkey, int kind, String d) {}

  /** Notes an event's id and address; tells whether either was noted before. */
  private static boolean touches(NostrEvent event, Set<Object> touched) {
    boolean isNew = touched.add(event.id());
    return switch (event.kindClass()) {
      case REPLACEABLE -> !touched.add(new Address(event.pubkey(), event.kind(), "")) || !isNew;
      case ADDRESSABLE ->
          !touched.add(new Address(event.pubkey(), event.kind(), event.firstValue("d").orElse("")))
              || !isNew;
      case REGULAR, EPHEMERAL -> !isNew;
    };
  }
}
