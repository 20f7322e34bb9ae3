package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer.Answer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class ConsumerGroupsTest {
  private static final String GROUP = "/v1/logs/main/subscriptions/mail";

  @TempDir Path folder;
  private RunningServer server;

  @BeforeEach
  void start() throws Exception {
    server = RunningServer.in(folder.resolve("data"));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void restart() throws Exception {
    server.close();
    server = RunningServer.in(folder.resolve("data"));
  }

  private void append(int count, String stream) throws Exception {
    StringBuilder events = new StringBuilder("{\"events\":[");
    for (int i = 0; i < count; i++) {
      events
          .append(i == 0 ? "" : ",")
          .append("{\"type\":\"t\",\"stream\":\"%s\"}".formatted(stream));
    }
    assertThat(server.post("/v1/logs/main/events", events.append("]}").toString()).status())
        .isEqualTo(201);
  }

  private Answer create(String definition) throws Exception {
    return server.with("PUT", GROUP, definition);
  }

  private List<Long> fetch(String consumer, int limit) throws Exception {
    List<Long> positions = new ArrayList<>();
    for (Map<String, @Nullable Object> given :
        server
            .post(GROUP + "/fetch", "{\"consumer\":\"%s\",\"limit\":%d}".formatted(consumer, limit))
            .list("events")) {
      positions.add(position(given));
    }
    return positions;
  }

  private static long position(Map<String, @Nullable Object> given) {
    return given.get("event") instanceof Map<?, ?> event
            && event.get("position") instanceof Long position
        ? position
        : 0;
  }

  private Answer settle(String json) throws Exception {
    return server.post(GROUP + "/ack", json);
  }

  @Test
  void eachEventGoesToOneConsumerAndWhatIsAcknowledgedIsDone() throws Exception {
    append(5, "a");
    assertThat(create("{}").status()).isEqualTo(201);
    assertThat(create("{}").status()).isEqualTo(200);
    assertThat(create("{\"stream\":\"b\"}").problem()).isEqualTo("group-exists");

    assertThat(fetch("one", 3)).containsExactly(1L, 2L, 3L);
    assertThat(fetch("two", 3)).containsExactly(4L, 5L);
    assertThat(fetch("one", 3)).isEmpty();
    assertThat(settle("{\"positions\":[1,2,3,4,5]}").json()).containsEntry("settled", 5L);

    assertThat(server.get(GROUP).json()).containsEntry("leased", 0L).containsEntry("parked", 0L);
    assertThat(fetch("one", 3)).isEmpty();
    restart();
    assertThat(fetch("one", 3)).isEmpty();
  }

  @Test
  void afterARestartWhatWasNotAcknowledgedIsGivenAgainAndNothingElse() throws Exception {
    append(6, "a");
    create("{}");
    assertThat(fetch("one", 6)).hasSize(6);
    settle("{\"positions\":[1,3,6]}");

    restart();

    assertThat(fetch("one", 10)).containsExactly(2L, 4L, 5L);
  }

  @Test
  void whatIsGivenBackTooOftenIsParkedAndCanBeGivenAgain() throws Exception {
    append(2, "a");
    create("{\"maxAttempts\":2}");
    assertThat(fetch("one", 1)).containsExactly(1L);
    settle("{\"retry\":[1]}");
    Answer again = server.post(GROUP + "/fetch", "{\"limit\":1}");
    assertThat(again.list("events").getFirst()).containsEntry("attempt", 2L);
    settle("{\"retry\":[1]}");

    assertThat(fetch("one", 10)).containsExactly(2L);
    assertThat(server.get(GROUP + "/parked").list("parked").getFirst())
        .containsEntry("position", 1L)
        .containsEntry("attempts", 2L);
    settle("{\"positions\":[2]}");
    restart();
    assertThat(fetch("one", 10)).isEmpty();

    assertThat(server.post(GROUP + "/parked", "{\"retry\":[1]}").json())
        .containsEntry("retried", 1L);
    restart();

    assertThat(fetch("one", 10)).containsExactly(1L);
    settle("{\"positions\":[1]}");
    restart();
    assertThat(fetch("one", 10)).isEmpty();
    assertThat(server.get(GROUP + "/parked").list("parked")).isEmpty();
  }

  @Test
  void aConsumerParksWhatNobodyCanHandleAndSaysWhy() throws Exception {
    append(2, "a");
    create("{}");
    fetch("one", 2);

    settle("{\"positions\":[2],\"park\":[1],\"reason\":\"no such door\"}");

    assertThat(server.get(GROUP + "/parked").list("parked").getFirst())
        .containsEntry("reason", "no such door");
    assertThat(server.post(GROUP + "/parked", "{\"drop\":[1]}").json())
        .containsEntry("dropped", 1L);
    assertThat(fetch("one", 2)).isEmpty();
  }

  @Test
  void aLeaseThatEndsLetsAnotherConsumerHaveTheEvent() throws Exception {
    append(1, "a");
    create("{\"leaseSeconds\":1}");
    assertThat(fetch("one", 1)).containsExactly(1L);

    Answer later = server.post(GROUP + "/fetch", "{\"consumer\":\"two\",\"waitSeconds\":10}");

    assertThat(later.list("events").getFirst()).containsEntry("attempt", 2L);
    assertThat(position(later.list("events").getFirst())).isEqualTo(1);
  }

  @Test
  void aGroupIsGivenWhatItAskedForAndNoneOfItsOwnNotes() throws Exception {
    append(2, "a");
    append(2, "b");
    create("{\"stream\":\"b\"}");
    assertThat(fetch("one", 10)).containsExactly(3L, 4L);
    settle("{\"positions\":[3,4]}");

    assertThat(fetch("one", 10)).isEmpty();
    append(1, "b");
    assertThat(fetch("one", 10)).hasSize(1);
    assertThat(server.with("DELETE", GROUP, "").status()).isEqualTo(200);
    assertThat(server.get(GROUP).status()).isEqualTo(404);
  }

  @Test
  void aStrangersNoteInTheSameStreamChangesNothing() throws Exception {
    append(2, "a");
    create("{}");
    server.post(
        "/v1/logs/main/events",
        "{\"stream\":\"consumer-groups\",\"type\":\"group.progressed\",\"subject\":\"mail\","
            + "\"payloadJson\":{\"through\":2,\"done\":[]}}");

    restart();

    assertThat(fetch("one", 2)).containsExactly(1L, 2L);
  }

  @Test
  void manyConsumersAtOnceAreGivenEachEventOnce() throws Exception {
    append(1_000, "a");
    create("{}");
    Set<Long> seen = new ConcurrentSkipListSet<>();
    List<Long> twice = java.util.Collections.synchronizedList(new ArrayList<>());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> consumers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String name = "c" + i;
        consumers.add(
            threads.submit(
                () -> {
                  List<Long> given = fetch(name, 50);
                  while (!given.isEmpty()) {
                    for (long position : given) {
                      if (!seen.add(position)) {
                        twice.add(position);
                      }
                    }
                    settle("{\"positions\":" + given + "}");
                    given = fetch(name, 50);
                  }
                  return null;
                }));
      }
      for (Future<?> consumer : consumers) {
        consumer.get();
      }
    }
    assertThat(twice).isEmpty();
    assertThat(seen).hasSize(1_000);
  }
}
