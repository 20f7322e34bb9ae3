package dev.stele.core.storage;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogKeys;
import dev.stele.core.log.LogReader;
import dev.stele.core.view.KeptViews;
import java.nio.file.Path;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * An engine with what belongs to one log on it.
 *
 * <pre>
 *   Storage storage = Storages.open(request);
 *   LogKeys keys = storage.keys(origin, anchorFolder, random);
 *   EventLog log = EventLog.open(storage.engine(), LogId.MAIN, keys, options);   closes the engine
 *   KeptViews views = storage.keep(log);
 *   …
 *   views.close(); log.close(); storage.close();
 * </pre>
 */
public interface Storage extends AutoCloseable {
  /** The engine. Closed with the log that is opened on it, and with the storage. */
  LogEngine engine();

  /** Where the log's keys are; empty where nothing outlives the process. */
  Optional<LogHome> home();

  /**
   * The keys to write the log {@code MAIN} with: those of its home, which are made where there is
   * no log yet, and ones that end with the process where nothing outlives it.
   *
   * @param origin the log's name in every checkpoint, where it is made
   * @param anchorFolder where its anchor is kept, where it is made; by default in the user's state
   *     folder
   * @throws StorageFailed when there is a log, and not its secret keys
   */
  default LogKeys keys(String origin, Optional<Path> anchorFolder, RandomGenerator random) {
    Optional<LogHome> home = home();
    if (home.isEmpty()) {
      return LogKeys.generate(origin, random);
    }
    LogHome there = home.get();
    Path database = there.database();
    if (!there.exists()) {
      if (engine().head(LogId.MAIN).size() > 0) {
        throw new StorageFailed(
            "there is a log, and its keys are not at %s; copy them from where it was made"
                .formatted(database));
      }
      there = LogHome.create(database, origin, anchorFolder, random);
    }
    return there
        .keys()
        .orElseThrow(
            () ->
                new StorageFailed(
                    "the secret keys of the log at %s are not there, and writing needs them"
                        .formatted(database)));
  }

  /** The anchor that this process is to write, not taken yet; an unheld one in memory. */
  Anchor anchor();

  /**
   * Begins to keep the requested views of the log {@code MAIN}; where the storage was opened to
   * read only, reads what another process keeps of them.
   *
   * @throws IllegalStateException when it was called before: views are kept once
   */
  KeptViews keep(LogReader log);

  /**
   * The requested side tables.
   *
   * @throws IllegalStateException when none were requested
   */
  SideTables side();

  /** Releases everything that was opened, also the engine. Idempotent. */
  @Override
  void close();
}
