package dev.stele.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description = "Print completion for bash and zsh; use: source <(stele completion)")
final class CompletionCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    System.out.print(AutoComplete.bash("stele", spec.root().commandLine()));
    return ExitCode.DONE;
  }
}
