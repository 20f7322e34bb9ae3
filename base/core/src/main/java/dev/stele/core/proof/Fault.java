package dev.stele.core.proof;

/**
 * What a verifier found wrong. Each says in one sentence what was expected and what is there.
 *
 * <p>The first fault in order of position is reported: what comes after a broken place proves
 * nothing.
 */
public sealed interface Fault {
  /** One sentence for people. */
  String detail();

  /** A stable word for programs. */
  default String code() {
    return switch (this) {
      case Gap _ -> "gap";
      case Link _ -> "link";
      case Payload _ -> "payload";
      case Signature _ -> "signature";
      case Claim _ -> "claim";
      case Checkpoint _ -> "checkpoint";
      case View _ -> "view";
    };
  }

  /** An event is missing, is there twice, or cannot be read any more. */
  record Gap(String detail) implements Fault {}

  /** A record is not the one that was linked. */
  record Link(String detail) implements Fault {}

  /** A body is not the one its record commits to, or is missing without a receipt. */
  record Payload(String detail) implements Fault {}

  /** What a gate once checked does not hold: a signature, a hash inside the payload, a chain. */
  record Signature(String detail) implements Fault {}

  /** A claim is held twice, or the index of claims or streams is not that of the events. */
  record Claim(String detail) implements Fault {}

  /** The events are not those the log has signed for. */
  record Checkpoint(String detail) implements Fault {}

  /** A table that retells the log says something else than the log. */
  record View(String detail) implements Fault {}
}
