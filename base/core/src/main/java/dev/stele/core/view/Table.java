package dev.stele.core.view;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How a table of a view is defined: columns, a primary key, ordered indexes.
 *
 * <pre>
 *   Table.named("hints")
 *       .text("relay").integer("position").nullableText("label")
 *       .key("relay", "position")
 *       .index("hints_by_label", "label")
 *       .build()
 * </pre>
 *
 * <p>The definition has a text form, in which stores keep it: {@code hints (relay text, position
 * integer, label text?) key (relay, position) index (hints_by_label label)}. Two tables are equal
 * when their definitions are. Immutable.
 */
public final class Table {
  /** What tables, columns and indexes may be called. */
  public static final String NAME = "[a-z][a-z0-9_]{0,47}";

  /** 64 columns: a row wider than that is several tables. */
  public static final int MAX_COLUMNS = 64;

  /** 16 indexes: each is written again with each row. */
  public static final int MAX_INDEXES = 16;

  /** 8 columns in a key or an index: an order of more is nobody's question. */
  public static final int MAX_KEY_COLUMNS = 8;

  /**
   * 511 bytes for a primary key, and as many for the columns of an index, as {@link OrderedKey}
   * encodes them: the longest key that some ordered stores take.
   */
  public static final int MAX_KEY_BYTES = 511;

  /** 1 MiB for a value: larger things stay in the log, and a view names their position. */
  public static final int MAX_VALUE_BYTES = 1024 * 1024;

  /** Prefixes that belong to the stores' own tables. */
  private static final List<String> RESERVED = List.of("sqlite_", "stele_", "log_");

  private static final Pattern NAMED = Pattern.compile(NAME);

  /** The longest key whose length need not be counted: no text takes more bytes than this. */
  private static final int BYTES_PER_CHAR = 3;

  private static final String NAMES = "[a-z0-9_]+(?:, [a-z0-9_]+)*";

  private static final Pattern DEFINITION =
      Pattern.compile(
          "([a-z0-9_]+) \\(([a-z0-9_]+ [a-z]+\\??(?:, [a-z0-9_]+ [a-z]+\\??)*)\\) key \\(("
              + NAMES
              + ")\\)((?: index \\([a-z0-9_]+ "
              + NAMES
              + "\\))*)");

  private static final Pattern INDEX = Pattern.compile(" index \\(([a-z0-9_]+) (" + NAMES + ")\\)");

  private final String name;
  private final List<Column> columns;
  private final List<String> key;
  private final List<TableIndex> indexes;
  private final ColumnType[] types;
  private final boolean[] nullable;
  private final int[] keyAt;
  private final int[][] indexAt;
  private final String definition;

  private Table(String name, List<Column> columns, List<String> key, List<TableIndex> indexes) {
    this.name = requireName(name);
    this.columns = List.copyOf(columns);
    this.key = List.copyOf(key);
    this.indexes = List.copyOf(indexes);
    requireBounds();
    this.types = columns.stream().map(Column::type).toArray(ColumnType[]::new);
    this.nullable = new boolean[types.length];
    for (int i = 0; i < types.length; i++) {
      nullable[i] = columns.get(i).nullable();
    }
    this.keyAt = at(key);
    this.indexAt = indexes.stream().map(index -> at(index.columns())).toArray(int[][]::new);
    for (int at : keyAt) {
      if (nullable[at]) {
        throw new IllegalArgumentException(
            "column %s of %s is in the primary key and cannot be null"
                .formatted(columns.get(at).name(), name));
      }
    }
    this.definition = define();
  }

  /** Begins a definition. */
  public static Builder named(String name) {
    return new Builder(name);
  }

  /** Collects a definition. One thread. */
  public static final class Builder {
    private final String name;
    private final List<Column> columns = new ArrayList<>();
    private final List<TableIndex> indexes = new ArrayList<>();
    private List<String> key = List.of();

    private Builder(String name) {
      this.name = name;
    }

    /** Adds a column. */
    public Builder column(Column column) {
      columns.add(column);
      return this;
    }

    /** Adds a column of integers. */
    public Builder integer(String column) {
      return column(new Column(column, ColumnType.INTEGER, false));
    }

    /** Adds a column of integers or null. */
    public Builder nullableInteger(String column) {
      return column(new Column(column, ColumnType.INTEGER, true));
    }

    /** Adds a column of text. */
    public Builder text(String column) {
      return column(new Column(column, ColumnType.TEXT, false));
    }

    /** Adds a column of text or null. */
    public Builder nullableText(String column) {
      return column(new Column(column, ColumnType.TEXT, true));
    }

    /** Adds a column of bytes. */
    public Builder bytes(String column) {
      return column(new Column(column, ColumnType.BYTES, false));
    }

