package dev.stele.cli;

import dev.stele.core.view.ViewStore;
import dev.stele.nostr.filter.FilterJson;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.store.QueryEnd;
import dev.stele.nostr.view.NostrView;
import dev.stele.nostr.view.Question;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "nostr",
    description = {
      "A log as a store of Nostr events: what is visible, by filters.",
      "History comes in by 'stele import --nostr', and goes out by 'stele export --nostr'."
    },
    subcommands = NostrCommand.ScanCommand.class)
final class NostrCommand {
  private NostrCommand() {}

  @Command(
      name = "scan",
      description = {
        "The visible events that match any filter (NIP-01), one JSON object a line: newest first,"
            + " of equally new ones that with the lowest id first, each once.",
        "With --json how it was answered, instead of the events."
      })
  static final class ScanCommand extends SteleCommand {
    @Parameters(
        paramLabel = "FILTER",
        arity = "1..*",
        description = "such as '{\"kinds\": [1], \"limit\": 10}'; quote it")
    private List<String> filters = new ArrayList<>();

    @Option(names = "--count", description = "how many there are, whatever the limits")
    private boolean count;

    @Mixin private final NostrStoreGroup nostr = new NostrStoreGroup();

    @Override
    int run(Terminal terminal) throws IOException {
      List<NostrFilter> asked = filters.stream().map(NostrFilters::parse).toList();
      try (NostrStore store = NostrStores.open(log.secretUri(), nostr.options(log))) {
        if (terminal.json()) {
          return explain(terminal, store, asked);
        }
        if (count) {
          terminal.say(String.valueOf(store.count(asked)));
          return ExitCode.DONE;
        }
        Writer out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
        var _ = store.query(asked, found -> write(out, found.json()));
        out.flush();
        return ExitCode.DONE;
      }
    }

    private int explain(Terminal terminal, NostrStore store, List<NostrFilter> asked) {
      Instant begun = Instant.now();
      ViewStore.Answer<List<String>> plans =
          NostrStores.views(store)
              .read(
                  NostrView.NAME,
                  tables -> new Question(asked, begun.getEpochSecond()).plans(tables));
      long[] given = {0};
      boolean more = false;
      if (count) {
        given[0] = store.count(asked);
      } else {
        QueryEnd end =
            store.query(
                asked,
                _ -> {
                  given[0]++;
                  return true;
                });
        more = end instanceof QueryEnd.More;
      }
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("filters", asked.stream().map(FilterJson::write).toList());
      json.put("plans", plans.value());
      json.put(count ? "count" : "events", given[0]);
      if (!count) {
        json.put("more", more);
      }
      json.put("milliseconds", Duration.between(begun, Instant.now()).toMillis());
      json.put("position", store.position());
      terminal.answer(json, List.of());
      return ExitCode.DONE;
    }
  }

  /** Writes one line; always wants another. */
  static boolean write(Writer out, String line) {
    try {
      out.write(line);
      out.write('\n');
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
