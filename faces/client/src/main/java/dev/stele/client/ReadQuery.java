package dev.stele.client;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which events to read: a page after a position, with filters that all must hold.
 *
 * <p>Immutable.
 */
public final class ReadQuery {
  /** The most events of one page. */
  public static final int MAX_LIMIT = 1_000;

  /** A hundred: a page of small events that arrives in one breath. */
  public static final int DEFAULT_LIMIT = 100;

  private final long after;
  private final int limit;
  private final Map<String, String> filters;

  private ReadQuery(long after, int limit, Map<String, String> filters) {
    this.after = after;
    this.limit = limit;
    this.filters = filters;
  }

  /**
   * All events behind a position; 0 is before the first.
   *
   * @throws IllegalArgumentException if the position is negative
   */
  public static ReadQuery after(long position) {
    return new ReadQuery(requireAfter(position), DEFAULT_LIMIT, Map.of());
  }

  static long requireAfter(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("reading starts after 0 or later, not after " + position);
    }
    return position;
  }

  static int requireLimit(int limit) {
    if (limit < 1 || limit > MAX_LIMIT) {
      throw new IllegalArgumentException("a page has 1 to " + MAX_LIMIT + " events, not " + limit);
    }
    return limit;
  }

  /** The same from another position on: the next page, with {@link EventPage#after}. */
  public ReadQuery from(long position) {
    return new ReadQuery(requireAfter(position), limit, filters);
  }

  /**
   * The same with pages of another size.
   *
   * @throws IllegalArgumentException unless it is 1 to {@value #MAX_LIMIT}
   */
  public ReadQuery limit(int most) {
    return new ReadQuery(after, requireLimit(most), filters);
  }

  /** Only events of this stream. */
  public ReadQuery ofStream(String stream) {
    return with("stream", stream);
  }

  /** Only events of this type. */
  public ReadQuery ofType(String type) {
    return with("type", type);
  }

  /** Only events about this subject. */
  public ReadQuery about(String subject) {
    return with("subject", subject);
  }

  /** Only events recorded at or after an instant. */
  public ReadQuery recordedFrom(Instant instant) {
    return with("from", instant.toString());
  }

  /** Only events recorded before an instant. */
  public ReadQuery recordedBefore(Instant instant) {
    return with("to", instant.toString());
  }

  /** Only events with this text in their stream, type, id, subject or payload. */
  public ReadQuery containing(String text) {
    return with("q", text);
  }

  /** Only the event with this id. */
  ReadQuery withId(String id) {
    return with("id", id);
  }

  private ReadQuery with(String name, String value) {
    Map<String, String> more = new TreeMap<>(filters);
    more.put(name, value);
    return new ReadQuery(after, limit, more);
  }

  /** The parameters of the request, from the question mark on. */
  String parameters() {
    StringBuilder query = new StringBuilder("?after=" + after + "&limit=" + limit);
    filters.forEach((name, value) -> query.append(parameter(name, value)));
    return query.toString();
  }

  static String parameter(String name, String value) {
    return "&" + name + "=" + URLEncoder.encode(value, StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return "ReadQuery" + parameters();
  }
}
