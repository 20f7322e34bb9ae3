package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * 5,000 events, and whatever can be asked of them, page by page, beside a list that is filtered.
 */
@Tag("engine")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesOfALogTest {
  private static final int EVENTS = 5_000;

  /** 100 events to an append, so that their times differ. */
  private static final int BATCH = 100;

  private static final int QUERIES = 300;
  private static final String[] STREAMS = {"doors", "lamps", "a/b c", "sensor-ü", "z"};
  private static final String[] TYPES = {"opened", "closed", "moved"};
  private static final String[] SUBJECTS = {"", "alice", "bob", "carol"};
  private static final String[] WORDS = {"red", "Green", "blue", "yellow", "ORANGE"};
  private static final long SEED = 5_000;

  @TempDir static Path folder;

  private final List<Told> model = new ArrayList<>();
  private final Random random = new Random(SEED);
  private RunningServer server;
  private Talk talk;

  /** What was appended, and where and when the log says that it is. */
  private record Told(
      long position,
      String stream,
      String type,
      String id,
      String subject,
      String payload,
      Instant at) {
    boolean holds(String text) {
      return (stream + "\n" + type + "\n" + id + "\n" + subject + "\n" + payload)
          .toLowerCase(Locale.ROOT)
          .contains(text.toLowerCase(Locale.ROOT));
    }
  }

  @BeforeAll
  void fill() throws Exception {
    server = RunningServer.in(folder.resolve("data"));
    talk = new Talk(server, Contract.published());
    for (int batch = 0; batch < EVENTS / BATCH; batch++) {
      String stream = any(STREAMS);
      List<Told> sent = new ArrayList<>();
      StringBuilder body = new StringBuilder("{\"events\":[");
      for (int i = 0; i < BATCH; i++) {
        Told event =
            new Told(
                model.size() + i + 1L,
                stream,
                any(TYPES),
                random.nextInt(3) == 0 ? "" : "id-%d-%d".formatted(batch, i),
                any(SUBJECTS),
                any(WORDS) + " " + any(WORDS),
                Instant.EPOCH);
        sent.add(event);
        body.append(i == 0 ? "" : ",")
            .append(
                """
                {"stream":"%s","type":"%s","id":"%s","subject":"%s","payloadText":"%s"}\
                """
                    .formatted(stream, event.type, event.id, event.subject, event.payload));
      }
      Answer answer = talk.post("/v1/logs/main/events", body.append("]}").toString());
      assertThat(answer.json().get("position")).isEqualTo(model.size() + 1L);
      Answer stored =
          talk.get("/v1/logs/main/events?after=%d&limit=%d".formatted(model.size(), BATCH));
      List<Map<String, Object>> events = events(stored);
      for (int i = 0; i < BATCH; i++) {
        Told event = sent.get(i);
        model.add(
            new Told(
                event.position,
                event.stream,
                event.type,
                event.id,
                event.subject,
                event.payload,
                Instant.parse((String) events.get(i).get("recordedAt"))));
      }
    }
  }

  @AfterAll
  void stop() {
    server.close();
  }

  @Test
  void every_page_of_every_question_has_what_a_filtered_list_has() throws Exception {
    int nonEmpty = 0;
    for (int query = 0; query < QUERIES; query++) {
      Map<String, String> parameters = new LinkedHashMap<>();
      Predicate<Told> wanted = question(parameters);
      boolean descending = random.nextBoolean();
      int limit = 1 + random.nextInt(random.nextBoolean() ? 1_000 : 50);
      List<Long> expected = model.stream().filter(wanted).map(Told::position).toList();
      if (descending) {
        expected = expected.reversed();
        parameters.put("order", "desc");
      }
      // Small pages of everything are hundreds of requests that say the same; the rest is enough.
      int pages = 40;
      parameters.put("limit", String.valueOf(limit));
      List<Long> seen = new ArrayList<>();
      boolean more = true;
      String next = "";
      for (int page = 0; more && page < pages; page++) {
        Answer answer = talk.get("/v1/logs/main/events?" + text(parameters) + next);
        List<Map<String, Object>> events = events(answer);
        assertThat(events).as(parameters.toString()).hasSizeLessThanOrEqualTo(limit);
        events.forEach(event -> seen.add((Long) event.get("position")));
        more = Boolean.TRUE.equals(answer.json().get("more"));
        next = (descending ? "&before=" : "&after=") + answer.json().get("after");
      }
      assertThat(seen)
          .as("seed %d, query %d: %s", SEED, query, parameters)
          .isEqualTo(more ? expected.subList(0, seen.size()) : expected);
      if (more) {
        assertThat(seen).hasSize(pages * limit);
      }
      nonEmpty += expected.isEmpty() ? 0 : 1;
    }
    assertThat(nonEmpty).as("questions that something answers").isGreaterThan(QUERIES / 2);
  }

  @Test
  void each_event_is_found_by_its_id_and_has_what_was_sent() throws Exception {
    for (int i = 0; i < 200; i++) {
      Told event = model.get(random.nextInt(EVENTS));
      if (event.id.isEmpty()) {
        continue;
      }
      List<Map<String, Object>> found = events(talk.get("/v1/logs/main/events?id=" + event.id));
      assertThat(found).hasSize(1);
      assertThat(found.getFirst())
          .containsEntry("position", event.position)
          .containsEntry("stream", event.stream)
          .containsEntry("type", event.type)
          .containsEntry("subject", event.subject)
          .containsEntry("payloadText", event.payload);
    }
    assertThat(events(talk.get("/v1/logs/main/events?id=nobody"))).isEmpty();
  }

  /** A question by none to all of its parameters, as it is asked and as it is meant. */
  private Predicate<Told> question(Map<String, String> parameters) {
    Predicate<Told> wanted = _ -> true;
    if (random.nextInt(3) == 0) {
      String stream = random.nextInt(10) == 0 ? "nowhere" : any(STREAMS);
      parameters.put("stream", stream);
      wanted = wanted.and(event -> event.stream.equals(stream));
    }
    if (random.nextInt(3) == 0) {
      String type = any(TYPES);
      parameters.put("type", type);
      wanted = wanted.and(event -> event.type.equals(type));
    }
    if (random.nextInt(3) == 0) {
      String subject = SUBJECTS[1 + random.nextInt(SUBJECTS.length - 1)];
      parameters.put("subject", subject);
      wanted = wanted.and(event -> event.subject.equals(subject));
    }
    if (random.nextInt(4) == 0) {
      String word = any(WORDS).toLowerCase(Locale.ROOT);
      parameters.put("q", word);
      wanted = wanted.and(event -> event.holds(word));
    }
    if (random.nextInt(4) == 0) {
      Instant from = model.get(random.nextInt(EVENTS)).at;
      parameters.put("from", from.toString());
      wanted = wanted.and(event -> !event.at.isBefore(from));
    }
    if (random.nextInt(4) == 0) {
      Instant to = model.get(random.nextInt(EVENTS)).at;
      parameters.put("to", to.toString());
      wanted = wanted.and(event -> event.at.isBefore(to));
    }
    return wanted;
  }

  private static String text(Map<String, String> parameters) {
    StringBuilder text = new StringBuilder();
    parameters.forEach(
        (name, value) ->
            text.append(text.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20")));
    return text.toString();
  }

  @SuppressWarnings({"unchecked", "NullAway"})
  private static List<Map<String, Object>> events(Answer answer) {
    return (List<Map<String, Object>>) (Object) answer.list("events");
  }

  private String any(String[] of) {
    return of[random.nextInt(of.length)];
  }
}
