package dev.stele.client;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;

/**
 * What a client takes from outside, and its limits.
 *
 * <p>Immutable, as far as the trust store and the generator are thread-safe.
 *
 * @param bearer the token that goes with every request; use an {@code https} address, or it can be
 *     read on its way
 * @param tls how a server is recognised and the client shows itself, where it is not the platform's
 *     default
 * @param trust remembers keys and checkpoints
 * @param random draws idempotency keys and pauses; thread-safe, and strong outside tests, for a key
 *     that another can guess is a place that another can take
 * @param timeout how long one attempt may take, from connecting to the last byte of its answer
 * @param retry how often a request is sent again
 */
public record ClientOptions(
    Optional<String> bearer,
    Optional<SSLContext> tls,
    TrustStore trust,
    RandomGenerator random,
    Duration timeout,
    RetryPolicy retry) {
  /** Ten seconds: many times the slowest commit, and shorter than most people wait. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

  /** Checks the bounds. */
  public ClientOptions {
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException("a timeout is positive, not " + timeout);
    }
    if (bearer.isPresent() && !isToken(bearer.get())) {
      // The token itself is in no message.
      throw new IllegalArgumentException("a bearer token is visible ASCII without spaces");
    }
  }

  private static boolean isToken(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  /** No token, the platform's certificates, a strong random source and the default limits. */
  public static ClientOptions trusting(TrustStore trust) {
    return new ClientOptions(
        Optional.empty(),
        Optional.empty(),
        trust,
        new SecureRandom(),
        DEFAULT_TIMEOUT,
        RetryPolicy.DEFAULT);
  }

  /** As {@link #trusting}, with a store that forgets everything when the process ends. */
  public static ClientOptions inMemory() {
    return trusting(TrustStore.inMemory());
  }

  /** The same with a token. */
  public ClientOptions bearer(String token) {
    return new ClientOptions(Optional.of(token), tls, trust, random, timeout, retry);
  }

  /** The same with certificates of one's own. */
  public ClientOptions tls(SSLContext context) {
    return new ClientOptions(bearer, Optional.of(context), trust, random, timeout, retry);
  }

  /** The same with another source of randomness. */
  public ClientOptions random(RandomGenerator other) {
    return new ClientOptions(bearer, tls, trust, other, timeout, retry);
  }

  /** The same with another limit for one attempt. */
  public ClientOptions timeout(Duration other) {
    return new ClientOptions(bearer, tls, trust, random, other, retry);
  }

  /** The same with other retries. */
  public ClientOptions retry(RetryPolicy other) {
    return new ClientOptions(bearer, tls, trust, random, timeout, other);
  }

  /** Shows everything but the token. */
  @Override
  public String toString() {
    return "ClientOptions[bearer=%s, trust=%s, timeout=%s, retry=%s]"
        .formatted(bearer.isPresent() ? "set" : "none", trust, timeout, retry);
  }
}
