package dev.stele.server.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import dev.stele.server.config.Setting;
import dev.stele.testkit.Scale;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is sent to a server, it goes on serving, and tells nothing of itself. */
@Tag("engine")
class HostileCallersTest {
  private static final int REQUESTS = 10_000;

  /** 100 of them between two questions that must be answered well. */
  private static final int BETWEEN = 100;

  /** 50 milliseconds without a byte, and an answer is taken for whole. */
  private static final Duration SILENCE = Duration.ofMillis(50);

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** 64 MiB more than before, after a collection, would be a leak. */
  private static final long MAX_GROWTH_BYTES = 64L << 20;

  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.1 ([0-9]{3}) ");

  /** What an answer must not tell: classes, stack traces, what serves. */
  private static final Pattern LEAK =
      Pattern.compile(
          "(?i)\\bat"
              + " [a-z.]+\\(|[a-z]+Exception|java\\.|org\\.|dev\\.stele\\.|jetty|jackson|\\.java");

  @TempDir Path folder;

  // ---- fuzzing ----

  @Test
  void anyBytesAreAnsweredWithoutAFailureOfTheServersOwn() throws Exception {
    long seed = Long.getLong("stele.seed", System.nanoTime());
    Random random = new Random(seed);
    int requests = Scale.of(REQUESTS);
    int answers = 0;
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      server.post("/v1/logs/main/events", "{\"type\":\"t\"}");
      long before = -1;
      for (int i = 0; i < requests; i++) {
        byte[] request = HostileRequest.of(random);
        String said = "seed %d, request %d: %s".formatted(seed, i, printable(request));
        String answer;
        try (Bare bare = Bare.to(server.port())) {
          bare.send(request);
          if (random.nextBoolean()) {
            bare.end();
          }
          answer = bare.answer(SILENCE, 1 << 20);
        }
        Matcher status = STATUS.matcher(answer);
        while (status.find()) {
          int code = Integer.parseInt(status.group(1));
          assertThat(code < 500 || code == 503).as("%s\n%s", said, answer).isTrue();
          answers++;
        }
        // What was sent may come back in a problem; the head of an answer holds nothing of it.
        assertTellsNothing(said, answer);
        if (i % BETWEEN == 0) {
          assertThat(server.get("/health").status()).as(said).isEqualTo(200);
          before = before < 0 && i >= requests / 10 ? used() : before;
        }
      }
      long after = used();
      System.out.println(
          "%d hostile requests, %d answers, seed %d; heap %d KiB, then %d KiB"
              .formatted(requests, answers, seed, before >> 10, after >> 10));
      assertThat(answers).isGreaterThan(requests / 4);
      assertThat(after - before).isLessThan(MAX_GROWTH_BYTES);
      assertThat(server.get("/v1/logs/main").json()).containsEntry("verdict", "intact");
    }
  }

  private void assertTellsNothing(String said, String answer) {
    if (answer.contains("\"openapi\"") || answer.contains("# HELP") || answer.contains("<html")) {
      return;
    }
    assertThat(LEAK.matcher(answer).find()).as("%s\n%s", said, answer).isFalse();
    assertThat(answer).as(said).doesNotContain(folder.toString());
  }

  private static String printable(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1).replaceAll("[^ -~\r\n]", "?");
    return text.length() <= 600 ? text : text.substring(0, 600) + "…";
  }

  /** Bytes in use after a collection. */
  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  // ---- limits ----

  private static byte[] event(int payloadBytes) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(payloadBytes + 100);
    body.writeBytes("{\"type\":\"t\",\"payloadText\":\"".getBytes(StandardCharsets.US_ASCII));
    body.writeBytes("x".repeat(payloadBytes).getBytes(StandardCharsets.US_ASCII));
    body.writeBytes("\"}".getBytes(StandardCharsets.US_ASCII));
    return body.toByteArray();
  }

  @Test
  void aPayloadIsTakenUpToItsLimitAndABodyUpToIts() throws Exception {
    int limit = 9 << 20;
    String events = "/v1/logs/main/events";
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config -> config.with(Setting.LIMIT_BODY, String.valueOf(limit)))) {
      byte[] largest = event(8 << 20);
      assertThat(server.post(events, "application/json", largest).status()).isEqualTo(201);
      Answer over = server.post(events, "application/json", event((8 << 20) + 1));
      assertThat(over.status()).isEqualTo(422);
      assertThat(over.problem()).isEqualTo("rejected");
      int frame = event(0).length;
      Answer full = server.post(events, "application/json", event(limit - frame));
      assertThat(full.status()).isEqualTo(422);
      try (Bare bare = Bare.to(server.port())) {
        // The head alone: who writes all of it may be cut off before the answer is read.
        bare.send(
            "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    .formatted(events)
                + "Content-Length: %d\r\n\r\n".formatted(limit + 1));
        assertThat(bare.answer(Duration.ofSeconds(1), 1 << 16))
            .contains("413 ")
            .contains("\"limit\":" + limit);
      }
      assertThat(server.get("/v1/logs/main").json()).containsEntry("size", 1L);
    }
  }

  @Test
  void whoStillWritesABodyThatIsRefusedIsNotCutOff() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      byte[] body = new byte[4 << 20];
      for (String path : new String[] {"/v1/logs", "/v1/nowhere"}) {
        try (Bare bare = Bare.to(server.port())) {
          bare.send(
              "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                      .formatted(path)
                  + "Content-Length: %d\r\n\r\n".formatted(body.length));
          assertThat(bare.in().readNBytes(10)).as(path).asString(US_ASCII).isEqualTo("HTTP/1.1 4");

          assertThat(bare.send(body)).as(path).isTrue();
          assertThat(bare.answer(Duration.ofMillis(200), 1 << 16)).doesNotContain("(reset)");
        }
      }
    }
  }

  @Test
  void aPageOfLargeEventsEndsBeforeItIsTooLargeAndTheNextGoesOn() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      for (int i = 0; i < 5; i++) {
        server.post("/v1/logs/main/events", "application/json", event(4 << 20));
      }
      for (String order : new String[] {"after=0", "after=0&stream=main", "order=desc"}) {
        Answer page = server.get("/v1/logs/main/events?limit=1000&" + order);

        assertThat(page.list("events")).as(order).hasSize(2);
        assertThat(page.json()).as(order).containsEntry("more", true);
      }
      Answer last = server.get("/v1/logs/main/events?limit=1000&after=4");
      assertThat(last.list("events")).hasSize(1);
      assertThat(last.json()).containsEntry("more", false);
    }
  }

  @Test
  void tenThousandEventsGoInAtOnceAndNotOneMore() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      String one = "{\"type\":\"t\"}";
      String full = "{\"events\":[" + (one + ",").repeat(9_999) + one + "]}";
      Answer taken = server.post("/v1/logs/main/events", full);
      assertThat(taken.json()).containsEntry("count", 10_000L);

      String over = "{\"events\":[" + (one + ",").repeat(10_000) + one + "]}";
      assertThat(server.post("/v1/logs/main/events", over).status()).isEqualTo(400);
      assertThat(server.get("/v1/logs/main").json()).containsEntry("size", 10_000L);
    }
  }

  @Test
  void whatNestsWithoutEndIsRefusedWhereItIsTooDeep() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      for (String open : new String[] {"[", "{\"a\":"}) {
        String bomb = "{\"type\":\"t\",\"payloadJson\":" + open.repeat(1_000_000);
        Answer answer = server.post("/v1/logs/main/events", bomb);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.bytes().length).isLessThan(1_000);
      }
      String cloud = "[{\"specversion\":" + "[".repeat(1_000_000);
      Answer answer =
          server.post(
              "/v1/logs/main/events",
              "application/cloudevents-batch+json",
              cloud.getBytes(StandardCharsets.US_ASCII));
      assertThat(answer.status()).isEqualTo(400);
    }
  }

  @Test
  void headersAreTakenUpToTheirLimit() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      for (int size : new int[] {15_000, 17_000, 2_000_000}) {
        try (Bare bare = Bare.to(server.port())) {
          bare.send(
              "GET /version HTTP/1.1\r\nHost: localhost\r\nX-Long: %s\r\n\r\n"
                  .formatted("x".repeat(size)));
          String answer = bare.answer(Duration.ofSeconds(1), 1 << 16);
          // One that is cut off while it still sends may not get to read the answer.
          assertThat(answer).contains(size < 16_384 ? "200 OK" : size < 20_000 ? "431" : "");
        }
      }
      assertThat(server.get("/version").status()).isEqualTo(200);
    }
  }

  @Test
  void moreConnectionsThanAllowedWaitUntilOthersGo() throws Exception {
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"), config -> config.with(Setting.LIMIT_CONNECTIONS, "8"))) {
      List<Bare> open = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        open.add(Bare.to(server.port()));
      }
      for (Bare bare : open) {
        bare.close();
      }
      long end = System.nanoTime() + PATIENCE.toNanos();
      String answer = "";
      while (!answer.contains("200 OK") && System.nanoTime() < end) {
        try (Bare bare = Bare.to(server.port())) {
          bare.send("GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
          answer = bare.answer(Duration.ofSeconds(1), 1 << 16);
        }
      }
      assertThat(answer).contains("200 OK");
    }
  }

  // ---- slowness ----

  @Test
  void aBodyThatDripsIsCut() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"));
        Bare bare = Bare.to(server.port())) {
      bare.send(
          "POST /v1/logs/main/events HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{");
      boolean cut = false;
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!cut && System.nanoTime() < end) {
        String answer = bare.answer(Duration.ofMillis(250), 1 << 16);
        cut = answer.contains("HTTP/1.1 4") || !answer.endsWith("(silence)") || !bare.send(" ");
      }
      assertThat(cut).isTrue();
      assertThat(server.get("/v1/logs/main").json()).containsEntry("size", 0L);
    }
  }

  @Test
  void aFollowerThatNeverReadsHoldsNobodyUp() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"));
        Bare deaf = Bare.narrow(server.port(), 4096)) {
      deaf.send("GET /v1/logs/main/subscribe HTTP/1.1\r\nHost: localhost\r\n\r\n");
      String kilobyte = "x".repeat(1024);
      String one = "{\"type\":\"t\",\"payloadText\":\"" + kilobyte + "\"}";
      String many = "{\"events\":[" + (one + ",").repeat(999) + one + "]}";
      for (int i = 0; i < 20; i++) {
        assertThat(server.post("/v1/logs/main/events", many).status()).isEqualTo(201);
      }
      try (Bare good = Bare.to(server.port())) {
        good.send("GET /v1/logs/main/subscribe?after=19990 HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(good.answer(Duration.ofSeconds(1), 1 << 20))
            .contains("id: 20000\n")
            .contains("event: caught-up");
      }
    }
  }
}
