package dev.stele.server.audit;

import dev.stele.cli.Json;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.UnsignedGate;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.server.auth.Principal;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Remembers what administrators did, in the server's own log: each act twice, before it is done and
 * with what came of it, so that none is without a trace even when the process dies in between.
 *
 * <p>Thread-safe. What is recorded is durable on return.
 */
public final class Audit {
  /** The stream of the acts. */
  public static final String STREAM = "audit";

  private final EventLog log;
  private final InstantSource clock;
  private final UnsignedGate gate = new UnsignedGate();

  /** Records in the server's own log. */
  public Audit(EventLog log, InstantSource clock) {
    this.log = log;
    this.clock = clock;
  }

  /** An act could not be recorded, and so was not done. */
  public static final class NotRecorded extends RuntimeException {
    NotRecorded(String message) {
      super(message);
    }
  }

  /** Something that is done, and what came of it as a word. */
  public interface Act<T> {
    /** Does it. */
    T run() throws Exception;
  }

  /** Says what came of an act, in a word. */
  public interface Outcome<T> {
    /** The word. */
    String of(T result);
  }

  /**
   * Records that an act begins, does it, and records what came of it.
   *
   * @param act a name such as {@code log.create}
   * @param details what it is done to, without secrets
   * @throws NotRecorded when its beginning could not be recorded; then it was not done
   */
  public <T> T around(
      Principal principal, String act, Map<String, ?> details, Act<T> work, Outcome<T> outcome)
      throws Exception {
    long began = record(principal, act, details, Map.of());
    T result;
    try {
      result = work.run();
    } catch (Exception e) {
      var _ =
          record(
              principal,
              act + ".ended",
              details,
              Map.of("began", began, "outcome", "failed: " + e.getClass().getSimpleName()));
      throw e;
    }
    var _ =
        record(
            principal,
            act + ".ended",
            details,
            Map.of("began", began, "outcome", outcome.of(result)));
    return result;
  }

  private long record(
      Principal principal, String type, Map<String, ?> details, Map<String, ?> more) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("principal", principal.name());
    json.put("details", details);
    json.putAll(more);
    Admission admission =
        gate.judge(
            new UnsignedGate.Input(
                STREAM,
                type,
                "",
                Json.write(json).getBytes(StandardCharsets.UTF_8),
                principal.name()),
            clock.instant());
    if (admission instanceof Admitted admitted
        && log.append(Append.of(admitted)) instanceof AppendResult.Appended appended) {
      return appended.first();
    }
    throw new NotRecorded("the server's own log takes no record of what is to be done");
  }
}
