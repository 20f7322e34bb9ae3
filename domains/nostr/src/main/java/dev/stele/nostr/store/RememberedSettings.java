package dev.stele.nostr.store;

import dev.stele.core.engine.LogId;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.gate.Admitted;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogReader;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.nostr.event.StoreSettings;
import dev.stele.nostr.gate.SettingsGate;
import java.util.List;
import java.util.Optional;

/**
 * What a store was told the last time that anything was said, which holds until something else is.
 * It is in the log, so that it goes wherever the log goes, and no rebuild of tables loses it; a
 * trim that takes it away is as if nothing had been said.
 */
final class RememberedSettings {
  private static final System.Logger LOGGER = System.getLogger("dev.stele.nostr");

  private static final SettingsGate GATE = new SettingsGate();

  private RememberedSettings() {}

  /**
   * What the store at a URI remembers. It is looked at by itself and closed again: an engine that
   * keeps views in its own transactions has to know them when it is opened.
   */
  static StoreSettings at(String uri) {
    Optional<LogHome> home = Storages.home(uri).filter(LogHome::exists);
    if (home.isEmpty()) {
      return StoreSettings.NONE;
    }
    try (Storage storage = Storages.open(StorageRequest.of(uri));
        LogReader log =
            LogReader.open(storage.engine(), LogId.MAIN, home.get().vkey(), Optional.empty())) {
      return in(log);
    }
  }

  private static StoreSettings in(LogReader log) {
    long last = log.lastRevision(SettingsGate.STREAM);
    if (last == 0) {
      return StoreSettings.NONE;
    }
    List<StoredEvent> events = log.readStream(SettingsGate.STREAM, last - 1, 1);
    return events.stream()
        .filter(event -> event.admittedBy().equals(SettingsGate.ADMITTED_BY))
        .flatMap(event -> event.payload().stream())
        .flatMap(payload -> StoreSettings.parse(payload).stream())
        .findFirst()
        .orElse(StoreSettings.NONE);
  }

  /**
   * Has the log remember settings, if they are others than before. Where it takes nothing they hold
   * for this opening alone.
   */
  static void keep(
      StoreSettings settings, StoreSettings before, EventLog log, NostrStoreOptions options) {
    if (!settings.equals(before)
        && GATE.judge(settings, options.clock().instant()) instanceof Admitted admitted) {
      AppendResult result = log.append(Append.of(admitted).at(options.durability()));
      LOGGER.log(System.Logger.Level.DEBUG, "event=nostr-settings result={0}", result);
    }
  }
}
