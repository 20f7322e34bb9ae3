package dev.stele.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What all commands share: which log, how to answer, and the frame around their work. */
abstract class SteleCommand implements Callable<Integer> {
  @Mixin final LogOptionGroup log = new LogOptionGroup();

  @Option(names = "--json", description = "answer with JSON alone on stdout")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this help and exit")
  boolean help;

  @Spec private CommandSpec spec = CommandSpec.create();

  CommandSpec spec() {
    return spec;
  }

  @Override
  public final Integer call() throws Exception {
    return run(new Terminal(System.out, System.err, json));
  }

  /** Does the work and answers on the terminal; returns an {@link ExitCode}. */
  abstract int run(Terminal terminal) throws Exception;
}
