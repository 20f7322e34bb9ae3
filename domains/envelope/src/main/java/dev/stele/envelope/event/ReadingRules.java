package dev.stele.envelope.event;

/** How strictly an envelope's bytes are read. */
public enum ReadingRules {
  /**
   * As senders' first implementation reads: members that nobody knows are passed over, of
   * duplicates the last counts, spare bits of base64 may be set.
   */
  COMPATIBLE(EnvelopeReader.MAX_COMPATIBLE_BYTES, JsonObject.MAX_DEPTH),

  /**
   * One meaning for each text: no unknown and no duplicate member at any level, no spare bits.
   * White space and the choice of escapes stay free, they change nothing that is kept.
   */
  STRICT(EnvelopeLimits.MAX_WIRE_BYTES, 64);

  private final int maxBytes;
  private final int maxDepth;

  ReadingRules(int maxBytes, int maxDepth) {
    this.maxBytes = maxBytes;
    this.maxDepth = maxDepth;
  }

  /** The most bytes that are read; more are refused unread. */
  public int maxBytes() {
    return maxBytes;
  }

  /**
   * How deep objects and arrays may nest, the envelope itself being the first. Deep enough for a
   * payload that is too deep to be told so, and far from the end of a stack.
   */
  public int maxDepth() {
    return maxDepth;
  }
}
