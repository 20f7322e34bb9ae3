package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class StoppingTest {
  private static final int CALLERS = 16;

  /** As many are acknowledged before the server is told to stop. */
  private static final int BEFORE = 200;

  @TempDir Path folder;

  @Test
  void aServerThatStopsUnderLoadLosesNothingThatItAcknowledged() throws Exception {
    Set<String> acknowledged = new ConcurrentSkipListSet<>();
    Set<Integer> odd = new ConcurrentSkipListSet<>();
    RunningServer server = RunningServer.in(folder.resolve("data"));
    CountDownLatch enough = new CountDownLatch(BEFORE);
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<?> running =
          IntStream.range(0, CALLERS)
              .mapToObj(
                  caller ->
                      callers.submit(
                          () -> {
                            for (int i = 0; ; i++) {
                              String id = caller + "-" + i;
                              try {
                                int status =
                                    server
                                        .post(
                                            "/v1/logs/main/events",
                                            "{\"type\":\"t\",\"id\":\"%s\"}".formatted(id))
                                        .status();
                                if (status == 201) {
                                  acknowledged.add(id);
                                  enough.countDown();
                                } else if (status == 503) {
                                  return null;
                                } else {
                                  odd.add(status);
                                }
                              } catch (IOException e) {
                                return null;
                              }
                            }
                          }))
              .toList();
      assertThat(running).hasSize(CALLERS);
      assertThat(enough.await(60, TimeUnit.SECONDS)).isTrue();

      server.server().close();
    }
    assertThat(odd).isEmpty();
    try (RunningServer again = RunningServer.in(folder.resolve("data"))) {
      var log = again.server().host().find("main").orElseThrow().log();
      for (String id : acknowledged) {
        assertThat(log.findById(id)).as("acknowledged %s", id).isPresent();
      }
      assertThat(log.health().signedSize())
          .as("a last checkpoint covers everything")
          .isEqualTo(log.head().size());
    }
    server.close();
  }
}
