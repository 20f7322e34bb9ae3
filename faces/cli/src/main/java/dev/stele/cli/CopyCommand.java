package dev.stele.cli;

import dev.stele.core.backup.CopyResult;
import dev.stele.core.backup.LogCopy;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogKeys;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.TiledNodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "copy",
    description = {
      "Copy a log into another engine, while it is written: the same events, the same checkpoints,"
          + " the same root. What was erased stays erased. Stopped, it goes on when run again; run"
          + " again later, it copies what has come since.",
      "Exit 1: the log does not verify, or what is at --to is something else."
    })
final class CopyCommand implements Callable<Integer> {
  @Option(
      names = "--from",
      paramLabel = "URI",
      required = true,
      description = "the log: sqlite:…, lmdb:… or postgres://…")
  private String from = "";

  @Option(
      names = "--to",
      paramLabel = "URI",
      required = true,
      description = "where to: nothing yet, or an earlier copy")
  private String to = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "main",
      description = "which of the engine's logs (default: ${DEFAULT-VALUE})")
  private String name = "main";

  @Option(
      names = "--with-keys",
      description = "copy the secret keys too: then the copy can be written instead of the log")
  private boolean withKeys;

  @Option(
      names = "--anchor",
      paramLabel = "DIR",
      description =
          "the folder of the copy's anchor (default: the log's own, so that only one of the two"
              + " can go on)")
  private @Nullable Path anchorFolder;

  @Option(names = "--json", description = "answer with JSON alone on stdout")
  private boolean json;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "show this help and exit")
  boolean help;

  @Override
  public Integer call() {
    return run(new Terminal(System.out, System.err, json));
  }

  private int run(Terminal terminal) {
    LogOptionGroup source = LogOptionGroup.of(from, Optional.empty());
    LogLocation target = LogLocation.of(to);
    LogHome home = source.home();
    Optional<String> secrets = withKeys ? Optional.of(secrets(home)) : Optional.empty();
    requireNoOther(target.home(), home);
    LogId log = log();
    try (Stopping stopping = new Stopping();
        LogEngine engine = BackupCommand.signedEngine(source, home)) {
      terminal.begin("copying");
      CopyResult result;
      try (LogEngine copy = openTarget(target)) {
        result =
            LogCopy.run(
                engine,
                copy,
                log,
                home.vkey(),
                checks(home, log),
                stopping.with(terminal::progress, "what was copied counts when it is run again"));
      }
      return switch (result) {
        case CopyResult.Copied copied -> {
          target.replayTables();
          settle(target.home(), home, secrets);
          yield answer(
              terminal, copied, Merkle.root(copied.signed().size(), new TiledNodes(engine, log)));
        }
        case CopyResult.NothingSigned() ->
            throw new CannotRun(
                "no-checkpoint",
                "the log has signed nothing yet",
                "stele checkpoint --log " + source.uri());
        case CopyResult.NotContinued(String reason) ->
            refused(terminal, "not-continued", Map.of("detail", reason), reason, "another --to");
        case CopyResult.SourceUnsound(long at, String detail) ->
            refused(
                terminal,
                "source-unsound",
                fault(at, detail),
                "the log does not verify at position %,d: %s".formatted(at, detail),
                "stele verify --log " + source.uri());
        case CopyResult.Unsound(long at, String detail) ->
            refused(
                terminal,
                "unsound",
                fault(at, detail),
                "the copy does not verify at position %,d: %s; it is of no use"
                    .formatted(at, detail),
                "another --to");
      };
    }
  }

  private static LogEngine openTarget(LogLocation target) {
    Path folder = target.database().toAbsolutePath().getParent();
    if (target.isFile() && folder != null) {
      try {
        Files.createDirectories(folder);
      } catch (IOException e) {
        throw new StorageFailed("the folder %s cannot be made".formatted(folder), e);
      }
    }
    return target.openBareWriter();
  }

  private LogId log() {
    try {
      return new LogId(name);
    } catch (IllegalArgumentException e) {
      throw new CannotRun("bad-log-name", String.valueOf(e.getMessage()), "stele copy --help");
    }
  }

  private String secrets(LogHome home) {
    return home.secretText()
        .orElseThrow(
            () ->
                new CannotRun(
                    "no-key",
                    "the key file of the log is not beside its database",
                    "stele copy, without --with-keys"));
  }

  private static void requireNoOther(LogHome there, LogHome home) {
    if (there.database().toAbsolutePath().equals(home.database().toAbsolutePath())) {
      throw new CannotRun(
          "same-place", "--from and --to are one place", "stele copy with another --to");
    }
    if (there.exists() && !there.vkey().equals(home.vkey())) {
      throw new CannotRun(
          "another-log",
          "the log at --to is %s, and the one at --from %s".formatted(there.vkey(), home.vkey()),
          "stele copy with another --to");
    }
  }

  private static LogCopy.Checks checks(LogHome home, LogId log) {
    try (Anchor anchor = home.anchor()) {
      return new LogCopy.Checks(
          anchor.last(),
          home.keys().map(LogKeys::indexKey),
          engine -> FullCheck.auditors(engine, log, home.vkey()));
    }
  }

  /** Makes a log of a copy that is whole: not before, for what is unfinished must not be opened. */
  private void settle(LogHome there, LogHome home, Optional<String> secrets) {
    if (!there.exists()) {
      LogHome.adopt(
          there.database(),
          home.vkey(),
          Optional.empty(),
          Optional.of(anchorFolder == null ? home.anchorFolder() : anchorFolder));
    }
    secrets.ifPresent(there::adoptSecrets);
  }

  private static Map<String, Object> fault(long at, String detail) {
    Map<String, Object> fault = new LinkedHashMap<>();
    fault.put("brokenAt", at);
    fault.put("detail", detail);
    return fault;
  }

  private static int refused(
      Terminal terminal, String reason, Map<String, Object> more, String text, String next) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("copied", false);
    answer.put("reason", reason);
    answer.putAll(more);
    terminal.answer(answer, List.of("NOT COPIED " + text, "next       " + next));
    return ExitCode.REFUSED_OR_BROKEN;
  }

  private int answer(Terminal terminal, CopyResult.Copied copied, byte[] rootOfSource) {
    Checkpoint signed = copied.signed();
    boolean writable = LogLocation.of(to).home().keys().isPresent();
    long behind = copied.sourceSize() - signed.size();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("copied", true);
    answer.put("from", LogLocation.of(from).toString());
    answer.put("to", LogLocation.of(to).toString());
    answer.put("origin", signed.origin());
    answer.put("size", signed.size());
    answer.put("new", signed.size() - copied.before());
    answer.put("root", HexFormat.of().formatHex(copied.verdict().root()));
    answer.put("rootOfSource", HexFormat.of().formatHex(rootOfSource));
    answer.put("erased", copied.verdict().scope().erased());
    answer.put("signaturesChecked", copied.verdict().scope().signaturesChecked());
    answer.put("leftForNextTime", behind);
    answer.put("writable", writable);
    List<String> text = new ArrayList<>();
    text.add(
        "copied     %,d events of %s, %,d of them new; all verified there"
            .formatted(signed.size(), signed.origin(), signed.size() - copied.before()));
    text.add("root       " + HexFormat.of().formatHex(copied.verdict().root()));
    text.add("           the same as the log's at %,d events".formatted(signed.size()));
    if (behind > 0) {
      text.add(
          "behind     %,d events came meanwhile, or are not signed for; run it again"
              .formatted(behind));
    }
    if (!writable) {
      text.add("READ ONLY  no key file: copy it with --with-keys, or put NAME.key there yourself");
    }
    terminal.answer(answer, text);
    return ExitCode.DONE;
  }
}
