package dev.stele.client;

/**
 * What a server said when it refused (RFC 9457).
 *
 * @param name the word after {@code urn:stele:problem:}, or {@code http-STATUS} where there is none
 * @param status the HTTP status
 * @param detail a sentence for people, in the server's words
 */
public record Problem(String name, int status, String detail) {
  private static final String URN = "urn:stele:problem:";

  // Of what a server says in its own words so much is shown: it may be a proxy's page.
  private static final int MAX_DETAIL_CHARACTERS = 500;

  /** Reads the body of a refusal, whatever it is. */
  static Problem of(int status, JsonObject body) {
    String type = body.textOr("type", "");
    String detail = body.textOr("detail", body.textOr("title", ""));
    return new Problem(
        type.startsWith(URN) ? type.substring(URN.length()) : "http-" + status,
        status,
        detail.substring(0, Math.min(MAX_DETAIL_CHARACTERS, detail.length())));
  }

  @Override
  public String toString() {
    return "%s (%d): %s".formatted(name, status, detail);
  }
}
