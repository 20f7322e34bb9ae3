package dev.stele.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import picocli.CommandLine.Command;

@Command(
    name = "validate",
    description = {
      "Re-compute everything: the log as 'stele verify' does, its indexes, the views beside it, the"
          + " anchor, and that imported messages are what they say.",
      "Exit 0: valid, maybe with warnings. Exit 1: there are errors."
    })
final class ValidateCommand extends SteleCommand {
  @Override
  int run(Terminal terminal) throws InterruptedException {
    try (Stopping stopping = new Stopping()) {
      terminal.begin("validating");
      Validation found = Validation.of(log, stopping.with(terminal::progress));
      List<String> text = new ArrayList<>();
      text.add(
          found.valid()
              ? "valid: all %,d events, and what is made of them".formatted(found.size())
              : "NOT VALID");
      found.errors().forEach(each -> text.add("ERROR      " + each.line()));
      found.warnings().forEach(each -> text.add("warning    " + each.line()));
      terminal.answer(new LinkedHashMap<>(found.json()), text);
      return found.valid() ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
    }
  }
}
