package dev.stele.client;

import java.util.List;

/**
 * Some events of a log, as a server tells them. Immutable.
 *
 * @param events in order of position; a filtered page may be empty though more come
 * @param after how far the server has looked: the next page begins behind it
 * @param head the end of the log at that moment
 * @param more whether there is a next page
 */
public record EventPage(List<RemoteEvent> events, long after, long head, boolean more) {
  /** Copies the list. */
  public EventPage {
    events = List.copyOf(events);
  }
}
