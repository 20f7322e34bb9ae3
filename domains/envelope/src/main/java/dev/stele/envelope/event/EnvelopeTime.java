package dev.stele.envelope.event;

import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/**
 * The one form of times in headers: {@code YYYY-MM-DDTHH:MM:SS[.digits]Z} in UTC.
 *
 * <p>Years 0001 to 9999 with real dates, hours to 23, seconds to 59, ASCII digits, any number of
 * them after the point; those past the sixth are cut off. Thread-safe.
 */
public final class EnvelopeTime {
  /** The last moment that can be written with milliseconds. */
  public static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");

  private static final String SHAPE = "dddd-dd-ddTdd:dd:dd";
  private static final int MICRO_DIGITS = 6;
  private static final DateTimeFormatter MILLIS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private EnvelopeTime() {}

  /** Reads a time; empty where the text has another form. */
  public static Optional<Instant> parse(String text) {
    if (text.length() <= SHAPE.length() || text.charAt(text.length() - 1) != 'Z') {
      return Optional.empty();
    }
    for (int i = 0; i < SHAPE.length(); i++) {
      char wanted = SHAPE.charAt(i);
      if (wanted == 'd' ? !isDigit(text.charAt(i)) : text.charAt(i) != wanted) {
        return Optional.empty();
      }
    }
    int micros = micros(text);
    int year = number(text, 0, 4);
    int month = number(text, 5, 7);
    int day = number(text, 8, 10);
    int hour = number(text, 11, 13);
    int minute = number(text, 14, 16);
    int second = number(text, 17, 19);
    if (micros < 0
        || year == 0
        || month == 0
        || month > 12
        || day == 0
        || day > YearMonth.of(year, month).lengthOfMonth()
        || hour > 23
        || minute > 59
        || second > 59) {
      return Optional.empty();
    }
    long seconds =
        LocalDate.of(year, month, day).toEpochDay() * 86_400
            + hour * 3_600L
            + minute * 60L
            + second;
    return Optional.of(Instant.ofEpochSecond(seconds, micros * 1_000L));
  }

  /** The microseconds after the point; 0 without one, -1 for another form. */
  private static int micros(String text) {
    int end = text.length() - 1;
    if (end == SHAPE.length()) {
      return 0;
    }
    if (text.charAt(SHAPE.length()) != '.' || end == SHAPE.length() + 1) {
      return -1;
    }
    int micros = 0;
    for (int i = 0; i < Math.max(MICRO_DIGITS, end - SHAPE.length() - 1); i++) {
      int at = SHAPE.length() + 1 + i;
      if (at < end && !isDigit(text.charAt(at))) {
        return -1;
      }
      if (i < MICRO_DIGITS) {
        micros = micros * 10 + (at < end ? text.charAt(at) - '0' : 0);
      }
    }
    return micros;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static int number(String text, int from, int to) {
    return Integer.parseInt(text, from, to, 10);
  }

  /**
   * Writes a time with milliseconds, what is finer cut off.
   *
   * @throws IllegalArgumentException for a year that the form cannot hold
   */
  public static String format(Instant time) {
    int year = time.atOffset(ZoneOffset.UTC).getYear();
    if (year < 1 || year > 9_999) {
      throw new IllegalArgumentException("years are 1 to 9999, not " + year);
    }
    return MILLIS.format(time);
  }
}
