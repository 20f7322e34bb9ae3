package dev.stele.server;

import dev.stele.cli.Stele;

/** Adds {@code stele relay} to the binary. */
public final class RelayContribution implements Stele.ExtraCommand {
  /** Made by the service loader. */
  public RelayContribution() {}

  @Override
  public Object command() {
    return new RelayCommand();
  }
}
