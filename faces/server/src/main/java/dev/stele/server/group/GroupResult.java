package dev.stele.server.group;

import java.util.Map;

/** What came of making a group. */
public sealed interface GroupResult {
  /** It is there now. */
  record Created(Map<String, Object> group) implements GroupResult {}

  /** It was there already, defined the same. */
  record Same(Map<String, Object> group) implements GroupResult {}

  /** One of that name is there, defined otherwise. */
  record Exists(Map<String, Object> group) implements GroupResult {}

  /** There are as many as there may be. */
  record TooMany(int limit) implements GroupResult {}
}
