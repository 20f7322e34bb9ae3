package dev.stele.nostr.relay;

import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * What a relay says of itself (NIP-11), to be answered at its URL to whoever accepts {@link
 * #CONTENT_TYPE}. Immutable.
 *
 * @param name a short one
 * @param description as long as it needs
 * @param pubkey the operator's, if it is told
 * @param contact the operator's, if it is told
 * @param limits the relay's
 * @param rules what the policies come to
 */
public record RelayInformation(
    String name,
    String description,
    Optional<String> pubkey,
    Optional<String> contact,
    RelayLimits limits,
    Rules rules) {
  /** What is asked for and answered. */
  public static final String CONTENT_TYPE = "application/nostr+json";

  /** A browser's page of any origin may read it: it says nothing that is not public. */
  public static final Map<String, String> CORS_HEADERS =
      Map.of(
          "Access-Control-Allow-Origin", "*",
          "Access-Control-Allow-Headers", "*",
          "Access-Control-Allow-Methods", "GET, OPTIONS");

  /** The NIPs that a session keeps to. Delegation (26) is not among them: it is unrecommended. */
  public static final List<Integer> SUPPORTED_NIPS =
      List.of(1, 9, 10, 11, 13, 40, 42, 45, 50, 59, 62, 65, 70, 77);

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * What a relay's policies come to, as NIP-11 names it.
   *
   * @param minProofOfWorkBits 0 for none
   * @param authRequired whether nothing goes without AUTH
   * @param restrictedWrites whether some condition beyond shape decides who or what is taken
   * @param maxTags of an event, if fewer are taken than an event can have
   * @param maxContentChars of an event, if it is bounded besides the frame
   * @param oldestSeconds how long ago an event may be dated, if that is bounded
   * @param newestSeconds how far ahead an event may be dated, if that is bounded
   */
  public record Rules(
      int minProofOfWorkBits,
      boolean authRequired,
      boolean restrictedWrites,
      OptionalInt maxTags,
      OptionalInt maxContentChars,
      OptionalLong oldestSeconds,
      OptionalLong newestSeconds) {
    /** No policy at all. */
    public static final Rules OPEN =
        new Rules(
            0,
            false,
            false,
            OptionalInt.empty(),
            OptionalInt.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());
  }

  /** Returns the document. */
  public String json() {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      out.writeStartObject();
      out.writeStringProperty("name", name);
      out.writeStringProperty("description", description);
      pubkey.ifPresent(key -> out.writeStringProperty("pubkey", key));
      contact.ifPresent(where -> out.writeStringProperty("contact", where));
      out.writeStringProperty("software", "stele");
      out.writeArrayPropertyStart("supported_nips");
      SUPPORTED_NIPS.forEach(out::writeNumber);
      out.writeEndArray();
      out.writeObjectPropertyStart("limitation");
      out.writeNumberProperty("max_message_length", limits.maxFrameBytes());
      out.writeNumberProperty("max_subscriptions", limits.maxSubscriptions());
      out.writeNumberProperty("max_filters", limits.maxFilters());
      out.writeNumberProperty("max_limit", limits.maxLimit());
      out.writeNumberProperty("default_limit", limits.defaultLimit());
      out.writeNumberProperty("max_subid_length", RelayLimits.MAX_SUBSCRIPTION_ID_CHARS);
      rules.maxTags().ifPresent(most -> out.writeNumberProperty("max_event_tags", most));
      rules
          .maxContentChars()
          .ifPresent(most -> out.writeNumberProperty("max_content_length", most));
      out.writeNumberProperty("min_pow_difficulty", rules.minProofOfWorkBits());
      out.writeBooleanProperty("auth_required", rules.authRequired());
      out.writeBooleanProperty("payment_required", false);
      out.writeBooleanProperty("restricted_writes", rules.restrictedWrites());
      rules
          .oldestSeconds()
          .ifPresent(age -> out.writeNumberProperty("created_at_lower_limit", age));
      rules
          .newestSeconds()
          .ifPresent(lead -> out.writeNumberProperty("created_at_upper_limit", lead));
      out.writeEndObject();
      out.writeEndObject();
    }
    return text.toString();
  }
}
