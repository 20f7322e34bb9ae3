package dev.stele.core.view;

import java.util.List;

/**
 * An ordered index of a table: its rows by these columns, ascending, and by the primary key where
 * these are equal.
 *
 * @param name as {@link Table#NAME} says; no other index or table of the store has it
 * @param columns one or more columns of the table
 */
public record TableIndex(String name, List<String> columns) {
  /** Checks the name. */
  public TableIndex {
    Table.requireName(name);
    columns = List.copyOf(columns);
  }

  @Override
  public String toString() {
    return name + " " + String.join(", ", columns);
  }
}
