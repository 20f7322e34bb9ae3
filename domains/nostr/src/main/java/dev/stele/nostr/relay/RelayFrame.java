package dev.stele.nostr.relay;

import java.io.StringWriter;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** How what a relay says is written. */
final class RelayFrame {
  private static final JsonFactory JSON = new JsonFactory();

  private RelayFrame() {}

  static String notice(String message) {
    return words("NOTICE", message);
  }

  static String challenge(String challenge) {
    return words("AUTH", challenge);
  }

  static String closed(String id, String message) {
    return words("CLOSED", id, message);
  }

  static String negMsg(String id, String hex) {
    return words("NEG-MSG", id, hex);
  }

  static String negErr(String id, String message) {
    return words("NEG-ERR", id, message);
  }

  static String ok(String id, boolean accepted, String message) {
    return "[\"OK\"," + quoted(id) + "," + accepted + "," + quoted(message) + "]";
  }

  /** The end of what was stored, with a hint (NIP-67) if it is not empty. */
  static String eose(String id, String hint) {
    String quoted = quoted(id);
    return hint.isEmpty()
        ? "[\"EOSE\"," + quoted + "]"
        : "[\"EOSE\"," + quoted + ",[\"" + hint + "\"]]";
  }

  static String count(String id, long count) {
    return "[\"COUNT\"," + quoted(id) + ",{\"count\":" + count + "}]";
  }

  static String count(String id, long count, String hll) {
    return "[\"COUNT\"," + quoted(id) + ",{\"count\":" + count + ",\"hll\":\"" + hll + "\"}]";
  }

  /** An event for the subscription of which {@link #quoted} gave the id. */
  static String event(String quotedId, String json) {
    return "[\"EVENT\"," + quotedId + "," + json + "]";
  }

  private static String words(String verb, String... words) {
    StringBuilder out = new StringBuilder("[\"").append(verb).append('"');
    for (String word : words) {
      out.append(',').append(quoted(word));
    }
    return out.append(']').toString();
  }

  static String quoted(String text) {
    StringWriter out = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeString(text);
    }
    return out.toString();
  }
}
