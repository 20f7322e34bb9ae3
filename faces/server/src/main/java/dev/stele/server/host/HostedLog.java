package dev.stele.server.host;

import dev.stele.core.log.EventLog;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.storage.Storage;
import dev.stele.core.view.KeptViews;
import dev.stele.envelope.store.EnvelopeStore;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A log that is open here, with what is kept of it. Thread-safe. Only its {@link Host} closes it.
 */
public final class HostedLog {
  private final String name;
  private final LogKind kind;
  private final EventLog log;
  private final KeptViews views;
  private final @Nullable EnvelopeStore envelopes;
  private final Runnable closing;

  private HostedLog(
      String name,
      LogKind kind,
      EventLog log,
      KeptViews views,
      @Nullable EnvelopeStore envelopes,
      Runnable closing) {
    this.name = name;
    this.kind = kind;
    this.log = log;
    this.views = views;
    this.envelopes = envelopes;
    this.closing = closing;
  }

  static HostedLog ofEvents(String name, Storage storage, EventLog log, KeptViews views) {
    return new HostedLog(
        name,
        LogKind.EVENTS,
        log,
        views,
        null,
        () -> {
          views.close();
          log.close();
          storage.close();
        });
  }

  static HostedLog ofEnvelopes(String name, EnvelopeStore store) {
    return new HostedLog(name, LogKind.ENVELOPES, store.log(), store.views(), store, store::close);
  }

  /** Its name on this host, 1 to 63 characters of {@code [a-z0-9-]}. */
  public String name() {
    return name;
  }

  /** What it takes in. */
  public LogKind kind() {
    return kind;
  }

  /** The log itself. */
  public EventLog log() {
    return log;
  }

  /** The views that are kept of it. */
  public KeptViews views() {
    return views;
  }

  /** The store of envelopes, in a log of that kind. */
  public Optional<EnvelopeStore> envelopes() {
    return Optional.ofNullable(envelopes);
  }

  /** The last signed checkpoint, or one that is signed now where there is none yet. */
  public SignedCheckpoint checkpoint() {
    return log.latestCheckpoint().orElseGet(log::checkpoint);
  }

  /**
   * A signed checkpoint whose tree has at least so many events: the last one, or one that is signed
   * now.
   *
   * @param size no more than the log has
   */
  public SignedCheckpoint checkpointOver(long size) {
    Supplier<SignedCheckpoint> fresh = log::checkpoint;
    return log.latestCheckpoint()
        .filter(signed -> signed.checkpoint().size() >= size)
        .orElseGet(fresh);
  }

  void close() {
    closing.run();
  }
}
