package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.client.AppendAnswer;
import dev.stele.client.AppendRequest;
import dev.stele.client.ClientOptions;
import dev.stele.client.EventCheck;
import dev.stele.client.EventPage;
import dev.stele.client.HeadCheck;
import dev.stele.client.NewEvent;
import dev.stele.client.ReadQuery;
import dev.stele.client.RemoteEvent;
import dev.stele.client.RemoteLog;
import dev.stele.client.RemoteSubscription;
import dev.stele.client.RequestFailed;
import dev.stele.client.RunCheck;
import dev.stele.client.SteleClient;
import dev.stele.client.TrustPolicy;
import dev.stele.client.VerifiedSubscription;
import dev.stele.core.engine.Durability;
import dev.stele.core.log.Cursor;
import dev.stele.core.proof.CheckedEvent;
import dev.stele.core.proof.VerifierKey;
import dev.stele.server.host.Host;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TheJavaClientTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path folder;
  private @Nullable RunningServer started;
  private @Nullable SteleClient connected;

  @BeforeEach
  void start() throws Exception {
    started = RunningServer.in(folder.resolve("data"));
    connected = SteleClient.connect(server().uri(""), ClientOptions.inMemory());
  }

  @AfterEach
  void stop() {
    client().close();
    server().close();
  }

  private RunningServer server() {
    return Objects.requireNonNull(started);
  }

  private SteleClient client() {
    return Objects.requireNonNull(connected);
  }

  private VerifierKey key() {
    return server().server().host().find(Host.MAIN).orElseThrow().log().verifierKey();
  }

  private RemoteLog log() {
    return client().log("main", TrustPolicy.of(key()));
  }

  private static NewEvent event(int number) {
    return NewEvent.of("doors", "door.opened", "{\"door\":" + number + "}");
  }

  private static List<NewEvent> events(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(TheJavaClientTest::event).toList();
  }

  @Test
  void appends_and_reads_back() {
    assertThat(log().append(event(1).withId("d-1").about("alice")))
        .isInstanceOfSatisfying(
            AppendAnswer.Appended.class,
            appended -> {
              assertThat(appended.first()).isEqualTo(1);
              assertThat(appended.durability()).isEqualTo(Durability.DURABLE);
            });
    assertThat(log().appendAll(events(2, 11)))
        .isInstanceOfSatisfying(
            AppendAnswer.Appended.class,
            appended -> {
              assertThat(appended.first()).isEqualTo(2);
              assertThat(appended.count()).isEqualTo(10);
            });
    EventPage page = log().read(ReadQuery.after(0).limit(4));
    assertThat(page.events()).extracting(RemoteEvent::position).containsExactly(1L, 2L, 3L, 4L);
    assertThat(page.after()).isEqualTo(4);
    assertThat(page.head()).isEqualTo(11);
    assertThat(page.more()).isTrue();
    RemoteEvent first = log().get(1).orElseThrow();
    assertThat(first.subject()).isEqualTo("alice");
    assertThat(first.payload().orElseThrow()).asString().isEqualTo("{\"door\":1}");
    assertThat(log().findById("d-1")).contains(first);
    assertThat(log().get(12)).isEmpty();
    assertThat(log().findById("d-2")).isEmpty();
    assertThat(log().read(ReadQuery.after(0).about("alice").containing("door")).events())
        .containsExactly(first);
    assertThat(log().read(ReadQuery.after(0).ofStream("windows")).events()).isEmpty();
  }

  @Test
  void gets_each_outcome_of_an_append_as_a_value() {
    AppendRequest request = AppendRequest.of(event(1).withId("d-1")).under("key-1");
    assertThat(log().append(request)).isInstanceOf(AppendAnswer.Appended.class);
    assertThat(log().append(request))
        .isInstanceOfSatisfying(
            AppendAnswer.AlreadyPresent.class, already -> assertThat(already.at()).isEqualTo(1));
    assertThat(log().append(AppendRequest.of(event(2)).under("key-1")))
        .isEqualTo(new AppendAnswer.KeyReused("key-1"));
    assertThat(log().append(AppendRequest.of(event(2)).expecting(5)))
        .isEqualTo(new AppendAnswer.Conflict("doors", 5, 1));
    assertThat(log().append(AppendRequest.of(event(2)).at(Durability.MEMORY)))
        .isInstanceOfSatisfying(
            AppendAnswer.Appended.class, appended -> assertThat(appended.first()).isEqualTo(2));
    assertThat(log().append(NewEvent.of("stele/receipts", "t", "")))
        .isInstanceOfSatisfying(
            AppendAnswer.NotAdmitted.class,
            refused -> assertThat(refused.code()).isEqualTo("reserved-stream"));
    assertThatThrownBy(() -> client().log("nowhere").append(event(1)))
        .isInstanceOfSatisfying(
            RequestFailed.Refused.class,
            refused -> assertThat(refused.problem().name()).isEqualTo("not-found"));
  }

  @Test
  void sends_an_expecting_append_again_without_a_conflict() {
    AppendRequest request = AppendRequest.of(event(1)).expecting(0).under("key-1");
    assertThat(log().append(request)).isInstanceOf(AppendAnswer.Appended.class);
    assertThat(log().append(request))
        .isInstanceOfSatisfying(
            AppendAnswer.AlreadyPresent.class, already -> assertThat(already.at()).isEqualTo(1));
  }

  @Test
  void proves_what_it_appends_before_it_says_so() {
    for (int i = 1; i <= 20; i++) {
      int number = i;
      assertThat(log().append(AppendRequest.of(event(number).about("bob")).proven()))
          .isInstanceOfSatisfying(
              AppendAnswer.Appended.class,
              appended -> {
                CheckedEvent proven = appended.proof().orElseThrow().event();
                assertThat(proven.position()).isEqualTo(number);
                assertThat(proven.payload().orElseThrow())
                    .asString()
                    .isEqualTo("{\"door\":" + number + "}");
              });
    }
    AppendRequest again = AppendRequest.of(event(21)).under("key").proven();
    assertThat(log().append(again)).isInstanceOf(AppendAnswer.Appended.class);
    assertThat(log().append(again))
        .isInstanceOfSatisfying(
            AppendAnswer.AlreadyPresent.class,
            already -> assertThat(already.proof().orElseThrow().event().position()).isEqualTo(21));
  }

  @Test
  void follows_and_catches_up() throws Exception {
    var _ = log().appendAll(events(1, 2_500));
    try (RemoteSubscription subscription = log().subscribe(Cursor.BEGINNING)) {
      List<Long> seen = new ArrayList<>();
      while (seen.size() < 2_500) {
        subscription.next(LONG).forEach(event -> seen.add(event.position()));
      }
      var _ = log().append(event(2_501));
      while (seen.size() < 2_501) {
        subscription.next(LONG).forEach(event -> seen.add(event.position()));
      }
      assertThat(seen).isEqualTo(LongStream.rangeClosed(1, 2_501).boxed().toList());
      assertThat(subscription.caughtUp()).isTrue();
    }
  }

  @Test
  void verifies_ten_thousand_events() throws Exception {
    for (int i = 0; i < 10; i++) {
      assertThat(log().appendAll(events(1_000 * i + 1, 1_000 * i + 1_000)))
          .isInstanceOf(AppendAnswer.Appended.class);
    }
    List<Long> seen = new ArrayList<>();
    try (VerifiedSubscription subscription = log().subscribeVerified(Cursor.BEGINNING)) {
      while (seen.size() < 10_000) {
        switch (subscription.next(LONG)) {
          case RunCheck.Verified(var events, var _) ->
              events.forEach(
                  event -> {
                    assertThat(event.payload().orElseThrow())
                        .asString()
                        .isEqualTo("{\"door\":" + event.position() + "}");
                    seen.add(event.position());
                  });
          case RunCheck.Trimmed trimmed -> throw new AssertionError(trimmed.toString());
          case RunCheck.Distrusted distrusted -> throw new AssertionError(distrusted.toString());
        }
      }
    }
    assertThat(seen).isEqualTo(LongStream.rangeClosed(1, 10_000).boxed().toList());
    assertThat(log().getVerified(10_001)).isEqualTo(new EventCheck.NotSignedYet(10_001, 10_000));
    assertThat(log().verifiedHead()).isInstanceOf(HeadCheck.Verified.class);
  }

  @Test
  void proves_what_is_left_after_an_erase_and_a_trim() throws Exception {
    var _ = log().appendAll(events(1, 600));
    assertThat(server().post("/v1/logs/main/erase", "{\"position\":300}").status()).isEqualTo(200);
    assertThat(server().post("/v1/logs/main/trim", "{\"before\":257}").status()).isEqualTo(200);
    assertThat(log().getVerified(7)).isEqualTo(new EventCheck.Trimmed(256));
    assertThat(log().getVerified(300))
        .isInstanceOfSatisfying(
            EventCheck.Verified.class,
            verified -> assertThat(verified.proven().event().payload()).isEmpty());
    assertThat(log().getVerified(301)).isInstanceOf(EventCheck.Verified.class);
  }
}
