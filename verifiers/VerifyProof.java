import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Checks a {@code .tlog-proof} file with the JDK alone (17 or later).
 *
 * <pre>
 *   java VerifyProof.java [--json] --vkey TEXT|FILE [--record FILE] PROOF
 *   java VerifyProof.java --batch &lt; CASES   each line: vkey TAB base64(proof) TAB base64(record) or -
 * </pre>
 *
 * <p>Exit 0: proven. Exit 1: refused, with the reason. Exit 2: it could not be checked.
 *
 * <p>What holds of a file that is proven:
 *
 * <ol>
 *   <li>Its checkpoint is signed by the key that was given, under the key's name and id, and its
 *       origin is that name.
 *   <li>The path leads from the record's leaf hash to the signed root, with exactly the hashes that
 *       index and size ask for.
 *   <li>The record it carries says the position that is proven, and the body it carries is the one
 *       the record commits to.
 *   <li>The record that was given with {@code --record} is the one that is proven. A file that
 *       carries none needs it.
 * </ol>
 *
 * <p>Signatures of other keys, witnesses' above all, are read but not judged. What a record says
 * beyond position and body hash is not looked at: the log has signed it, and that is what is
 * proven.
 *
 * <p>Every value has one spelling, so no two files say the same. The formats: C2SP tlog-proof,
 * tlog-checkpoint and signed-note; RFC 9162, section 2.1.3.2; RFC 8032.
 */
final class VerifyProof {
  private static final String HEADER = "c2sp.org/tlog-proof@v1";
  private static final String EXTRA = "extra ";
  private static final String INDEX = "index ";
  private static final String DASH = "\u2014 ";

  /** The largest extra line, path and checkpoint together, and a little more. */
  private static final int MAX_FILE_BYTES = 24 << 20;

  private static final int MAX_EXTRA_BYTES = 16 << 20;
  private static final int MAX_NOTE_BYTES = 1_000_000;
  private static final int MAX_SIGNATURES = 100;

  /** A tree has at most 2^63 - 1 leaves. */
  private static final int MAX_PATH = 63;

  private static final int HASH_BYTES = 32;
  private static final Pattern DECIMAL = Pattern.compile("0|[1-9][0-9]{0,18}");

  private VerifyProof() {}

  /** The file proves nothing; the message says why. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    Refused(String reason) {
      super(reason, null, false, false);
    }
  }

  /** The question cannot be answered; the message says why. */
  static final class Unable extends Exception {
    private static final long serialVersionUID = 1;

    Unable(String reason) {
      super(reason, null, false, false);
    }
  }

  record Key(String name, byte[] id, byte[] publicKey) {}

  record SignatureLine(String name, byte[] id, byte[] signature) {}

  record Note(String text, List<SignatureLine> signatures) {}

  record Checkpoint(String origin, long size, byte[] root) {}

  /** The lines before the checkpoint; {@code extra} is null where there is none. */
  record Head(byte[] extra, long index, List<byte[]> path) {}

  /** What the extra line carries; {@code body} is null where it was erased. */
  record Event(byte[] record, byte[] body) {}

  record Proven(String origin, long size, byte[] root, long index, byte[] leaf, boolean withBody) {}

  // ---- The check -------------------------------------------------------------------------------

  /**
   * Tells what is proven by the bytes of a proof file.
   *
   * @param given the record, or null where the file carries it
   */
  static Proven check(byte[] proof, Key key, byte[] given) throws Refused {
    require(proof.length <= MAX_FILE_BYTES, "the file is too large");
    String whole = new String(proof, StandardCharsets.ISO_8859_1);
    int blank = whole.indexOf("\n\n");
    require(blank >= 0, "no blank line stands before the checkpoint");
    Note note = readNote(Arrays.copyOfRange(proof, blank + 2, proof.length));
    Checkpoint checkpoint = readCheckpoint(note.text);
    Head head = readHead(List.of(whole.substring(0, blank).split("\n", -1)));
    require(head.index < checkpoint.size, "the index is not below the size");
    require(checkpoint.origin.equals(key.name), "the checkpoint is of another log than the key");
    Event event = head.extra == null ? null : readEvent(head.extra);
    require(event != null || given != null, "the file carries no record, and none was given");
    require(
        event == null || given == null || Arrays.equals(event.record, given),
        "the file carries another record than the given one");
    byte[] leaf = sha256(new byte[] {0}, given == null ? event.record : given);
    require(
        Arrays.equals(fold(leaf, head.index, checkpoint.size, head.path), checkpoint.root),
        "the path does not lead from the record to the signed root");
    if (event != null) {
      checkEvent(event, head.index);
    }
    // Last, because it costs more than all the rest together.
    checkSignatures(note, key);
    return new Proven(
        checkpoint.origin,
        checkpoint.size,
        checkpoint.root,
        head.index,
        leaf,
        event != null && event.body != null);
  }

