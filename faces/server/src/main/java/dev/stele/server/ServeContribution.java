package dev.stele.server;

import dev.stele.cli.Stele;
import picocli.CommandLine;

/** Adds {@code stele serve} to the binary. */
public final class ServeContribution implements Stele.ExtraCommand {
  /** Made by the service loader. */
  public ServeContribution() {}

  @Override
  public Object command() {
    return new CommandLine(ServeCommand.spec());
  }
}
