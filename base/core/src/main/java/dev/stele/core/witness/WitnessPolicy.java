package dev.stele.core.witness;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Cosignature;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.StrictText;
import dev.stele.core.proof.VerifierKey;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Which logs one trusts, and whose cosignatures are enough (C2SP tlog-policy).
 *
 * <pre>
 *   log VKEY [URL]
 *   witness NAME VKEY [URL]
 *   group NAME all|any|K NAME...      K of these, each a witness or a group of a line above
 *   quorum NAME|none                  exactly one
 * </pre>
 *
 * <p>Names mean something within the file only. A name is a member of one group at most, so that a
 * witness counts once.
 *
 * <p>Immutable.
 */
public final class WitnessPolicy {
  /** Largest policy file, in bytes: all lines that are allowed, each with a long URL. */
  public static final int MAX_BYTES = 1 << 16;

  /**
   * Most logs, most witnesses and most groups, each: more witnesses than that could not all stand
   * below one checkpoint.
   */
  public static final int MAX_OF_EACH = SignedNote.MAX_SIGNATURES;

  /** A log that may be trusted. */
  public record Log(VerifierKey key, Optional<String> url) {}

  /** A witness that may count. */
  public record KnownWitness(String name, VerifierKey key, Optional<String> url) {}

  /** So many of these members make one. */
  private record Group(int threshold, List<String> members) {}

  /** Whether a checkpoint satisfies a policy. */
  public sealed interface Verdict {
    /**
     * The log has signed, and enough witnesses have.
     *
     * @param checkpoint what they signed
     * @param cosignatures those of the policy's witnesses, also beyond what was needed
     */
    record Satisfied(SignedCheckpoint checkpoint, List<Cosignature> cosignatures)
        implements Verdict {
      /** Copies the list. */
      public Satisfied {
        cosignatures = List.copyOf(cosignatures);
      }
    }

    /**
     * It is not to be believed.
     *
     * @param reason why not, as a phrase for a human
     */
    record NotSatisfied(String reason) implements Verdict {}
  }

  private static final String NONE = "none";

  private final List<Log> logs;
  private final Map<String, KnownWitness> witnesses;
  private final Map<String, Group> groups;
  private final String quorum;

  private WitnessPolicy(Reader read, String quorum) {
    this.logs = List.copyOf(read.logs);
    // Groups stay in the order of the file, in which each needs only those before it.
    this.witnesses = new LinkedHashMap<>(read.witnesses);
    this.groups = new LinkedHashMap<>(read.groups);
    this.quorum = quorum;
  }

