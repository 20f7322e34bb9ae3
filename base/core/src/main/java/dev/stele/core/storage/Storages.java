package dev.stele.core.storage;

import dev.stele.core.log.LogHome;
import dev.stele.core.view.ViewStore;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Finds the provider of a URI among the engines on the class path. */
public final class Storages {
  /** A login, up to the last at sign: a password that was not encoded may hold anything. */
  private static final Pattern SECRETS = Pattern.compile("//.*@", Pattern.DOTALL);

  private Storages() {}

  /** Every provider there is, in the order of schemes. */
  public static List<StorageProvider> providers() {
    return ServiceLoader.load(StorageProvider.class, Storages.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparing(StorageProvider::scheme))
        .toList();
  }

  /** The provider of a URI, if its engine is on the class path. */
  public static Optional<StorageProvider> find(String uri) {
    return providers().stream().filter(each -> uri.startsWith(each.scheme() + ":")).findFirst();
  }

  /**
   * Opens the storage that a URI names.
   *
   * @throws IllegalArgumentException when no engine on the class path knows the URI; the message
   *     says which forms are known
   * @throws dev.stele.core.engine.StorageFailed when it cannot be opened
   */
  public static Storage open(StorageRequest request) {
    return require(request.uri()).open(request);
  }

  /**
   * Where the keys of the log are that a URI names; see {@link StorageProvider#home}.
   *
   * @throws IllegalArgumentException when no engine on the class path knows the URI
   */
  public static Optional<LogHome> home(String uri) {
    return require(uri).home(uri);
  }

  /**
   * Opens the store of views that a URI names, to write; see {@link StorageProvider#openViews}.
   *
   * @throws IllegalArgumentException when no engine on the class path knows the URI
   * @throws dev.stele.core.engine.StorageFailed when it cannot be opened
   */
  public static ViewStore openViews(String uri) {
    return require(uri).openViews(uri);
  }

  private static StorageProvider require(String uri) {
    return find(uri)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "a storage is %s, not '%s'"
                        .formatted(
                            providers().stream()
                                .map(StorageProvider::form)
                                .collect(Collectors.joining(", ")),
                            withoutSecrets(uri))));
  }

  /**
   * A URI as it may be shown, in messages and in answers: what may be a password is left out,
   * whether or not the URI is of any provider's form.
   */
  public static String withoutSecrets(String uri) {
    return SECRETS.matcher(uri).replaceAll("//***@");
  }
}
