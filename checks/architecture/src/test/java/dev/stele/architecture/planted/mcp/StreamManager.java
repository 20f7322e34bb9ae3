package dev.stele.architecture.planted.mcp;

/** Planted: a drawer that prints. */
final class StreamManager {
  @SuppressWarnings({"CatchAndPrintStackTrace", "SystemOut"})
  void manage(Runnable task) {
    try {
      task.run();
    } catch (IllegalStateException e) {
      e.printStackTrace();
    }
    System.out.println("managed");
  }
}
