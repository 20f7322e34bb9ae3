package dev.stele.nostr.view;

/** Whether an event may be visible, as far as the tables know. */
public enum Visibility {
  /** Nothing keeps it from being visible. */
  CLEAR,
  /** A newer version of it was there, or it was there itself and has gone. */
  SUPERSEDED,
  /** Its author has deleted it, or this and all older versions of it (NIP-09). */
  DELETED,
  /** Its author, or the one it is wrapped for, has vanished since (NIP-62). */
  VANISHED
}
