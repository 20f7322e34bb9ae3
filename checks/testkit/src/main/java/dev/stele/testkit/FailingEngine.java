package dev.stele.testkit;

import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import java.util.concurrent.atomic.AtomicReference;

/** An engine whose next commit fails when it is told to, before or after it took effect. */
public class FailingEngine extends ForwardingEngine {
  /** What the next commit does. */
  public enum Next {
    /** It succeeds. */
    SUCCEEDS,
    /** It fails and stores nothing, as when the disk is full. */
    FAILS_BEFORE,
    /** It stores the batch and then fails, as when the answer is lost on its way. */
    FAILS_AFTER,
    /** It stores nothing, because another writer took the log over. */
    IS_FENCED
  }

  private final AtomicReference<Next> next = new AtomicReference<>(Next.SUCCEEDS);

  /** An engine that does what {@code engine} does, until it is told to fail. */
  public FailingEngine(LogEngine engine) {
    super(engine);
  }

  /** Tells what the next commit does; those after it succeed. */
  public void next(Next does) {
    next.set(does);
  }

  @Override
  public CommitResult commit(LogId log, Head expected, Batch batch, Durability durability) {
    return switch (next.getAndSet(Next.SUCCEEDS)) {
      case SUCCEEDS -> super.commit(log, expected, batch, durability);
      case FAILS_BEFORE -> throw new StorageFailed("the disk is full, as the test wants");
      case FAILS_AFTER -> {
        CommitResult lost = super.commit(log, expected, batch, durability);
        throw new StorageFailed("the answer was lost, as the test wants: " + lost);
      }
      case IS_FENCED -> new CommitResult.Fenced("the test wants it");
    };
  }
}
