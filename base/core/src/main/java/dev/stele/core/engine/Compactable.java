package dev.stele.core.engine;

/**
 * An engine that can rewrite its medium so that nothing is left on it that was dropped: an optional
 * power of a {@link LogEngine}, and of a store of views.
 */
public interface Compactable {
  /**
   * Rewrites the medium. On return no file of the engine holds a byte of a body or a row that was
   * dropped before the call; what the disk itself keeps of files that were replaced is beyond
   * reach. Appends wait meanwhile; reads may. A crash leaves the old medium or the new one.
   */
  Compacted compact();

  /**
   * What a compaction came to.
   *
   * @param bytesBefore the size of the engine's files before
   * @param bytesAfter the same after
   */
  record Compacted(long bytesBefore, long bytesAfter) {}
}
