package dev.stele.envelope.gate;

/** What becomes of an envelope whose payload equals that of an earlier event. */
public enum EqualPayload {
  /** It is another event: two heartbeats may say the same. */
  ALLOW,
  /** It is refused. */
  REJECT,
  /** It is taken for a repetition: the answer is the position of the earlier event. */
  RETURN_EXISTING
}
