package dev.stele.server.witness;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Disk;
import dev.stele.core.log.SecretFile;
import dev.stele.core.proof.CosignerKey;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import dev.stele.core.witness.FraudProof;
import dev.stele.core.witness.Witness;
import dev.stele.core.witness.WitnessReply;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * This server as a witness of other logs (C2SP tlog-witness): a key, the logs it knows, what it has
 * cosigned, and the fraud proofs it came by.
 *
 * <p>A log that signs two histories is not cosigned, and convicted by a file in the folder {@code
 * fraud}, which anyone checks offline. Thread-safe.
 */
public final class WitnessDesk implements AutoCloseable {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.server");

  private final Witness witness;
  private final WitnessFolder memory;
  private final Path fraud;

  private WitnessDesk(Witness witness, WitnessFolder memory, Path fraud) {
    this.witness = witness;
    this.memory = memory;
    this.fraud = fraud;
  }

  /**
   * How the witness is set up.
   *
   * @param name the name in its cosignatures
   * @param key the file of its secret key; made where it is not there
   * @param logs the file of the logs it knows: public keys, one a line
   * @param folder where it keeps what it must not forget
   */
  public record Options(String name, Path key, Path logs, Path folder) {}

  /**
   * Opens it.
   *
   * @throws StorageFailed when a file cannot be read, or does not hold what it should
   */
  public static WitnessDesk open(Options options, InstantSource clock, RandomGenerator random) {
    try {
      boolean isNew = !Files.exists(options.key());
      if (isNew && Files.exists(options.folder().resolve("origins"))) {
        throw new StorageFailed(
            "the witness's key %s is gone, and there is what it has cosigned; put it back"
                .formatted(options.key()));
      }
      CosignerKey key = isNew ? makeKey(options, random) : readKey(options);
      List<VerifierKey> logs = readLogs(options.logs());
      WitnessFolder memory = WitnessFolder.open(Disk.system(), options.folder());
      return new WitnessDesk(
          new Witness(logs, key, memory, clock), memory, options.folder().resolve("fraud"));
    } catch (IOException e) {
      throw new StorageFailed("the witness's files cannot be read: " + e.getMessage(), e);
    }
  }

  private static CosignerKey makeKey(Options options, RandomGenerator random) throws IOException {
    CosignerKey key = CosignerKey.of(options.name(), Ed25519Key.generate(random));
    SecretFile.create(options.key(), key.secretText() + "\n");
    return key;
  }

  private static CosignerKey readKey(Options options) throws IOException {
    return switch (CosignerKey.parse(Files.readString(options.key()).strip())) {
      case Parsed.Malformed<CosignerKey>(String reason) ->
          throw new StorageFailed("%s is no witness's key: %s".formatted(options.key(), reason));
      case Parsed.Value<CosignerKey>(CosignerKey key) -> {
        if (!key.name().equals(options.name())) {
          throw new StorageFailed(
              "%s is the key of %s, not of %s"
                  .formatted(options.key(), key.name(), options.name()));
        }
        yield key;
      }
    };
  }

  private static List<VerifierKey> readLogs(Path file) throws IOException {
    List<VerifierKey> logs = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      switch (VerifierKey.parse(line.strip())) {
        case Parsed.Malformed<VerifierKey>(String reason) ->
            throw new StorageFailed("%s holds a key that is none: %s".formatted(file, reason));
        case Parsed.Value<VerifierKey>(VerifierKey key) -> logs.add(key);
      }
    }
    return logs;
  }

  /** The public key of its cosignatures. */
  public VerifierKey vkey() {
    return witness.vkey();
  }

  /** Judges the body of an {@code add-checkpoint} request; what it cosigns is durable. */
  public WitnessReply addCheckpoint(byte[] body) {
    Witness.Answer answer = witness.addCheckpoint(body);
    if (answer instanceof Witness.Answer.Forked(long size, Optional<FraudProof> proof)) {
      proof.ifPresentOrElse(
          each -> keep(each, size),
          () -> LOGGER.log(System.Logger.Level.WARNING, "event=fork size=" + size));
    }
    return WitnessReply.of(answer);
  }

  /** One file for each size is enough to convict. */
  private void keep(FraudProof proof, long size) {
    String log = proof.one().text().lines().findFirst().orElse("");
    Path file = fraud.resolve("%s-%d.fraud-proof".formatted(WitnessFolder.hash(log), size));
    try {
      Files.createDirectories(fraud);
      Files.write(
          file,
          proof.bytes(),
          java.nio.file.StandardOpenOption.CREATE_NEW,
          java.nio.file.StandardOpenOption.SYNC,
          java.nio.file.StandardOpenOption.WRITE);
      LOGGER.log(System.Logger.Level.WARNING, "event=fork log=" + log + " proof=" + file);
    } catch (FileAlreadyExistsException e) {
      LOGGER.log(System.Logger.Level.WARNING, "event=fork-again log=" + log);
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.ERROR, "event=fraud-proof-not-kept log=" + log, e);
    }
  }

  /** The last checkpoint cosigned of the log whose origin hashes to this, SHA-256 in hex. */
  public Optional<SignedCheckpoint> lastOfHash(String hash) {
    return memory.lastOfHash(hash);
  }

  /** Gives its folder back. */
  @Override
  public void close() {
    memory.close();
  }
}
