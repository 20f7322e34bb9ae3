package dev.stele.nostr.view;

import org.jspecify.annotations.Nullable;

/** Hits in their order, each given once. One thread. */
interface Hits {
  /** The next hit; null when there is none. */
  @Nullable Hit next();
}
