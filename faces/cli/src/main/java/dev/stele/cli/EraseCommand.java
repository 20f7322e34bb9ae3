package dev.stele.cli;

import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "erase",
    description = {
      "Drop payload, claims, subject and salt of events, and append a signed receipt for it.",
      "Their records stay, so chain, root and every proof still hold.",
      "Run 'stele compact' afterwards: then no file of the log holds a byte of them."
    })
final class EraseCommand extends SteleCommand {
  @ArgGroup(multiplicity = "1")
  private What what = new What();

  /** Exactly one of these. */
  static final class What {
    @Parameters(paramLabel = "POSITION", description = "the event at this position")
    private @Nullable Long position;

    @ArgGroup(exclusive = false)
    private @Nullable OfStream stream;

    @Option(
        names = "--subject",
        paramLabel = "S",
        description = "every event about this subject; reads the whole log")
    private @Nullable String subject;

    Erasure erasure() {
      if (position != null) {
        return new Erasure.OfEvent(position);
      }
      if (stream != null) {
        return new Erasure.OfRevisions(stream.name, stream.from, stream.to);
      }
      return new Erasure.OfSubject(subject == null ? "" : subject);
    }
  }

  /** Revisions of one stream. */
  static final class OfStream {
    @Option(
        names = "--stream",
        paramLabel = "S",
        required = true,
        description = "events of this stream")
    private String name = "";

    @Option(
        names = "--from",
        paramLabel = "R",
        defaultValue = "1",
        description = "from this revision (default: 1)")
    private long from = 1;

    @Option(
        names = "--to",
        paramLabel = "R",
        defaultValue = "9223372036854775807",
        description = "up to this revision (default: the last)")
    private long to = Long.MAX_VALUE;
  }

  @Override
  int run(Terminal terminal) {
    Erasure erasure;
    try {
      erasure = what.erasure();
    } catch (IllegalArgumentException e) {
      throw new CannotRun("bad-erasure", String.valueOf(e.getMessage()), "stele erase --help");
    }
    try (EventLog writer = log.openWriter()) {
      terminal.begin("erasing");
      return answer(terminal, writer.erase(erasure));
    }
  }

  private static int answer(Terminal terminal, EraseResult result) {
    Map<String, Object> json = new LinkedHashMap<>();
    return switch (result) {
      case EraseResult.Erased(long events, List<Long> receipts) -> {
        json.put("erased", events);
        json.put("receipts", receipts);
        terminal.answer(
            json,
            List.of(
                "erased     %,d events".formatted(events),
                "receipts   at " + receipts,
                "next       stele compact, so that no file holds a byte of them"));
        yield ExitCode.DONE;
      }
      case EraseResult.NothingToErase() -> {
        json.put("erased", 0);
        json.put("receipts", List.of());
        terminal.answer(json, List.of("nothing to erase: no event with a body matches"));
        yield ExitCode.DONE;
      }
      case EraseResult.Kept(long position, String stream) -> {
        json.put("erased", 0);
        json.put("refused", "kept-stream");
        json.put("position", position);
        json.put("stream", stream);
        terminal.answer(
            json,
            List.of(
                "REFUSED    event %,d is of the stream %s, which must be kept whole; nothing was erased"
                    .formatted(position, stream)));
        yield ExitCode.REFUSED_OR_BROKEN;
      }
      case EraseResult.ReadOnly(var verdict) -> {
        terminal.answer(Verdicts.json(verdict), Verdicts.text(verdict));
        yield ExitCode.REFUSED_OR_BROKEN;
      }
    };
  }
}
