package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A payment to an event, as a receipt tells of it (NIP-57).
 *
 * <p>What can be checked offline was: the invoice and its amount, the id and signature of the
 * request that the receipt carries, that the request is of the same event and person, and names the
 * amount of the invoice where it names one. Whether the receipt's author is the server that the
 * recipient's wallet names, and so whether anything was paid, only that server's page tells.
 * Immutable.
 *
 * @param target id of the event that was paid for
 * @param sender public key of who signed the request
 * @param amountMsat thousandths of a satoshi, 1 to {@link #MAX_MSAT}
 * @param invoice in lower case
 */
public record Zap(String target, String sender, long amountMsat, String invoice) {
  /** The kind of receipts. */
  public static final int KIND = 9_735;

  /** The kind of requests. */
  public static final int REQUEST_KIND = 9_734;

  /**
   * 100 bitcoin, in thousandths of a satoshi: more than anyone zaps, and so little that a sum of
   * 900,000 of them still fits a long.
   */
  public static final long MAX_MSAT = 100L * 100_000_000_000L;

  /**
   * Reads a receipt; empty where the event is none, does not say what was paid for, how much or by
   * whom, or says two things that do not go together.
   */
  public static Optional<Zap> of(NostrEvent event) {
    if (event.kind() != KIND) {
      return Optional.empty();
    }
    Optional<String> target = lastEvent(event);
    Optional<String> invoice = first(event, "bolt11").map(Bolt11::canonical);
    OptionalLong msat =
        invoice.flatMap(Bolt11::parse).map(Bolt11::amountMsat).orElseGet(OptionalLong::empty);
    Optional<NostrEvent> request = first(event, "description").flatMap(Zap::request);
    if (target.isEmpty()
        || invoice.isEmpty()
        || msat.isEmpty()
        || msat.getAsLong() > MAX_MSAT
        || request.isEmpty()
        || !lastEvent(request.get()).equals(target)
        || !first(request.get(), "p").equals(first(event, "p"))
        || !agrees(request.get(), msat.getAsLong())) {
      return Optional.empty();
    }
    return Optional.of(
        new Zap(target.get(), request.get().pubkey(), msat.getAsLong(), invoice.get()));
  }

  private static Optional<NostrEvent> request(String text) {
    return switch (EventJson.parse(text.getBytes(UTF_8))) {
      case ParsedEvent.Wellformed(NostrEvent request) ->
          request.kind() == REQUEST_KIND && request.check() == EventVerdict.AUTHENTIC
              ? Optional.of(request)
              : Optional.empty();
      case ParsedEvent.Malformed _ -> Optional.empty();
    };
  }

  private static boolean agrees(NostrEvent request, long msat) {
    return first(request, "amount").map(said -> said.equals(String.valueOf(msat))).orElse(true);
  }

  /** The last event that an event names: what a reaction (NIP-25) or a zap is to. */
  public static Optional<String> lastEvent(NostrEvent event) {
    for (List<String> tag : event.tags().reversed()) {
      if (tag.size() > 1 && tag.getFirst().equals("e") && NostrEvent.isHash(tag.get(1))) {
        return Optional.of(tag.get(1));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> first(NostrEvent event, String name) {
    return event.tags().stream()
        .filter(tag -> tag.size() > 1 && tag.getFirst().equals(name))
        .map(tag -> tag.get(1))
        .findFirst();
  }
}
