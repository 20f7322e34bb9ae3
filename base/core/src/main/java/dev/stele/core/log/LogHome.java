package dev.stele.core.log;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.VerifierKey;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The files that stand beside a log's database: its keys, and where its anchor is.
 *
 * <pre>
 *   NAME.db      the engine's
 *   NAME.key     the log's secrets, mode 0600: back it up, show it to nobody
 *   NAME.vkey    the log's public key: give it to everybody
 *   NAME.anchor  one line: the folder of the anchor, which is better on another disk
 * </pre>
 *
 * <p>Immutable and thread-safe. Failures of the disk are {@link StorageFailed}.
 */
public final class LogHome {
  private static final String INDEX_LINE = "index ";

  private final Path database;
  private final Path stem;

  private LogHome(Path database) {
    this.database = database;
    String name = String.valueOf(database.getFileName());
    this.stem =
        database.resolveSibling(name.endsWith(".db") ? name.substring(0, name.length() - 3) : name);
  }

  /** The home of the log in {@code database}, whether it is there yet or not. */
  public static LogHome of(Path database) {
    return new LogHome(database);
  }

  /**
   * Makes a log's keys and says where its anchor is to be; its folders are made, its database is
   * not.
   *
   * @param origin the log's name in every checkpoint, such as {@code example.com/ledger}
   * @param anchorFolder where the anchor is kept; by default in the user's state folder
   * @throws StorageFailed when there are keys already, which are never overwritten
   */
  public static LogHome create(
      Path database, String origin, Optional<Path> anchorFolder, RandomGenerator random) {
    LogHome home = new LogHome(database);
    for (String extension : List.of(".key", ".vkey", ".anchor")) {
      if (Files.exists(home.file(extension))) {
        throw new StorageFailed(
            "%s is there already; a log's keys are never overwritten"
                .formatted(home.file(extension)));
      }
    }
    LogKeys keys = LogKeys.generate(origin, random);
    try {
      Path folder = database.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      String secrets =
          keys.signer().secretText()
              + "\n"
              + INDEX_LINE
              + Base64.getEncoder().encodeToString(keys.indexKey())
              + "\n";
      SecretFile.create(home.file(".key"), secrets);
      SecretFile.createPublic(home.file(".vkey"), keys.signer().vkey() + "\n");
      FileAnchor.clearPlace(anchorFolder.orElseGet(LogHome::stateFolder), database);
      if (anchorFolder.isPresent()) {
        SecretFile.createPublic(home.file(".anchor"), anchorFolder.get().toAbsolutePath() + "\n");
      }
    } catch (FileAlreadyExistsException e) {
      throw new StorageFailed(
          "%s has keys already; a log's keys are never overwritten".formatted(database), e);
    } catch (IOException e) {
      throw new StorageFailed("the keys of %s cannot be written".formatted(database), e);
    }
    return home;
  }

  /**
   * Takes over the keys of a log that comes from elsewhere, where no log is; its folders are made.
   *
   * @param key its public key
   * @param secrets the text of its key file, where that came too
   * @param anchorFolder as for {@link #create}; what an anchor there knows of the log is kept
   * @throws StorageFailed when there are keys already, or the secrets are not that key's
   */
  public static LogHome adopt(
      Path database, VerifierKey key, Optional<String> secrets, Optional<Path> anchorFolder) {
    LogHome home = new LogHome(database);
    try {
      Path folder = database.toAbsolutePath().getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      SecretFile.createPublic(home.file(".vkey"), key + "\n");
      if (secrets.isPresent()) {
        SecretFile.create(home.file(".key"), secrets.get());
        var _ = home.keys();
      }
      if (anchorFolder.isPresent()) {
        SecretFile.createPublic(home.file(".anchor"), anchorFolder.get().toAbsolutePath() + "\n");
      }
    } catch (FileAlreadyExistsException e) {
      throw new StorageFailed(
          "%s has keys already; a log's keys are never overwritten".formatted(database), e);
    } catch (IOException e) {
      throw new StorageFailed("the keys of %s cannot be written".formatted(database), e);
    }
    return home;
  }

  /**
   * Puts the secrets of the log that is here beside its public key, where they are not yet.
   *
   * @param secrets the text of its key file
   * @throws StorageFailed when they are not that key's
   */
  public void adoptSecrets(String secrets) {
    if (keys().isPresent()) {
      return;
    }
    try {
      SecretFile.create(file(".key"), secrets);
    } catch (IOException e) {
      throw new StorageFailed("the keys of %s cannot be written".formatted(database), e);
    }
    var _ = keys();
  }

