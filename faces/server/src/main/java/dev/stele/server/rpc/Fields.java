package dev.stele.server.rpc;

import com.google.protobuf.Timestamp;
import java.time.DateTimeException;
import java.time.Instant;

/** Reads fields of requests, and refuses what they cannot mean. */
final class Fields {
  private Fields() {}

  /** A number that is unsigned on the wire and no more than a position can be. */
  static long number(String field, long value, long min) {
    if (value < min) {
      throw bad(field, "is a whole number from %d to 2^63 - 1".formatted(min));
    }
    return value;
  }

  /** A limit, where 0 asks for the usual one. */
  static int limit(int value, int usual, int max) {
    if (value < 0 || value > max) {
      throw bad("limit", "is at most %d".formatted(max));
    }
    return value == 0 ? usual : value;
  }

  static Instant instant(String field, Timestamp value) {
    try {
      if (value.getNanos() >= 0 && value.getNanos() < 1_000_000_000) {
        return Instant.ofEpochSecond(value.getSeconds(), value.getNanos());
      }
    } catch (DateTimeException e) {
      throw bad(field, "is no time");
    }
    throw bad(field, "has nanoseconds beyond a second");
  }

  static RuntimeException bad(String field, String what) {
    return Problem.BAD_REQUEST.because("%s %s".formatted(field, what));
  }
}
