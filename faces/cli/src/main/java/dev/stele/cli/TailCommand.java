package dev.stele.cli;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.LogReader;
import dev.stele.core.log.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(name = "tail", description = "Show the last events, and with -f what comes.")
final class TailCommand extends SteleCommand {
  @Option(
      names = {"-f", "--follow"},
      description = "go on with what is appended, also by other processes, until interrupted")
  private boolean follow;

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      description = "begin so many events before the end (default: ${DEFAULT-VALUE})")
  private long lines = 10;

  @Override
  int run(Terminal terminal) throws InterruptedException {
    try (LogReader reader = log.openReader()) {
      long end = reader.head().size();
      Subscription subscription =
          reader.subscribe(new Cursor(Math.max(0, end - Math.max(0, lines))));
      boolean headed = true;
      while (subscription.cursor().position() < end) {
        show(terminal, subscription.next(Duration.ZERO), headed);
        headed = false;
      }
      while (follow) {
        show(terminal, subscription.next(Duration.ofSeconds(1)), false);
      }
    }
    return ExitCode.DONE;
  }

  private static void show(Terminal terminal, List<StoredEvent> events, boolean headed) {
    if (terminal.json()) {
      events.forEach(event -> terminal.answer(EventPrinter.json(event), List.of()));
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    if (headed) {
      rows.add(EventPrinter.headings());
    }
    events.forEach(event -> rows.add(EventPrinter.cells(event)));
    if (!rows.isEmpty()) {
      terminal.table(rows);
    }
  }
}
