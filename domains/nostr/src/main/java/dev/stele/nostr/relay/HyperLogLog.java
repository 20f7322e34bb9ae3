package dev.stele.nostr.relay;

import dev.stele.crypto.Sha256;
import dev.stele.nostr.filter.NostrFilter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * How many authors there are, about, in a form that can be merged with that of other relays
 * (NIP-45): 256 registers, each the greatest value that any author has given it.
 *
 * <p>One thread at a time.
 */
final class HyperLogLog {
  static final int REGISTERS = 256;

  /** Which digit of the value the offset comes from. */
  private static final int OFFSET_DIGIT = 32;

  /** Added to the digit, so that the zeros of mined keys do not count. */
  private static final int LEAST_OFFSET = 8;

  /** After the byte that names the register: 7 of them, the rest of a word. */
  private static final int COUNTED_BYTES = 7;

  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]{1,5}:([0-9a-f]{64}):.*", Pattern.DOTALL);

  private final byte[] registers = new byte[REGISTERS];
  private final int offset;

  private HyperLogLog(int offset) {
    this.offset = offset;
  }

  /**
   * Where in a key to read, by a filter's first value of its one tag; empty for a filter with no
   * tag or several, of which relays would not agree.
   */
  static OptionalInt offset(NostrFilter filter) {
    if (filter.tags().size() != 1) {
      return OptionalInt.empty();
    }
    Map.Entry<Character, Set<String>> tag = filter.tags().entrySet().iterator().next();
    return tag.getValue().stream()
        .findFirst()
        .map(value -> OptionalInt.of(offset(value)))
        .orElse(OptionalInt.empty());
  }

  private static int offset(String value) {
    var address = ADDRESS.matcher(value);
    String digits;
    if (HASH.matcher(value).matches()) {
      digits = value;
    } else if (address.matches()) {
      digits = address.group(1);
    } else {
      digits = HexFormat.of().formatHex(Sha256.hash(value.getBytes(StandardCharsets.UTF_8)));
    }
    return Character.digit(digits.charAt(OFFSET_DIGIT), 16) + LEAST_OFFSET;
  }

  static HyperLogLog at(int offset) {
    return new HyperLogLog(offset);
  }

  /** Counts an author, of 64 hex digits. */
  void add(String pubkey) {
    byte[] key = HexFormat.of().parseHex(pubkey);
    int register = key[offset] & 0xff;
    int zeros = 0;
    for (int i = 1; i <= COUNTED_BYTES; i++) {
      int each = Integer.numberOfLeadingZeros(key[offset + i] & 0xff) - (Integer.SIZE - Byte.SIZE);
      zeros += each;
      if (each < Byte.SIZE) {
        break;
      }
    }
    registers[register] = (byte) Math.max(registers[register], zeros + 1);
  }

  byte[] registers() {
    return Arrays.copyOf(registers, REGISTERS);
  }

  /** The registers as 512 hex digits. */
  String hex() {
    return HexFormat.of().formatHex(registers);
  }
}
