package dev.stele.core.storage;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.view.KeptViews;
import java.util.Optional;

/**
 * An engine with what belongs to one log on it.
 *
 * <pre>
 *   Storage storage = Storages.open(request);
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
