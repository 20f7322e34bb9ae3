package dev.stele.mcp.gate;

import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Parsed;
import dev.stele.mcp.event.McpEventId;
import dev.stele.mcp.event.McpScope;
import dev.stele.mcp.event.McpSessionRow;
import dev.stele.mcp.event.McpStreamName;
import java.util.Optional;

/**
 * Re-checks what an MCP event store has stored: that messages are messages, that rows without a
 * payload have none, and that the token in the record is that of its stream. Thread-safe.
 */
public final class McpAuditor implements Auditor {
  /** An auditor; all are alike. */
  public McpAuditor() {}

  @Override
  public boolean knows(String admittedBy) {
    return admittedBy.equals(McpGate.ID.toString());
  }

  /** Nobody signs what an MCP server sends. */
  @Override
  public boolean checksSignatures(String admittedBy) {
    return false;
  }

  @Override
  public Optional<Fault> check(CheckedEvent event) {
    byte[] payload = event.payload().orElse(new byte[0]);
    return switch (event.type()) {
      case McpGate.MESSAGE -> {
        Optional<Fault> misplaced = misplaced(event);
        yield misplaced.isPresent() || JsonRpcShape.ofMessage(payload).isEmpty()
            ? misplaced
            : fault(event, "is no message of JSON-RPC 2.0");
      }
      case McpGate.PRIMING, McpGate.COMPLETE ->
          payload.length > 0 ? fault(event, "has a payload, and should not") : misplaced(event);
      case McpGate.SESSION ->
          scope(event).isEmpty() || McpSessionRow.decode(payload) instanceof Parsed.Malformed
              ? fault(event, "keeps no session")
              : Optional.empty();
      case McpGate.SESSION_END ->
          scope(event).isEmpty() || payload.length > 0
              ? fault(event, "ends no session")
              : Optional.empty();
      default -> fault(event, "is of a type that this gate does not admit");
    };
  }

  private static Optional<McpScope> scope(CheckedEvent event) {
    return McpStreamName.parseSession(event.stream());
  }

  private static Optional<Fault> misplaced(CheckedEvent event) {
    Optional<McpStreamName> name = McpStreamName.parse(event.stream());
    return name.isPresent()
            && McpEventId.token(name.get().scope(), name.get().stream()).equals(event.id())
        ? Optional.empty()
        : fault(event, "has the token of another stream");
  }

  private static Optional<Fault> fault(CheckedEvent event, String what) {
    return Optional.of(new Fault.Payload("event %d %s".formatted(event.position(), what)));
  }
}
