package dev.stele.core.gate;

import dev.stele.core.event.EventDraft;
import dev.stele.core.event.EventRecord;

/**
 * The name and version of a gate's rules, written into every record that it admits.
 *
 * @param name what is judged and how, such as {@code ledger} or {@code nostr}
 * @param version counts from 1 and changes with the rules
 */
public record GateId(String name, int version) {
  /** Checks the bounds. */
  public GateId {
    if (name.contains("/") || !EventDraft.fits(name, 1, EventRecord.MAX_ADMITTED_BY_BYTES - 11)) {
      throw new IllegalArgumentException(
          "a gate's name is short and has no slash, not '" + name + "'");
    }
    if (version < 1) {
      throw new IllegalArgumentException("a gate's version counts from 1, not " + version);
    }
  }

  /** The form written into records: {@code name/version}. */
  @Override
  public String toString() {
    return name + "/" + version;
  }
}