  /**
   * RFC 9162, section 2.1.3.2: the root that a path leads to, or null where it has not the length
   * it must have.
   */
  static byte[] fold(byte[] leaf, long index, long size, List<byte[]> path) {
    long node = index;
    long last = size - 1;
    byte[] result = leaf;
    for (byte[] sibling : path) {
      if (last == 0) {
        return null;
      }
      if ((node & 1) == 1 || node == last) {
        result = sha256(new byte[] {1}, sibling, result);
        while (node != 0 && (node & 1) == 0) {
          node >>= 1;
          last >>= 1;
        }
      } else {
        result = sha256(new byte[] {1}, result, sibling);
      }
      node >>= 1;
      last >>= 1;
    }
    return last == 0 ? result : null;
  }

  private static void checkEvent(Event event, long index) throws Refused {
    byte[] record = event.record;
    require(
        record.length >= 81 && record[0] == 1, "the record is of a form that is not known here");
    require(
        ByteBuffer.wrap(record).getLong(1) == index + 1,
        "the record is of another position than the proven one");
    require(
        event.body == null || Arrays.equals(sha256(event.body), Arrays.copyOfRange(record, 41, 73)),
        "the body is not the one the record commits to");
  }

  private static void checkSignatures(Note note, Key key) throws Refused {
    List<SignatureLine> own =
        note.signatures.stream()
            .filter(line -> line.name.equals(key.name) && Arrays.equals(line.id, key.id))
            .toList();
    require(!own.isEmpty(), "no signature is by the key");
    for (SignatureLine line : own) {
      require(
          Ed25519.verify(key.publicKey, note.text.getBytes(StandardCharsets.UTF_8), line.signature),
          "the signature is not valid");
    }
  }

  // ---- The texts -------------------------------------------------------------------------------

  private static Head readHead(List<String> lines) throws Refused {
    require(lines.get(0).equals(HEADER), "the file does not begin with " + HEADER);
    int next = 1;
    byte[] extra = null;
    if (next < lines.size() && lines.get(next).startsWith(EXTRA)) {
      extra = readBase64(lines.get(next++).substring(EXTRA.length()));
      require(
          extra != null && extra.length <= MAX_EXTRA_BYTES,
          "the extra line is not base64 of at most 16 MiB");
    }
    require(next < lines.size() && lines.get(next).startsWith(INDEX), "the index line is missing");
    long index = readNumber(lines.get(next++).substring(INDEX.length()));
    require(index >= 0, "the index is not a plain decimal below 2^63");
    require(lines.size() - next <= MAX_PATH, "the path has more than 63 hashes");
    List<byte[]> path = new ArrayList<>();
    for (String line : lines.subList(next, lines.size())) {
      byte[] hash = readHash(line);
      require(hash != null, "a line of the path is not base64 of 32 bytes");
      path.add(hash);
    }
    return new Head(extra, index, path);
  }

  /** u8 format = 1, u32 length, record, u8 whether a body follows, body. */
  private static Event readEvent(byte[] extra) throws Refused {
    require(
        extra.length >= 6 && extra[0] == 1,
        "the record is carried in a form that is not known here");
    long length = Integer.toUnsignedLong(ByteBuffer.wrap(extra).getInt(1));
    require(5 + length < extra.length, "the carried record is cut");
    int end = (int) (5 + length);
    require(
        extra[end] == 1 || (extra[end] == 0 && end + 1 == extra.length),
        "it is not clear whether a body is carried");
    return new Event(
        Arrays.copyOfRange(extra, 5, end),
        extra[end] == 1 ? Arrays.copyOfRange(extra, end + 1, extra.length) : null);
  }