  /**
   * Gives the files of keys other names, so that another log can take this place, and forgets at
   * the anchor which log was here.
   *
   * @param suffix what is added to each name
   * @return the new names
   */
  public List<Path> setAside(String suffix) {
    List<Path> aside = new ArrayList<>();
    try {
      FileAnchor.clearPlace(anchorFolder(), database);
      for (String extension : List.of(".key", ".vkey", ".anchor")) {
        Path from = file(extension);
        if (Files.exists(from)) {
          Path to = from.resolveSibling(from.getFileName() + suffix);
          Files.move(from, to);
          aside.add(to);
        }
      }
    } catch (IOException e) {
      throw new StorageFailed("the keys of %s cannot be set aside".formatted(database), e);
    }
    return aside;
  }

  /** Undoes {@link #setAside}: the files that were taken instead go. */
  public void takeBack(String suffix) {
    try {
      for (String extension : List.of(".key", ".vkey", ".anchor")) {
        Path to = file(extension);
        Path from = to.resolveSibling(to.getFileName() + suffix);
        if (Files.exists(from)) {
          Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        } else {
          Files.deleteIfExists(to);
        }
      }
    } catch (IOException e) {
      throw new StorageFailed(
          "the keys of %s cannot be taken back; they are called …%s".formatted(database, suffix),
          e);
    }
  }

  /** The text of the key file, if it is here: to be shown to nobody. */
  public Optional<String> secretText() {
    return keys().map(_ -> String.join("\n", lines(file(".key"))) + "\n");
  }

  /** The engine's file. */
  public Path database() {
    return database;
  }

  /** Whether a log was made here. */
  public boolean exists() {
    return Files.exists(file(".vkey"));
  }

  /** The log's public key. */
  public VerifierKey vkey() {
    String text = lines(file(".vkey")).getFirst();
    return switch (VerifierKey.parse(text)) {
      case Parsed.Value<VerifierKey>(VerifierKey key) -> key;
      case Parsed.Malformed<VerifierKey>(String reason) ->
          throw new StorageFailed("%s holds no public key: %s".formatted(file(".vkey"), reason));
    };
  }

  /** The log's secrets, if its key file is here. */
  public Optional<LogKeys> keys() {
    Path file = file(".key");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    List<String> lines = lines(file);
    if (lines.size() != 2 || !lines.get(1).startsWith(INDEX_LINE)) {
      throw new StorageFailed("%s is not a log's key file".formatted(file));
    }
    return switch (SignerKey.parse(lines.get(0))) {
      case Parsed.Malformed<SignerKey>(String reason) ->
          throw new StorageFailed("%s holds no secret key: %s".formatted(file, reason));
      case Parsed.Value<SignerKey>(SignerKey signer) -> {
        LogKeys keys = new LogKeys(signer, indexKey(file, lines.get(1)));
        if (!keys.signer().vkey().equals(vkey())) {
          throw new StorageFailed(
              "%s and %s are not the two halves of one key".formatted(file, file(".vkey")));
        }
        yield Optional.of(keys);
      }
    };
  }

  private static byte[] indexKey(Path file, String line) {
    try {
      String text = line.substring(INDEX_LINE.length());
      byte[] key = Base64.getDecoder().decode(text);
      // The decoder ignores the loose bits of the last digit; a changed one is still a change.
      if (key.length == LogKeys.INDEX_KEY_BYTES
          && Base64.getEncoder().encodeToString(key).equals(text)) {
        return key;
      }
    } catch (IllegalArgumentException e) {
      throw new StorageFailed("%s holds no index key".formatted(file), e);
    }
    throw new StorageFailed("%s holds no index key".formatted(file));
  }

  /** The log's anchor, whether anything was recorded in it yet or not. */
  public Anchor anchor() {
    return anchorIn(anchorFolder());
  }

  /** The folder of the log's anchor: the one that was named, or the user's state folder. */
  public Path anchorFolder() {
    Path noted = file(".anchor");
    if (!Files.exists(noted)) {
      return stateFolder();
    }
    try {
      return Path.of(lines(noted).getFirst());
    } catch (InvalidPathException e) {
      throw new StorageFailed("%s names no folder".formatted(noted), e);
    }
  }

  /** The log's anchor in a folder that the caller names. */
  public Anchor anchorIn(Path folder) {
    return FileAnchor.inFolder(folder, vkey().text(), database);
  }

  private static Path stateFolder() {
    String state = System.getenv("XDG_STATE_HOME");
    Path base =
        state == null || state.isBlank()
            ? Path.of(System.getProperty("user.home", "."), ".local", "state")
            : Path.of(state);
    return base.resolve("stele").resolve("anchors");
  }

  private static List<String> lines(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      if (lines.isEmpty()) {
        throw new StorageFailed("%s is empty".formatted(file));
      }
      return lines;
    } catch (IOException e) {
      throw new StorageFailed("%s cannot be read; was a log made here?".formatted(file), e);
    }
  }

  private Path file(String extension) {
    return stem.resolveSibling(stem.getFileName() + extension);
  }
}
