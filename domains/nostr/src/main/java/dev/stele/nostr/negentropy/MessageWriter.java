package dev.stele.nostr.negentropy;

import java.io.ByteArrayOutputStream;

/** Writes a message, range after range. Confined to one message. */
final class MessageWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private long lastTime;

  MessageWriter() {
    out.write(Reconciliation.VERSION);
  }

  int size() {
    return out.size();
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  void skip(Bound end) {
    bound(end);
    varint(Reconciliation.SKIP);
  }

  void fingerprint(Bound end, byte[] fingerprint) {
    bound(end);
    varint(Reconciliation.FINGERPRINT);
    out.writeBytes(fingerprint);
  }

  /** Lists the ids of a tree's items from {@code from} up to, not with, {@code to}. */
  void ids(Bound end, ItemTree items, int from, int to) {
    bound(end);
    varint(Reconciliation.IDS);
    varint(to - from);
    for (int i = from; i < to; i++) {
      out.write(items.keyAt(i), ItemTree.TIME_BYTES, ItemTree.ID_BYTES);
    }
  }

  private void bound(Bound bound) {
    if (bound.time() == Bound.INFINITY) {
      varint(0);
    } else {
      varint(bound.time() - lastTime + 1);
    }
    lastTime = bound.time();
    varint(bound.prefixBytes);
    out.write(bound.key, ItemTree.TIME_BYTES, bound.prefixBytes);
  }

  private void varint(long value) {
    out.writeBytes(Varint.bytes(value));
  }
}
