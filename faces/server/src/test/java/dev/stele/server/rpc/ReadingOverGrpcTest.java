package dev.stele.server.rpc;

import static dev.stele.server.rpc.Served.assertFails;
import static dev.stele.server.rpc.Served.draft;
import static dev.stele.server.rpc.Served.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.stele.core.event.Body;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Merkle;
import dev.stele.wire.v1.Event;
import dev.stele.wire.v1.EventDraft;
import dev.stele.wire.v1.Filter;
import dev.stele.wire.v1.OnDuplicate;
import dev.stele.wire.v1.ReadRequest;
import dev.stele.wire.v1.ReadResponse;
import io.grpc.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading a log page by page. */
class ReadingOverGrpcTest {
  private Served served;

  @BeforeEach
  void serve(@TempDir Path folder) throws IOException {
    served = Served.in(folder);
  }

  @AfterEach
  void close() throws InterruptedException {
    served.close();
  }

  private record Page(List<Event> events, ReadResponse.Page end) {
    List<Long> positions() {
      return events.stream().map(Event::getPosition).toList();
    }
  }

  private Page read(ReadRequest.Builder request) {
    List<Event> events = new ArrayList<>();
    List<ReadResponse.Page> ends = new ArrayList<>();
    served
        .log()
        .read(request.setLog(Served.MAIN).build())
        .forEachRemaining(
            part -> {
              assertThat(ends).as("nothing comes behind the end of the page").isEmpty();
              if (part.hasEvent()) {
                events.add(part.getEvent());
              } else {
                ends.add(part.getPage());
              }
            });
    assertThat(ends).hasSize(1);
    return new Page(events, ends.getFirst());
  }

  private static ReadRequest.Builder where(Filter.Builder filter) {
    return ReadRequest.newBuilder().setFilter(filter);
  }

  private static List<Long> range(long first, long last) {
    return LongStream.rangeClosed(first, last).boxed().toList();
  }

  /** One request of many events, which is quicker than many requests. */
  private void fill(int count) {
    EventDraft[] drafts = new EventDraft[count];
    for (int i = 0; i < count; i++) {
      drafts[i] = draft("a", "", "payload " + i);
    }
    assertThat(served.append(request(drafts)).hasAppended()).isTrue();
  }

  @Test
  void anEmptyLogHasOneEmptyPage() {
    Page page = read(ReadRequest.newBuilder());
    assertThat(page.events()).isEmpty();
    assertThat(page.end().getNext()).isZero();
    assertThat(page.end().getHeadPosition()).isZero();
    assertThat(page.end().getMore()).isFalse();
  }

  @Test
  void pageAfterPageComesToTheEnd() {
    fill(250);
    Page first = read(ReadRequest.newBuilder());
    assertThat(first.positions()).isEqualTo(range(1, 100));
    assertThat(first.end().getNext()).isEqualTo(100);
    assertThat(first.end().getHeadPosition()).isEqualTo(250);
    assertThat(first.end().getMore()).isTrue();
    Page last = read(ReadRequest.newBuilder().setAfter(200));
    assertThat(last.positions()).isEqualTo(range(201, 250));
    assertThat(last.end().getMore()).isFalse();
    Page exact = read(ReadRequest.newBuilder().setAfter(150));
    assertThat(exact.positions()).isEqualTo(range(151, 250));
    assertThat(exact.end().getMore()).isFalse();
  }

  @Test
  void backwardsTheNewestComesFirst() {
    fill(250);
    Page newest = read(ReadRequest.newBuilder().setBefore(0).setLimit(3));
    assertThat(newest.positions()).containsExactly(250L, 249L, 248L);
    assertThat(newest.end().getNext()).isEqualTo(248);
    assertThat(newest.end().getMore()).isTrue();
    Page all = read(ReadRequest.newBuilder().setBefore(248).setLimit(1_000));
    assertThat(all.positions()).isEqualTo(range(1, 247).reversed());
    assertThat(all.end().getNext()).isEqualTo(1);
    assertThat(all.end().getMore()).isFalse();
    assertThat(read(ReadRequest.newBuilder().setBefore(1)).events()).isEmpty();
  }

  /** Reads end early with large events; read backwards, it is the newest that must not be lost. */
  @Test
  void backwardsThroughLargeEventsNoneIsLeftOut() {
    EventDraft large =
        EventDraft.newBuilder()
            .setType("a")
            .setPayload(ByteString.copyFrom(new byte[1 << 20]))
            .build();
    for (int i = 0; i < 12; i++) {
      assertThat(served.append(request(large)).hasAppended()).isTrue();
    }
    assertThat(read(ReadRequest.newBuilder().setBefore(0)).positions())
        .isEqualTo(range(1, 12).reversed());
    assertThat(read(where(Filter.newBuilder().setStream("main")).setBefore(0)).positions())
        .isEqualTo(range(1, 12).reversed());
  }

