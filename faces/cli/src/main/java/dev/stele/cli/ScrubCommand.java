package dev.stele.cli;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.Throttle;
import dev.stele.core.proof.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "scrub",
    description = {
      "Re-compute the log at a set rate, and remember how far it is proven, how, and when.",
      "'stele verify' does it once, as fast as it can, and leaves no trace."
    })
final class ScrubCommand extends SteleCommand {
  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "0",
      description = "at most so many events a second (default: 0, as fast as one core can)")
  private long rate;

  @Option(names = "--signatures", description = "re-check every signature too, not hashes alone")
  private boolean signatures;

  @Override
  int run(Terminal terminal) {
    if (rate < 0) {
      throw new CannotRun("bad-rate", "a rate is 0 or more, not " + rate, "stele scrub --help");
    }
    LongConsumer pace = rate == 0 ? _ -> {} : new Throttle(rate);
    try (EventLog writer = log.openWriter();
        LogEngine reader = log.openReadingEngine()) {
      terminal.begin("scrubbing");
      long size = writer.head().size();
      Verdict verdict =
          writer.scrub(
              () -> signatures ? FullCheck.auditors(reader, writer.verifierKey()) : List.of(),
              position -> {
                terminal.progress(position, size);
                pace.accept(position);
              });
      Map<String, Object> json = new LinkedHashMap<>(Verdicts.json(verdict));
      json.putAll(Health.json(writer.health().proven()));
      List<String> text = new ArrayList<>(Verdicts.text(verdict));
      text.addAll(Health.text(writer.health().proven()));
      terminal.answer(json, text);
      return verdict instanceof Verdict.Intact ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
    }
  }
}
