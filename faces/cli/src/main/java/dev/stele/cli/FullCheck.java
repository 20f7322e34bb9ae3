package dev.stele.cli;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Verdict;
import dev.stele.core.proof.Verifier;
import dev.stele.core.proof.VerifierKey;
import dev.stele.envelope.gate.EnvelopeAuditor;
import dev.stele.ledger.LedgerAuditor;
import dev.stele.ledger.view.TableAudit;
import dev.stele.nostr.gate.NostrAuditor;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;

/** The check that leaves nothing out: the log, every domain's signatures, and the SQL tables. */
final class FullCheck {
  private final LogLocation location;
  private final LogHome home;
  private final Anchor anchor;

  FullCheck(LogLocation location, LogHome home, Anchor anchor) {
    this.location = location;
    this.home = home;
    this.anchor = anchor;
  }

  /** What re-checks the signatures of every domain, for one verification. */
  static List<Auditor> auditors(LogEngine engine, VerifierKey key) {
    return auditors(engine, LogId.MAIN, key);
  }

  static List<Auditor> auditors(LogEngine engine, LogId log, VerifierKey key) {
    return List.of(
        LedgerAuditor.of(engine, log, key),
        EnvelopeAuditor.of(engine, log, key),
        new NostrAuditor());
  }

  /** Progress as (done, total). */
  interface Progress {
    void at(long done, long total);
  }

  Verdict run(Progress progress) {
    Verdict verdict = check(progress);
    // Whoever opens the log next is to know, though it trusts what a checkpoint covers.
    anchor.suspect(verdict instanceof Verdict.Broken);
    return verdict;
  }

  private Verdict check(Progress progress) {
    // The anchor first: a writer may go on meanwhile, and the log must hold what the anchor knows.
    Optional<byte[]> anchored = anchor.last();
    try (LogEngine engine = location.openReader()) {
      long size = engine.head(LogId.MAIN).size();
      LongConsumer verified = done -> progress.at(done, size);
      Verifier verifier =
          Verifier.of(engine, LogId.MAIN, home.vkey())
              .withAnchor(anchored)
              .withStranger(anchor.stranger())
              .withAuditors(() -> auditors(engine, home.vkey()))
              .progress(verified);
      home.keys().ifPresent(keys -> verifier.withIndexKey(keys.indexKey()));
      Verdict verdict = verifier.verify();
      if (verdict instanceof Verdict.Intact intact && location.hasLedgerTable()) {
        try (LogReader reader =
            LogReader.open(location.openReader(), LogId.MAIN, home.vkey(), home.keys())) {
          return TableAudit.run(home.database(), reader)
              .<Verdict>map(
                  difference ->
                      new Verdict.Broken(
                          intact.scope(),
                          difference.position() - 1,
                          difference.position(),
                          new Fault.View(difference.detail())))
              .orElse(intact);
        }
      }
      return verdict;
    }
  }
}
