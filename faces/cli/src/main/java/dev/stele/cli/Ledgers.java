package dev.stele.cli;

import dev.stele.core.log.LogHome;
import dev.stele.ledger.EventLedger;
import dev.stele.ledger.LedgerHealth;
import dev.stele.ledger.LedgerOptions;
import java.nio.file.Path;

/** Opens the ledger that lives in a log. */
final class Ledgers {
  private Ledgers() {}

  static EventLedger open(LogOptionGroup log) {
    Path database = log.location().ledgerDatabase();
    LogHome home = log.home();
    log.keys(home);
    LedgerOptions options = LedgerOptions.defaults();
    if (log.anchorFolder().isPresent()) {
      options = options.anchoredIn(log.anchorFolder().get());
    }
    EventLedger ledger = EventLedger.open(database, "cli", options);
    if (ledger.health() instanceof LedgerHealth.Corrupted corrupted) {
      ledger.close();
      throw new CannotRun(
          "broken-log",
          "the log does not verify: " + corrupted + "; nothing was changed",
          "stele verify --log " + log.uri());
    }
    return ledger;
  }
}
