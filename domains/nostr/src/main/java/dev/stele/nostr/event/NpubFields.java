package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** The fields of one text, while they are collected. Confined to one call. */
final class NpubFields {
  private static final HexFormat HEX = HexFormat.of();
  private static final int KEY_BYTES = 32;
  private static final int THING = 0;
  private static final int RELAY = 1;
  private static final int AUTHOR = 2;
  private static final int KIND = 3;

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final List<String> relays = new ArrayList<>();
  private Optional<byte[]> thing = Optional.empty();
  private Optional<String> author = Optional.empty();
  private OptionalInt kind = OptionalInt.empty();

  NpubFields() {}

  interface Made<T> {
    Npub of(T value);
  }

  /** Thrown and caught in here. */
  static final class Flawed extends Exception {
    private static final long serialVersionUID = 1;

    Flawed(String reason) {
      super(reason, null, false, false);
    }
  }

  interface Reading {
    Npub of(NpubFields fields) throws Flawed;
  }

  static ParsedNpub plain(byte[] bytes, Made<String> made) {
    return bytes.length == KEY_BYTES
        ? new ParsedNpub.Wellformed(made.of(HEX.formatHex(bytes)))
        : new ParsedNpub.Malformed("it must hold 32 bytes, not " + bytes.length);
  }

  static ParsedNpub read(byte[] bytes, Reading reading) {
    try {
      NpubFields fields = new NpubFields();
      ByteBuffer in = ByteBuffer.wrap(bytes);
      while (in.hasRemaining()) {
        fields.readOne(in);
      }
      return new ParsedNpub.Wellformed(reading.of(fields));
    } catch (Flawed e) {
      return new ParsedNpub.Malformed(String.valueOf(e.getMessage()));
    }
  }

  private void readOne(ByteBuffer in) throws Flawed {
    int type = in.get() & 0xff;
    int length = in.hasRemaining() ? in.get() & 0xff : -1;
    if (length < 0 || in.remaining() < length) {
      throw new Flawed("its last field is cut off");
    }
    byte[] value = new byte[length];
    in.get(value);
    switch (type) {
      case THING -> {
        requireFirst(thing.isEmpty(), type);
        thing = Optional.of(value);
      }
      case RELAY -> relays.add(text(value));
      case AUTHOR -> {
        requireFirst(author.isEmpty(), type);
        author = Optional.of(key(value));
      }
      case KIND -> {
        requireFirst(kind.isEmpty(), type);
        kind = OptionalInt.of(kindOf(value));
      }
      default -> {
        // NIP-19: to be ignored, so that others can be added.
      }
    }
  }

  private static void requireFirst(boolean first, int type) throws Flawed {
    if (!first) {
      throw new Flawed("it has two fields of type " + type);
    }
  }

  private static String key(byte[] value) throws Flawed {
    if (value.length != KEY_BYTES) {
      throw new Flawed("a key or an id in it must have 32 bytes, not " + value.length);
    }
    return HEX.formatHex(value);
  }

  private static int kindOf(byte[] value) throws Flawed {
    long kind = value.length == Integer.BYTES ? ByteBuffer.wrap(value).getInt() & 0xffffffffL : -1;
    if (kind < 0 || kind > NostrEvent.MAX_KIND) {
      throw new Flawed("the kind in it must be four bytes, and 0 to " + NostrEvent.MAX_KIND);
    }
    return (int) kind;
  }

  private static String text(byte[] value) throws Flawed {
    try {
      CharBuffer text = UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
      return text.toString();
    } catch (CharacterCodingException e) {
      throw new Flawed("a text in it is not well-formed UTF-8");
    }
  }

  private byte[] thing() throws Flawed {
    return thing.orElseThrow(() -> new Flawed("it has no field of type 0"));
  }

  Npub profile() throws Flawed {
    return new Npub.Profile(key(thing()), relays);
  }

  Npub event() throws Flawed {
    return new Npub.Event(key(thing()), relays, author, kind);
  }

  Npub address() throws Flawed {
    return new Npub.Address(
        text(thing()),
        relays,
        author.orElseThrow(() -> new Flawed("an address needs its author")),
        kind.orElseThrow(() -> new Flawed("an address needs its kind")));
  }

  NpubFields thing(byte[] value) {
    return add(THING, value);
  }

  NpubFields relays(List<String> urls) {
    urls.forEach(url -> add(RELAY, url.getBytes(UTF_8)));
    return this;
  }

  NpubFields author(String pubkey) {
    return add(AUTHOR, bytes(pubkey));
  }

  NpubFields kind(int number) {
    return add(KIND, ByteBuffer.allocate(Integer.BYTES).putInt(number).array());
  }

  NpubFields add(int type, byte[] value) {
    if (value.length > Npub.MAX_VALUE_BYTES) {
      throw new IllegalArgumentException(
          "a field has at most %d bytes, not %d".formatted(Npub.MAX_VALUE_BYTES, value.length));
    }
    written.write(type);
    written.write(value.length);
    written.writeBytes(value);
    return this;
  }

  String encode(String readable) {
    String text = Bech32.encode(readable, written.toByteArray());
    if (text.length() > Npub.MAX_CHARS) {
      throw new IllegalArgumentException(
          "an identifier has at most %d characters, not %d"
              .formatted(Npub.MAX_CHARS, text.length()));
    }
    return text;
  }

  static byte[] bytes(String hex) {
    return HEX.parseHex(hex);
  }

  static void requireHex(String hex) {
    if (!NostrEvent.isHash(hex)) {
      // Not told: it may be a secret.
      throw new IllegalArgumentException("a key or an id has 64 lower-case hex digits");
    }
  }

  static void requireKind(int kind) {
    if (kind < 0 || kind > NostrEvent.MAX_KIND) {
      throw new IllegalArgumentException("a kind is 0 to 65535, not " + kind);
    }
  }
}