    /** Adds a column of bytes or null. */
    public Builder nullableBytes(String column) {
      return column(new Column(column, ColumnType.BYTES, true));
    }

    /** Names the columns of the primary key, none of which may be null. */
    public Builder key(String... columns) {
      key = List.of(columns);
      return this;
    }

    /** Adds an ordered index. */
    public Builder index(String index, String... columns) {
      indexes.add(new TableIndex(index, List.of(columns)));
      return this;
    }

    /**
     * The table.
     *
     * @throws IllegalArgumentException when a name is none, is there twice or is not there, or a
     *     limit is passed
     */
    public Table build() {
      return new Table(name, columns, key, indexes);
    }
  }

  static String requireName(String name) {
    if (!NAMED.matcher(name).matches()) {
      throw new IllegalArgumentException("a name is %s, not '%s'".formatted(NAME, name));
    }
    return name;
  }

  private void requireBounds() {
    requireFree(name);
    requireCount("columns", columns.size(), MAX_COLUMNS);
    requireCount("columns of the primary key", key.size(), MAX_KEY_COLUMNS);
    if (indexes.size() > MAX_INDEXES) {
      throw new IllegalArgumentException(
          "table %s has %d indexes, at most %d".formatted(name, indexes.size(), MAX_INDEXES));
    }
    Set<String> names = new HashSet<>();
    for (Column column : columns) {
      requireNew(names, column.name());
    }
    requireAllNew(key);
    Set<String> indexNames = new HashSet<>(Set.of(name));
    for (TableIndex index : indexes) {
      requireFree(index.name());
      requireNew(indexNames, index.name());
      requireCount("columns of " + index.name(), index.columns().size(), MAX_KEY_COLUMNS);
      requireAllNew(index.columns());
    }
  }

  private static void requireFree(String name) {
    for (String prefix : RESERVED) {
      if (name.startsWith(prefix)) {
        throw new IllegalArgumentException(
            "names with %s are the stores' own, not '%s'".formatted(prefix, name));
      }
    }
  }

  private void requireCount(String what, int count, int most) {
    if (count < 1 || count > most) {
      throw new IllegalArgumentException(
          "table %s has %d %s; it has 1 to %d".formatted(name, count, what, most));
    }
  }

  private void requireAllNew(List<String> some) {
    Set<String> seen = new HashSet<>();
    for (String each : some) {
      requireNew(seen, each);
    }
  }

  private void requireNew(Set<String> names, String added) {
    if (!names.add(added)) {
      throw new IllegalArgumentException("table %s names '%s' twice".formatted(name, added));
    }
  }

  private int[] at(List<String> some) {
    return some.stream().mapToInt(this::at).toArray();
  }

