package dev.stele.envelope.store;

import java.util.List;
import java.util.Optional;

/**
 * Some envelopes of a query.
 *
 * @param envelopes in the query's order; erased ones are not among them
 * @param next where the query goes on, empty when this was the last page; good for as long as the
 *     log is
 * @param position the last event that the answer reflects
 */
public record EnvelopePage(
    List<StoredEnvelope> envelopes, Optional<EnvelopeCursor> next, long position) {
  /** Copies the list. */
  public EnvelopePage {
    envelopes = List.copyOf(envelopes);
  }
}
