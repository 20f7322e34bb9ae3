package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Keys, events and addresses as people pass them around (NIP-19): text with a checksum.
 *
 * <pre>
 *   npub nsec note           32 bytes
 *   nprofile nevent naddr    type u8 │ length u8 │ value, again and again
 *                            0 the thing itself · 1 a relay · 2 its author · 3 its kind, u32
 * </pre>
 *
 * <p>Read strictly: the checksum, whole bytes, 32 bytes where there must be 32, no type but 1
 * twice. Types that nobody knows are skipped, as NIP-19 asks. Immutable.
 */
public sealed interface Npub {
  /** The longest text, in characters (NIP-19). */
  int MAX_CHARS = 5_000;

  /** The longest relay or identifier, in bytes: its length is told in one byte. */
  int MAX_VALUE_BYTES = 255;

  /**
   * Writes it.
   *
   * @throws IllegalArgumentException if that took more than {@link #MAX_CHARS}
   */
  String encode();

  /**
   * An author: {@code npub}.
   *
   * @param pubkey 64 lower-case hex digits
   */
  record Author(String pubkey) implements Npub {
    /** Checks the key. */
    public Author {
      NpubFields.requireHex(pubkey);
    }

    @Override
    public String encode() {
      return Bech32.encode("npub", NpubFields.bytes(pubkey));
    }
  }

  /**
   * An author's secret: {@code nsec}. Does not tell itself but by {@link #encode} and {@link
   * #secret}.
   *
   * @param secret 64 lower-case hex digits
   */
  record Secret(String secret) implements Npub {
    /** Checks the secret. */
    public Secret {
      NpubFields.requireHex(secret);
    }

    @Override
    public String encode() {
      return Bech32.encode("nsec", NpubFields.bytes(secret));
    }

    @Override
    public String toString() {
      return "Secret[secret=?]";
    }
  }

  /**
   * An event: {@code note}.
   *
   * @param id 64 lower-case hex digits
   */
  record Note(String id) implements Npub {
    /** Checks the id. */
    public Note {
      NpubFields.requireHex(id);
    }

    @Override
    public String encode() {
      return Bech32.encode("note", NpubFields.bytes(id));
    }
  }

  /**
   * An author and where to look for them: {@code nprofile}.
   *
   * @param pubkey 64 lower-case hex digits
   * @param relays where the author may be found, of at most {@link #MAX_VALUE_BYTES} each
   */
  record Profile(String pubkey, List<String> relays) implements Npub {
    /** Checks the key and copies the relays. */
    public Profile {
      NpubFields.requireHex(pubkey);
      relays = List.copyOf(relays);
    }

    @Override
    public String encode() {
      return new NpubFields().thing(NpubFields.bytes(pubkey)).relays(relays).encode("nprofile");
    }
  }

  /**
   * An event and where to look for it: {@code nevent}.
   *
   * @param id 64 lower-case hex digits
   * @param relays where it may be found, of at most {@link #MAX_VALUE_BYTES} each
   * @param author 64 lower-case hex digits, where told
   * @param kind 0 to {@link NostrEvent#MAX_KIND}, where told
   */
  record Event(String id, List<String> relays, Optional<String> author, OptionalInt kind)
      implements Npub {
    /** Checks the parts and copies the relays. */
    public Event {
      NpubFields.requireHex(id);
      author.ifPresent(NpubFields::requireHex);
      kind.ifPresent(NpubFields::requireKind);
      relays = List.copyOf(relays);
    }

    @Override
    public String encode() {
      NpubFields fields = new NpubFields().thing(NpubFields.bytes(id)).relays(relays);
      author.ifPresent(fields::author);
      kind.ifPresent(fields::kind);
      return fields.encode("nevent");
    }
  }

  /**
   * The events that replace each other at an address: {@code naddr}.
   *
   * @param identifier the value of the {@code d} tag, of at most {@link #MAX_VALUE_BYTES}
   * @param relays where they may be found, of at most {@link #MAX_VALUE_BYTES} each
   * @param author 64 lower-case hex digits
   * @param kind 0 to {@link NostrEvent#MAX_KIND}
   */
  record Address(String identifier, List<String> relays, String author, int kind) implements Npub {
    /** Checks the parts and copies the relays. */
    public Address {
      NpubFields.requireHex(author);
      NpubFields.requireKind(kind);
      relays = List.copyOf(relays);
    }

    @Override
    public String encode() {
      return new NpubFields()
          .thing(identifier.getBytes(UTF_8))
          .relays(relays)
          .author(author)
          .kind(kind)
          .encode("naddr");
    }
  }

  /** The key that a person writes: as npub or as 64 hex digits, of either case. */
  static Optional<PublicKey> keyOf(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (LowerHex.is(lower, 2 * PublicKey.SIZE_BYTES)) {
      return Optional.of(PublicKey.ofHex(lower));
    }
    return parse(text) instanceof ParsedNpub.Wellformed(Author(String pubkey))
        ? Optional.of(PublicKey.ofHex(pubkey))
        : Optional.empty();
  }

  /** Reads one. Never throws: whatever the text, the answer is a {@link ParsedNpub}. */
  static ParsedNpub parse(String text) {
    if (text.length() > MAX_CHARS) {
      return new ParsedNpub.Malformed(
          "an identifier has at most %d characters, not %d".formatted(MAX_CHARS, text.length()));
    }
    Optional<Bech32> read = Bech32.decode(text);
    Optional<byte[]> bytes = read.flatMap(Bech32::bytes);
    if (read.isEmpty() || bytes.isEmpty()) {
      return new ParsedNpub.Malformed("it is not Bech32, or its checksum is wrong");
    }
    return switch (read.get().readable()) {
      case "npub" -> NpubFields.plain(bytes.get(), Author::new);
      case "nsec" -> NpubFields.plain(bytes.get(), Secret::new);
      case "note" -> NpubFields.plain(bytes.get(), Note::new);
      case "nprofile" -> NpubFields.read(bytes.get(), NpubFields::profile);
      case "nevent" -> NpubFields.read(bytes.get(), NpubFields::event);
      case "naddr" -> NpubFields.read(bytes.get(), NpubFields::address);
      default -> new ParsedNpub.Malformed("it is Bech32 of something else than NIP-19 knows");
    };
  }
}