  private static Note readNote(byte[] note) throws Refused {
    require(note.length <= MAX_NOTE_BYTES, "the checkpoint has more than 1,000,000 bytes");
    String whole;
    try {
      whole = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(note)).toString();
    } catch (CharacterCodingException e) {
      throw new Refused("the checkpoint is not UTF-8");
    }
    require(isClean(whole), "the checkpoint holds a control character");
    int blank = whole.lastIndexOf("\n\n");
    require(
        blank >= 0 && whole.endsWith("\n") && blank + 2 < whole.length(),
        "the checkpoint does not end in a blank line and signatures");
    String[] lines = whole.substring(blank + 2, whole.length() - 1).split("\n", -1);
    require(lines.length <= MAX_SIGNATURES, "the checkpoint has more than 100 signatures");
    List<SignatureLine> signatures = new ArrayList<>();
    for (String line : lines) {
      signatures.add(readSignature(line));
    }
    return new Note(whole.substring(0, blank + 1), signatures);
  }

  private static SignatureLine readSignature(String line) throws Refused {
    int space = line.indexOf(' ', DASH.length());
    boolean shaped = line.startsWith(DASH) && space >= 0;
    byte[] signed = shaped ? readBase64(line.substring(space + 1)) : null;
    require(
        signed != null && signed.length > 4 && isKeyName(line.substring(DASH.length(), space)),
        "a line below the last blank line is not a signature");
    return new SignatureLine(
        line.substring(DASH.length(), space),
        Arrays.copyOf(signed, 4),
        Arrays.copyOfRange(signed, 4, signed.length));
  }

  private static Checkpoint readCheckpoint(String text) throws Refused {
    List<String> lines = List.of(text.substring(0, text.length() - 1).split("\n", -1));
    require(
        lines.size() >= 3 && !lines.contains(""),
        "the checkpoint has an empty line or fewer than three");
    long size = readNumber(lines.get(1));
    byte[] root = readHash(lines.get(2));
    require(size >= 0, "the size is not a plain decimal below 2^63");
    require(root != null, "the root is not base64 of 32 bytes");
    return new Checkpoint(lines.get(0), size, root);
  }

  /** Reads {@code name+id+base64(01 ‖ public key)}. */
  static Key readKey(String vkey) throws Unable {
    // The base64 may hold plus signs of its own, so only the first two divide.
    String[] parts = vkey.split("\\+", 3);
    byte[] typed = parts.length == 3 ? readBase64(parts[2]) : null;
    if (typed == null || !isKeyName(parts[0]) || typed.length != 33 || typed[0] != 1) {
      throw new Unable("the key is not name+id+base64 of an Ed25519 key");
    }
    byte[] hash = sha256(parts[0].getBytes(StandardCharsets.UTF_8), new byte[] {'\n'}, typed);
    byte[] id = Arrays.copyOf(hash, 4);
    if (!parts[1].equals(HexFormat.of().formatHex(id))) {
      throw new Unable("the key's id does not fit its name and bytes");
    }
    return new Key(parts[0], id, Arrays.copyOfRange(typed, 1, typed.length));
  }

  /** Returns null for what is not base64 in its one spelling. */
  private static byte[] readBase64(String text) {
    try {
      byte[] value = Base64.getDecoder().decode(text);
      // The decoder overlooks missing padding and loose bits; written again, they are gone.
      return Base64.getEncoder().encodeToString(value).equals(text) ? value : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static byte[] readHash(String text) {
    byte[] value = readBase64(text);
    return value != null && value.length == HASH_BYTES ? value : null;
  }

  /** Returns -1 for what is not a plain decimal below 2^63. */
  private static long readNumber(String text) {
    if (!DECIMAL.matcher(text).matches()) {
      return -1;
    }
    BigInteger value = new BigInteger(text);
    return value.bitLength() < Long.SIZE ? value.longValue() : -1;
  }

  private static boolean isClean(String text) {
    return text.chars().noneMatch(c -> c < ' ' && c != '\n');
  }

  private static boolean isKeyName(String text) {
    // The white space of Unicode: Java's two notions together miss only NEXT LINE.
    return !text.isEmpty()
        && isClean(text)
        && text.codePoints()
            .noneMatch(
                c ->
                    c == '+' || c == 0x85 || Character.isWhitespace(c) || Character.isSpaceChar(c));
  }

  private static byte[] sha256(byte[]... parts) {
    return digest("SHA-256", parts);
  }

  private static byte[] digest(String algorithm, byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      for (byte[] part : parts) {
        digest.update(part);
      }
      return digest.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("a JDK without " + algorithm, e);
    }
  }

  private static void require(boolean holds, String reason) throws Refused {
    if (!holds) {
      throw new Refused(reason);
    }
  }

  /**
   * Ed25519 (RFC 8032), as strictly as it can be read.
   *
   * <p>Libraries disagree on odd signatures, and the JDK's is one of them; here none is valid: S is
   * below L, A and R are canonical and not neutral, A has order L, and {@code [S]B = R + [k]A}
   * holds without the cofactor, from which follows that R has order L too. Nothing here is secret,
   * so nothing takes care of the time it takes.
   */
  static final class Ed25519 {
    private static final BigInteger TWO = BigInteger.TWO;
    private static final BigInteger P = TWO.pow(255).subtract(BigInteger.valueOf(19));
    private static final BigInteger L =
        TWO.pow(252).add(new BigInteger("27742317777372353535851937790883648493"));
    private static final BigInteger D =
        BigInteger.valueOf(-121665).multiply(BigInteger.valueOf(121666).modInverse(P)).mod(P);
    private static final BigInteger ROOT_OF_MINUS_ONE = TWO.modPow(P.shiftRight(2), P);
    private static final Point NEUTRAL =
        new Point(BigInteger.ZERO, BigInteger.ONE, BigInteger.ONE, BigInteger.ZERO);

    /** y = 4/5, and the even one of the two x. */
    private static final Point BASE =
        decode(BigInteger.valueOf(4).multiply(BigInteger.valueOf(5).modInverse(P)).mod(P));

    // One thread at a time: the key that was asked for last, as its order costs as much as a
    // signature.
    private static byte[] lastKey = {};
    private static Point lastPoint;

    private Ed25519() {}

    static boolean verify(byte[] publicKey, byte[] message, byte[] signature) {
      if (signature.length != 64) {
        return false;
      }
      byte[] encodedR = Arrays.copyOf(signature, 32);
      BigInteger s = littleEndian(Arrays.copyOfRange(signature, 32, 64));
      Point r = decode(littleEndian(encodedR));
      Point a = key(publicKey);
      if (s.compareTo(L) >= 0 || r == null || r.same(NEUTRAL) || a == null) {
        return false;
      }
      BigInteger k = littleEndian(digest("SHA-512", encodedR, publicKey, message)).mod(L);
      return multiplyBoth(s, BASE, L.subtract(k), a).same(r);
    }

    /** The point of a key, or null where it is not of order L. */
    private static Point key(byte[] publicKey) {
      if (!Arrays.equals(publicKey, lastKey)) {
        Point a = decode(littleEndian(publicKey));
        boolean good =
            a != null
                && !a.same(NEUTRAL)
                && multiplyBoth(L, a, BigInteger.ZERO, NEUTRAL).same(NEUTRAL);
        lastKey = publicKey.clone();
        lastPoint = good ? a : null;
      }
      return lastPoint;
    }

    private static Point decode(BigInteger encoded) {
      boolean sign = encoded.testBit(255);
      BigInteger y = encoded.clearBit(255);
      if (y.compareTo(P) >= 0) {
        return null;
      }
      BigInteger ySquare = y.multiply(y);
      BigInteger square =
          ySquare
              .subtract(BigInteger.ONE)
              .multiply(D.multiply(ySquare).add(BigInteger.ONE).modInverse(P))
              .mod(P);
      BigInteger x = square.modPow(P.add(BigInteger.valueOf(3)).shiftRight(3), P);
      if (!x.multiply(x).mod(P).equals(square)) {
        x = x.multiply(ROOT_OF_MINUS_ONE).mod(P);
      }
      if (!x.multiply(x).mod(P).equals(square) || (x.signum() == 0 && sign)) {
        return null;
      }
      if (x.testBit(0) != sign) {
        x = P.subtract(x);
      }
      return new Point(x, y, BigInteger.ONE, x.multiply(y).mod(P));
    }

    /** [m]p + [n]q, both in one pass from the highest bit. */
    private static Point multiplyBoth(BigInteger m, Point p, BigInteger n, Point q) {
      Point both = p.plus(q);
      Point result = NEUTRAL;
      for (int bit = Math.max(m.bitLength(), n.bitLength()) - 1; bit >= 0; bit--) {
        result = result.plus(result);
        if (m.testBit(bit) && n.testBit(bit)) {
          result = result.plus(both);
        } else if (m.testBit(bit)) {
          result = result.plus(p);
        } else if (n.testBit(bit)) {
          result = result.plus(q);
        }
      }
      return result;
    }

    private static BigInteger littleEndian(byte[] bytes) {
      byte[] reversed = new byte[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        reversed[i] = bytes[bytes.length - 1 - i];
      }
      return new BigInteger(1, reversed);
    }

    /** A point as x = X/Z, y = Y/Z, xy = T/Z. */
    record Point(BigInteger x, BigInteger y, BigInteger z, BigInteger t) {
      /** The sum of two points, the same or not (RFC 8032, section 5.1.4). */
      Point plus(Point other) {
        BigInteger a = y.subtract(x).multiply(other.y.subtract(other.x));
        BigInteger b = y.add(x).multiply(other.y.add(other.x));
        BigInteger c = t.multiply(other.t).mod(P).multiply(D).shiftLeft(1);
        BigInteger d = z.multiply(other.z).shiftLeft(1);
        BigInteger e = b.subtract(a).mod(P);
        BigInteger f = d.subtract(c).mod(P);
        BigInteger g = d.add(c).mod(P);
        BigInteger h = b.add(a).mod(P);
        return new Point(
            e.multiply(f).mod(P), g.multiply(h).mod(P), f.multiply(g).mod(P), e.multiply(h).mod(P));
      }

      boolean same(Point other) {
        return x.multiply(other.z).subtract(other.x.multiply(z)).mod(P).signum() == 0
            && y.multiply(other.z).subtract(other.y.multiply(z)).mod(P).signum() == 0;
      }
    }
  }

  // ---- The command line ------------------------------------------------------------------------

  /** An exit code, and what there is to say in two forms. */
  record Answer(int code, String json, String text) {
    static Answer of(byte[] proof, String vkey, byte[] record) {
      try {
        return proven(check(proof, readKey(vkey), record));
      } catch (Refused e) {
        return new Answer(
            1,
            "{\"proven\":false,\"reason\":" + quote(e.getMessage()) + "}",
            "REFUSED: " + e.getMessage());
      } catch (Unable e) {
        return unable(String.valueOf(e.getMessage()));
      }
    }

    static Answer unable(String reason) {
      return new Answer(2, "{\"error\":" + quote(reason) + "}", "CANNOT CHECK: " + reason);
    }

    private static Answer proven(Proven it) {
      String root = HexFormat.of().formatHex(it.root);
      String leaf = HexFormat.of().formatHex(it.leaf);
      return new Answer(
          0,
          String.format(
              "{\"proven\":true,\"origin\":%s,\"size\":%d,\"root\":\"%s\",\"index\":%d,"
                  + "\"leaf\":\"%s\",\"body\":%b}",
              quote(it.origin), it.size, root, it.index, leaf, it.withBody),
          String.format(
              "PROVEN: leaf %d is in the log %s of %d, leaf hash %s",
              it.index, it.origin, it.size, leaf));
    }

    /** Origins and reasons hold no control character, so two characters are all to escape. */
    private static String quote(String text) {
      return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
  }

  private static Answer answer(List<String> words) throws IOException, Unable {
    String vkey = null;
    String record = null;
    List<String> files = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      String word = words.get(i);
      String value = i + 1 < words.size() ? words.get(i + 1) : "";
      if (word.equals("--vkey")) {
        vkey = value;
        i++;
      } else if (word.equals("--record")) {
        record = value;
        i++;
      } else if (word.startsWith("--") && !word.equals("--json")) {
        throw new Unable("there is no option " + word);
      } else if (!word.equals("--json")) {
        files.add(word);
      }
    }
    if (files.size() != 1 || vkey == null || vkey.isEmpty() || "".equals(record)) {
      throw new Unable(
          "usage: java VerifyProof.java [--json] --vkey TEXT|FILE [--record FILE] PROOF");
    }
    // A vkey has plus signs; a file that is named so is given as ./a+b.
    if (!vkey.contains("+") || vkey.startsWith(".") || vkey.startsWith("/")) {
      vkey = Files.readString(Path.of(vkey)).strip();
    }
    return Answer.of(readFile(files.get(0)), vkey, record == null ? null : readFile(record));
  }

  private static byte[] readFile(String path) throws IOException {
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      return in.readNBytes(MAX_FILE_BYTES + 1);
    }
  }

  private static void batch(PrintStream out) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] parts = line.split("\t");
      byte[] record = parts[2].equals("-") ? null : Base64.getDecoder().decode(parts[2]);
      out.println(Answer.of(Base64.getDecoder().decode(parts[1]), parts[0], record).json);
    }
    out.flush();
  }

  /** Checks one file, or many cases with {@code --batch}. */
  public static void main(String[] arguments) throws IOException {
    List<String> words = List.of(arguments);
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    if (words.equals(List.of("--batch"))) {
      batch(out);
      return;
    }
    boolean json = words.contains("--json");
    Answer answer;
    try {
      answer = answer(words);
    } catch (IOException | InvalidPathException e) {
      answer = Answer.unable("cannot read " + e.getMessage());
    } catch (Unable e) {
      answer = Answer.unable(String.valueOf(e.getMessage()));
    }
    if (answer.code == 2 && !json) {
      System.err.println(answer.text);
    } else {
      out.println(json ? answer.json : answer.text);
    }
    out.flush();
    System.exit(answer.code);
  }
}
