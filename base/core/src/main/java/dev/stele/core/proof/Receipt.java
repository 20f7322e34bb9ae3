package dev.stele.core.proof;

import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.crypto.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a log says of events that it has forgotten, or whose claims it has released, or that it lost
 * when it was put back: a note signed with the log's own key, appended to the log's stream {@link
 * #STREAM}.
 *
 * <pre>
 *   stele/receipt/v1                      stele/receipt/v1
 *   origin                                origin
 *   erased                                trimmed
 *   12-40 base64 of a hash                512
 *   55-55 base64 of a hash                base64 of the link of event 512
 *   …                                     base64 of the root over the first 512
 *                                         base64 of SHA-256 over the claims that stay
 *   stele/receipt/v1                      base64 of SHA-256 over the places in streams that stay
 *   origin
 *   claims-released
 *   1700000000000
 *   stele/receipt/v1
 *   origin
 *   rewound
 *   400
 *   512
 *   base64 of the root over those 512
 * </pre>
 *
 * <p>A body that is missing is a fault unless a receipt that stands after it names its position; a
 * first row that is not the first event is a fault unless a receipt names the events before it.
 * Immutable.
 */
public sealed interface Receipt {
  /** The stream of the log's own receipts; no gate but that for receipts admits to it. */
  String STREAM = "stele/receipts";

  /** The event type of a receipt for bodies. */
  String ERASED = "erased";

  /** The event type of a receipt for a prefix. */
  String TRIMMED = "trimmed";

  /** The event type of a receipt for claims that are held no more. */
  String RELEASED = "claims-released";

  /** The event type of a receipt for a log that was put back to an older state. */
  String REWOUND = "rewound";

  /** What {@code admittedBy} says of a receipt. */
  String ADMITTED_BY = "stele-receipt/1";

  /** The most ranges a receipt names, so that its note stays below 1 MB. */
  int MAX_RANGES = 8_192;

  /** The first line, which no checkpoint can have before its size. */
  String FORMAT = "stele/receipt/v1";

  /** The log that forgot. */
  String origin();

  /** The event type under which it is appended. */
  default String type() {
    return switch (this) {
      case Erased _ -> ERASED;
      case Trimmed _ -> TRIMMED;
      case Released _ -> RELEASED;
      case Rewound _ -> REWOUND;
    };
  }

  /**
   * Neighbouring events that have lost their bodies.
   *
   * @param range their positions
   * @param keys a hash over what is kept to find them by: {@link #keysHash} of each after that of
   *     the one before
   */
  record ErasedRange(PositionRange range, byte[] keys) {}

  /**
   * Bodies were dropped.
   *
   * @param origin the log
   * @param ranges whose: ascending, without overlap, at most {@link #MAX_RANGES}
   */
  record Erased(String origin, List<ErasedRange> ranges) implements Receipt {
    /** Checks the order and the bound, and copies the list. */
    public Erased {
      ranges = List.copyOf(ranges);
      if (!inOrder(ranges)) {
        throw new IllegalArgumentException("a receipt names 1 to 8,192 ranges, ascending");
      }
    }

    private static boolean inOrder(List<ErasedRange> ranges) {
      boolean inOrder = !ranges.isEmpty() && ranges.size() <= MAX_RANGES;
      for (int i = 1; i < ranges.size(); i++) {
        inOrder &= ranges.get(i).range().first() > ranges.get(i - 1).range().last();
      }
      return inOrder;
    }

    /** How many events this names. */
    public long count() {
      return ranges.stream().mapToLong(range -> range.range().count()).sum();
    }
  }

  /**
   * The first events were dropped whole.
   *
   * @param origin the log
   * @param upTo the last of them, a multiple of 256
   * @param link its link, which the next event names
   * @param root the Merkle root over them
   * @param claims SHA-256 over the entries of the claim index that stay for them, in order: key 16
   *     bytes, position u64
   * @param streams SHA-256 over those of the stream index: key, revision u64, position u64
   */
  record Trimmed(String origin, long upTo, byte[] link, byte[] root, byte[] claims, byte[] streams)
      implements Receipt {
    /** Checks that all tiles below are full. */
    public Trimmed {
      if (upTo < 1 || upTo % TileCoordinates.FULL_WIDTH != 0) {
        throw new IllegalArgumentException("a log is trimmed by whole tiles, not by " + upTo);
      }
    }
  }

  /**
   * Claims that were made until a release are held no more, from the position of this receipt on.
   *
   * @param origin the log
   * @param recordedBeforeMillis those of events recorded before this time, in milliseconds since
   *     the epoch; it had passed when the receipt was recorded
   */
  record Released(String origin, long recordedBeforeMillis) implements Receipt {
    /** Checks that the time can be written down. */
    public Released {
      if (recordedBeforeMillis < 0) {
        throw new IllegalArgumentException(
            "claims are released up to a time since the epoch, not " + recordedBeforeMillis);
      }
    }
  }

  /**
   * The log was put back, by a person, to an older state of its own: events that it had signed for,
   * or had acknowledged, are lost. Two histories of one log exist from here on, and this says why.
   *
   * @param origin the log
   * @param size how many events it had when it was put back: this receipt follows them
   * @param lostSize how many events were known before
   * @param lostRoot the Merkle root over those
   */
  record Rewound(String origin, long size, long lostSize, byte[] lostRoot) implements Receipt {
    /** Checks that something is lost. */
    public Rewound {
      if (size < 0 || lostSize <= size) {
        throw new IllegalArgumentException(
            "a log that goes from %d events to %d is not put back".formatted(lostSize, size));
      }
    }
  }

  /**
   * SHA-256 over the hash before (none for the first), position u64, number of index keys u8, and
   * the keys: a hash over many events that takes no more memory than one.
   */
  static byte[] keysHash(byte[] before, long position, byte[] keys) {
    byte[] entry =
        ByteBuffer.allocate(9 + keys.length)
            .putLong(position)
            .put((byte) (keys.length / Row.KEY_BYTES))
            .put(keys)
            .array();
    return Sha256.concat(before, entry);
  }

  /** The text to be signed. */
  default String text() {
    StringBuilder text = new StringBuilder(FORMAT).append('\n').append(origin()).append('\n');
    text.append(type()).append('\n');
    switch (this) {
      case Erased erased -> {
        for (ErasedRange range : erased.ranges()) {
          text.append(range.range().first()).append('-').append(range.range().last());
          text.append(' ').append(StrictText.base64(range.keys())).append('\n');
        }
      }
      case Trimmed trimmed -> {
        text.append(trimmed.upTo()).append('\n');
        for (byte[] hash :
            List.of(trimmed.link(), trimmed.root(), trimmed.claims(), trimmed.streams())) {
          text.append(StrictText.base64(hash)).append('\n');
        }
      }
      case Released released -> text.append(released.recordedBeforeMillis()).append('\n');
      case Rewound rewound -> {
        text.append(rewound.size()).append('\n').append(rewound.lostSize()).append('\n');
        text.append(StrictText.base64(rewound.lostRoot())).append('\n');
      }
    }
    return text.toString();
  }

  /**
   * Signs the receipt.
   *
   * @throws IllegalArgumentException if the key's name is not the receipt's origin
   */
  default byte[] sign(SignerKey key) {
    if (!key.name().equals(origin())) {
      throw new IllegalArgumentException(
          "the key %s cannot sign for the log %s".formatted(key.name(), origin()));
    }
    return SignedNote.sign(text(), key).bytes();
  }

  /** Reads a signed receipt and checks that the log's key has signed it. */
  static Parsed<Receipt> open(byte[] note, VerifierKey key) {
    return switch (SignedNote.parse(note)) {
      case Parsed.Malformed<SignedNote>(String reason) -> new Parsed.Malformed<>(reason);
      case Parsed.Value<SignedNote>(SignedNote signed) ->
          switch (signed.verify(List.of(key))) {
            case SignedNote.Verdict.Refused(String reason) -> new Parsed.Malformed<>(reason);
            case SignedNote.Verdict.Verified _ -> parse(signed.text(), key.name());
          };
    };
  }

  /**
   * Reads a receipt without asking who has signed it: for views, whose log's gate has asked.
   * Whoever does not trust the log opens it.
   */
  static Parsed<Receipt> read(byte[] note) {
    return switch (SignedNote.parse(note)) {
      case Parsed.Malformed<SignedNote>(String reason) -> new Parsed.Malformed<>(reason);
      case Parsed.Value<SignedNote>(SignedNote signed) -> {
        String[] lines = signed.text().split("\n", 3);
        yield lines.length == 3
            ? parse(signed.text(), lines[1])
            : new Parsed.Malformed<>("the note is no receipt");
      }
    };
  }

  private static Parsed<Receipt> parse(String text, String origin) {
    List<String> lines = List.of(text.substring(0, text.length() - 1).split("\n", -1));
    if (lines.size() < 4 || !lines.get(0).equals(FORMAT) || !lines.get(1).equals(origin)) {
      return new Parsed.Malformed<>("the note is no receipt of " + origin);
    }
    Optional<Receipt> receipt =
        switch (lines.get(2)) {
          case "erased" -> erased(origin, lines.subList(3, lines.size()));
          case "trimmed" -> trimmed(origin, lines.subList(3, lines.size()));
          case "rewound" -> rewound(origin, lines.subList(3, lines.size()));
          case "claims-released" -> released(origin, lines.subList(3, lines.size()));
          default -> Optional.empty();
        };
    return receipt.isPresent() && receipt.get().text().equals(text)
        ? new Parsed.Value<>(receipt.get())
        : new Parsed.Malformed<>("the receipt's lines cannot be read");
  }

  private static Optional<Receipt> erased(String origin, List<String> lines) {
    List<ErasedRange> ranges = new ArrayList<>();
    for (String line : lines) {
      int dash = line.indexOf('-');
      int space = line.indexOf(' ');
      if (dash < 0 || space < dash) {
        return Optional.empty();
      }
      OptionalLong first = StrictText.decimal(line.substring(0, dash));
      OptionalLong last = StrictText.decimal(line.substring(dash + 1, space));
      Optional<byte[]> keys = StrictText.hash(line.substring(space + 1));
      if (first.isEmpty()
          || last.isEmpty()
          || keys.isEmpty()
          || first.getAsLong() < 1
          || last.getAsLong() < first.getAsLong()) {
        return Optional.empty();
      }
      ranges.add(
          new ErasedRange(new PositionRange(first.getAsLong(), last.getAsLong()), keys.get()));
    }
    return Erased.inOrder(ranges) ? Optional.of(new Erased(origin, ranges)) : Optional.empty();
  }

  private static Optional<Receipt> released(String origin, List<String> lines) {
    OptionalLong before = StrictText.decimal(lines.getFirst());
    return lines.size() != 1 || before.isEmpty()
        ? Optional.empty()
        : Optional.of(new Released(origin, before.getAsLong()));
  }

  private static Optional<Receipt> rewound(String origin, List<String> lines) {
    if (lines.size() != 3) {
      return Optional.empty();
    }
    OptionalLong size = StrictText.decimal(lines.get(0));
    OptionalLong lostSize = StrictText.decimal(lines.get(1));
    Optional<byte[]> lostRoot = StrictText.hash(lines.get(2));
    return size.isEmpty()
            || lostSize.isEmpty()
            || lostRoot.isEmpty()
            || lostSize.getAsLong() <= size.getAsLong()
        ? Optional.empty()
        : Optional.of(new Rewound(origin, size.getAsLong(), lostSize.getAsLong(), lostRoot.get()));
  }

  private static Optional<Receipt> trimmed(String origin, List<String> lines) {
    OptionalLong upTo = StrictText.decimal(lines.getFirst());
    if (lines.size() != 5
        || upTo.isEmpty()
        || upTo.getAsLong() < 1
        || upTo.getAsLong() % TileCoordinates.FULL_WIDTH != 0) {
      return Optional.empty();
    }
    List<byte[]> hashes = new ArrayList<>();
    for (String line : lines.subList(1, 5)) {
      StrictText.hash(line).ifPresent(hashes::add);
    }
    return hashes.size() == 4
        ? Optional.of(
            new Trimmed(
                origin,
                upTo.getAsLong(),
                hashes.get(0),
                hashes.get(1),
                hashes.get(2),
                hashes.get(3)))
        : Optional.empty();
  }
}
