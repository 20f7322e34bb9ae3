package dev.stele.cli;

import dev.stele.core.engine.Compactable;
import dev.stele.core.engine.Compactable.Compacted;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Receipt;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Generation;
import dev.stele.envelope.view.EnvelopeView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Command;

/**
 * Rewrites a log and the file of views beside it. A view forgets when it is told the receipt of an
 * erase, so those that this program knows are brought up to date first; one that it does not know,
 * and that has not met the last receipt yet, may still hold what was erased, and is named.
 */
@Command(
    name = "compact",
    description = {
      "Rewrite the log's files and those of its views, so that none holds a byte of what was erased"
          + " or trimmed.",
      "It needs as much free space again as they take. Copies made earlier are not reached."
    })
final class CompactCommand extends SteleCommand {
  /** What became of the views beside the log. */
  private record Views(Compacted compacted, List<String> behind) {
    static final Views NONE = new Views(new Compacted(0, 0), List.of());
  }

  @Override
  int run(Terminal terminal) throws InterruptedException {
    try (EventLog writer = log.openWriter()) {
      terminal.begin("compacting");
      Views views = log.location().hasViewsBeside() ? compactViews(writer) : Views.NONE;
      Compacted compacted = writer.compact();
      long before = compacted.bytesBefore() + views.compacted.bytesBefore();
      long after = compacted.bytesAfter() + views.compacted.bytesAfter();
      List<String> lines = new ArrayList<>();
      lines.add("compacted  from %,d to %,d bytes".formatted(before, after));
      for (String view : views.behind) {
        lines.add(
            "NOT ALL    view %s has not met the last receipt, and may hold what was erased"
                .formatted(view));
      }
      if (!views.behind.isEmpty()) {
        lines.add("next       run the program that keeps it, then stele compact again");
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("bytesBefore", before);
      json.put("bytesAfter", after);
      json.put("viewsBehind", views.behind);
      terminal.answer(json, lines);
      return views.behind.isEmpty() ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
    }
  }

  private Views compactViews(EventLog writer) throws InterruptedException {
    try (ViewStore store = log.location().openViewsWriter()) {
      for (View view : Stream.concat(ViewsCommand.known().stream(), own()).toList()) {
        if (store.generations().stream().anyMatch(each -> each.view().equals(view.name()))) {
          var _ = new ViewRunner(view, writer, store).catchUp();
        }
      }
      long receipt = lastReceipt(writer);
      TreeSet<String> behind = new TreeSet<>();
      for (Generation each : store.generations()) {
        // What was erased before a build began never came in.
        if (Math.max(each.position(), each.begunAt()) < receipt) {
          behind.add(each.view());
        }
      }
      Compacted compacted =
          store instanceof Compactable compactable ? compactable.compact() : new Compacted(0, 0);
      return new Views(compacted, List.copyOf(behind));
    }
  }

  /** The views of the stores that this program opens itself. */
  private static Stream<View> own() {
    return Stream.of(new EnvelopeView());
  }

  /** Where the last receipt is, 0 when there is none: nothing was erased behind it. */
  private static long lastReceipt(EventLog log) {
    long last = log.lastRevision(Receipt.STREAM);
    return last == 0
        ? 0
        : log.readStream(Receipt.STREAM, last - 1, 1).stream()
            .findFirst()
            .map(event -> event.position())
            .orElse(0L);
  }
}
