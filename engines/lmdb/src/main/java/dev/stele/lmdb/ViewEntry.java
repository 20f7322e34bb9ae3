package dev.stele.lmdb;

import dev.stele.core.engine.Head;
import dev.stele.core.view.Table;
import dev.stele.core.view.ViewStore.Failure;
import dev.stele.core.view.ViewStore.Generation;
import dev.stele.core.view.ViewStore.Slot;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * One generation as the database meta has it, in two entries: what stays as long as it is there,
 * and what moves with each change. See {@code docs/format/views.md}.
 *
 * @param generation the generation
 * @param firstTree the number of its first table's tree; the others come behind it
 */
record ViewEntry(Generation generation, long firstTree) {
  /** The number for the next tree. */
  static final byte[] NEXT_TREE = utf8("next");

  /** There while the file may hold bytes of rows that were dropped. */
  static final byte[] DROPPED = utf8("dropped");

  private static final byte[] VIEW_PREFIX = utf8("view/");

  /** Reads entries; keeps definitions by their text, so as not to parse them for each change. */
  static final class Reader {
    private final Map<String, List<Table>> definitions = new ConcurrentHashMap<>();

    /** All generations, by view and slot. */
    List<ViewEntry> all(Snapshot in) {
      List<ViewEntry> entries = new ArrayList<>();
      TreeCursor at = in.cursor(Database.META);
      boolean there = at.seek(VIEW_PREFIX);
      while (there && at.keyBeginsWith(VIEW_PREFIX)) {
        String[] key = new String(at.key(), StandardCharsets.UTF_8).split("/", -1);
        if (key.length != 3) {
          throw in.damaged("it has an entry of no view");
        }
        Slot slot =
            switch (key[2]) {
              case "0" -> Slot.LIVE;
              case "1" -> Slot.BUILDING;
              default -> throw in.damaged("a view is in no slot");
            };
        entries.add(decode(in, key[1], slot, at.value()));
        there = at.next();
      }
      return entries;
    }

    /** One generation, if it is there. */
    Optional<ViewEntry> find(Snapshot in, String view, Slot slot) {
      TreeCursor at = in.cursor(Database.META);
      // A longer name is none, and no key of LMDB's either.
      return view.matches(Table.NAME) && at.find(viewKey(view, slot))
          ? Optional.of(decode(in, view, slot, at.value()))
          : Optional.empty();
    }

    private ViewEntry decode(Snapshot in, String view, Slot slot, byte[] value) {
      TreeCursor at = in.cursor(Database.META);
      if (!at.find(cursorKey(view, slot))) {
        throw in.damaged("view %s has no cursor".formatted(view));
      }
      try {
        ByteBuffer entry = ByteBuffer.wrap(value);
        int version = entry.getInt();
        long firstTree = entry.getLong();
        long begunAt = entry.getLong();
        List<Table> tables =
            definitions.computeIfAbsent(
                text(entry), text -> text.lines().map(Table::parse).toList());
        ByteBuffer cursor = ByteBuffer.wrap(at.value());
        long position = cursor.getLong();
        byte[] link = new byte[cursor.get() & 0xff];
        cursor.get(link);
        Optional<Failure> failure =
            cursor.hasRemaining()
                ? Optional.of(new Failure(cursor.getLong(), text(cursor)))
                : Optional.empty();
        return new ViewEntry(
            new Generation(view, slot, version, tables, begunAt, new Head(position, link), failure),
            firstTree);
      } catch (BufferUnderflowException | IllegalArgumentException e) {
        throw in.damaged("what it says of view %s cannot be read".formatted(view));
      }
    }
  }

  /** The number for the next tree. */
  static long nextTree(Snapshot in) {
    TreeCursor at = in.cursor(Database.META);
    if (!at.find(NEXT_TREE)) {
      return 1;
    }
    if (at.valueLength() != Long.BYTES) {
      throw in.damaged("the number of the next tree cannot be read");
    }
    return ByteBuffer.wrap(at.value()).getLong();
  }

  static void putNextTree(Environment.Changes changes, long number) throws LmdbFailure {
    changes.put(Database.META, NEXT_TREE, ByteBuffer.allocate(Long.BYTES).putLong(number).array());
  }

  /** How many trees its tables and their indexes take. */
  int trees() {
    return generation.tables().stream().mapToInt(LmdbTables::trees).sum();
  }

  /** The same trees with other words about them. */
  ViewEntry with(Generation other) {
    return new ViewEntry(other, firstTree);
  }

  void put(Environment.Changes changes) throws LmdbFailure {
    byte[] tables =
        utf8(String.join("\n", generation.tables().stream().map(Table::toString).toList()));
    changes.put(
        Database.META,
        viewKey(generation.view(), generation.slot()),
        ByteBuffer.allocate(4 + 8 + 8 + tables.length)
            .putInt(generation.version())
            .putLong(firstTree)
            .putLong(generation.begunAt())
            .put(tables)
            .array());
    putCursor(changes);
  }

  void putCursor(Environment.Changes changes) throws LmdbFailure {
    byte[] link = generation.cursor().link();
    byte[] message = utf8(generation.failure().map(Failure::message).orElse(""));
    int failed = generation.failure().isPresent() ? 8 + message.length : 0;
    ByteBuffer out =
        ByteBuffer.allocate(8 + 1 + link.length + failed)
            .putLong(generation.cursor().size())
            .put((byte) link.length)
            .put(link);
    if (generation.failure().isPresent()) {
      out.putLong(generation.failure().get().position()).put(message);
    }
    changes.put(Database.META, cursorKey(generation.view(), generation.slot()), out.array());
  }

  void delete(Environment.Changes changes) throws LmdbFailure {
    changes.delete(Database.META, viewKey(generation.view(), generation.slot()));
    changes.delete(Database.META, cursorKey(generation.view(), generation.slot()));
  }

  private static byte[] viewKey(String view, Slot slot) {
    return utf8("view/" + view + "/" + number(slot));
  }

  private static byte[] cursorKey(String view, Slot slot) {
    return utf8("cursor/" + view + "/" + number(slot));
  }

  private static int number(Slot slot) {
    return switch (slot) {
      case LIVE -> 0;
      case BUILDING -> 1;
    };
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[in.remaining()];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
