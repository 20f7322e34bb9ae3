package dev.stele.cli;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Cursor;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogReader;
import dev.stele.core.log.Subscription;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.mcp.gate.TrafficGate.Direction;
import dev.stele.mcp.record.Calls;
import dev.stele.mcp.record.Calls.Call;
import dev.stele.mcp.record.Evidence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "mcp",
    description = {
      "The record of an MCP server: what was asked, what was answered, and the proof of it.",
      "A proxy records any server, of any revision of the protocol, that speaks stdio or HTTP."
    },
    subcommands = {
      McpRecordCommand.class,
      McpCommand.Tail.class,
      McpCommand.Replay.class,
      McpCommand.Evident.class,
      McpImportCommand.class,
      McpDemoCommand.class
    })
final class McpCommand {
  /** 12 of 64 hex digits tell values apart to the eye; {@code --json} has them all. */
  private static final int SHOWN_DIGITS = 12;

  private McpCommand() {}

  /** Whether an event is of the session, or of one of the connections that are below it. */
  private static boolean isOf(StoredEvent event, @Nullable String session) {
    Optional<String> of = Calls.session(event);
    return of.isPresent()
        && (session == null || of.get().equals(session) || of.get().startsWith(session + "/"));
  }

  @Command(
      name = "tail",
      description = {
        "One line for each call: when, session, principal, what, hashes, milliseconds.",
        "With -f what comes, too; without, also the calls that nobody has answered."
      })
  static final class Tail extends SteleCommand {
    @Option(
        names = {"-f", "--follow"},
        description = "go on with what comes, until interrupted")
    private boolean follow;

    @Option(names = "--session", paramLabel = "ID", description = "of this session alone")
    private @Nullable String session;

    @Override
    int run(Terminal terminal) throws InterruptedException {
      Calls calls = new Calls();
      try (LogReader reader = log.openReader()) {
        long end = reader.head().size();
        Subscription events = reader.subscribe(Cursor.BEGINNING);
        while (events.cursor().position() < end) {
          show(terminal, calls, events.next(Duration.ZERO));
        }
        while (follow) {
          show(terminal, calls, events.next(Duration.ofSeconds(1)));
        }
      }
      calls.unanswered().forEach(call -> show(terminal, call));
      return ExitCode.DONE;
    }

    private void show(Terminal terminal, Calls calls, List<StoredEvent> events) {
      for (StoredEvent event : events) {
        if (isOf(event, session)) {
          calls.take(event).forEach(call -> show(terminal, call));
        }
      }
    }

    private static void show(Terminal terminal, Call call) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("at", call.at().toString());
      json.put("session", call.session());
      json.put("principal", call.principal());
      json.put("from", call.from() == Direction.TO_SERVER ? "client" : "server");
      json.put("id", call.id());
      json.put("method", call.method());
      call.tool().ifPresent(tool -> json.put("tool", tool));
      json.put("arguments", call.arguments());
      json.put("requested", call.requested());
      call.answer()
          .ifPresent(
              answer -> {
                json.put("answered", answer.position());
                json.put("failed", answer.failed());
                json.put("result", answer.result());
                json.put("millis", answer.took().toMillis());
              });
      String outcome =
          call.answer()
              .map(
                  answer ->
                      "%s %s %,d ms"
                          .formatted(
                              answer.failed() ? "error" : "ok",
                              digits(answer.result()),
                              answer.took().toMillis()))
              .orElse("no answer");
      terminal.answer(
          json,
          List.of(
              Terminal.printable(
                  "%s  %s  %s  %s%s%s  %s  %s"
                      .formatted(
                          call.at(),
                          call.session(),
                          call.principal().isEmpty() ? "-" : call.principal(),
                          call.from() == Direction.TO_CLIENT ? "(server asks) " : "",
                          call.method(),
                          call.tool().map(tool -> " " + tool).orElse(""),
                          digits(call.arguments()),
                          outcome))));
    }

