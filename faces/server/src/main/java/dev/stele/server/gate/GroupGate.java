package dev.stele.server.gate;

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
 * Admits what the server notes of consumer groups: that one was made, how far it is, what it
 * parked.
 *
 * <p>Nobody signs these, and only the server makes them; a stranger's event in the same stream says
 * in its record that another gate let it in, and no view takes it for one of these.
 */
public final class GroupGate implements Gate<GroupGate.Note> {
  /** The stream of all notes. */
  public static final String STREAM = "consumer-groups";

  private static final GateId ID = new GateId("consumer-groups", 1);

  /** What such an event's record says, by which it is known. */
  public static final String ADMITTED_BY = ID.toString();

  /**
   * A note.
   *
   * @param type what happened
   * @param group to which group
   * @param payload more of it, JSON
   */
  public record Note(String type, String group, byte[] payload) {}

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.NONE;
  }

  @Override
  public Admission judge(Note note, Instant now) {
    if (!note.group().matches("[a-z0-9-]{1,63}")) {
      return new Rejected("bad-group", "a group's name is 1 to 63 of a to z, 0 to 9 and -");
    }
    if (note.payload().length > EventDraft.MAX_PAYLOAD_BYTES) {
      return new Rejected("too-large", "a note of a group is too large");
    }
    return new Admitted(
        ID, new EventDraft(STREAM, note.type(), "", note.payload(), List.of(), note.group()));
  }
}
