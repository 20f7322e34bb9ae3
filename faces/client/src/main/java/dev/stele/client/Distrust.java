package dev.stele.client;

import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import dev.stele.core.witness.FraudProof;
import java.util.Optional;

/**
 * Why a server is not believed. Each says in one sentence what was expected and what came; nothing
 * that was trusted before is changed by it.
 */
public sealed interface Distrust {
  /** One sentence for people. */
  String detail();

  /** A stable word for programs. */
  default String code() {
    return switch (this) {
      case NoKey _ -> "no-key";
      case OtherKey _ -> "other-key";
      case NotSigned _ -> "not-signed";
      case NoQuorum _ -> "no-quorum";
      case Rewound _ -> "rewound";
      case Forked _ -> "forked";
      case FalseEvent _ -> "false-event";
      case Withheld _ -> "withheld";
      case Unreadable _ -> "unreadable";
    };
  }

  /** Nobody has said which key to trust: give one with {@link TrustPolicy#of}. */
  record NoKey(String detail) implements Distrust {}

  /**
   * Another key is in play than the one that was pinned on first use. If the log has changed its
   * key, somebody who knows must say so, by removing the pin.
   *
   * @param trusted the key that is trusted
   */
  record OtherKey(VerifierKey trusted, String detail) implements Distrust {}

  /** What should be a checkpoint carries no valid signature of the trusted key. */
  record NotSigned(String detail) implements Distrust {}

  /** The log has signed, and not enough witnesses have. */
  record NoQuorum(String detail) implements Distrust {}

  /**
   * The log shows a smaller tree than it has shown before: something was cut off, or an old copy is
   * served.
   *
   * @param trusted what it has signed before
   * @param offered what it signs now
   */
  record Rewound(SignedCheckpoint trusted, SignedCheckpoint offered) implements Distrust {
    @Override
    public String detail() {
      return "the log had %d events, and shows a tree of %d"
          .formatted(trusted.checkpoint().size(), offered.checkpoint().size());
    }
  }

  /**
   * The log has signed two trees that did not grow out of one another, as far as anybody can show.
   *
   * @param trusted the one
   * @param offered the other
   * @param fraud both as a proof that convicts the log, where they are of one size
   */
  record Forked(SignedCheckpoint trusted, SignedCheckpoint offered, Optional<FraudProof> fraud)
      implements Distrust {
    @Override
    public String detail() {
      return fraud.isPresent()
          ? "the log has signed two trees of %d events".formatted(trusted.checkpoint().size())
          : "no proof leads from the tree of %d events to that of %d"
              .formatted(trusted.checkpoint().size(), offered.checkpoint().size());
    }
  }

  /**
   * An event is not the one the log has signed: its record, its body, its place or its path.
   *
   * @param position where
   */
  record FalseEvent(long position, String detail) implements Distrust {}

  /**
   * Events that the log has signed are not shown, or not their bodies, and the log has signed no
   * receipt that they were trimmed or erased.
   *
   * @param first the first that is missing
   * @param last the last that is missing
   */
  record Withheld(long first, long last) implements Distrust {
    @Override
    public String detail() {
      return "events %d to %d are not shown".formatted(first, last);
    }
  }

  /** An answer is not of the shape that could be checked. */
  record Unreadable(String detail) implements Distrust {}
}
