package dev.stele.cli;

import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewState;
import dev.stele.core.view.ViewStatus;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Generation;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.sqlite.InlineStatus;
import dev.stele.sqlite.SqliteLogEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * Lists what is derived from the log: the tables that move with it, those in the file of views
 * beside it, and the views that this binary knows ({@link ServiceLoader} of {@link View}) and that
 * nobody has built yet.
 */
@Command(
    name = "views",
    description = "The tables that retell the log, and how far each is.",
    subcommands = ViewsCommand.Rebuild.class)
final class ViewsCommand extends SteleCommand {
  /** One line of the list. */
  private record Line(
      String name, String kept, int version, long position, long lag, String state, String detail) {
    Map<String, Object> asJson() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", name);
      json.put("kept", kept);
      json.put("version", version);
      json.put("position", position);
      json.put("lag", lag);
      json.put("state", state);
      json.put("detail", detail.isEmpty() ? null : detail);
      return json;
    }

    List<String> cells() {
      return List.of(
          name,
          kept,
          Integer.toString(version),
          "%,d".formatted(position),
          "%,d".formatted(lag),
          detail.isEmpty() ? state : state + ": " + detail);
    }
  }

  /** The views that this binary has the code of. */
  static List<View> known() {
    return ServiceLoader.load(View.class).stream().map(ServiceLoader.Provider::get).toList();
  }

  @Override
  int run(Terminal terminal) {
    var _ = log.home();
    List<Line> lines = new ArrayList<>();
    boolean failed = false;
    long size;
    try (LogEngine engine = log.openReadingEngine()) {
      // The views first: the log may grow meanwhile, and none is ahead of it.
      List<InlineStatus> inline = inlineViews(engine);
      size = engine.head(LogId.MAIN).size();
      for (InlineStatus view : inline) {
        lines.add(inline(view, size));
      }
    }
    List<Generation> generations = generations(log.location());
    for (Generation live : generations) {
      if (live.slot() == Slot.LIVE) {
        Line line = beside(live, generations, size);
        failed |= line.state.equals("failed");
        lines.add(line);
      }
    }
    for (View view : known()) {
      if (lines.stream().noneMatch(line -> line.name.equals(view.name()))) {
        lines.add(new Line(view.name(), "beside", 0, 0, size, "not built", ""));
      }
    }
    if (terminal.json()) {
      terminal.answer(
          Map.of("size", size, "views", lines.stream().map(Line::asJson).toList()), List.of());
    } else if (lines.isEmpty()) {
      terminal.say("no views yet; they are made when the log is first written");
    } else {
      List<List<String>> rows = new ArrayList<>();
      rows.add(List.of("view", "kept", "version", "position", "lag", "state"));
      lines.forEach(line -> rows.add(line.cells()));
      terminal.table(rows);
    }
    return failed ? ExitCode.REFUSED_OR_BROKEN : ExitCode.DONE;
  }

  /** The views that move in the log's own transactions, which only SQLite has. */
  private static List<InlineStatus> inlineViews(LogEngine engine) {
    return engine instanceof SqliteLogEngine sqlite ? sqlite.inlineViews() : List.of();
  }

  private static Line inline(InlineStatus view, long size) {
    boolean current = view.position() >= size;
    return new Line(
        view.name(),
        "inline",
        view.version(),
        view.position(),
        Math.max(0, size - view.position()),
        current ? "live" : "behind",
        current ? "" : "caught up when the log is next written");
  }

  private static List<Generation> generations(LogLocation location) {
    if (!location.hasViewsBeside()) {
      return List.of();
    }
    try (ViewStore store = location.openViewsReader()) {
      return store.generations();
    }
  }

  private static Line beside(Generation live, List<Generation> all, long size) {
    Optional<Generation> building =
        all.stream()
            .filter(each -> each.view().equals(live.view()) && each.slot() == Slot.BUILDING)
            .findFirst();
    Optional<ViewStore.Failure> failure = building.flatMap(Generation::failure).or(live::failure);
    String state;
    String detail = "";
    if (failure.isPresent()) {
      state = "failed";
      detail = "at %,d, %s".formatted(failure.get().position(), failure.get().message());
    } else if (building.isPresent()) {
      state = "rebuilding";
      detail =
          "version %d, %,d of %,d"
              .formatted(
                  building.get().version(), building.get().position(), building.get().begunAt());
    } else {
      state = live.position() >= size ? "live" : "behind";
    }
    return new Line(
        live.view(),
        "beside",
        live.version(),
        live.position(),
        Math.max(0, size - live.position()),
        state,
        detail);
  }

  @Command(
      name = "rebuild",
      description = "Empty a view and tell it the log again; the old one answers meanwhile.")
  static final class Rebuild extends SteleCommand {
    @Parameters(paramLabel = "NAME", description = "the view, as the list names it")
    private String name = "";

    @Override
    int run(Terminal terminal) throws InterruptedException {
      LogHome home = log.home();
      boolean inline;
      long size;
      try (LogEngine engine = log.openReadingEngine()) {
        inline = inlineViews(engine).stream().anyMatch(view -> view.name().equals(name));
        size = engine.head(LogId.MAIN).size();
      }
      terminal.begin("rebuilding " + name);
      if (inline) {
        return rebuildInline(terminal, home, size);
      }
      Optional<View> code = known().stream().filter(view -> view.name().equals(name)).findFirst();
      if (code.isPresent()) {
        return rebuildBeside(terminal, code.get());
      }
      boolean kept =
          generations(log.location()).stream().anyMatch(each -> each.view().equals(name));
      throw new CannotRun(
          kept ? "unknown-code" : "no-view",
          kept
              ? "view %s is kept here, but this program does not have its code".formatted(name)
              : "no view is called '%s'".formatted(name),
          kept ? "rebuild it with the program that keeps it" : "stele views --log " + log.uri());
    }

    private int rebuildInline(Terminal terminal, LogHome home, long size) {
      LogLocation.Writing writing = log.openEngine(home);
      try (EventLog writer = log.openWriter(home, writing)) {
        if (!(writing.engine() instanceof SqliteLogEngine sqlite)) {
          throw new IllegalStateException("only SQLite said that it has inline views");
        }
        long position =
            sqlite.rebuildView(name, done -> terminal.progress(done, writer.head().size()));
        return rebuilt(terminal, position, Math.max(size, position));
      } catch (IllegalArgumentException e) {
        throw new CannotRun(
            "unknown-code",
            "view %s is inline here, but this program does not have its code".formatted(name),
            "rebuild it with the program that keeps it");
      }
    }

    private int rebuildBeside(Terminal terminal, View view) throws InterruptedException {
      try (LogReader reader = log.openReader();
          ViewStore store = log.location().openViewsWriter()) {
        ViewRunner runner = new ViewRunner(view, reader, store);
        runner.rebuild();
        while (runner.step(Duration.ZERO)) {
          if (runner.status().state() instanceof ViewState.Rebuilding(long done, long of)) {
            terminal.progress(done, of);
          }
        }
        ViewStatus status = runner.status();
        return switch (status.state()) {
          case ViewState.Live _,
              ViewState.CatchingUp _,
              ViewState.Rebuilding _,
              ViewState.Stopped _ ->
              rebuilt(terminal, status.position(), status.logSize());
          case ViewState.Failed(long position, String message) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("result", "failed");
            json.put("view", name);
            json.put("at", position);
            json.put("reason", message);
            terminal.answer(
                json, List.of("%s FAILED at %,d: %s".formatted(name, position, message)));
            yield ExitCode.REFUSED_OR_BROKEN;
          }
        };
      }
    }

    private int rebuilt(Terminal terminal, long position, long size) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("result", "rebuilt");
      json.put("view", name);
      json.put("position", position);
      json.put("lag", size - position);
      terminal.answer(json, List.of("rebuilt %s up to %,d".formatted(name, position)));
      return ExitCode.DONE;
    }
  }
}
