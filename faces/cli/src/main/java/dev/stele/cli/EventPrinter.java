package dev.stele.cli;

import dev.stele.core.event.Claim;
import dev.stele.core.event.StoredEvent;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Shows events: as JSON with everything, as a line, or as a page. */
final class EventPrinter {
  private static final HexFormat HEX = HexFormat.of();
  private static final int PREVIEW = 60;

  private EventPrinter() {}

  static Map<String, Object> json(StoredEvent event) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("position", event.position());
    json.put("stream", event.stream());
    json.put("revision", event.revision());
    json.put("type", event.type());
    json.put("id", event.id());
    json.put("recordedAt", event.recordedAt().toString());
    json.put("admittedBy", event.admittedBy());
    json.put("subject", event.subject());
    List<Map<String, Object>> claims = new ArrayList<>();
    for (Claim claim : event.claims()) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("scope", claim.scope());
      shown.put("key", HEX.formatHex(claim.key()));
      if (claim.expiresAtMillis() != Claim.NEVER) {
        shown.put("expiresAtMillis", claim.expiresAtMillis());
      }
      claims.add(shown);
    }
    json.put("claims", claims);
    json.put("erased", event.erased());
    json.put("payload", event.payload().map(Base64.getEncoder()::encodeToString).orElse(null));
    json.put("payloadText", event.payload().flatMap(EventPrinter::text).orElse(null));
    json.put("bodyHash", HEX.formatHex(event.bodyHash()));
    json.put("previousLink", HEX.formatHex(event.previousLink()));
    json.put("link", HEX.formatHex(event.link()));
    return json;
  }

  static List<String> headings() {
    return List.of("position", "recorded at", "stream", "rev", "type", "id", "payload");
  }

  static List<String> cells(StoredEvent event) {
    return List.of(
        String.valueOf(event.position()),
        event.recordedAt().toString(),
        shorten(event.stream(), 24),
        String.valueOf(event.revision()),
        shorten(event.type(), 24),
        shorten(event.id(), 20),
        preview(event));
  }

  static List<String> page(StoredEvent event) {
    List<String> page = new ArrayList<>();
    json(event)
        .forEach(
            (name, value) -> {
              if (!name.equals("payload") && !name.equals("payloadText")) {
                page.add("%-14s %s".formatted(name, value));
              }
            });
    page.add("%-14s %s".formatted("payload", preview(event)));
    return page;
  }

  private static String preview(StoredEvent event) {
    if (event.erased()) {
      return "(erased)";
    }
    byte[] payload = event.payload().orElse(new byte[0]);
    return text(payload)
        .map(text -> shorten(text.replaceAll("\\p{Cntrl}", " "), PREVIEW))
        .orElse("(%,d bytes)".formatted(payload.length));
  }

  private static String shorten(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length - 1) + "…";
  }

  /** The payload as text, if it is UTF-8 without control characters other than white space. */
  private static Optional<String> text(byte[] payload) {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
      boolean readable =
          text.chars().noneMatch(c -> c < ' ' && c != '\n' && c != '\r' && c != '\t');
      return readable ? Optional.of(text) : Optional.empty();
    } catch (CharacterCodingException e) {
      return Optional.empty();
    }
  }
}
