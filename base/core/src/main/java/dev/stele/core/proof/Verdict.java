package dev.stele.core.proof;

import java.util.HexFormat;

/** What a verifier says of a log after re-computing everything from its bytes. */
public sealed interface Verdict {
  /** What was looked at. */
  Scope scope();

  /**
   * Everything that was looked at is as it was written.
   *
   * @param scope what was looked at
   * @param root the 32-byte Merkle root over all events; never changed
   */
  record Intact(Scope scope, byte[] root) implements Verdict {
    @Override
    public String toString() {
      return "verdict=intact size=%d root=%s anchored=%s"
          .formatted(scope.size(), HexFormat.of().formatHex(root), scope.anchored());
    }
  }

  /**
   * Something is not as it was written.
   *
   * @param scope what was looked at
   * @param lastGood the last position up to which everything holds
   * @param at the position of the first fault; where nothing inside the log tells the exact place,
   *     the first position that cannot be shown to be good
   * @param fault what was found there
   */
  record Broken(Scope scope, long lastGood, long at, Fault fault) implements Verdict {
    @Override
    public String toString() {
      return "verdict=broken size=%d brokenAt=%d lastGood=%d fault=%s detail=\"%s\" anchored=%s"
          .formatted(scope.size(), at, lastGood, fault.code(), fault.detail(), scope.anchored());
    }
  }

  /**
   * What a verification covered.
   *
   * @param size how many events the log has
   * @param erased how many of them were erased, by a receipt
   * @param anchored whether a checkpoint from outside the log was there to compare with
   * @param signedSize the size of the largest checkpoint found, 0 when there is none: events after
   *     it are linked, but nobody has signed for them yet
   * @param signaturesChecked how many events had their signature re-computed
   * @param unsigned how many had not: their gate checked none, or the verifier was not told how
   * @param claimsRecomputed whether index keys were re-computed, which needs the log's index key
   */
  record Scope(
      long size,
      long erased,
      boolean anchored,
      long signedSize,
      long signaturesChecked,
      long unsigned,
      boolean claimsRecomputed) {}
}
