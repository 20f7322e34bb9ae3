package dev.stele.bench;

import dev.stele.cli.Stele;

/** Adds {@code stele bench} to the binary. */
public final class BenchContribution implements Stele.ExtraCommand {
  /** For the service loader. */
  public BenchContribution() {}

  @Override
  public Object command() {
    return new BenchCommand();
  }
}
