package dev.stele.nostr.gate;

import dev.stele.core.event.EventDraft;
import dev.stele.core.gate.Admission;
import dev.stele.core.gate.Admitted;
import dev.stele.core.gate.Gate;
import dev.stele.core.gate.GateId;
import dev.stele.core.gate.KeySource;
import dev.stele.nostr.event.StoreSettings;
import java.time.Instant;
import java.util.List;

/**
 * Admits what a store was told when it was opened, as it remembers it; nobody signs it.
 *
 * <p>Whoever opens a store may say it, and nobody else: no face takes it from a client, and no kind
 * of Nostr event is kept under this gate's name. Refuses nothing: settings are checked as they are
 * made. Thread-safe.
 */
public final class SettingsGate implements Gate<StoreSettings> {
  /** The stream of settings, of which the last hold. */
  public static final String STREAM = "nostr/settings";

  private static final GateId ID = new GateId("nostr-settings", 1);

  /** What a record says of settings that this gate has admitted. */
  public static final String ADMITTED_BY = ID.toString();

  /** A gate; all are alike. */
  public SettingsGate() {}

  @Override
  public GateId id() {
    return ID;
  }

  @Override
  public KeySource keySource() {
    return KeySource.NONE;
  }

  @Override
  public Admission judge(StoreSettings settings, Instant now) {
    return new Admitted(
        ID, new EventDraft(STREAM, StoreSettings.TYPE, "", settings.write(), List.of(), ""));
  }
}
