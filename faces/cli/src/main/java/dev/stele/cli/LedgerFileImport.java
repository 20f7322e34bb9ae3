package dev.stele.cli;

import java.nio.file.Path;

/** Imports of ledger events. */
final class LedgerFileImport {
  LedgerFileImport(LogOptionGroup log) {}
  int run(Terminal terminal, String file) { return 2; }
  int run(Terminal terminal, Path database) { return 2; }
}
