package dev.stele.cli;

import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "init",
    description = "Make a log: its database, its checkpoint key, its public key and its anchor.")
final class InitCommand extends SteleCommand {
  @Option(
      names = "--origin",
      paramLabel = "NAME",
      description = "the log's name in every checkpoint, such as example.com/ledger")
  private @Nullable String origin;

  @Override
  int run(Terminal terminal) {
    LogHome home = log.location().home();
    if (home.exists()) {
      throw new CannotRun(
          "log-exists",
          "there is a log at " + log.uri() + " already",
          "stele stats --log " + log.uri());
    }
    SecureRandom random = new SecureRandom();
    String name = origin;
    if (name == null) {
      byte[] suffix = new byte[4];
      random.nextBytes(suffix);
      name = "stele.local/" + HexFormat.of().formatHex(suffix);
    }
    requireOrigin(name);
    LogHome made = LogHome.create(log.database(), name, log.anchorFolder(), random);
    try (EventLog opened = log.openWriter()) {
      SignedCheckpoint checkpoint = opened.latestCheckpoint().orElseGet(opened::checkpoint);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("log", log.uri());
      json.put("database", made.database().toString());
      json.put("origin", name);
      json.put("vkey", made.vkey().text());
      json.put("anchor", log.anchor(made).describe());
      json.put("size", checkpoint.checkpoint().size());
      terminal.answer(
          json,
          List.of(
              "made    " + made.database(),
              "origin  " + name,
              "vkey    " + made.vkey().text() + "   (public: give it to whoever is to check)",
              "anchor  " + log.anchor(made).describe(),
              "The secret key beside the database is the only one: back it up, show it to"
                  + " nobody."));
    }
    return ExitCode.DONE;
  }

  private static void requireOrigin(String name) {
    try {
      Checkpoint empty = new Checkpoint(name, 0, dev.stele.core.proof.Merkle.emptyRoot());
      if (Checkpoint.parse(empty.text()) instanceof Parsed.Value<Checkpoint>
          && !name.contains("+")
          && name.chars().noneMatch(Character::isWhitespace)) {
        return;
      }
    } catch (IllegalArgumentException e) {
      throw badOrigin(name);
    }
    throw badOrigin(name);
  }

  private static CannotRun badOrigin(String name) {
    return new CannotRun(
        "bad-origin",
        "an origin has no white space and no plus sign, not '" + name + "'",
        "--origin example.com/ledger");
  }
}
