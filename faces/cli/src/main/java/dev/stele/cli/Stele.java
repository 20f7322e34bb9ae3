package dev.stele.cli;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The {@code stele} binary: one command line for everything Stele does.
 *
 * <p>Exit codes: 0 done, 1 done but something was refused or is broken, 2 could not run. No failure
 * shows a stack trace; each says what is wrong and what to try next.
 */
@Command(
    name = "stele",
    description =
        "A verifiable event store: signed events in, one append-only log, proofs for anyone.",
    mixinStandardHelpOptions = true,
    version = "stele 0.1.0",
    subcommands = {
      InitCommand.class,
      AppendCommand.class,
      ImportCommand.class,
      ExportCommand.class,
      CatCommand.class,
      TailCommand.class,
      GetCommand.class,
      VerifyCommand.class,
      ScrubCommand.class,
      ProveCommand.class,
      CheckCommand.class,
      CheckpointCommand.class,
      TilesCommand.class,
      EraseCommand.class,
      TrimCommand.class,
      CompactCommand.class,
      BackupCommand.class,
      RestoreCommand.class,
      CopyCommand.class,
      KeyCommand.class,
      McpCommand.class,
      NostrCommand.class,
      EnvelopeCommand.class,
      ViewsCommand.class,
      ValidateCommand.class,
      StatsCommand.class,
      MaintenanceCommand.class,
      DoctorCommand.class,
      DemoCommand.class,
      CompletionCommand.class
    })
public final class Stele {
  /** A command that another module adds to the binary, found by {@link ServiceLoader}. */
  public interface ExtraCommand {
    /** The annotated command object. */
    Object command();
  }

  // java.util.logging forgets the level of a logger that nobody holds.
  private static final Logger LOGGER = Logger.getLogger("dev.stele");

  private Stele() {}

  /** Runs one command and exits. */
  public static void main(String[] arguments) {
    LOGGER.setLevel(
        System.getenv("STELE_LOG_LEVEL") == null
            ? Level.OFF
            : Level.parse(System.getenv("STELE_LOG_LEVEL")));
    System.exit(run(arguments));
  }

  /** Every command there is, nothing parsed yet. */
  static CommandLine commands() {
    CommandLine line = new CommandLine(new Stele());
    for (ExtraCommand extra : ServiceLoader.load(ExtraCommand.class)) {
      line.addSubcommand(extra.command());
    }
    return line;
  }

  /** Runs one command; returns its exit code. */
  public static int run(String... arguments) {
    CommandLine line = commands();
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> report(failure, asksForJson(arguments)));
    line.setParameterExceptionHandler(
        (failure, given) -> {
          String name = failure.getCommandLine().getCommandName();
          return complain(
              "bad-arguments",
              String.valueOf(failure.getMessage()),
              (name.equals("stele") ? "stele" : "stele " + name) + " --help",
              asksForJson(given));
        });
    return line.execute(arguments);
  }

  private static boolean asksForJson(String[] arguments) {
    return java.util.Arrays.asList(arguments).contains("--json");
  }

  private static int report(Exception failure, boolean json) {
    return switch (failure) {
      case CannotRun known ->
          complain(known.code(), String.valueOf(known.getMessage()), known.next(), json);
      case StorageFailed storage ->
          complain(
              storage.damaged() ? "damaged" : "storage-failed",
              String.valueOf(storage.getMessage()),
              storage.damaged() ? "stele verify" : "stele doctor",
              json);
      case LogClosed closed ->
          complain("closed", String.valueOf(closed.getMessage()), "run the command again", json);
      case NoSuchFileException missing ->
          complain("no-file", "there is no file " + missing.getFile(), "name another file", json);
      case IOException io ->
          complain("io-failed", String.valueOf(io.getMessage()), "stele doctor", json);
      case InterruptedException _ -> ExitCode.COULD_NOT_RUN;
      default ->
          complain(
              "internal",
              failure.getClass().getSimpleName() + ": " + failure.getMessage(),
              "STELE_LOG_LEVEL=ALL stele ... and report what it prints",
              json);
    };
  }

  private static int complain(String code, String message, String next, boolean json) {
    if (json) {
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put("error", code);
      answer.put("message", message);
      answer.put("next", next);
      System.out.println(Json.write(answer));
    }
    System.err.println("stele: [" + code + "] " + message);
    System.err.println("next:  " + next);
    return ExitCode.COULD_NOT_RUN;
  }
}
