package dev.stele.mcp.record;

import dev.stele.core.engine.Durability;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Rejected;
import dev.stele.core.gate.Transient;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.mcp.gate.TrafficGate;
import java.time.Instant;

/**
 * Puts what passes a proxy into a log, before it goes on.
 *
 * <p>Thread-safe; blocks until the message is as durable as asked for. What is said of order is the
 * order in which the proxy saw it.
 */
public final class TrafficRecorder {
  /** What came of it. */
  public sealed interface Outcome {
    /**
     * It is in the log.
     *
     * @param position where
     */
    record Recorded(long position) implements Outcome {}

    /**
     * It is not.
     *
     * @param reason why, in one sentence
     */
    record NotRecorded(String reason) implements Outcome {}
  }

  private final EventLog log;
  private final TrafficGate gate = new TrafficGate();
  private final Redaction redaction;
  private final Durability durability;

  /**
   * A recorder.
   *
   * @param log where to; stays open
   * @param redaction what is left out
   * @param durability what is waited for before a message goes on
   */
  public TrafficRecorder(EventLog log, Redaction redaction, Durability durability) {
    this.log = log;
    this.redaction = redaction;
    this.durability = durability;
  }

  /** Records one message. */
  public Outcome record(
      String session, TrafficGate.Direction direction, String principal, byte[] message) {
    Admission admission =
        gate.judge(
            new TrafficGate.Input(session, direction, principal, redaction.apply(message)),
            Instant.EPOCH);
    return switch (admission) {
      case Rejected(String _, String reason) -> new Outcome.NotRecorded(reason);
      case Transient(String reason) -> new Outcome.NotRecorded(reason);
      case Admitted admitted -> append(admitted);
    };
  }

  private Outcome append(Admitted admitted) {
    return switch (log.append(Append.of(admitted).at(durability))) {
      case AppendResult.Appended appended -> new Outcome.Recorded(appended.first());
      case AppendResult.AlreadyPresent(long at) -> new Outcome.Recorded(at);
      case AppendResult.ReadOnly(var verdict) ->
          new Outcome.NotRecorded("the log does not verify: " + verdict);
      case AppendResult.Conflict _, AppendResult.Refused _ ->
          throw new IllegalStateException("what was recorded claims nothing");
    };
  }
}
