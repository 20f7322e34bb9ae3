package dev.stele.server.config;

/** A setting that cannot be used: the message says which, where it was set, and what would do. */
public final class BadSetting extends Exception {
  BadSetting(String message) {
    super(message);
  }
}
