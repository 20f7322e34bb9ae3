package dev.stele.postgres;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.view.KeptViews;
import java.nio.file.Path;
import java.util.Optional;

/** A schema of a PostgreSQL database, and the folder with the keys of its log. */
final class PostgresStorage implements Storage {
  private final PostgresLogEngine engine;
  private final LogHome home;
  private final SideTables side;
  private final Optional<Path> anchorFolder;

  PostgresStorage(
      PostgresLogEngine engine, LogHome home, SideTables side, Optional<Path> anchorFolder) {
    this.engine = engine;
    this.home = home;
    this.side = side;
    this.anchorFolder = anchorFolder;
  }

  @Override
  public LogEngine engine() {
    return engine;
  }

  @Override
  public Optional<LogHome> home() {
    return Optional.of(home);
  }

  @Override
  public Anchor anchor() {
    return new FreeAnchor(home, anchorFolder.orElseGet(home::anchorFolder));
  }

  @Override
  public KeptViews keep(LogReader log) {
    return new InlineKeptViews(engine);
  }

  @Override
  public SideTables side() {
    return side;
  }

  @Override
  public void close() {
    engine.close();
  }
}
