package dev.stele.core.storage;

import dev.stele.core.view.View;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is to be opened.
 *
 * @param uri the whole URI, scheme included
 * @param readOnly whether nothing will be written
 * @param views the views to keep of the log
 * @param sideTables the tables to keep beside the log
 * @param scripts what engines that speak SQL run once, in order, before the views' and side tables
 *     are first used; on a server tables that a script makes are used as they are, others are made;
 *     other engines have no use for them
 * @param anchorFolder where the anchor is, when not where the log's home says
 */
public record StorageRequest(
    String uri,
    boolean readOnly,
    List<View> views,
    SideTables.Definition sideTables,
    List<Script> scripts,
    Optional<Path> anchorFolder) {
  /**
   * SQL of a domain for one kind of engine, in versions that run once each and in order.
   *
   * @param scheme of the provider that is to run it
   * @param name of the domain: tells its versions from those of others
   * @param folder where the versions are on the class path, as {@code V1__what.sql}; for SQLite as
   *     {@code V1.sql}, and beside them {@code read.sql} and {@code write.sql}, which fill what the
   *     versions made whenever the log's own indexes were written down
   */
  public record Script(String scheme, String name, String folder) {}

  /** Copies the lists. */
  public StorageRequest {
    views = List.copyOf(views);
    scripts = List.copyOf(scripts);
  }

  /** A storage to write, with nothing beside its log. */
  public static StorageRequest of(String uri) {
    return new StorageRequest(
        uri, false, List.of(), SideTables.Definition.NONE, List.of(), Optional.empty());
  }
}
