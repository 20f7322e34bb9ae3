package dev.stele.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.client.ScriptedServer.Asked;
import dev.stele.client.ScriptedServer.Reply;
import dev.stele.core.engine.Durability;
import dev.stele.core.log.EventLog;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AppendingOverABadNetworkTest {
  private static final NewEvent EVENT = NewEvent.of("doors", "door.opened", "{\"door\":7}");
  private static final Reply APPENDED =
      Reply.text(
          201,
          "{\"result\":\"appended\",\"position\":7,\"count\":1,\"headPosition\":9,\"durability\":\"os\"}");
  private static final AppendAnswer.Appended ANSWER =
      new AppendAnswer.Appended(7, 1, 9, Durability.OS, Optional.empty());

  private final EventLog log = TrueLog.empty(1);
  private final List<Duration> pauses = new ArrayList<>();
  private final ClientOptions options = ClientOptions.inMemory().random(new Random(5));
  private final ScriptedServer server;

  AppendingOverABadNetworkTest() throws IOException {
    server = new ScriptedServer(log);
  }

  @AfterEach
  void close() {
    server.close();
    log.close();
  }

  /** Answers in this order, and then with the last for ever. */
  private void answers(Reply... replies) {
    Deque<Reply> left = new ArrayDeque<>(List.of(replies));
    server.script((_, _) -> left.size() > 1 ? left.remove() : left.getFirst());
  }

  private AppendAnswer append(ClientOptions with, AppendRequest request) {
    try (SteleClient client = SteleClient.connect(server.uri(), with, pauses::add)) {
      return client.log("main").append(request);
    }
  }

  private AppendAnswer append() {
    return append(options, AppendRequest.of(EVENT));
  }

  @Test
  void says_what_the_server_says() {
    answers(APPENDED);
    assertThat(append()).isEqualTo(ANSWER);
    answers(Reply.text(200, "{\"result\":\"alreadyPresent\",\"position\":3}"));
    assertThat(append()).isEqualTo(new AppendAnswer.AlreadyPresent(3, Optional.empty()));
    answers(Reply.problem(409, "conflict", ",\"stream\":\"doors\",\"expected\":1,\"actual\":2"));
    assertThat(append()).isEqualTo(new AppendAnswer.Conflict("doors", 1, 2));
    answers(Reply.problem(409, "claim-taken", ",\"scope\":\"event-id\",\"holder\":4"));
    assertThat(append()).isEqualTo(new AppendAnswer.ClaimTaken("event-id", 4));
    answers(Reply.problem(422, "rejected", ",\"code\":\"bad-type\""));
    assertThat(append()).isEqualTo(new AppendAnswer.NotAdmitted("bad-type", "said so"));
    answers(Reply.problem(422, "idempotency-key-reused", ""));
    assertThat(append(options, AppendRequest.of(EVENT).under("mine")))
        .isEqualTo(new AppendAnswer.KeyReused("mine"));
    answers(Reply.problem(503, "read-only", ""));
    assertThat(append()).isEqualTo(new AppendAnswer.ReadOnly("said so"));
    assertThat(pauses).isEmpty();
  }

  @Test
  void sends_what_is_asked_for_as_json() {
    answers(APPENDED);
    var _ =
        append(
            options,
            AppendRequest.of(EVENT.withId("d-1").about("alice"))
                .expecting(3)
                .at(Durability.OS)
                .under("key-1"));
    Asked asked = server.asked.getFirst();
    assertThat(asked.query())
        .containsEntry("expectedRevision", "3")
        .containsEntry("durability", "os");
    assertThat(asked.key()).isEqualTo("key-1");
    assertThat(asked.body())
        .asString()
        .isEqualTo(
            "{\"events\":[{\"stream\":\"doors\",\"type\":\"door.opened\",\"id\":\"d-1\",\"subject\":\"alice\",\"payload\":\"eyJkb29yIjo3fQ==\"}]}");
  }

  @Test
  void is_sent_again_under_the_same_key_when_the_answer_was_lost() {
    answers(Reply.cut(), Reply.cut(), APPENDED);
    assertThat(append()).isEqualTo(ANSWER);
    assertThat(server.asked).hasSizeGreaterThanOrEqualTo(3);
    assertThat(server.asked).extracting(Asked::key).containsOnly(server.asked.getFirst().key());
    assertThat(server.asked.getFirst().key()).hasSize(32);
  }

  @Test
  void draws_another_key_for_another_request() {
    answers(APPENDED);
    try (SteleClient client = SteleClient.connect(server.uri(), options, pauses::add)) {
      RemoteLog remote = client.log("main");
      assertThat(remote.append(EVENT)).isEqualTo(ANSWER);
      assertThat(remote.append(EVENT)).isEqualTo(ANSWER);
    }
    assertThat(server.asked).extracting(Asked::key).doesNotHaveDuplicates().hasSize(2);
  }

  @Test
  void waits_as_long_as_the_server_asks_and_no_longer_than_a_minute() {
    answers(
        Reply.problem(503, "overloaded", "").with("Retry-After", "2"),
        Reply.problem(429, "too-many-requests", "").with("Retry-After", "3"),
        Reply.problem(503, "closing", "").with("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"),
        APPENDED);
    assertThat(append()).isEqualTo(ANSWER);
    assertThat(pauses).hasSize(3).startsWith(Duration.ofSeconds(2), Duration.ofSeconds(3));
    assertThat(pauses.get(2)).isLessThan(Duration.ofSeconds(1));
    pauses.clear();
    answers(Reply.problem(503, "overloaded", "").with("Retry-After", "99999"), APPENDED);
    RetryPolicy patient =
        new RetryPolicy(5, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofHours(1));
    assertThat(append(options.retry(patient), AppendRequest.of(EVENT))).isEqualTo(ANSWER);
    assertThat(pauses).containsExactly(Duration.ofSeconds(60));
  }

  @Test
  void pauses_longer_each_time_up_to_a_bound() {
    RetryPolicy retry =
        new RetryPolicy(100, Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ZERO);
    Random random = new Random(3);
    long[] most = {100, 200, 400, 800, 1000, 1000};
    for (int failures = 1; failures <= most.length; failures++) {
      for (int i = 0; i < 1_000; i++) {
        assertThat(retry.pause(failures, random))
            .isBetween(
                Duration.ofMillis(most[failures - 1] / 2), Duration.ofMillis(most[failures - 1]));
      }
    }
  }

  @Test
  void gives_up_after_its_attempts_and_says_that_nobody_knows() {
    answers(Reply.cut());
    RetryPolicy three =
        new RetryPolicy(3, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(30));
    assertThat(append(options.retry(three), AppendRequest.of(EVENT).under("k")))
        .isInstanceOfSatisfying(
            AppendAnswer.Unknown.class,
            unknown -> {
              assertThat(unknown.idempotencyKey()).isEqualTo("k");
              assertThat(unknown.reason()).endsWith("(3 attempts)");
            });
    assertThat(pauses).hasSize(2);
  }

  @Test
  void says_that_nobody_knows_when_a_refusal_follows_a_lost_answer() {
    answers(Reply.cut(), Reply.problem(401, "unauthenticated", ""));
    assertThat(append()).isInstanceOf(AppendAnswer.Unknown.class);
    answers(Reply.problem(401, "unauthenticated", ""));
    assertThatThrownBy(this::append)
        .isInstanceOfSatisfying(
            RequestFailed.Refused.class,
            refused -> assertThat(refused.problem().name()).isEqualTo("unauthenticated"));
  }

  @Test
  void takes_an_answer_that_makes_no_sense_for_none() {
    for (String body :
        List.of(
            "",
            "{}",
            "{\"result\":\"maybe\"}",
            APPENDED.text().replace("7", "-7"),
            APPENDED.text().replace("\"count\":1", "\"count\":2"),
            APPENDED.text().replace("os", "eternal"))) {
      answers(Reply.text(201, body));
      assertThat(append()).as(body).isInstanceOf(AppendAnswer.Unknown.class);
    }
  }

  @Test
  void is_known_not_to_be_done_when_nobody_listens() throws IOException {
    URI nobody;
    try (ServerSocket socket = new ServerSocket(0)) {
      nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }
    try (SteleClient client = SteleClient.connect(nobody, options, pauses::add)) {
      assertThatThrownBy(() -> client.log("main").append(EVENT))
          .isInstanceOf(RequestFailed.Unreachable.class);
    }
    assertThat(pauses).hasSize(9);
  }

  @Test
  void is_given_up_by_the_attempt_when_the_server_is_silent() {
    CountDownLatch never = new CountDownLatch(1);
    server.script(
        (_, _) -> {
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return Reply.cut();
        });
    assertThat(
            append(
                options.timeout(Duration.ofMillis(50)).retry(RetryPolicy.NONE),
                AppendRequest.of(EVENT)))
        .isInstanceOf(AppendAnswer.Unknown.class);
    never.countDown();
  }

  @Test
  void leaves_an_interrupt_set_and_says_that_nobody_knows() {
    answers(APPENDED);
    Thread.currentThread().interrupt();
    assertThat(append()).isInstanceOf(AppendAnswer.Unknown.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void shows_its_token_to_the_server_and_to_nobody_else() {
    List<String> seen = new ArrayList<>();
    answers(APPENDED);
    ClientOptions secret = options.bearer("stele_secret");
    server.script(
        (asked, _) -> {
          seen.add(asked.method());
          return Reply.text(307, "").with("Location", "http://127.0.0.1:1/elsewhere");
        });
    assertThatThrownBy(() -> append(secret, AppendRequest.of(EVENT)))
        .isInstanceOf(RequestFailed.Refused.class);
    assertThat(seen).hasSize(1);
    assertThat(secret.toString()).doesNotContain("secret");
    assertThatThrownBy(() -> options.bearer("two words"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("two words");
  }

  @Test
  void keeps_to_the_limits_of_a_request() {
    assertThatThrownBy(() -> AppendRequest.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AppendRequest.of(Collections.nCopies(10_001, EVENT)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(AppendRequest.of(Collections.nCopies(10_000, EVENT)).events()).hasSize(10_000);
    assertThatThrownBy(() -> AppendRequest.of(EVENT).under("x".repeat(256)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AppendRequest.of(EVENT).under("x\n"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(AppendRequest.of(EVENT).under("x".repeat(255)).idempotencyKey()).isPresent();
    assertThatThrownBy(() -> NewEvent.of("", "t", "")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AppendRequest.of(List.of(EVENT, NewEvent.of("windows", "t", ""))))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
