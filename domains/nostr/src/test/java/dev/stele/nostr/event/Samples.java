package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Events made from a seed, full of what is awkward in JSON. */
final class Samples {
  static final NostrKey KEY = NostrKey.fromSecret(secret(1));

  private static final String[] AWKWARD = {
    "\"", "\\", "/", "\n", "\r", "\t", "\b", "\f", "\u0000", "\u001f", "\u007f", "\u0080",
    "\u2028", "\u2029", "<", ">", "&", "é", "\ufeff", "\ufffd", "\uffff", "𝄞", "🪨", "\\u0041",
    "{", "}", "[", "]", ",", ":"
  };

  private Samples() {}

  static byte[] secret(int number) {
    byte[] secret = new byte[32];
    secret[31] = (byte) number;
    return secret;
  }

  static NostrEvent event(Random random) {
    List<List<String>> tags = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      List<String> tag = new ArrayList<>();
      for (int j = random.nextInt(4); j > 0; j--) {
        tag.add(text(random));
      }
      tags.add(tag);
    }
    return KEY.sign(
        random.nextLong(NostrEvent.MAX_CREATED_AT + 1),
        random.nextInt(NostrEvent.MAX_KIND + 1),
        tags,
        text(random));
  }

  static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) {
      switch (random.nextInt(4)) {
        case 0 -> text.append(AWKWARD[random.nextInt(AWKWARD.length)]);
        case 1 -> text.append((char) random.nextInt(0x20));
        case 2 -> text.append((char) (0x20 + random.nextInt(0x5f)));
        default -> text.appendCodePoint(codePoint(random));
      }
    }
    return text.toString();
  }

  static byte[] utf8(String text) {
    return text.getBytes(UTF_8);
  }

  private static int codePoint(Random random) {
    int codePoint = random.nextInt(Character.MAX_CODE_POINT + 1);
    boolean surrogate =
        codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
    return surrogate ? 'x' : codePoint;
  }
}
