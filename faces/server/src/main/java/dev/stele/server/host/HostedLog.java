package dev.stele.server.host;

import dev.stele.core.engine.LogId;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Auditor;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.storage.Storage;
import dev.stele.core.view.KeptViews;
import dev.stele.envelope.gate.EnvelopeAuditor;
import dev.stele.envelope.store.EnvelopeStore;
import dev.stele.ledger.LedgerAuditor;
import dev.stele.mcp.gate.McpAuditor;
import dev.stele.mcp.store.McpEventStore;
import dev.stele.nostr.gate.NostrAuditor;
import dev.stele.nostr.relay.KeptItems;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStores;
import dev.stele.server.follow.Broadcast;
import dev.stele.server.group.ConsumerGroups;
import java.time.InstantSource;
import java.util.List;
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
  private final @Nullable McpEventStore mcp;
  private final @Nullable Nostr nostr;
  private final Runnable closing;
  private final Broadcast broadcast;
  private final ScrubJob scrub;
  private final ConsumerGroups groups;

  private HostedLog(
      String name,
      LogKind kind,
      EventLog log,
      KeptViews views,
      @Nullable EnvelopeStore envelopes,
      @Nullable McpEventStore mcp,
      @Nullable Nostr nostr,
      InstantSource clock,
      Supplier<List<Auditor>> auditors,
      Runnable closing) {
    this.name = name;
    this.kind = kind;
    this.log = log;
    this.views = views;
    this.envelopes = envelopes;
    this.mcp = mcp;
    this.nostr = nostr;
    this.closing = closing;
    this.broadcast = new Broadcast(log);
    this.scrub = new ScrubJob(log, auditors);
    this.groups = new ConsumerGroups(log, views, clock);
  }

  static HostedLog ofEvents(
      String name, Storage storage, EventLog log, KeptViews views, InstantSource clock) {
    return new HostedLog(
        name,
        LogKind.EVENTS,
        log,
        views,
        null,
        null,
        null,
        clock,
        () ->
            List.of(
                LedgerAuditor.of(storage.engine(), LogId.MAIN, log.verifierKey()),
                EnvelopeAuditor.of(log.verifierKey()),
                new NostrAuditor()),
        () -> {
          views.close();
          log.close();
          storage.close();
        });
  }

  static HostedLog ofEnvelopes(String name, EnvelopeStore store, InstantSource clock) {
    return new HostedLog(
        name,
        LogKind.ENVELOPES,
        store.log(),
        store.views(),
        store,
        null,
        null,
        clock,
        () -> List.of(EnvelopeAuditor.of(store.log().verifierKey()), new NostrAuditor()),
        store::close);
  }

  /** The log under a store of MCP streams, which is closed with it. */
  static HostedLog ofMcp(
      String name, McpEventStore store, EventLog log, KeptViews views, InstantSource clock) {
    return new HostedLog(
        name,
        LogKind.MCP,
        log,
        views,
        null,
        store,
        null,
        clock,
        () -> List.of(new McpAuditor()),
        store::close);
  }

  /** The log under a store of Nostr events, which is closed with it. */
  static HostedLog ofNostr(
      String name, NostrStore store, KeptItems everything, InstantSource clock) {
    return new HostedLog(
        name,
        LogKind.NOSTR,
        NostrStores.log(store),
        NostrStores.views(store),
        null,
        null,
        new Nostr(store, everything),
        clock,
        () -> List.of(new NostrAuditor()),
        store::close);
  }

  /** Its name on this host, 1 to 63 characters of {@code [a-z0-9-]}. */
  public String name() {
    return name;
  }

  /** Whether it is the server's own log, which only administrators read and nobody appends to. */
  public boolean isServersOwn() {
    return name.equals(Host.SYSTEM);
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

  /** What tells those who follow. */
  public Broadcast broadcast() {
    return broadcast;
  }

  /** Its consumer groups. */
  public ConsumerGroups groups() {
    return groups;
  }

  /** The store of envelopes, in a log of that kind. */
  public Optional<EnvelopeStore> envelopes() {
    return Optional.ofNullable(envelopes);
  }

  /** The store of MCP streams, in a log of that kind. */
  public Optional<McpEventStore> mcp() {
    return Optional.ofNullable(mcp);
  }

  /** The store of Nostr events, in a log of that kind. */
  public Optional<Nostr> nostr() {
    return Optional.ofNullable(nostr);
  }

  /**
   * A store of Nostr events.
   *
   * @param store the store
   * @param everything what is in it, for whoever reconciles all of it
   */
  public record Nostr(NostrStore store, KeptItems everything) {}

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

  /**
   * Begins to re-compute the whole log in the background, with every signature in it; {@code
   * log().health()} tells how far it is.
   *
   * @return false when that is under way already
   */
  public boolean scrub() {
    return scrub.start();
  }

  void close() {
    broadcast.close();
    scrub.stop();
    closing.run();
  }
}
