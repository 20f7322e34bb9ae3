package dev.stele.cli;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.LogReader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "cat",
    description = "Show events in order; with --json one object a line, with everything.")
final class CatCommand extends SteleCommand {
  private static final int PAGE = 500;

  @Option(names = "--after", paramLabel = "N", description = "begin after this position")
  private long after;

  @Option(names = "--limit", paramLabel = "N", description = "at most so many")
  private long limit = Long.MAX_VALUE;

  @Option(names = "--stream", paramLabel = "S", description = "only this stream")
  private @Nullable String stream;

  @Option(names = "--type", paramLabel = "T", description = "only this type")
  private @Nullable String type;

  @Override
  int run(Terminal terminal) {
    if (after < 0 || limit < 0) {
      throw new CannotRun("bad-number", "--after and --limit are 0 or more", "stele cat --help");
    }
    try (LogReader reader = log.openReader()) {
      long left = limit;
      long cursor = after;
      boolean headed = false;
      while (left > 0) {
        List<StoredEvent> page = page(reader, cursor);
        if (page.isEmpty()) {
          break;
        }
        cursor = stream == null ? page.getLast().position() : page.getLast().revision();
        List<List<String>> rows = new ArrayList<>();
        for (StoredEvent event : page) {
          if (left > 0 && (type == null || type.equals(event.type()))) {
            left--;
            if (terminal.json()) {
              terminal.answer(EventPrinter.json(event), List.of());
            } else {
              rows.add(EventPrinter.cells(event));
            }
          }
        }
        if (!rows.isEmpty()) {
          rows.addFirst(EventPrinter.headings());
          terminal.table(headed ? rows.subList(1, rows.size()) : rows);
          headed = true;
        }
      }
    }
    return ExitCode.DONE;
  }

  private List<StoredEvent> page(LogReader reader, long cursor) {
    return stream == null ? reader.read(cursor, PAGE) : reader.readStream(stream, cursor, PAGE);
  }
}
