package dev.stele.nostr.event;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a Lightning invoice asks for (BOLT 11), as far as its readable part tells.
 *
 * <pre>
 *   ln bc   20      m            1          pvjluez…            ……
 *      │    │       │            │          │                   └ checksum
 *      │    │       │            │          └ not looked into
 *      │    │       │            └ the last 1 of the text: amounts have ones, too
 *      │    │       └ thousandths of a bitcoin; none: whole ones
 *      │    └ digits; none: the payer says how much
 *      └ bc · tb · bcrt · tbs
 * </pre>
 *
 * <p>The checksum is checked, the payee's signature is not: that an invoice was paid, and by whom
 * it was made, only the payee knows. Immutable.
 *
 * @param network {@code bc}, {@code tb}, {@code bcrt} or {@code tbs}
 * @param amountMsat thousandths of a satoshi, 1 to {@link #MAX_MSAT}; empty where it names none
 */
public record Bolt11(String network, OptionalLong amountMsat) {
  /** All the bitcoin there will ever be, in thousandths of a satoshi. */
  public static final long MAX_MSAT = 21_000_000L * 100_000_000_000L;

  /** The most characters of an invoice: what one QR code holds (BOLT 11 says that it must fit). */
  public static final int MAX_CHARS = 7_089;

  /** 18 digits: they fit a long, and are a million bitcoin in the smallest unit. */
  private static final int MAX_DIGITS = 18;

  private static final Pattern READABLE = Pattern.compile("ln(bcrt|bc|tbs|tb)([0-9]*)([munp]?)");

  private static final long MSAT_OF_BITCOIN = 100_000_000_000L;
  private static final long MSAT_OF_MILLI = 100_000_000L;
  private static final long MSAT_OF_MICRO = 100_000L;
  private static final long MSAT_OF_NANO = 100L;
  private static final long PICO_OF_MSAT = 10L;

  /** Reads an invoice; empty when it is none. */
  public static Optional<Bolt11> parse(String invoice) {
    if (invoice.length() > MAX_CHARS) {
      return Optional.empty();
    }
    return Bech32.decode(invoice).flatMap(read -> readable(read.readable()));
  }

  /** Every spelling of an invoice as one. */
  public static String canonical(String invoice) {
    return invoice.toLowerCase(Locale.ROOT);
  }

  private static Optional<Bolt11> readable(String text) {
    Matcher parts = READABLE.matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    String network = parts.group(1);
    String digits = parts.group(2);
    String multiplier = parts.group(3);
    if (digits.isEmpty() && multiplier.isEmpty()) {
      return Optional.of(new Bolt11(network, OptionalLong.empty()));
    }
    if (digits.isEmpty() || digits.startsWith("0") || digits.length() > MAX_DIGITS) {
      return Optional.empty();
    }
    OptionalLong msat = msat(Long.parseLong(digits), multiplier);
    return msat.isPresent() ? Optional.of(new Bolt11(network, msat)) : Optional.empty();
  }

  private static OptionalLong msat(long number, String multiplier) {
    return switch (multiplier) {
      case "" -> times(number, MSAT_OF_BITCOIN);
      case "m" -> times(number, MSAT_OF_MILLI);
      case "u" -> times(number, MSAT_OF_MICRO);
      case "n" -> times(number, MSAT_OF_NANO);
      // Ten of them are the smallest amount there is.
      case "p" ->
          number % PICO_OF_MSAT == 0 ? times(number / PICO_OF_MSAT, 1) : OptionalLong.empty();
      default -> throw new IllegalStateException("the pattern let '" + multiplier + "' pass");
    };
  }

  private static OptionalLong times(long number, long unit) {
    return number <= MAX_MSAT / unit ? OptionalLong.of(number * unit) : OptionalLong.empty();
  }
}
