package dev.stele.envelope.gate;

import dev.stele.envelope.event.EnvelopeHeader;
import dev.stele.envelope.event.SignedEnvelope;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What an envelope is worth. Immutable. */
public sealed interface EnvelopeVerdict {
  /**
   * What may be shown of a valid envelope.
   *
   * @param envelopeId its id
   * @param eventType its type
   * @param source where it comes from
   * @param issuedAt when it was issued, as signed
   * @param expiresAt when it expires, as signed, or null
   * @param keyId the first and the last four characters of the key id with {@code ***} between; of
   *     one with eight or fewer {@code ***} alone
   */
  record Details(
      String envelopeId,
      String eventType,
      String source,
      String issuedAt,
      @Nullable String expiresAt,
      String keyId) {
    private static final int SHOWN = 4;

    static Details of(EnvelopeHeader header) {
      String key = header.keyId();
      String masked =
          key.length() <= 2 * SHOWN
              ? "***"
              : key.substring(0, SHOWN) + "***" + key.substring(key.length() - SHOWN);
      return new Details(
          header.id(),
          header.type(),
          header.source(),
          header.issuedAt(),
          header.expiresAt(),
          masked);
    }
  }

  /**
   * The envelope passed every check.
   *
   * @param envelope as it was read
   * @param details what may be shown of it
   */
  record Valid(SignedEnvelope envelope, Details details) implements EnvelopeVerdict {
    /** What is said of every valid envelope. */
    public static final String REASON = "Envelope verified successfully";
  }

  /**
   * The envelope did not pass a check; the first counts.
   *
   * @param category which one, for programs
   * @param reason which one, for people
   * @param details the value that was wrong, by its name, where one was
   */
  record Invalid(Category category, String reason, Map<String, String> details)
      implements EnvelopeVerdict {
    /** Copies the map. */
    public Invalid {
      details = Map.copyOf(details);
    }

    static Invalid of(Category category, String reason) {
      return new Invalid(category, reason, Map.of());
    }

    static Invalid of(Category category, String reason, String name, String value) {
      return new Invalid(category, reason, Map.of(name, value));
    }
  }
}
