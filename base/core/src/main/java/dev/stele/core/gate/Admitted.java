package dev.stele.core.gate;

import dev.stele.core.event.EventDraft;

/**
 * Input that passed a gate: the only thing an {@code EventLog} appends.
 *
 * <p>Immutable. Code outside packages named {@code gate} must not make one; a test of the
 * architecture holds that.
 */
public final class Admitted implements Admission {
  private final GateId by;
  private final EventDraft draft;

  /** States that the gate {@code by} admitted {@code draft}. Only for gates. */
  public Admitted(GateId by, EventDraft draft) {
    this.by = by;
    this.draft = draft;
  }

  /** The gate that admitted the event. */
  public GateId by() {
    return by;
  }

  /** The event to append. */
  public EventDraft draft() {
    return draft;
  }

  @Override
  public String toString() {
    return "Admitted[by=" + by + ", " + draft + "]";
  }
}
