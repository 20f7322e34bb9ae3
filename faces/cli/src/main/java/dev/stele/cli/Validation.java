package dev.stele.cli;

import dev.stele.core.backup.Progress;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.proof.Verdict;
import dev.stele.core.view.MemoryViewStore;
import dev.stele.core.view.StateHash;
import dev.stele.core.view.View;
import dev.stele.core.view.ViewRunner;
import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Generation;
import dev.stele.core.view.ViewStore.Slot;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything there is to check of a log, and of what is made of it. One check that fails ends none
 * of the others.
 *
 * @param size how many events were checked
 * @param errors what is wrong
 * @param warnings what is not proven, or worth a look
 */
record Validation(long size, List<Finding> errors, List<Finding> warnings) {
  private static final int PAGE = 1_024;

  /** How many findings of one kind are listed; all are counted. */
  private static final int LISTED = 5;

  /**
   * One thing that was found.
   *
   * @param check which check found it: log, anchor, view or message
   * @param position where, 0 where it is nowhere in the log
   * @param detail what it is, as a phrase
   */
  record Finding(String check, long position, String detail) {
    String line() {
      return "%s%s: %s"
          .formatted(check, position == 0 ? "" : " at position %,d".formatted(position), detail);
    }

    Map<String, Object> json() {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("check", check);
      json.put("position", position == 0 ? null : position);
      json.put("detail", detail);
      return json;
    }
  }

  boolean valid() {
    return errors.isEmpty();
  }

  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("valid", valid());
    json.put("errors", errors.stream().map(Finding::json).toList());
    json.put("warnings", warnings.stream().map(Finding::json).toList());
    json.put("size", size);
    return json;
  }

  static Validation of(LogOptionGroup log, Progress progress) throws InterruptedException {
    List<Finding> errors = new ArrayList<>();
    List<Finding> warnings = new ArrayList<>();
    LogHome home = log.home();
    LogLocation location = log.location();
    if (location.isGone()) {
      errors.add(new Finding("log", 0, location.database() + " is gone, though its keys are here"));
      return new Validation(0, errors, warnings);
    }
    Anchor anchor = log.anchor(home);
    long size = checkLog(new FullCheck(location, home, anchor), errors, warnings, progress);
    checkAnchor(anchor, errors);
    if (errors.isEmpty()) {
      try (LogReader reader = log.openReader()) {
        checkMessages(reader, size, errors, warnings);
        checkViews(location, reader, errors, warnings);
      }
    }
    return new Validation(size, errors, warnings);
  }

  private static long checkLog(
      FullCheck check, List<Finding> errors, List<Finding> warnings, Progress progress) {
    Verdict verdict;
    try {
      verdict = check.run(progress::at);
    } catch (StorageFailed e) {
      if (!e.damaged()) {
        throw e;
      }
      errors.add(new Finding("log", 0, String.valueOf(e.getMessage())));
      return 0;
    }
    Verdict.Scope scope = verdict.scope();
    if (verdict instanceof Verdict.Broken broken) {
      errors.add(
          new Finding(
              "log",
              broken.at(),
              "%s: %s".formatted(broken.fault().code(), broken.fault().detail())));
      return scope.size();
    }
    if (!scope.anchored()) {
      warnings.add(
          new Finding("anchor", 0, "there is none: a log that was cut could not be noticed"));
    }
    if (!scope.claimsRecomputed()) {
      warnings.add(new Finding("log", 0, "claims were not re-computed: that needs the key file"));
    }
    if (scope.signedSize() < scope.size()) {
      warnings.add(
          new Finding(
              "log",
              scope.signedSize() + 1,
              "%,d events are not signed for yet".formatted(scope.size() - scope.signedSize())));
    }
    return scope.size();
  }

  private static void checkAnchor(Anchor anchor, List<Finding> errors) {
    try {
      anchor.damage().ifPresent(detail -> errors.add(new Finding("anchor", 0, detail)));
    } catch (StorageFailed e) {
      errors.add(new Finding("anchor", 0, String.valueOf(e.getMessage())));
    }
  }

  /** Every imported event must have its time and its message; one that is not JSON is told. */
  private static void checkMessages(
      LogReader reader, long size, List<Finding> errors, List<Finding> warnings) {
    long wrong = 0;
    long bytes = 0;
    for (long after = 0; after < size; ) {
      List<StoredEvent> page = reader.read(after, PAGE);
      if (page.isEmpty()) {
        break;
      }
      for (StoredEvent event : page) {
        after = event.position();
        if (event.erased() || !event.type().equals(ExchangedEvent.IMPORTED)) {
          continue;
        }
        byte[] payload = event.payload().orElseThrow();
        if (!ExchangedEvent.isImported(payload)) {
          wrong++;
          if (wrong <= LISTED) {
            errors.add(
                new Finding(
                    "message", after, "it is called imported, and has no time and message"));
          }
        } else if (ExchangedEvent.isBytes(payload)) {
          bytes++;
          if (bytes <= LISTED) {
            warnings.add(new Finding("message", after, "it is not JSON; its bytes are kept"));
          }
        }
      }
    }
    addRest(wrong, errors);
    addRest(bytes, warnings);
  }

  private static void addRest(long count, List<Finding> findings) {
    if (count > LISTED) {
      findings.add(new Finding("message", 0, "and %,d more".formatted(count - LISTED)));
    }
  }

  private static void checkViews(
      LogLocation location, LogReader reader, List<Finding> errors, List<Finding> warnings)
      throws InterruptedException {
    if (!location.hasViewsBeside()) {
      return;
    }
    try (ViewStore store = location.openViewsReader()) {
      for (Generation live : store.generations()) {
        if (live.slot() != Slot.LIVE) {
          continue;
        }
        if (live.failure().isPresent()) {
          errors.add(new Finding("view", live.failure().get().position(), live.view() + " failed"));
        } else {
          checkView(live, store, reader, errors, warnings);
        }
      }
    } catch (StorageFailed e) {
      errors.add(new Finding("view", 0, String.valueOf(e.getMessage())));
    }
  }

  /** Retells the log to the view anew, and compares; only one that is current can be compared. */
  private static void checkView(
      Generation live,
      ViewStore store,
      LogReader reader,
      List<Finding> errors,
      List<Finding> warnings)
      throws InterruptedException {
    for (View view : ViewsCommand.known()) {
      if (!view.name().equals(live.view()) || view.version() != live.version()) {
        continue;
      }
      try (MemoryViewStore again = new MemoryViewStore()) {
        var _ = new ViewRunner(view, reader, again).catchUp();
        ViewStore.Answer<String> expected = StateHash.of(again, view.name(), Slot.LIVE);
        ViewStore.Answer<String> actual = StateHash.of(store, view.name(), Slot.LIVE);
        if (expected.position() != actual.position()) {
          warnings.add(
              new Finding(
                  "view",
                  actual.position(),
                  "%s is behind the log, and was not compared".formatted(view.name())));
        } else if (!expected.value().equals(actual.value())) {
          errors.add(
              new Finding(
                  "view",
                  actual.position(),
                  "%s is not what the log tells; rebuild it".formatted(view.name())));
        }
      } catch (IllegalStateException e) {
        errors.add(new Finding("view", 0, String.valueOf(e.getMessage())));
      }
      return;
    }
    warnings.add(
        new Finding("view", 0, "%s was not compared: its code is not here".formatted(live.view())));
  }
}