  @Test
  void aThousandEventsAreAPageAndOneMoreIsRefused() {
    fill(1_001);
    Page page = read(ReadRequest.newBuilder().setLimit(1_000));
    assertThat(page.positions()).isEqualTo(range(1, 1_000));
    assertThat(page.end().getMore()).isTrue();
    assertFails(
        () -> read(ReadRequest.newBuilder().setLimit(1_001)),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
    assertFails(
        () -> read(ReadRequest.newBuilder().setLimit(-1)),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
  }

  @Test
  void aStreamIsReadInItsOrderFromAnyPosition() {
    for (int i = 0; i < 10; i++) {
      assertThat(served.append(request(draft("a", "", "")).setStream("odd")).hasAppended())
          .isTrue();
      assertThat(served.append(request(draft("a", "", "")).setStream("even")).hasAppended())
          .isTrue();
    }
    Filter.Builder even = Filter.newBuilder().setStream("even");
    for (long after = 0; after <= 20; after++) {
      long from = after;
      List<Long> behind = range(1, 20).stream().filter(p -> p % 2 == 0 && p > from).toList();
      assertThat(read(where(even).setAfter(after)).positions())
          .as("behind %d", after)
          .isEqualTo(behind);
      List<Long> before =
          range(1, 20).reversed().stream().filter(p -> p % 2 == 0 && p < from).toList();
      if (after > 0) {
        assertThat(read(where(even).setBefore(after)).positions())
            .as("in front of %d", after)
            .isEqualTo(before);
      }
    }
    Page page = read(where(even).setLimit(3));
    assertThat(page.positions()).containsExactly(2L, 4L, 6L);
    assertThat(page.end().getMore()).isTrue();
    assertThat(read(where(even).setLimit(3).setAfter(page.end().getNext())).positions())
        .containsExactly(8L, 10L, 12L);
  }

  @Test
  void aStreamThatNobodyWroteToIsEmpty() {
    fill(3);
    assertThat(read(where(Filter.newBuilder().setStream("none"))).events()).isEmpty();
  }

  @Test
  void eventsAreFoundByIdTypeSubjectAndText() {
    served.fill("s", 9);
    assertThat(
            served
                .append(
                    request(
                        draft("t9", "last", "Fünf Türen").toBuilder().setSubject("alice").build()))
                .hasAppended())
        .isTrue();
    assertThat(read(where(Filter.newBuilder().setId("s-4"))).positions()).containsExactly(4L);
    assertThat(read(where(Filter.newBuilder().setId("s-4").setType("t0"))).events()).isEmpty();
    assertThat(read(where(Filter.newBuilder().setId("s-4")).setAfter(4)).events()).isEmpty();
    assertThat(read(where(Filter.newBuilder().setId("none"))).events()).isEmpty();
    assertThat(read(where(Filter.newBuilder().setType("t0"))).positions())
        .containsExactly(3L, 6L, 9L);
    assertThat(read(where(Filter.newBuilder().setType("t0")).setBefore(0).setLimit(2)).positions())
        .containsExactly(9L, 6L);
    assertThat(read(where(Filter.newBuilder().setSubject("alice"))).positions())
        .containsExactly(10L);
    assertThat(read(where(Filter.newBuilder().setText("türen"))).positions()).containsExactly(10L);
    assertThat(read(where(Filter.newBuilder().setText("payload 7"))).positions())
        .containsExactly(7L);
  }

  @Test
  void eventsAreFoundByTheTimeTheyWereRecorded() {
    served.fill("s", 2);
    Timestamp second = read(ReadRequest.newBuilder()).events().get(1).getRecordedAt();
    Timestamp after = second.toBuilder().setSeconds(second.getSeconds() + 1).build();
    assertThat(read(where(Filter.newBuilder().setRecordedFrom(second))).positions()).contains(2L);
    assertThat(read(where(Filter.newBuilder().setRecordedFrom(after))).events()).isEmpty();
    assertThat(read(where(Filter.newBuilder().setRecordedTo(after))).positions())
        .containsExactly(1L, 2L);
    assertThat(read(where(Filter.newBuilder().setRecordedTo(second))).positions())
        .doesNotContain(2L);
  }

  @Test
  void aTimeThatIsNoneIsRefused() {
    for (Timestamp hostile :
        List.of(
            Timestamp.newBuilder().setSeconds(Long.MAX_VALUE).build(),
            Timestamp.newBuilder().setSeconds(Long.MIN_VALUE).build(),
            Timestamp.newBuilder().setNanos(-1).build(),
            Timestamp.newBuilder().setNanos(1_000_000_000).build())) {
      assertFails(
          () -> read(where(Filter.newBuilder().setRecordedFrom(hostile))),
          Status.Code.INVALID_ARGUMENT,
          "bad-request");
    }
  }

  @Test
  void aPositionBeyondEveryPositionIsRefused() {
    assertFails(
        () -> read(ReadRequest.newBuilder().setAfter(-1)),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
    assertFails(
        () -> read(ReadRequest.newBuilder().setBefore(Long.MIN_VALUE)),
        Status.Code.INVALID_ARGUMENT,
        "bad-request");
    assertThat(read(ReadRequest.newBuilder().setAfter(Long.MAX_VALUE)).events()).isEmpty();
    assertThat(read(ReadRequest.newBuilder().setBefore(Long.MAX_VALUE)).events()).isEmpty();
  }

  @Test
  void aPageLooksAtFiftyThousandEventsAndSaysHowFar() {
    for (int i = 0; i < 5; i++) {
      EventDraft[] drafts = new EventDraft[10_000];
      java.util.Arrays.fill(drafts, draft("a", "", ""));
      assertThat(served.append(request(drafts)).hasAppended()).isTrue();
    }
    assertThat(served.append(request(draft("rare", "", ""))).hasAppended()).isTrue();
    ReadRequest.Builder rare = where(Filter.newBuilder().setType("rare"));
    Page page = read(rare);
    assertThat(page.events()).isEmpty();
    assertThat(page.end().getMore()).isTrue();
    assertThat(page.end().getNext()).isEqualTo(50_000);
    assertThat(read(rare.setAfter(page.end().getNext())).positions()).containsExactly(50_001L);
  }

  @Test
  void aVerifierCanReComputeWhatItIsGiven() {
    served.fill("s", 3);
    List<Event> events = read(ReadRequest.newBuilder().setWithBytes(true)).events();
    byte[] previous = events.getFirst().getPreviousLink().toByteArray();
    for (Event event : events) {
      assertThat(event.getPreviousLink().toByteArray()).isEqualTo(previous);
      assertThat(Merkle.leafHash(event.getRecord().toByteArray()))
          .isEqualTo(event.getLink().toByteArray());
      assertThat(Body.hash(event.getBody().toByteArray()))
          .isEqualTo(event.getBodyHash().toByteArray());
      previous = event.getLink().toByteArray();
    }
    assertThat(previous).isEqualTo(served.host.find(Served.MAIN).orElseThrow().log().head().link());
    assertThat(read(ReadRequest.newBuilder()).events().getFirst().hasRecord()).isFalse();
  }

  @Test
  void anEventTellsItsClaims() {
    served.fill("s", 1);
    Event event = read(ReadRequest.newBuilder()).events().getFirst();
    assertThat(event.getClaimsList()).hasSize(1);
    assertThat(event.getClaims(0).getScope()).isEqualTo("event-id");
    assertThat(event.getClaims(0).getKey().toStringUtf8()).isEqualTo("s-1");
    assertThat(event.getClaims(0).getOnDuplicate())
        .isEqualTo(OnDuplicate.ON_DUPLICATE_RETURN_EXISTING);
    assertThat(event.getClaims(0).hasExpiresAtMillis()).isFalse();
    assertThat(event.getAdmittedBy()).isEqualTo("unsigned/1");
  }

  @Test
  void anErasedEventHasNoPayloadAndNoBody() {
    served.fill("s", 2);
    EventLog log = served.host.find(Served.MAIN).orElseThrow().log();
    var _ = log.erase(new dev.stele.core.log.Erasure.OfEvent(1));
    Event event = read(ReadRequest.newBuilder().setWithBytes(true)).events().getFirst();
    assertThat(event.getErased()).isTrue();
    assertThat(event.hasPayload()).isFalse();
    assertThat(event.hasBody()).isFalse();
    assertThat(event.getClaimsList()).isEmpty();
    assertThat(Merkle.leafHash(event.getRecord().toByteArray()))
        .isEqualTo(event.getLink().toByteArray());
  }

  @Test
  void anUnknownLogIsNotFound() {
    assertFails(
        () ->
            served
                .log()
                .read(ReadRequest.newBuilder().setLog("x").build())
                .forEachRemaining(_ -> {}),
        Status.Code.NOT_FOUND,
        "not-found");
  }
}
