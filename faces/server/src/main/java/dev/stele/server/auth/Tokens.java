package dev.stele.server.auth;

import dev.stele.cli.Json;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.crypto.Sha256;
import dev.stele.server.json.JsonReading;
import dev.stele.server.json.JsonReading.NotJson;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * API tokens: issued, recognised and revoked. What is kept of a token is its Argon2id hash, in the
 * server's own log; the token itself is shown once.
 *
 * <pre>
 *   stele_ID_SECRET        ID: 12 hex digits   SECRET: 32 random bytes, base64url
 *
 *   stream "tokens":  token.issued {id, name, roles, salt, hash}   token.revoked {id}
 * </pre>
 *
 * <p>Hashing takes some 20 ms and 19 MiB, as it should, so what was recognised is remembered by its
 * SHA-256, up to {@link #MAX_REMEMBERED} tokens; a revoked one is forgotten at once. Thread-safe.
 */
public final class Tokens {
  /** The stream of what happened to tokens. */
  public static final String STREAM = "tokens";

  /** 1,000 tokens are recognised without hashing again. */
  private static final int MAX_REMEMBERED = 1_000;

  /** Two hash at a time: more would take memory and processors from those who are known. */
  private static final int HASHING = 2;

  /** Argon2id with 19 MiB, two passes, one lane (OWASP's second choice). */
  private static final int MEMORY_KIB = 19 * 1024;

  private static final int PASSES = 2;
  private static final int HASH_BYTES = 32;
  private static final int SALT_BYTES = 16;
  private static final int SECRET_BYTES = 32;
  private static final int ID_BYTES = 6;
  private static final int PAGE = 1_000;

  private static final Pattern TOKEN = Pattern.compile("stele_([0-9a-f]{12})_([A-Za-z0-9_-]{43})");

  /**
   * A token, without its secret.
   *
   * @param id tells it from others
   * @param name whose it is, for people
   * @param roles what its bearer may do
   * @param issuedAt when
   */
  public record Token(String id, String name, Map<String, Role> roles, Instant issuedAt) {
    Principal principal() {
      return new Principal("token:" + name, Principal.Kind.TOKEN, roles);
    }
  }

  /**
   * A token that was just issued.
   *
   * @param token what is kept of it
   * @param secret the whole of it, which is nowhere else
   */
  public record Issued(Token token, String secret) {
    /** Leaves the secret out. */
    @Override
    public String toString() {
      return "Issued[" + token + "]";
    }
  }

  private record Kept(Token token, byte[] salt, byte[] hash) {}

  private final EventLog log;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Map<String, Kept> tokens = new ConcurrentHashMap<>();
  private final Semaphore hashing = new Semaphore(HASHING);
  private final UnsignedGate gate = new UnsignedGate();
  private final ReentrantLock turn = new ReentrantLock();

  /** By the hash of the whole token; guarded by the turn. */
  @SuppressWarnings("serial")
  private final Map<String, String> recognised =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MAX_REMEMBERED;
        }
      };

  private Tokens(EventLog log, InstantSource clock, RandomGenerator random) {
    this.log = log;
    this.clock = clock;
    this.random = random;
  }

  /** The tokens that the server's own log knows. */
  public static Tokens of(EventLog log, InstantSource clock, RandomGenerator random) {
    Tokens tokens = new Tokens(log, clock, random);
    for (long revision = 0; ; ) {
      List<StoredEvent> page = log.readStream(STREAM, revision, PAGE);
      if (page.isEmpty()) {
        return tokens;
      }
      page.forEach(tokens::fold);
      revision = page.getLast().revision();
    }
  }

  private void fold(StoredEvent event) {
    try {
      Map<String, @Nullable Object> json =
          JsonReading.object(
              event.payload().orElseThrow(() -> new IllegalStateException("erased")));
      String id = String.valueOf(json.get("id"));
      switch (event.type()) {
        case "token.issued" ->
            tokens.put(
                id,
                new Kept(
                    new Token(
                        id,
                        String.valueOf(json.get("name")),
                        Roles.read(roles(json)).orElse(Map.of()),
                        event.recordedAt()),
                    HexFormat.of().parseHex(String.valueOf(json.get("salt"))),
                    HexFormat.of().parseHex(String.valueOf(json.get("hash")))));
        case "token.revoked" -> forget(id);
        default -> {}
      }
    } catch (NotJson | IllegalArgumentException e) {
      throw new IllegalStateException(
          "the record of tokens at position %d cannot be read".formatted(event.position()), e);
    }
  }

  private static Object roles(Map<String, @Nullable Object> json) {
    Object roles = json.get("roles");
    return roles == null ? "" : roles;
  }

  private void forget(String id) {
    tokens.remove(id);
    turn.lock();
    try {
      recognised.values().removeIf(id::equals);
    } finally {
      turn.unlock();
    }
  }

  /** Every token that counts, the oldest first. */
  public List<Token> all() {
    List<Token> all = new ArrayList<>();
    tokens.values().forEach(kept -> all.add(kept.token()));
    all.sort((a, b) -> a.issuedAt().compareTo(b.issuedAt()));
    return all;
  }

  /**
   * Issues a token; durable on return.
   *
   * @throws IllegalStateException when the server's own log does not take it
   */
  public Issued issue(String name, Map<String, Role> roles) {
    byte[] idBytes = new byte[ID_BYTES];
    byte[] secretBytes = new byte[SECRET_BYTES];
    byte[] salt = new byte[SALT_BYTES];
    random.nextBytes(idBytes);
    random.nextBytes(secretBytes);
    random.nextBytes(salt);
    String id = HexFormat.of().formatHex(idBytes);
    String secret =
        "stele_%s_%s"
            .formatted(id, Base64.getUrlEncoder().withoutPadding().encodeToString(secretBytes));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", id);
    json.put("name", name);
    json.put("roles", Roles.json(roles));
    json.put("salt", HexFormat.of().formatHex(salt));
    json.put("hash", HexFormat.of().formatHex(hash(secret, salt)));
    append("token.issued", json);
    return new Issued(
        Optional.ofNullable(tokens.get(id))
            .map(Kept::token)
            .orElseThrow(() -> new IllegalStateException("the token is not there")),
        secret);
  }

  /** Revokes a token; durable on return. Tells whether there was one. */
  public boolean revoke(String id) {
    if (!tokens.containsKey(id)) {
      return false;
    }
    append("token.revoked", Map.of("id", id));
    return true;
  }

  private void append(String type, Map<String, ?> json) {
    Admission admission =
        gate.judge(
            new UnsignedGate.Input(
                STREAM, type, "", Json.write(json).getBytes(StandardCharsets.UTF_8), ""),
            clock.instant());
    if (!(admission instanceof Admitted admitted)
        || !(log.append(Append.of(admitted)) instanceof AppendResult.Appended appended)) {
      throw new IllegalStateException("the server's own log takes no record of tokens");
    }
    log.get(appended.first()).ifPresent(this::fold);
  }

  /** Whose token this is, if it is one that counts. */
  public Optional<Principal> recognise(String text) {
    Matcher matcher = TOKEN.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String id = matcher.group(1);
    Kept kept = tokens.get(id);
    if (kept == null) {
      return Optional.empty();
    }
    String digest = HexFormat.of().formatHex(Sha256.hash(text.getBytes(StandardCharsets.US_ASCII)));
    if (isKnown(digest)) {
      return Optional.of(kept.token().principal());
    }
    if (!MessageDigest.isEqual(kept.hash(), hashInTurn(text, kept.salt()))) {
      return Optional.empty();
    }
    turn.lock();
    try {
      if (tokens.containsKey(id)) {
        recognised.put(digest, id);
        return Optional.of(kept.token().principal());
      }
      return Optional.empty();
    } finally {
      turn.unlock();
    }
  }

  private boolean isKnown(String digest) {
    turn.lock();
    try {
      return recognised.containsKey(digest);
    } finally {
      turn.unlock();
    }
  }

  private byte[] hashInTurn(String text, byte[] salt) {
    hashing.acquireUninterruptibly();
    try {
      return hash(text, salt);
    } finally {
      hashing.release();
    }
  }

  private static byte[] hash(String text, byte[] salt) {
    Argon2BytesGenerator argon2 = new Argon2BytesGenerator();
    argon2.init(
        new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
            .withIterations(PASSES)
            .withMemoryAsKB(MEMORY_KIB)
            .withParallelism(1)
            .withSalt(salt)
            .build());
    byte[] hash = new byte[HASH_BYTES];
    argon2.generateBytes(text.getBytes(StandardCharsets.US_ASCII), hash);
    return hash;
  }
}