    private static String digits(String hash) {
      return hash.substring(0, SHOWN_DIGITS);
    }
  }

  @Command(
      name = "replay",
      description = {
        "What the agent saw: each message of the session to its client, in order, a line each.",
        "With --both also what it has said."
      })
  static final class Replay extends SteleCommand {
    @Option(names = "--session", paramLabel = "ID", required = true, description = "which session")
    private String session = "";

    @Option(names = "--both", description = "both directions")
    private boolean both;

    @Override
    int run(Terminal terminal) throws InterruptedException {
      long shown = 0;
      try (LogReader reader = log.openReader()) {
        long end = reader.head().size();
        Subscription events = reader.subscribe(Cursor.BEGINNING);
        while (events.cursor().position() < end) {
          for (StoredEvent event : events.next(Duration.ZERO)) {
            boolean toClient = event.type().startsWith(Direction.TO_CLIENT.type());
            if (isOf(event, session) && (both || toClient)) {
              show(terminal, event, toClient);
              shown++;
            }
          }
        }
      }
      if (shown == 0) {
        throw noSession(session, log);
      }
      return ExitCode.DONE;
    }

    private void show(Terminal terminal, StoredEvent event, boolean toClient) {
      String message =
          event
              .payload()
              .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
              .orElse("(erased)");
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("position", event.position());
      json.put("at", event.recordedAt().toString());
      json.put("from", toClient ? "server" : "client");
      json.put("message", message);
      String arrow = both ? (toClient ? "< " : "> ") : "";
      terminal.answer(json, List.of(arrow + Terminal.printable(message)));
    }
  }

  private static CannotRun noSession(String session, LogOptionGroup log) {
    return new CannotRun(
        "no-session",
        Terminal.printable("nothing of a session '%s' is recorded there".formatted(session)),
        "stele mcp tail --log " + log.uri());
  }

  @Command(
      name = "evidence",
      description = {
        "Write a bundle that convinces others: messages, proofs, checkpoint,",
        "and a page that checks them in any browser, without network."
      })
  static final class Evident extends SteleCommand {
    @Option(names = "--session", paramLabel = "ID", required = true, description = "which session")
    private String session = "";

    @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        required = true,
        description = "the folder to make")
    private Path output = Path.of("evidence");

    @Override
    int run(Terminal terminal) throws IOException {
      if (Files.exists(output)) {
        throw new CannotRun(
            "exists", "there is something at %s already".formatted(output), "name another folder");
      }
      try (LogReader reader = log.openReader()) {
        SignedCheckpoint checkpoint = signed(reader);
        return switch (Evidence.write(reader, checkpoint, session, this::write)) {
          case Evidence.Outcome.Written(int events, long size) ->
              written(terminal, reader, events, size);
          case Evidence.Outcome.NoSuchSession() -> throw noSession(session, log);
          case Evidence.Outcome.TooMany(long events) ->
              throw new CannotRun(
                  "too-many",
                  "the session has %,d messages, and a bundle at most %,d"
                      .formatted(events, Evidence.MAX_EVENTS),
                  "stele prove POSITION for those that matter");
        };
      }
    }

    private int written(Terminal terminal, LogReader reader, int events, long size) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("folder", output.toString());
      json.put("events", events);
      json.put("size", size);
      json.put("vkey", reader.verifierKey().text());
      terminal.answer(
          json,
          List.of(
              "wrote %s: %,d messages, each with its proof in the tree of %,d events"
                  .formatted(output, events, size),
              "open %s in any browser; it needs no network".formatted(output.resolve("index.html")),
              "the key to compare: " + reader.verifierKey().text()));
      return ExitCode.DONE;
    }

    /** A checkpoint over everything, signed now unless another process is writing. */
    private SignedCheckpoint signed(LogReader reader) {
      Optional<SignedCheckpoint> latest = reader.latestCheckpoint();
      if (latest.isPresent() && latest.get().checkpoint().size() == reader.head().size()) {
        return latest.get();
      }
      try (EventLog writer = log.openWriter()) {
        return writer.checkpoint();
      } catch (StorageFailed e) {
        // Who writes signs every second or so: what is signed already is what can be shown.
        return latest.orElseThrow(
            () ->
                new CannotRun(
                    "not-signed-yet",
                    "no checkpoint is there yet, and another process is writing",
                    "try again in a second"));
      }
    }

    private void write(String path, byte[] content) throws IOException {
      Path file = output.resolve(path);
      Path folder = file.getParent();
      if (folder != null) {
        Files.createDirectories(folder);
      }
      Files.write(file, content);
    }
  }
}
