package dev.stele.postgres;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.view.Column;
import dev.stele.core.view.ColumnType;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A column of a view as SQL has it, and how its values go there and come back. Immutable.
 *
 * <pre>
 *   INTEGER   bigint, integer, smallint │ timestamptz: microseconds since the epoch, exact
 *   TEXT      text, varchar             │ uuid: its lower-case form
 *   BYTES     bytea
 * </pre>
 *
 * <p>PostgreSQL keeps no U+0000 in text. So U+0000 is kept as U+0001 U+0001, and U+0001 as U+0001
 * U+0002: nothing else changes, what is different stays different, and the order stays the same.
 */
final class SqlColumn {
  /** How a value is written in SQL. */
  private enum Form {
    INTEGER,
    TIME,
    TEXT,
    UUID,
    BYTES
  }

  private static final char ESCAPE = '\u0001';

  final Column column;

  /** The name in quotes. */
  final String name;

  private final String schema;
  private final Form form;

  /** Whether text is sorted by its bytes without being told. */
  private final boolean inByteOrder;

  private SqlColumn(Column column, String schema, Form form, boolean inByteOrder) {
    this.column = column;
    this.name = '"' + column.name() + '"';
    this.schema = schema;
    this.form = form;
    this.inByteOrder = inByteOrder;
  }

  /** The column as we make it. */
  static SqlColumn own(Column column, String schema) {
    Form form =
        switch (column.type()) {
          case INTEGER -> Form.INTEGER;
          case TEXT -> Form.TEXT;
          case BYTES -> Form.BYTES;
        };
    return new SqlColumn(column, schema, form, true);
  }

  /**
   * A column that somebody else has made.
   *
   * @param type its type's name in the catalogue
   * @param collation its collation's name, null where it has none
   * @throws StorageFailed when the type holds no such values
   */
  static SqlColumn given(
      String table, Column column, String schema, String type, @Nullable String collation) {
    Form form =
        switch (column.type()) {
          case INTEGER ->
              switch (type) {
                case "int8", "int4", "int2" -> Form.INTEGER;
                case "timestamptz" -> Form.TIME;
                default -> null;
              };
          case TEXT ->
              switch (type) {
                case "text", "varchar" -> Form.TEXT;
                case "uuid" -> Form.UUID;
                default -> null;
              };
          case BYTES -> type.equals("bytea") ? Form.BYTES : null;
        };
    if (form == null) {
      throw new StorageFailed(
          "column %s of table %s is of type %s, which holds no %s; change the script that made it"
              .formatted(column.name(), table, type, column.type()));
    }
    boolean bytewise = collation == null || collation.equals("C") || collation.equals("POSIX");
    return new SqlColumn(column, schema, form, bytewise);
  }

  /** The type in which we make the column. */
  String definition() {
    String type =
        switch (column.type()) {
          case INTEGER -> "bigint";
          case TEXT -> "text COLLATE \"C\"";
          case BYTES -> "bytea";
        };
    return name + " " + type + (column.nullable() ? "" : " NOT NULL");
  }

  /** The value for a row that is read. */
  String read() {
    return switch (form) {
      case TIME -> "\"" + schema + "\".stele_micros(" + name + ")";
      case UUID -> name + "::text";
      case INTEGER, TEXT, BYTES -> name;
    };
  }

  /** The column where it is compared and sorted by. */
  String compared() {
    return form == Form.TEXT && !inByteOrder ? name + " COLLATE \"C\"" : name;
  }

  /** A parameter that is compared with the column, or put into it. */
  String parameter() {
    return converted(
        switch (form) {
          case INTEGER, TIME -> "?::bigint";
          case TEXT -> "?::text";
          case UUID -> "?::text";
          case BYTES -> "?::bytea";
        });
  }

  /** A parameter for the values of many rows. */
  String arrayParameter() {
    return "?::" + arrayType() + "[]";
  }

  private String arrayType() {
    return switch (form) {
      case INTEGER, TIME -> "int8";
      case TEXT, UUID -> "text";
      case BYTES -> "bytea";
    };
  }

  /** What becomes of one of those values. */
  String converted(String value) {
    return switch (form) {
      case TIME -> "\"" + schema + "\".stele_time(" + value + ")";
      case UUID -> "(" + value + ")::uuid";
      case INTEGER, TEXT, BYTES -> value;
    };
  }

  /** Binds the values of many rows. */
  void bindArray(
      Connection connection, PreparedStatement statement, int parameter, @Nullable Object[] values)
      throws SQLException {
    Object[] array =
        switch (column.type()) {
          case INTEGER -> new Long[values.length];
          case TEXT -> new String[values.length];
          case BYTES -> new byte[values.length][];
        };
    for (int i = 0; i < values.length; i++) {
      array[i] = values[i] instanceof String text ? stored(text) : values[i];
    }
    statement.setArray(parameter, connection.createArrayOf(arrayType(), array));
  }

  /** Binds one value. */
  void bind(PreparedStatement statement, int parameter, Object value) throws SQLException {
    switch (value) {
      case Long number -> statement.setLong(parameter, number);
      case String text -> statement.setString(parameter, stored(text));
      case byte[] bytes -> statement.setBytes(parameter, bytes);
      case Object other -> throw new IllegalArgumentException("no value is " + other.getClass());
    }
  }

  /** Reads a value back. */
  @Nullable Object value(ResultSet row, int at) throws SQLException {
    return switch (column.type()) {
      case INTEGER -> {
        long number = row.getLong(at);
        yield number == 0 && row.wasNull() ? null : (Object) number;
      }
      case TEXT -> {
        String text = row.getString(at);
        yield text == null ? null : read(text);
      }
      case BYTES -> row.getBytes(at);
    };
  }

  private String stored(String text) {
    if (form == Form.UUID) {
      requireCanonical(text);
      return text;
    }
    if (text.indexOf('\0') < 0 && text.indexOf(ESCAPE) < 0) {
      return text;
    }
    return text.replace("\u0001", "\u0001\u0002").replace("\0", "\u0001\u0001");
  }

  private void requireCanonical(String text) {
    boolean canonical;
    try {
      canonical = UUID.fromString(text).toString().equals(text);
    } catch (IllegalArgumentException e) {
      canonical = false;
    }
    if (!canonical) {
      throw new IllegalArgumentException(
          "column %s takes a UUID of 36 lower-case characters, not '%s'"
              .formatted(column.name(), text));
    }
  }

  private String read(String stored) {
    if (form == Form.UUID || stored.indexOf(ESCAPE) < 0) {
      return stored;
    }
    StringBuilder text = new StringBuilder(stored.length());
    for (int i = 0; i < stored.length(); i++) {
      char c = stored.charAt(i);
      if (c == ESCAPE && i + 1 < stored.length() && stored.charAt(i + 1) <= '\u0002') {
        i++;
        text.append(stored.charAt(i) == ESCAPE ? '\0' : ESCAPE);
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  ColumnType type() {
    return column.type();
  }
}
