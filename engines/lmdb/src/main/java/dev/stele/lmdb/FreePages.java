package dev.stele.lmdb;

import java.util.function.LongConsumer;

/**
 * The pages that may be used again, as LMDB keeps them: by the number of the commit that freed
 * them, a list of as many numbers as its first number says, falling.
 */
final class FreePages {
  private FreePages() {}

  /** Gives each of them to {@code sink}, checked to be a page of the file and to stand in order. */
  static void forEach(Snapshot in, LongConsumer sink) {
    TreeCursor lists = new TreeCursor(in, in.meta().free());
    while (lists.next()) {
      int length = lists.valueLength();
      long at = lists.valueAt();
      long count = length < Long.BYTES ? -1 : in.pages().get(Snapshot.U64, at);
      if (lists.keyLength() != Long.BYTES || count < 0 || count > length / Long.BYTES - 1) {
        throw in.damaged("a list of free pages has not the length it should have");
      }
      long above = in.meta().lastPage() + 1;
      for (long i = 1; i <= count; i++) {
        long number = in.pages().get(Snapshot.U64, at + i * Long.BYTES);
        if (number >= above || number < Meta.SLOTS) {
          throw in.damaged("page %d is said to be free, after %d".formatted(number, above));
        }
        above = number;
        sink.accept(number);
      }
    }
  }
}
