package dev.stele.cli;

import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.LogHome;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;

@Command(
    name = "verify",
    description = {
      "Re-compute everything from the stored bytes and say whether it is what was written.",
      "Exit 0: intact. Exit 1: broken, with the position and the kind of the first fault."
    })
final class VerifyCommand extends SteleCommand {
  @Override
  int run(Terminal terminal) {
    LogHome home = log.home();
    terminal.begin("verifying");
    Verdict verdict;
    try {
      LogLocation location = log.location();
      requireDatabase(location);
      verdict = new FullCheck(location, home, log.anchor(home)).run(terminal::progress);
    } catch (StorageFailed e) {
      if (!e.damaged()) {
        throw e;
      }
      Verdict.Scope nothing = new Verdict.Scope(0, 0, false, 0, 0, 0, false);
      verdict =
          new Verdict.Broken(
              nothing,
              0,
              1,
              new Fault.Gap(Optional.ofNullable(e.getMessage()).orElse("unreadable")));
    }
    Optional<String> damage = log.anchor(home).damage();
    Map<String, Object> json = Verdicts.json(verdict);
    json.put("anchorDamage", damage.orElse(null));
    List<String> text = new ArrayList<>(Verdicts.text(verdict));
    damage.ifPresent(
        detail ->
            text.add(
                "ANCHOR     "
                    + detail
                    + "; its other slot was used. After a crash while signing this"
                    + " mends itself with the next checkpoint; otherwise somebody changed it"));
    terminal.answer(json, text);
    return verdict instanceof Verdict.Intact && damage.isEmpty()
        ? ExitCode.DONE
        : ExitCode.REFUSED_OR_BROKEN;
  }

  /** A log that was made here and whose database is gone is not a log that was never made. */
  private static void requireDatabase(LogLocation location) {
    if (location.isGone()) {
      throw StorageFailed.damaged(location.database() + " is gone, though its keys are here");
    }
  }
}
