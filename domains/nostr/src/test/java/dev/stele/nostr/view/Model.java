package dev.stele.nostr.view;

import dev.stele.nostr.event.KindClass;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.filter.NostrFilter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The rules of visibility and of queries as plainly as they can be said, with every event looked at
 * every time: what the view and its planner must equal.
 */
public final class Model {
  /** The order of answers. */
  public static final Comparator<NostrEvent> NEWEST_FIRST =
      Comparator.comparingLong(NostrEvent::createdAt).reversed().thenComparing(NostrEvent::id);

  private final List<NostrEvent> appeared = new ArrayList<>();
  private final Map<String, NostrEvent> visible = new LinkedHashMap<>();

  /** An event comes; tells whether it is visible. */
  public boolean arrives(NostrEvent event) {
    if (event.kindClass() == KindClass.EPHEMERAL) {
      return false;
    }
    for (NostrEvent other : appeared) {
      if (takesBack(other, event) || supersedes(other, event)) {
        return false;
      }
    }
    appeared.add(event);
    visible.put(event.id(), event);
    visible.values().removeIf(other -> takesBack(event, other) || supersedes(event, other));
    return true;
  }

  /** What expired until a time goes. */
  public void sweep(long time) {
    visible.values().removeIf(event -> event.expiresAt().orElse(Long.MAX_VALUE) <= time);
  }

  /** What is visible, newest first. */
  public List<NostrEvent> visible() {
    return visible.values().stream().sorted(NEWEST_FIRST).toList();
  }

  /** What is asked for. */
  public List<NostrEvent> query(List<NostrFilter> filters, long now) {
    TreeSet<NostrEvent> answer = new TreeSet<>(NEWEST_FIRST);
    for (NostrFilter filter : filters) {
      answer.addAll(matching(filter, now, filter.limit().orElse(Integer.MAX_VALUE)));
    }
    return List.copyOf(answer);
  }

  /** Whether a filter matches more than its limit. */
  public boolean isCut(List<NostrFilter> filters, long now) {
    return filters.stream()
        .anyMatch(
            filter ->
                matching(filter, now, Integer.MAX_VALUE).size()
                    > filter.limit().orElse(Integer.MAX_VALUE));
  }

  private List<NostrEvent> matching(NostrFilter filter, long now, long most) {
    return visible.values().stream()
        .filter(event -> event.expiresAt().orElse(Long.MAX_VALUE) > now)
        .filter(filter::matches)
        .sorted(NEWEST_FIRST)
        .limit(most)
        .toList();
  }

  private static boolean takesBack(NostrEvent act, NostrEvent event) {
    return switch (act.kind()) {
      case 5 ->
          act.pubkey().equals(event.pubkey())
              && event.kind() != 5
              && event.kind() != 62
              && act.tags().stream().anyMatch(tag -> isTarget(act, tag, event));
      case 62 ->
          isForUs(act)
              && event.kind() != 62
              && event.createdAt() <= act.createdAt()
              && (act.pubkey().equals(event.pubkey())
                  || (event.kind() == 1_059
                      && event.tags().stream()
                          .anyMatch(
                              tag ->
                                  tag.size() >= 2
                                      && tag.getFirst().equals("p")
                                      && tag.get(1).equals(act.pubkey()))));
      default -> false;
    };
  }

  private static boolean isForUs(NostrEvent request) {
    return request.tags().stream()
        .anyMatch(
            tag -> tag.getFirst().equals("relay") && !tag.get(1).equals("wss://other.example"));
  }

  private static boolean isTarget(NostrEvent act, List<String> tag, NostrEvent event) {
    return switch (tag.getFirst()) {
      case "e" -> tag.get(1).equals(event.id());
      case "a" ->
          address(event).filter(tag.get(1)::equals).isPresent()
              && event.createdAt() <= act.createdAt();
      default -> false;
    };
  }

  private static boolean supersedes(NostrEvent newer, NostrEvent event) {
    Optional<String> address = address(event);
    return address.isPresent()
        && address.equals(address(newer))
        && NEWEST_FIRST.compare(newer, event) < 0;
  }

  private static Optional<String> address(NostrEvent event) {
    String of = event.kind() + ":" + event.pubkey() + ":";
    return switch (event.kindClass()) {
      case REPLACEABLE -> Optional.of(of);
      case ADDRESSABLE -> Optional.of(of + event.firstValue("d").orElse(""));
      case REGULAR, EPHEMERAL -> Optional.empty();
    };
  }
}
