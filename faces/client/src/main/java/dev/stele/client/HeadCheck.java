package dev.stele.client;

import dev.stele.core.proof.SignedCheckpoint;

/** What came of asking a log for its head. */
public sealed interface HeadCheck {
  /**
   * The log has grown out of all that was trusted of it before, and this is trusted from now on.
   *
   * @param head the checkpoint; what comes after its size is not signed yet
   */
  record Verified(SignedCheckpoint head) implements HeadCheck {}

  /**
   * The server is not believed.
   *
   * @param why what is wrong
   */
  record Distrusted(Distrust why) implements HeadCheck {}
}
