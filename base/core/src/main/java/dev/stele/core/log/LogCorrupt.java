package dev.stele.core.log;

import dev.stele.core.proof.Verdict;

/** A read reached for events of a log that does not verify, beyond what is proven good. */
public final class LogCorrupt extends RuntimeException {
  private final transient Verdict.Broken verdict;

  LogCorrupt(String log, Verdict.Broken verdict) {
    super(
        "log %s does not verify at position %d: %s; events up to %d are good; verify it, and restore it from a copy that does"
            .formatted(log, verdict.at(), verdict.fault().detail(), verdict.lastGood()));
    this.verdict = verdict;
  }

  /** What was found. */
  public Verdict.Broken verdict() {
    return verdict;
  }
}
