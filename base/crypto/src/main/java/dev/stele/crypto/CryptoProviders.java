package dev.stele.crypto;

import java.util.List;
import java.util.Optional;

/**
 * Tells which libraries do the signature arithmetic in this process.
 *
 * <p>The system property {@code stele.crypto}, read once, chooses: {@code native} insists on the
 * native libraries, {@code portable} on the pure Java ones; without it each algorithm takes the
 * native one where it loads. The verdicts are the same; only the speed differs.
 *
 * <p>Thread-safe.
 */
public final class CryptoProviders {
  private CryptoProviders() {}

  /**
   * The library in use for one algorithm.
   *
   * <p>Immutable.
   *
   * @param algorithm the algorithm's customary name
   * @param library the library in use, as it calls itself, or {@code none}
   * @param nativeCode whether it is native code
   * @param failure why the native library did not load, where it was tried in vain; or what is
   *     wrong with the system property, in which case every use of the algorithm fails with the
   *     same words
   */
  public record InUse(
      String algorithm, String library, boolean nativeCode, Optional<String> failure) {}

  /** Returns one entry for each algorithm that has a choice; never throws. */
  public static List<InUse> describe() {
    return List.of(inUse(Ed25519.PROVIDER), inUse(Schnorr.PROVIDER));
  }

  private static InUse inUse(ProviderChoice<?> choice) {
    return new InUse(choice.algorithm(), choice.name(), choice.nativeCode(), choice.failure());
  }
}
