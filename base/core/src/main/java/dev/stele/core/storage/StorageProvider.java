package dev.stele.core.storage;

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
}
