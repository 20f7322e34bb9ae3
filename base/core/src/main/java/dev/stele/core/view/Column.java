package dev.stele.core.view;

/**
 * A column of a table.
 *
 * @param name as {@link Table#NAME} says
 * @param type what it holds
 * @param nullable whether it may hold nothing
 */
public record Column(String name, ColumnType type, boolean nullable) {
  /** Checks the name. */
  public Column {
    Table.requireName(name);
  }

  @Override
  public String toString() {
    String typed =
        switch (type) {
          case INTEGER -> "integer";
          case TEXT -> "text";
          case BYTES -> "bytes";
        };
    return name + " " + typed + (nullable ? "?" : "");
  }
}
