package dev.stele.mcp.gate;

import dev.stele.core.event.EventDraft;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.core.gate.Rejected;
import java.time.Instant;
import java.util.List;

/**
 * Admits what went between an MCP client and its server, as a witness beside the wire saw it.
 *
 * <p>Nobody signs it, and what is no message of JSON-RPC is admitted too, under a type that says
 * so: a record that leaves out what was odd proves little. Codes of refusal: {@code too-large},
 * {@code bad-session}, {@code bad-principal}. Thread-safe.
 */
public final class TrafficGate implements Gate<TrafficGate.Input> {
  /** How the names of streams begin: the session is the rest. */
  public static final String PREFIX = "mcp-traffic/";

  /** What is added to the type of bytes that are no message. */
  public static final String UNREADABLE = ".unreadable";

  /** The most bytes of UTF-8 a session's id has. */
  public static final int MAX_SESSION_BYTES = 256;

  static final GateId ID = new GateId("mcp-traffic", 1);

  /** Which way something went. */
  public enum Direction {
    /** From the client. */
    TO_SERVER("mcp.to-server"),
    /** From the server. */
    TO_CLIENT("mcp.to-client");

    private final String type;

    Direction(String type) {
      this.type = type;
    }

    /** The type of the event that records it. */
    public String type() {
      return type;
    }
  }

  /**
   * What was seen.
   *
   * @param session the session, or what stands for one where there is none
   * @param direction which way it went
   * @param principal who the client is, as far as is known; empty for nobody
   * @param bytes what is kept of it; not copied
   */
  public record Input(String session, Direction direction, String principal, byte[] bytes) {}

  /** A gate; all are alike. */
  public TrafficGate() {}

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.NONE;
  }

  @Override
  public Admission judge(Input input, Instant now) {
    if (input.bytes().length > EventDraft.MAX_PAYLOAD_BYTES) {
      return new Rejected(
          "too-large",
          "a message has at most %d bytes, this one has %d"
              .formatted(EventDraft.MAX_PAYLOAD_BYTES, input.bytes().length));
    }
    if (!EventDraft.fits(input.session(), 1, MAX_SESSION_BYTES)) {
      return new Rejected(
          "bad-session", "a session's id has 1 to %d bytes of UTF-8".formatted(MAX_SESSION_BYTES));
    }
    if (!EventDraft.fits(input.principal(), 0, EventDraft.MAX_SUBJECT_BYTES)) {
      return new Rejected("bad-principal", "a principal has at most 1024 bytes of UTF-8");
    }
    String type = input.direction().type();
    return new Admitted(
        ID,
        new EventDraft(
            PREFIX + input.session(),
            JsonRpcShape.ofMessage(input.bytes()).isEmpty() ? type : type + UNREADABLE,
            "",
            input.bytes(),
            List.of(),
            input.principal()));
  }
}
