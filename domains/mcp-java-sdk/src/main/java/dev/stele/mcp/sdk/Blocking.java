package dev.stele.mcp.sdk;

import reactor.core.publisher.Mono;

/** Work that blocks, as the SDK wants it: done on a virtual thread, never on who subscribes. */
final class Blocking {
  private Blocking() {}

  static Mono<Void> run(Runnable work) {
    return Mono.create(
        sink -> {
          Thread _ =
              Thread.startVirtualThread(
                  () -> {
                    try {
                      work.run();
                      sink.success();
                    } catch (RuntimeException e) {
                      sink.error(e);
                    }
                  });
        });
  }
}
