package dev.stele.cli;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Optional;

/** Reads times as ISO 8601 has them, with an offset or as of a zone. */
final class Moments {
  /** Which end of a day a date without a time means. */
  enum Bound {
    FIRST,
    LAST
  }

  private Moments() {}

  /** A time with an offset, or one of the zone. */
  static Optional<OffsetDateTime> parse(String text, ZoneId zone) {
    try {
      return Optional.of(OffsetDateTime.parse(text));
    } catch (DateTimeException e) {
      return parseLocal(text, zone);
    }
  }

  private static Optional<OffsetDateTime> parseLocal(String text, ZoneId zone) {
    try {
      // SQLite's own CURRENT_TIMESTAMP has a blank where ISO has a T, and is always of UTC.
      return text.indexOf(' ') == 10
          ? Optional.of(LocalDateTime.parse(text.replace(' ', 'T')).atOffset(ZoneOffset.UTC))
          : Optional.of(LocalDateTime.parse(text).atZone(zone).toOffsetDateTime());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  /** A bound of a range, which itself belongs to it: also a date, of which the whole day does. */
  static Instant bound(String option, String text, ZoneId zone, Bound bound) {
    Optional<OffsetDateTime> time = parse(text, zone);
    if (time.isPresent()) {
      return time.get().toInstant();
    }
    try {
      LocalTime of =
          switch (bound) {
            case FIRST -> LocalTime.MIN;
            case LAST -> LocalTime.MAX;
          };
      return LocalDate.parse(text).atTime(of).atZone(zone).toInstant();
    } catch (DateTimeException e) {
      throw new CannotRun(
          "bad-time",
          "'%s' is no time as ISO 8601 has it".formatted(text),
          option + " 2026-01-31T12:00:00+01:00");
    }
  }

  /** A zone by its name. */
  static ZoneId zone(String name) {
    try {
      return name.isEmpty() ? ZoneId.systemDefault() : ZoneId.of(name);
    } catch (DateTimeException e) {
      throw new CannotRun(
          "bad-time", "'%s' is no time zone".formatted(name), "--zone Europe/Paris");
    }
  }
}
