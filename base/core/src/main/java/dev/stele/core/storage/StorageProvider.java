package dev.stele.core.storage;

import dev.stele.core.log.LogHome;
import dev.stele.core.view.ViewStore;
import java.util.Optional;

/**
 * Opens storages of one kind: how an engine offers itself. Found by {@link
 * java.util.ServiceLoader}.
 */
public interface StorageProvider {
  /** The scheme of its URIs, such as {@code sqlite}: lower-case letters. */
  String scheme();

  /** How its URIs look, for people: {@code sqlite:FOLDER or sqlite:FILE.db}. */
  String form();

  /**
   * Opens a storage, making it where there is none and the request is to write.
   *
   * @throws IllegalArgumentException when the URI is not of this provider's form
   * @throws dev.stele.core.engine.StorageFailed when it cannot be opened
   */
  Storage open(StorageRequest request);

  /**
   * Where the keys of the log are that a URI names; nothing is opened, and it need not be there.
   *
   * @return empty where nothing outlives the process
   * @throws IllegalArgumentException when the URI is not of this provider's form
   */
  default Optional<LogHome> home(String uri) {
    return Optional.empty();
  }

  /**
   * Opens a store of views to write that belongs to no log of this kind: what retells a log that is
   * kept elsewhere. It is made where it is not there.
   *
   * @throws IllegalArgumentException when the URI is not of this provider's form, or it keeps no
   *     views apart from a log
   * @throws dev.stele.core.engine.StorageFailed when it cannot be opened
   */
  default ViewStore openViews(String uri) {
    throw new IllegalArgumentException(scheme() + " keeps no views apart from a log");
  }
}