  /**
   * The place of a column, from 0.
   *
   * @throws IllegalArgumentException when there is no such column
   */
  public int at(String column) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).name().equals(column)) {
        return i;
      }
    }
    throw new IllegalArgumentException("table %s has no column '%s'".formatted(name, column));
  }

  /** The table's name. */
  public String name() {
    return name;
  }

  /** The columns, in order. */
  public List<Column> columns() {
    return columns;
  }

  /** The columns of the primary key, in its order. */
  public List<String> key() {
    return key;
  }

  /** The indexes, in order. */
  public List<TableIndex> indexes() {
    return indexes;
  }

  /** The places of the primary key's columns, in its order. */
  public int[] keyColumns() {
    return keyAt.clone();
  }

  /**
   * The places of the columns by which rows are ordered in an index: its own, and then those of the
   * primary key that are not among them.
   *
   * @param index the index's name
   * @throws IllegalArgumentException when there is no such index
   */
  public int[] orderOf(String index) {
    for (int i = 0; i < indexes.size(); i++) {
      if (indexes.get(i).name().equals(index)) {
        int[] own = indexAt[i];
        return IntStream.concat(
                Arrays.stream(own),
                Arrays.stream(keyAt).filter(at -> Arrays.stream(own).noneMatch(o -> o == at)))
            .toArray();
      }
    }
    throw new IllegalArgumentException("table %s has no index '%s'".formatted(name, index));
  }

  /**
   * Checks values for a row.
   *
   * @param values one for each column, in order: {@link Long} (or {@link Integer}), {@link String},
   *     {@code byte[]} or null; given away
   * @return the values, integers as {@link Long}
   * @throws IllegalArgumentException when a value does not fit its column, or a limit is passed
   */
  public @Nullable Object[] checked(@Nullable Object... values) {
    if (values.length != types.length) {
      throw new IllegalArgumentException(
          "table %s has %d columns, not %d".formatted(name, types.length, values.length));
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = checked(i, values[i]);
    }
    requireShort(keyAt, values, "the primary key");
    for (int i = 0; i < indexAt.length; i++) {
      requireShort(indexAt[i], values, indexes.get(i).name());
    }
    return values;
  }

  /** As {@link #checked(Object...)}, for the values of the primary key, in its order. */
  public Object[] checkedKey(Object... values) {
    if (values.length != keyAt.length) {
      throw new IllegalArgumentException(
          "the primary key of %s has %d columns, not %d"
              .formatted(name, keyAt.length, values.length));
    }
    Object[] checked = new Object[values.length];
    for (int i = 0; i < values.length; i++) {
      Object value = checked(keyAt[i], values[i]);
      if (value == null) {
        throw new IllegalArgumentException("a primary key holds no null");
      }
      checked[i] = value;
    }
    return checked;
  }

  /** As {@link #checked(Object...)}, for one column. */
  @Nullable Object checked(int column, @Nullable Object value) {
    if (value == null) {
      if (!nullable[column]) {
        throw new IllegalArgumentException(
            "column %s of %s cannot be null".formatted(columns.get(column).name(), name));
      }
      return null;
    }
    if (value instanceof Integer small && types[column] == ColumnType.INTEGER) {
      return (long) small;
    }
    boolean fits =
        switch (types[column]) {
          case INTEGER -> value instanceof Long;
          case TEXT -> value instanceof String text && isShort(text) && isWellFormed(text);
          case BYTES -> value instanceof byte[] bytes && bytes.length <= MAX_VALUE_BYTES;
        };
    if (!fits) {
      throw new IllegalArgumentException(
          "column %s of %s takes %s of at most %d bytes (and text that has a UTF-8 form), not this %s"
              .formatted(
                  columns.get(column).name(),
                  name,
                  columns.get(column),
                  MAX_VALUE_BYTES,
                  value.getClass().getSimpleName()));
    }
    return value;
  }

  private static boolean isShort(String text) {
    return text.length() <= MAX_VALUE_BYTES / BYTES_PER_CHAR
        || OrderedKey.utf8Length(text) <= MAX_VALUE_BYTES;
  }

  /** Half a surrogate pair has no UTF-8 form, and stores would disagree about it. */
  private static boolean isWellFormed(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        if (Character.isLowSurrogate(c)
            || i + 1 == length
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  private void requireShort(int[] at, @Nullable Object[] values, String what) {
    int most = 0;
    for (int column : at) {
      // Twice the bytes where each of them is a zero that is escaped.
      most +=
          switch (values[column]) {
            case String text -> 3 + 2 * BYTES_PER_CHAR * Math.min(text.length(), MAX_KEY_BYTES);
            case byte[] bytes -> 3 + 2 * Math.min(bytes.length, MAX_KEY_BYTES);
            case null, default -> 9;
          };
    }
    if (most > MAX_KEY_BYTES && OrderedKey.encodedLength(values, at) > MAX_KEY_BYTES) {
      throw new IllegalArgumentException(
          "a row of %s takes more than %d bytes in %s".formatted(name, MAX_KEY_BYTES, what));
    }
  }

  private String define() {
    StringBuilder out = new StringBuilder(name).append(" (");
    out.append(String.join(", ", columns.stream().map(Column::toString).toList()));
    out.append(") key (").append(String.join(", ", key)).append(')');
    for (TableIndex index : indexes) {
      out.append(" index (").append(index).append(')');
    }
    return out.toString();
  }

  /**
   * Reads a definition back.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static Table parse(String definition) {
    Matcher whole = DEFINITION.matcher(definition);
    if (!whole.matches()) {
      throw new IllegalArgumentException("no table is defined by '" + definition + "'");
    }
    Builder builder = named(whole.group(1));
    for (String column : whole.group(2).split(", ")) {
      String[] words = column.split(" ", 2);
      boolean nullable = words[1].endsWith("?");
      builder.column(
          new Column(
              words[0],
              switch (nullable ? words[1].substring(0, words[1].length() - 1) : words[1]) {
                case "integer" -> ColumnType.INTEGER;
                case "text" -> ColumnType.TEXT;
                case "bytes" -> ColumnType.BYTES;
                default ->
                    throw new IllegalArgumentException("no type of column is '" + words[1] + "'");
              },
              nullable));
    }
    builder.key(whole.group(3).split(", "));
    Matcher index = INDEX.matcher(whole.group(4));
    while (index.find()) {
      builder.index(index.group(1), index.group(2).split(", "));
    }
    return builder.build();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other || (other instanceof Table that && definition.equals(that.definition));
  }

  @Override
  public int hashCode() {
    return definition.hashCode();
  }

  /** The definition, as {@link #parse} reads it. */
  @Override
  public String toString() {
    return definition;
  }
}
