package dev.stele.cli;

import dev.stele.core.log.EventLog;
import dev.stele.core.log.TrimResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "trim",
    description = {
      "Drop the first events whole, and append a signed receipt for it.",
      "What proves them stays: their hashes, so that every old proof still holds."
    })
final class TrimCommand extends SteleCommand {
  @Option(
      names = "--before",
      paramLabel = "POSITION",
      required = true,
      description = "events from this position on stay; events go by whole tiles of 256")
  private long before;

  @Override
  int run(Terminal terminal) {
    try (EventLog writer = log.openWriter()) {
      terminal.begin("trimming");
      return answer(terminal, writer.trim(before));
    }
  }

  private static int answer(Terminal terminal, TrimResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    return switch (result) {
      case TrimResult.Trimmed(long upTo, long events, List<Long> receipts) -> {
        json.put("trimmed", events);
        json.put("firstPosition", upTo + 1);
        json.put("receipts", receipts);
        terminal.answer(
            json,
            List.of(
                "trimmed    %,d events; the log begins at %,d now".formatted(events, upTo + 1),
                "receipts   at " + receipts,
                "next       stele compact, so that no file holds a byte of them"));
        yield ExitCode.DONE;
      }
      case TrimResult.NothingToTrim(String reason) -> {
        json.put("trimmed", 0);
        json.put("reason", reason);
        terminal.answer(json, List.of("nothing was trimmed: " + reason));
        yield ExitCode.DONE;
      }
      case TrimResult.ReadOnly(var verdict) -> {
        terminal.answer(Verdicts.json(verdict), Verdicts.text(verdict));
        yield ExitCode.REFUSED_OR_BROKEN;
      }
    };
  }
}
