package dev.stele.server.relay;

import dev.stele.nostr.relay.Relay;
import dev.stele.nostr.relay.RelaySession;
import dev.stele.server.host.Host;
import dev.stele.server.host.HostedLog;
import dev.stele.server.host.LogKind;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where connections to the relay come in: counts them, gives each a session, and lets them go when
 * the server stops.
 *
 * <p>There is one relay at most, on the log that the settings name or else the first of kind nostr,
 * also one that is made while the server runs. Thread-safe.
 */
public final class RelayDesk implements AutoCloseable {
  private final Host host;
  private final RelaySettings settings;

  /** By which clients may know it. */
  private final Supplier<Set<String>> urls;

  private final InstantSource clock;
  private final RandomGenerator random;

  /** Guards everything below. */
  private final ReentrantLock turn = new ReentrantLock();

  private final Condition left = turn.newCondition();
  private final Set<Guest> guests = new HashSet<>();
  private final Map<String, Integer> ofAddress = new HashMap<>();
  private @Nullable Relay relay;
  private boolean stopping;

  /** A connection. */
  public interface Guest {
    /** The server stops: the guest says goodbye, and then leaves. Not to block. */
    void letGo();
  }

  /** What is said to a connection that wants in. */
  public enum Entry {
    /** It is in, and has to leave. */
    IN,
    /** The relay has as many connections as it may have. */
    FULL,
    /** This address has as many connections as one may have. */
    CROWDED,
    /** The server stops. */
    CLOSING
  }

  /**
   * Opens the desk; the relay itself is opened when somebody comes.
   *
   * @param urls by which clients may know the relay; asked when it is opened
   */
  public RelayDesk(
      Host host,
      RelaySettings settings,
      Supplier<Set<String>> urls,
      InstantSource clock,
      RandomGenerator random) {
    this.host = host;
    this.settings = settings;
    this.urls = urls;
    this.clock = clock;
    this.random = random;
  }

  /** What the owner wants. */
  public RelaySettings settings() {
    return settings;
  }

  /** The log that the relay speaks for, if there is one. */
  public Optional<HostedLog> log() {
    return settings.log().isPresent()
        ? host.find(settings.log().get()).filter(log -> log.kind() == LogKind.NOSTR)
        : host.logs().stream().filter(log -> log.kind() == LogKind.NOSTR).findFirst();
  }

  /**
   * Asks for a place; whoever gets one has to {@link #leave}.
   *
   * @param address where it comes from; empty for this machine, which has no limit of its own
   */
  public Entry enter(Guest guest, String address) {
    turn.lock();
    try {
      if (stopping) {
        return Entry.CLOSING;
      }
      if (guests.size() >= settings.maxConnections()) {
        return Entry.FULL;
      }
      if (!address.isEmpty()) {
        int there = ofAddress.getOrDefault(address, 0);
        if (there >= settings.maxConnectionsOfAddress()) {
          return Entry.CROWDED;
        }
        ofAddress.put(address, there + 1);
      }
      guests.add(guest);
      return Entry.IN;
    } finally {
      turn.unlock();
    }
  }

  /** Gives a place back. May be said again. */
  public void leave(Guest guest, String address) {
    turn.lock();
    try {
      if (guests.remove(guest)) {
        ofAddress.computeIfPresent(address, (_, there) -> there > 1 ? there - 1 : null);
        left.signalAll();
      }
    } finally {
      turn.unlock();
    }
  }

  /**
   * Begins a session for a guest.
   *
   * @param wake as {@link Relay#connect} has it
   */
  public RelaySession connect(String address, Runnable wake) {
    return opened().connect(address, wake);
  }

  private Relay opened() {
    turn.lock();
    try {
      Relay there = relay;
      if (there == null) {
        HostedLog.Nostr nostr = log().flatMap(HostedLog::nostr).orElseThrow();
        there =
            Relay.open(
                nostr.store(),
                new Relay.Setup(
                    urls.get(),
                    settings.limits(),
                    settings.maxSubscriptions(),
                    settings.policies(System::nanoTime),
                    clock,
                    random),
                nostr.everything());
        relay = there;
      }
      return there;
    } finally {
      turn.unlock();
    }
  }

  /** How many connections there are. */
  public int connections() {
    turn.lock();
    try {
      return guests.size();
    } finally {
      turn.unlock();
    }
  }

  /** How many subscriptions they have open. */
  public int subscriptions() {
    turn.lock();
    try {
      return relay == null ? 0 : relay.subscriptions();
    } finally {
      turn.unlock();
    }
  }

  /**
   * Takes nobody in any more, and lets everybody go: what they sent is answered, and they are told.
   * Waits for them, but not for ever.
   */
  public void letGo(Duration within) {
    long nanos = within.toNanos();
    turn.lock();
    try {
      stopping = true;
      guests.forEach(Guest::letGo);
      while (!guests.isEmpty() && nanos > 0) {
        nanos = left.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void close() {
    turn.lock();
    try {
      stopping = true;
      if (relay != null) {
        relay.close();
      }
    } finally {
      turn.unlock();
    }
  }
}
