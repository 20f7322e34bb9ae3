package dev.stele.core.log;

import dev.stele.core.engine.IndexKey;
import dev.stele.core.event.Claim;
import dev.stele.core.proof.SignerKey;
import dev.stele.crypto.Ed25519Key;
import dev.stele.crypto.HmacSha256;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.random.RandomGenerator;

/**
 * The secrets of one log: the key that signs its checkpoints, and the key under which its claims
 * are indexed. Neither is ever stored in an engine.
 *
 * <p>Immutable and thread-safe. {@link #toString} shows no secret.
 */
public final class LogKeys {
  /** Length of the index key, in bytes. */
  public static final int INDEX_KEY_BYTES = 32;

  /** More than processors is of no use; a few more do no harm. */
  private static final int IDLE_INDEXERS = 16;

  private final SignerKey signer;
  private final byte[] indexKey;
  private final ArrayBlockingQueue<Indexer> indexers = new ArrayBlockingQueue<>(IDLE_INDEXERS);

  /**
   * Puts the two together.
   *
   * @param signer signs checkpoints; its name is the log's origin
   * @param indexKey 32 secret bytes; copied
   */
  public LogKeys(SignerKey signer, byte[] indexKey) {
    if (indexKey.length != INDEX_KEY_BYTES) {
      throw new IllegalArgumentException("an index key has 32 bytes, not " + indexKey.length);
    }
    this.signer = signer;
    this.indexKey = indexKey.clone();
  }

  /** Makes new keys for the log named {@code origin}. */
  public static LogKeys generate(String origin, RandomGenerator random) {
    Ed25519Key key = Ed25519Key.generate(random);
    byte[] indexKey = new byte[INDEX_KEY_BYTES];
    random.nextBytes(indexKey);
    return new LogKeys(SignerKey.of(origin, key), indexKey);
  }

  /** The log's name in every checkpoint. */
  public String origin() {
    return signer.name();
  }

  /** What signs the log's checkpoints. */
  public SignerKey signer() {
    return signer;
  }

  /** A copy of the secret under which claims are indexed. */
  public byte[] indexKey() {
    return indexKey.clone();
  }

  /** An indexer, which belongs to one thread until it is given back, or for good. */
  Indexer indexer() {
    Indexer idle = indexers.poll();
    return idle == null ? new Indexer(new HmacSha256(indexKey)) : idle;
  }

  /** Takes back an indexer for the next caller: keying one costs more than using it. */
  void giveBack(Indexer indexer) {
    var _ = indexers.offer(indexer);
  }

  /** Turns claims into index keys. Confined to one thread. */
  static final class Indexer {
    private static final byte[] SEPARATOR = {0};

    private final HmacSha256 hmac;

    private Indexer(HmacSha256 hmac) {
      this.hmac = hmac;
    }

    /** The first 16 bytes of HMAC-SHA-256(index key, scope ‖ 0x00 ‖ key). */
    byte[] key(Claim claim) {
      return hmac.hash(claim.scope().getBytes(StandardCharsets.US_ASCII), SEPARATOR, claim.key());
    }

    IndexKey indexKey(Claim claim) {
      return IndexKey.of(key(claim), 0);
    }
  }

  @Override
  public String toString() {
    return "LogKeys[" + signer.vkey() + "]";
  }
}
