package dev.stele.cli;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "get", description = "Show one event, by position or by id.")
final class GetCommand extends SteleCommand {
  @ArgGroup(multiplicity = "1")
  private Which which = new Which();

  static final class Which {
    @Parameters(paramLabel = "POSITION", description = "the event's position, from 1")
    private @Nullable Long position;

    @Option(names = "--id", paramLabel = "ID", description = "the event's id")
    private @Nullable String id;
  }

  @Option(names = "--payload", description = "write the payload's bytes alone to stdout")
  private boolean payload;

  @Override
  int run(Terminal terminal) {
    try (LogReader reader = log.openReader()) {
      Optional<StoredEvent> found =
          which.position != null ? reader.get(which.position) : byId(reader);
      if (found.isEmpty()) {
        String what = which.position != null ? "position " + which.position : "id " + which.id;
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("found", false);
        json.put("headPosition", reader.head().size());
        terminal.answer(
            json,
            List.of(
                "there is no event with %s; the log ends at %d"
                    .formatted(what, reader.head().size())));
        return ExitCode.REFUSED_OR_BROKEN;
      }
      StoredEvent event = found.get();
      if (payload) {
        byte[] bytes = event.payload().orElse(new byte[0]);
        System.out.write(bytes, 0, bytes.length);
        System.out.flush();
        return event.erased() ? ExitCode.REFUSED_OR_BROKEN : ExitCode.DONE;
      }
      terminal.answer(EventPrinter.json(event), EventPrinter.page(event));
      return ExitCode.DONE;
    }
  }

  private Optional<StoredEvent> byId(LogReader reader) {
    String id = which.id;
    return id == null || id.isEmpty() ? Optional.empty() : reader.findById(id);
  }
}
