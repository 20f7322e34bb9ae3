package dev.stele.core.proof;

/**
 * Where the entries of a log are found.
 *
 * <p>An implementation says which threads may call it, and may throw its own unchecked failure.
 */
@FunctionalInterface
public interface EntrySource {
  /**
   * Returns the bytes whose leaf hash stands at {@code index}, at most {@link
   * EntryBundle#MAX_ENTRY_BYTES} of them.
   *
   * @param index leaf index, from 0
   */
  byte[] entry(long index);
}
