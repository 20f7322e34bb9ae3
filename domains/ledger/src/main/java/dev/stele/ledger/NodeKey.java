package dev.stele.ledger;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.SecretFile;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.random.RandomGenerator;

/**
 * The file beside a ledger that holds the key its node signs events with: {@code NAME.node.key},
 * mode 0600, one line {@code stele-node-key BASE64} of the 32-byte seed.
 */
final class NodeKey {
  private static final String PREFIX = "stele-node-key ";

  private NodeKey() {}

  /** Reads the key, making it where there is none. */
  static Ed25519Key open(Path database, RandomGenerator random) {
    String name = String.valueOf(database.getFileName());
    String stem = name.endsWith(".db") ? name.substring(0, name.length() - 3) : name;
    Path file = database.resolveSibling(stem + ".node.key");
    try {
      return Files.exists(file) ? read(file) : create(file, random);
    } catch (IOException e) {
      throw new StorageFailed(
          "the node's key %s cannot be read or written; are its folder and mode right?"
              .formatted(file),
          e);
    }
  }

  private static Ed25519Key read(Path file) throws IOException {
    String line = Files.readString(file).strip();
    try {
      if (line.startsWith(PREFIX)) {
        return Ed25519Key.fromSeed(Base64.getDecoder().decode(line.substring(PREFIX.length())));
      }
    } catch (IllegalArgumentException e) {
      throw new StorageFailed("%s is not a node's key file".formatted(file), e);
    }
    throw new StorageFailed("%s is not a node's key file".formatted(file));
  }

  private static Ed25519Key create(Path file, RandomGenerator random) throws IOException {
    Ed25519Key key = Ed25519Key.generate(random);
    SecretFile.create(file, PREFIX + Base64.getEncoder().encodeToString(key.seed()) + "\n");
    return key;
  }
}
