package dev.stele.cli;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.ParsedEvent;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A line of a file of Nostr events: an event, or the message of a client or a relay about one. */
final class NostrLine {
  /** What may stand around an event: a subscription's name and a few spaces. */
  private static final int MAX_AROUND = 1_024;

  /** The longest line that is read whole. */
  static final int MAX_BYTES = EventJson.MAX_TEXT_BYTES + MAX_AROUND;

  /** {@code ["EVENT", } and, in what a relay sends, the subscription. */
  private static final Pattern BEFORE =
      Pattern.compile(
          "\\s*\\[\\s*\"EVENT\"\\s*,\\s*(?:\"(?:[^\"\\\\]|\\\\.)*+\"\\s*,\\s*)?(?=\\{)");

  private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*\"([0-9a-f]{64})\"");

  private NostrLine() {}

  /** Reads the event of a line, whatever the bytes. */
  static ParsedEvent parse(byte[] line) {
    return EventJson.parse(event(line));
  }

  /** The event of a line: what stands in the message, or the line. */
  private static byte[] event(byte[] line) {
    String begin =
        new String(line, 0, Math.min(line.length, MAX_AROUND), StandardCharsets.ISO_8859_1);
    Matcher before = BEFORE.matcher(begin);
    if (!before.lookingAt()) {
      return line;
    }
    int end = line.length;
    while (end > before.end() && isSpace(line[end - 1])) {
      end--;
    }
    return line[end - 1] == ']' ? Arrays.copyOfRange(line, before.end(), end - 1) : line;
  }

  private static boolean isSpace(byte at) {
    return at == ' ' || at == '\t' || at == '\r';
  }

  /** The id that a refused line names, for the report; nothing says that it is right. */
  static String idIn(byte[] line) {
    Matcher id = ID.matcher(new String(line, StandardCharsets.ISO_8859_1));
    return id.find() ? id.group(1) : "";
  }
}