  /**
   * Reads a policy file; no bytes make it throw. Each reason names its line.
   *
   * @param file lines that each end in a line feed
   */
  public static Parsed<WitnessPolicy> parse(byte[] file) {
    if (file.length > MAX_BYTES) {
      return new Parsed.Malformed<>("a policy has at most " + MAX_BYTES + " bytes");
    }
    // The format is one of octets: each becomes one character, so that names are compared as such.
    String text = new String(file, StandardCharsets.ISO_8859_1);
    if (!text.isEmpty() && !text.endsWith("\n")) {
      return new Parsed.Malformed<>(
          "line " + text.split("\n", -1).length + ": a line ends in a line feed");
    }
    Reader reader = new Reader();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      Optional<String> fault = reader.line(line);
      if (fault.isPresent()) {
        return new Parsed.Malformed<>("line " + number + ": " + fault.get());
      }
    }
    return reader
        .quorum
        .<Parsed<WitnessPolicy>>map(quorum -> new Parsed.Value<>(new WitnessPolicy(reader, quorum)))
        .orElseGet(() -> new Parsed.Malformed<>("line " + number(text) + ": no quorum up to here"));
  }

  private static long number(String text) {
    return Math.max(1, text.lines().count());
  }

  /** Returns the logs in the order of the file. */
  public List<Log> logs() {
    return logs;
  }

  /** Returns the witnesses in the order of the file. */
  public List<KnownWitness> witnesses() {
    return List.copyOf(witnesses.values());
  }

  /**
   * Tells whether a log of this policy has signed the note, and enough of its witnesses. No note
   * makes it throw.
   */
  public Verdict satisfiedBy(SignedNote note) {
    if (Checkpoint.parse(note.text()) instanceof Parsed.Value<Checkpoint>(Checkpoint checkpoint)) {
      List<VerifierKey> keys =
          logs.stream()
              .map(Log::key)
              .filter(key -> key.name().equals(checkpoint.origin()))
              .toList();
      return switch (note.verify(keys)) {
        case SignedNote.Verdict.Refused(String reason) ->
            new Verdict.NotSatisfied(
                keys.isEmpty()
                    ? "the policy lists no key of the log " + checkpoint.origin()
                    : reason);
        case SignedNote.Verdict.Verified verified ->
            judgeWitnesses(new SignedCheckpoint(checkpoint, note));
      };
    }
    return new Verdict.NotSatisfied("the note is no checkpoint");
  }

  /**
   * Tells whether the given log has signed the note, and enough witnesses of this policy, whatever
   * logs the policy lists. No note makes it throw.
   *
   * @param log the log's key, of type Ed25519
   */
  public Verdict satisfiedBy(SignedNote note, VerifierKey log) {
    return switch (SignedCheckpoint.open(note, log)) {
      case SignedCheckpoint.Opening.Refused(String reason) -> new Verdict.NotSatisfied(reason);
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint checkpoint) ->
          judgeWitnesses(checkpoint);
    };
  }

  private Verdict judgeWitnesses(SignedCheckpoint checkpoint) {
    List<VerifierKey> keys = witnesses.values().stream().map(KnownWitness::key).toList();
    return switch (Cosignature.read(checkpoint.note(), keys)) {
      case Cosignature.Reading.Refused(String reason) -> new Verdict.NotSatisfied(reason);
      case Cosignature.Reading.Cosigned(List<Cosignature> found) ->
          isQuorum(found)
              ? new Verdict.Satisfied(checkpoint, found)
              : new Verdict.NotSatisfied("the witnesses that cosigned are no quorum");
    };
  }

  private boolean isQuorum(List<Cosignature> found) {
    Set<String> satisfied = new HashSet<>();
    satisfied.add(NONE);
    for (KnownWitness witness : witnesses.values()) {
      if (found.stream().anyMatch(cosignature -> cosignature.witness().equals(witness.key()))) {
        satisfied.add(witness.name());
      }
    }
    groups.forEach(
        (name, group) -> {
          if (group.members.stream().filter(satisfied::contains).count() >= group.threshold) {
            satisfied.add(name);
          }
        });
    return satisfied.contains(quorum);
  }

  /** Takes in one line after the other; what it answers is what is wrong with the line. */
  private static final class Reader {
    private final List<Log> logs = new ArrayList<>();
    private final Map<String, KnownWitness> witnesses = new LinkedHashMap<>();
    private final Map<String, Group> groups = new LinkedHashMap<>();
    private final Set<String> members = new HashSet<>();
    private Optional<String> quorum = Optional.empty();

    Optional<String> line(String line) {
      if (line.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 0x7f)) {
        return Optional.of("a control character other than tab");
      }
      List<String> words =
          Arrays.stream(line.split("[ \t]+")).filter(word -> !word.isEmpty()).toList();
      if (words.isEmpty() || words.getFirst().startsWith("#")) {
        return Optional.empty();
      }
      List<String> rest = words.subList(1, words.size());
      return switch (words.getFirst()) {
        case "log" -> log(rest);
        case "witness" -> witness(rest);
        case "group" -> group(rest);
        case "quorum" -> quorum(rest);
        // A String can be anything: this is a line of a foreign text, not a case left undecided.
        default -> Optional.of("a line begins with log, witness, group, quorum or #");
      };
    }

    private Optional<String> log(List<String> words) {
      if (words.isEmpty() || words.size() > 2) {
        return Optional.of("a log line reads: log VKEY [URL]");
      }
      if (logs.size() == MAX_OF_EACH) {
        return Optional.of("a policy has at most " + MAX_OF_EACH + " logs");
      }
      return switch (key(words.getFirst(), VerifierKey.Algorithm.ED25519)) {
        case Parsed.Malformed<VerifierKey>(String reason) -> Optional.of(reason);
        case Parsed.Value<VerifierKey>(VerifierKey key) -> {
          if (logs.stream().anyMatch(log -> samePublicKey(log.key, key))) {
            yield Optional.of("the key stands on an earlier log line");
          }
          logs.add(new Log(key, url(words, 1)));
          yield Optional.empty();
        }
      };
    }

    private Optional<String> witness(List<String> words) {
      if (words.size() < 2 || words.size() > 3) {
        return Optional.of("a witness line reads: witness NAME VKEY [URL]");
      }
      if (witnesses.size() == MAX_OF_EACH) {
        return Optional.of("a policy has at most " + MAX_OF_EACH + " witnesses");
      }
      if (isTaken(words.getFirst())) {
        return Optional.of("the name is taken: " + words.getFirst());
      }
      return switch (key(words.get(1), VerifierKey.Algorithm.COSIGNATURE)) {
        case Parsed.Malformed<VerifierKey>(String reason) -> Optional.of(reason);
        case Parsed.Value<VerifierKey>(VerifierKey key) -> {
          if (witnesses.values().stream().anyMatch(known -> samePublicKey(known.key, key))) {
            yield Optional.of("the key stands on an earlier witness line");
          }
          String name = words.getFirst();
          witnesses.put(name, new KnownWitness(name, key, url(words, 2)));
          yield Optional.empty();
        }
      };
    }

    private Optional<String> group(List<String> words) {
      if (words.size() < 3) {
        return Optional.of("a group line reads: group NAME all|any|K NAME...");
      }
      if (groups.size() == MAX_OF_EACH) {
        return Optional.of("a policy has at most " + MAX_OF_EACH + " groups");
      }
      if (isTaken(words.getFirst())) {
        return Optional.of("the name is taken: " + words.getFirst());
      }
      List<String> named = words.subList(2, words.size());
      OptionalLong threshold = threshold(words.get(1), named.size());
      if (threshold.isEmpty()) {
        return Optional.of("a threshold is all, any, or 1 to " + named.size());
      }
      for (String member : named) {
        if (!witnesses.containsKey(member) && !groups.containsKey(member)) {
          return Optional.of("no witness or group up to here: " + member);
        }
        if (!members.add(member)) {
          return Optional.of("a member of a group already: " + member);
        }
      }
      groups.put(
          words.getFirst(), new Group(Math.toIntExact(threshold.getAsLong()), List.copyOf(named)));
      return Optional.empty();
    }

    private static OptionalLong threshold(String word, int members) {
      OptionalLong threshold =
          switch (word) {
            case "any" -> OptionalLong.of(1);
            case "all" -> OptionalLong.of(members);
            default -> StrictText.decimal(word);
          };
      boolean fits =
          threshold.isPresent() && threshold.getAsLong() >= 1 && threshold.getAsLong() <= members;
      return fits ? threshold : OptionalLong.empty();
    }

    private Optional<String> quorum(List<String> words) {
      if (words.size() != 1) {
        return Optional.of("a quorum line reads: quorum NAME");
      }
      if (quorum.isPresent()) {
        return Optional.of("a policy has one quorum");
      }
      if (!isTaken(words.getFirst())) {
        return Optional.of("no witness or group up to here: " + words.getFirst());
      }
      quorum = Optional.of(words.getFirst());
      return Optional.empty();
    }

    private boolean isTaken(String name) {
      return name.equals(NONE) || witnesses.containsKey(name) || groups.containsKey(name);
    }

    // The word is octets; a key's name is UTF-8.
    private static Parsed<VerifierKey> key(String word, VerifierKey.Algorithm algorithm) {
      Optional<String> text = StrictText.utf8(word.getBytes(StandardCharsets.ISO_8859_1));
      if (text.isEmpty()) {
        return new Parsed.Malformed<>("a key's name is UTF-8");
      }
      Parsed<VerifierKey> parsed = VerifierKey.parse(text.get());
      boolean other =
          parsed instanceof Parsed.Value<VerifierKey>(VerifierKey key)
              && key.algorithm() != algorithm;
      return other
          ? new Parsed.Malformed<>("the type of this key is not " + algorithm.type())
          : parsed;
    }

    private static boolean samePublicKey(VerifierKey one, VerifierKey other) {
      return Arrays.equals(one.publicKey(), other.publicKey());
    }

    private static Optional<String> url(List<String> words, int index) {
      return words.size() > index ? Optional.of(words.get(index)) : Optional.empty();
    }
  }
}
