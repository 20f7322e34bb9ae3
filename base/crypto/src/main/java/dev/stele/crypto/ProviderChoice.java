package dev.stele.crypto;

import java.security.GeneralSecurityException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which provider of one algorithm is in use, chosen once: the native one where it loads, else the
 * portable one, or the one that the system property {@value #PROPERTY} names.
 *
 * <p>A choice that failed is kept as such and reported at the first use. Thrown while a class is
 * being initialised, the same message would be buried under two linkage errors.
 *
 * <p>Immutable.
 *
 * @param algorithm the algorithm's customary name
 * @param name the library in use, or {@code none}
 * @param nativeCode whether it is native code
 * @param chosen the provider; empty where the wanted one is not to be had
 * @param failure why the native library did not load, or why there is no provider at all
 */
record ProviderChoice<P>(
    String algorithm,
    String name,
    boolean nativeCode,
    Optional<P> chosen,
    Optional<String> failure) {

  static final String PROPERTY = "stele.crypto";

  /** A library and how to bring it up. */
  record Library<P>(String name, Loader<P> loader) {}

  /** Brings a library up, or says why not by any of these or by a {@link LinkageError}. */
  @FunctionalInterface
  interface Loader<P> {
    P load() throws GeneralSecurityException, ReflectiveOperationException;
  }

  /** Chooses as the system property says. */
  static <P> ProviderChoice<P> make(
      String algorithm, Library<P> nativeLibrary, Library<P> portableLibrary) {
    return make(algorithm, System.getProperty(PROPERTY), nativeLibrary, portableLibrary);
  }

  /** Chooses as {@code wanted} says: {@code native}, {@code portable}, or null for the best. */
  static <P> ProviderChoice<P> make(
      String algorithm,
      @Nullable String wanted,
      Library<P> nativeLibrary,
      Library<P> portableLibrary) {
    return switch (wanted) {
      case "portable" -> load(algorithm, portableLibrary, false);
      case "native" -> load(algorithm, nativeLibrary, true);
      case null -> {
        ProviderChoice<P> first = load(algorithm, nativeLibrary, true);
        if (first.chosen.isPresent()) {
          yield first;
        }
        ProviderChoice<P> second = load(algorithm, portableLibrary, false);
        yield new ProviderChoice<>(
            algorithm, second.name, false, second.chosen, second.failure.or(first::failure));
      }
      default -> none(algorithm, "it must be native or portable, not '" + wanted + "'");
    };
  }

  /** Returns the provider. */
  P provider() {
    if (chosen.isEmpty()) {
      throw new IllegalStateException(
          "no provider of "
              + algorithm
              + " as the system property "
              + PROPERTY
              + " asks for: "
              + failure.orElse("no reason given")
              + ". Start without "
              + PROPERTY
              + " to use the best one that loads.");
    }
    return chosen.get();
  }

  // Besides its declared exceptions a library in Kotlin reports a missing native part by
  // IllegalStateException, and one missing from the classpath is a LinkageError.
  private static <P> ProviderChoice<P> load(
      String algorithm, Library<P> library, boolean nativeCode) {
    try {
      P loaded = library.loader().load();
      return new ProviderChoice<>(
          algorithm, library.name(), nativeCode, Optional.of(loaded), Optional.empty());
    } catch (LinkageError
        | GeneralSecurityException
        | ReflectiveOperationException
        | IllegalStateException e) {
      return none(algorithm, library.name() + " did not load: " + rootCause(e));
    }
  }

  private static <P> ProviderChoice<P> none(String algorithm, String failure) {
    return new ProviderChoice<>(algorithm, "none", false, Optional.empty(), Optional.of(failure));
  }

  // Loaders wrap what went wrong in layers that say nothing to an operator.
  private static Throwable rootCause(Throwable thrown) {
    Throwable cause = thrown.getCause();
    return cause == null ? thrown : rootCause(cause);
  }
}
