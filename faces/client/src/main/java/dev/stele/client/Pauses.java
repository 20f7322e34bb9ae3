package dev.stele.client;

import java.time.Duration;

/** How the client waits before it tries again: passed in, as time is. */
@FunctionalInterface
interface Pauses {
  /** Waits on the caller's thread. */
  Pauses SLEEP = Thread::sleep;

  /** Returns when so much time has passed. */
  void pause(Duration length) throws InterruptedException;
}
