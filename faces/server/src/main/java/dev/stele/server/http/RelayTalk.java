package dev.stele.server.http;

import dev.stele.core.engine.LogClosed;
import dev.stele.core.engine.StorageFailed;
import dev.stele.nostr.relay.Prefix;
import dev.stele.nostr.relay.RelaySession;
import dev.stele.server.relay.RelayDesk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A relay's side of one connection, on a virtual thread of its own.
 *
 * <pre>
 *   socket ──► inbox, bounded ──► RelaySession.receive ──► answers ──┐
 *     ▲  more() only while there is room                             ├──► socket, waited for
 *     └─────────────────────── RelaySession.next ──► scans, live ────┘
 * </pre>
 *
 * <p>What waits to be sent is one answer, or one piece of what {@code next} gives: whoever does not
 * read holds up his own thread, until he has shown no patience worth having and is dropped.
 */
final class RelayTalk implements SocketTalk, RelayDesk.Guest {
  /** 512 frames wait for their turn: twice as many as share a sync. */
  private static final int INBOX_FRAMES = 512;

  /** 1 MiB of text waits for its turn, and one frame more. */
  private static final long INBOX_CHARS = 1L << 20;

  /** How the frames begin that are stored together; others are answered one by one. */
  private static final String EVENT = "[\"EVENT\"";

  private final RelayDesk desk;
  private final String address;
  private final long maxTextBytes;
  private final Duration patience;
  private final Duration heartbeat;

  /** Guards the fields below. */
  private final ReentrantLock turn = new ReentrantLock();

  private final Condition something = turn.newCondition();
  private final Deque<String> inbox = new ArrayDeque<>();
  private long inboxChars;

  /** Whether a frame was asked for and has not come. */
  private boolean asked;

  /** Whether anything came since the last ping. */
  private boolean heard = true;

  private boolean woken;
  private boolean stopping;
  private boolean gone;

  RelayTalk(RelayDesk desk, String address) {
    this.desk = desk;
    this.address = address;
    this.maxTextBytes = desk.settings().limits().maxFrameBytes();
    this.patience = desk.settings().patience();
    this.heartbeat = desk.settings().heartbeat();
  }

  @Override
  public long maxTextBytes() {
    return maxTextBytes;
  }

  @Override
  public void opened(Sink sink) {
    this.sink = sink;
    Thread.ofVirtual().name("stele-relay").start(() -> talk(sink));
  }

  /** Set before anything is received. */
  private volatile Sink sink = new Nowhere();

  private void talk(Sink to) {
    try {
      talk(to, desk.connect(address, this::wake));
    } catch (LogClosed | StorageFailed e) {
      to.close(AGAINST_POLICY, "error: the relay cannot reach its store");
    } finally {
      desk.leave(this, address);
    }
  }

  private void talk(Sink to, RelaySession session) {
    try {
      to.send(session.opening(), patience);
      askForMore(to);
      boolean busy = false;
      while (true) {
        What what = await(busy);
        switch (what) {
          case What.Gone _ -> {
            return;
          }
          case What.Silence _ -> {
            to.hangUp(AGAINST_POLICY, "no answer to a ping");
            return;
          }
          case What.Ping _ -> to.ping();
          case What.Stop _ -> {
            to.send(session.end(Prefix.CLOSED, "the relay stops now; come again later"), patience);
            to.close(GOING_AWAY, "the relay stops");
            return;
          }
          case What.Turn(List<String> frames) -> {
            askForMore(to);
            to.send(session.receive(frames), patience);
            List<String> more = session.next();
            to.send(more, patience);
            if (session.isOver()) {
              to.close(AGAINST_POLICY, "too slow");
              return;
            }
            busy = !more.isEmpty();
          }
        }
      }
    } catch (IOException e) {
      // The other side is gone, which is how most of them end.
      to.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      session.close();
    }
  }

  /** What a thread does next. */
  private sealed interface What {
    /** Answer these frames, and say what is to be said unasked. */
    record Turn(List<String> frames) implements What {}

    /** See whether the other side is there still. */
    record Ping() implements What {}

    /** It is not. */
    record Silence() implements What {}

    /** The server stops, and everything that was received is answered. */
    record Stop() implements What {}

    /** The connection is no more. */
    record Gone() implements What {}
  }

  /** Waits until there is something to do; does not wait if the thread is busy by itself. */
  private What await(boolean busy) throws InterruptedException {
    turn.lock();
    try {
      long nanos = heartbeat.toNanos();
      while (!busy && !gone && !woken && !stopping && inbox.isEmpty() && nanos > 0) {
        nanos = something.awaitNanos(nanos);
      }
      if (gone) {
        return new What.Gone();
      }
      if (!inbox.isEmpty() || busy || woken) {
        woken = false;
        // Nobody is asked to end in the middle of what comes live.
        if (!stopping || !inbox.isEmpty()) {
          return new What.Turn(batch());
        }
      }
      if (stopping) {
        return new What.Stop();
      }
      // Whoever was not asked for anything could not be heard.
      if (!heard && asked) {
        return new What.Silence();
      }
      heard = false;
      return new What.Ping();
    } finally {
      turn.unlock();
    }
  }

  /** The first frame of the inbox, and if it is an event those that follow it. */
  private List<String> batch() {
    List<String> batch = new ArrayList<>();
    while (!inbox.isEmpty() && (batch.isEmpty() || isEvent(batch.getLast()))) {
      if (!batch.isEmpty() && !isEvent(inbox.getFirst())) {
        break;
      }
      String frame = inbox.removeFirst();
      inboxChars -= frame.length();
      batch.add(frame);
    }
    return batch;
  }

  private static boolean isEvent(String frame) {
    return frame.startsWith(EVENT);
  }

  /** Asks for a frame if there is room for one and none was asked for. */
  private void askForMore(Sink to) {
    turn.lock();
    try {
      if (asked || gone || stopping || inbox.size() >= INBOX_FRAMES || inboxChars >= INBOX_CHARS) {
        return;
      }
      asked = true;
    } finally {
      turn.unlock();
    }
    to.more();
  }

  @Override
  public void received(String text) {
    turn.lock();
    try {
      asked = false;
      heard = true;
      inbox.add(text);
      inboxChars += text.length();
      something.signal();
    } finally {
      turn.unlock();
    }
    askForMore(sink);
  }

  @Override
  public void receivedBinary() {
    sink.close(NOT_TAKEN, "invalid: a message is a text frame");
  }

  @Override
  public void answeredPing() {
    turn.lock();
    try {
      heard = true;
    } finally {
      turn.unlock();
    }
  }

  private void wake() {
    turn.lock();
    try {
      woken = true;
      something.signal();
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void letGo() {
    turn.lock();
    try {
      stopping = true;
      something.signal();
    } finally {
      turn.unlock();
    }
  }

  @Override
  public void closed() {
    boolean neverOpened = sink instanceof Nowhere;
    turn.lock();
    try {
      gone = true;
      something.signal();
    } finally {
      turn.unlock();
    }
    if (neverOpened) {
      desk.leave(this, address);
    }
  }

  /** Before the connection is there. */
  private static final class Nowhere implements Sink {
    @Override
    public void send(List<String> texts, Duration patience) throws IOException {
      throw new IOException("the connection is not there yet");
    }

    @Override
    public void ping() throws IOException {
      throw new IOException("the connection is not there yet");
    }

    @Override
    public void more() {}

    @Override
    public void close(int status, String reason) {}

    @Override
    public void hangUp(int status, String reason) {}
  }
}
