package dev.stele.nostr.view;

import java.util.ArrayList;
import java.util.List;

/** Invoices of nobody, with a readable part and a checksum as BIP-173 says. */
final class Invoices {
  private static final String ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  private static final long[] GENERATOR = {
    0x3b6a57b2L, 0x26508e6dL, 0x1ea119faL, 0x3d4233ddL, 0x2a1462b3L
  };

  private Invoices() {}

  /** An invoice, another one for each number from 0 to 1023. */
  static String of(String readable, int number) {
    List<Integer> values = new ArrayList<>();
    readable.chars().forEach(c -> values.add(c >> 5));
    values.add(0);
    readable.chars().forEach(c -> values.add(c & 31));
    List<Integer> data = new ArrayList<>(List.of(number / 32, number % 32));
    values.addAll(data);
    for (int i = 0; i < 6; i++) {
      values.add(0);
    }
    long sum = 1;
    for (int value : values) {
      long top = sum >> 25;
      sum = (sum & 0x1ffffff) << 5 ^ value;
      for (int i = 0; i < 5; i++) {
        sum ^= (top >> i & 1) == 0 ? 0 : GENERATOR[i];
      }
    }
    sum ^= 1;
    for (int i = 0; i < 6; i++) {
      data.add((int) (sum >> (5 * (5 - i)) & 31));
    }
    StringBuilder text = new StringBuilder(readable).append('1');
    data.forEach(group -> text.append(ALPHABET.charAt(group)));
    return text.toString();
  }
}
