package dev.stele.nostr.relay;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.filter.ParsedFilter;
import dev.stele.nostr.negentropy.ItemTree;
import dev.stele.nostr.negentropy.Responder;
import dev.stele.nostr.store.QueryEnd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The reconciliations that are open on one connection (NIP-77). Their ids are their own: a
 * subscription of the same id is another thing. One thread at a time.
 */
final class Reconciling {
  private final Relay relay;
  private final Map<String, Responder> open = new HashMap<>();

  Reconciling(Relay relay) {
    this.relay = relay;
  }

  /** Opens one, in place of another of the same id, and answers its first message. */
  String open(
      ClientFrame.NegOpen frame, Client client, RequestJudge judge, Predicate<NostrEvent> mayRead) {
    open.remove(frame.id());
    int maxOpen = relay.limits().maxReconciliations();
    if (open.size() >= maxOpen) {
      return RelayFrame.negErr(
          frame.id(), Prefix.BLOCKED.with("at most %d reconciliations at once".formatted(maxOpen)));
    }
    return switch (FilterJson.parse(frame.filter())) {
      case ParsedFilter.Malformed(String reason) ->
          RelayFrame.negErr(frame.id(), Prefix.INVALID.with(reason));
      case ParsedFilter.Wellformed(NostrFilter filter) ->
          judge
              .refusal(List.of(filter))
              .map(refusal -> RelayFrame.negErr(frame.id(), refusal))
              .orElseGet(() -> open(frame, client, filter, mayRead));
    };
  }

  /** Says why filters may not be asked for, if so. */
  @FunctionalInterface
  interface RequestJudge {
    Optional<String> refusal(List<NostrFilter> filters);
  }

  private String open(
      ClientFrame.NegOpen frame, Client client, NostrFilter filter, Predicate<NostrEvent> mayRead) {
    Optional<ItemTree> items = items(client, filter, mayRead);
    if (items.isEmpty()) {
      return RelayFrame.negErr(
          frame.id(),
          Prefix.BLOCKED.with(
              "more than %d events match; ask for less"
                  .formatted(relay.limits().maxReconciledEvents())));
    }
    open.put(frame.id(), Responder.of(items.get()));
    return answer(frame.id(), frame.message());
  }

  private Optional<ItemTree> items(
      Client client, NostrFilter filter, Predicate<NostrEvent> mayRead) {
    if (filter.equals(NostrFilter.ALL)) {
      Optional<ItemTree> kept = relay.everything(client);
      if (kept.isPresent()) {
        return kept;
      }
    }
    int most = relay.limits().maxReconciledEvents();
    int limit = Math.min(filter.limit().orElse(most), most);
    if (limit == 0) {
      return Optional.of(ItemTree.empty());
    }
    List<ItemTree.Item> items = new ArrayList<>();
    QueryEnd end =
        relay
            .store()
            .query(
                List.of(filter.limit(limit)),
                stored -> {
                  NostrEvent event = stored.event();
                  if (mayRead.test(event)) {
                    items.add(new ItemTree.Item(event.createdAt(), NostrId.ofHex(event.id())));
                  }
                  return true;
                });
    boolean asked = filter.limit().isPresent() && filter.limit().getAsInt() <= most;
    return end instanceof QueryEnd.More && !asked
        ? Optional.empty()
        : Optional.of(ItemTree.of(items));
  }

  String answer(String id, String hex) {
    Responder responder = open.get(id);
    if (responder == null) {
      return RelayFrame.negErr(id, Prefix.CLOSED.with("no such reconciliation is open"));
    }
    byte[] message;
    try {
      message = HexFormat.of().parseHex(hex);
    } catch (IllegalArgumentException e) {
      open.remove(id);
      return RelayFrame.negErr(id, Prefix.INVALID.with("the message is not hex"));
    }
    return switch (responder.answer(message)) {
      case Responder.Message(byte[] bytes) ->
          RelayFrame.negMsg(id, HexFormat.of().formatHex(bytes));
      case Responder.Refused(String reason) -> {
        open.remove(id);
        yield RelayFrame.negErr(id, Prefix.INVALID.with(reason));
      }
    };
  }

  void close(String id) {
    open.remove(id);
  }
}
