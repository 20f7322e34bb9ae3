package dev.stele.core.view;

import org.jspecify.annotations.Nullable;

/**
 * The tables of one view while it applies events: what is written here is read here at once, and
 * everyone else sees it when the transaction is committed, with the view's position, or never.
 */
public interface Tables extends TableReader {
  /**
   * Puts a row, in place of one with the same primary key.
   *
   * @param values one for each column, in order; given away
   * @throws IllegalArgumentException when the values do not fit the table; nothing is put
   */
  void put(Table table, @Nullable Object... values);

  /**
   * Deletes a row.
   *
   * @param key the values of its primary key, in the key's order
   * @return whether there was one
   */
  boolean delete(Table table, Object... key);
}
