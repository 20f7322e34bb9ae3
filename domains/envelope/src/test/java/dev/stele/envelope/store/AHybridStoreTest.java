package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.core.view.Scan;
import dev.stele.core.view.Table;
import dev.stele.core.view.ViewStore;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.view.BlobView;
import dev.stele.lmdb.LmdbViewStore;
import dev.stele.postgresserver.PostgresServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
class AHybridStoreTest extends EnvelopeStoreTck {
  /** The shared server waits for no disk, and an ack that was not synced does not say it was. */
  @Override
  Durability ack() {
    return Durability.OS;
  }

  @Override
  String uri() throws Exception {
    return PostgresServer.shared().databaseFor(folder)
        + "?home="
        + encoded(folder.resolve("home"))
        + "&blobs="
        + encoded(blobs());
  }

  private Path blobs() {
    return folder.resolve("blobs");
  }

  static String encoded(Path path) {
    return URLEncoder.encode(path.toString(), StandardCharsets.UTF_8);
  }

  private BlobHealth health() {
    return store.stats().blobs().orElseThrow();
  }

  static void until(BooleanSupplier holds) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as("20 seconds have passed").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private List<SignedEnvelope> saved(int count) {
    List<SignedEnvelope> saved = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      SignedEnvelope envelope = envelopes.make(Map.of("n", i));
      inserted(store.save(envelope));
      saved.add(envelope);
    }
    return saved;
  }

  private void assertFound(List<SignedEnvelope> saved) {
    for (SignedEnvelope each : saved) {
      assertThat(store.get(each.header().id()).orElseThrow().envelope()).isEqualTo(each);
    }
  }

  @Test
  void a_get_is_answered_without_the_server_once_the_copy_is_there() throws Exception {
    List<SignedEnvelope> saved = saved(20);
    assertThat(store.awaitBlobs()).isTrue();
    long hits = health().hits();
    assertFound(saved);
    assertThat(health().hits() - hits).isEqualTo(20);
    assertThat(health().degraded()).isEmpty();
  }

  @Test
  void a_large_envelope_is_kept_in_parts_and_found_whole() throws Exception {
    SignedEnvelope envelope = envelopes.make(Envelopes.large(), Envelopes.SENSOR);
    inserted(store.save(envelope));
    assertThat(store.awaitBlobs()).isTrue();
    long hits = health().hits();
    assertThat(store.get(envelope.header().id()).orElseThrow().wire()).isEqualTo(envelope.wire());
    assertThat(health().hits() - hits).isEqualTo(1);
  }

  @Test
  void an_envelope_of_more_bytes_than_a_page_of_rows_is_found_whole_and_goes_whole()
      throws Exception {
    openWith(options().with(EnvelopeStoreOptions.Judging.COMPATIBLE));
    // 900,000 controls of 6 bytes each: the compatible rules count characters.
    SignedEnvelope envelope =
        envelopes.unchecked(
            UUID.randomUUID().toString(), JsonObject.of(Map.of("text", "\u0001".repeat(900_000))));
    assertThat(envelope.wire().length).isGreaterThan(5_000_000);
    inserted(store.save(envelope));
    assertThat(store.awaitBlobs()).isTrue();
    long hits = health().hits();
    assertThat(store.get(envelope.header().id()).orElseThrow().wire()).isEqualTo(envelope.wire());
    assertThat(health().hits() - hits).isEqualTo(1);
    store.erase(envelope.header().id());
    store.close();
    Table parts = new BlobView().tables().get(1);
    try (ViewStore beside = LmdbViewStore.openWriter(blobFile(blobs()))) {
      assertThat(
              beside
                  .read(
                      BlobView.NAME,
                      ViewStore.Slot.LIVE,
                      tables -> tables.page(Scan.of(parts)).size())
                  .value())
          .isZero();
    }
  }

  @Test
  void what_was_erased_while_it_was_closed_is_not_served_from_it() throws Exception {
    List<SignedEnvelope> saved = saved(200);
    assertThat(store.awaitBlobs()).isTrue();
    store.close();
    String plain = uri().replaceAll("&blobs=.*", "");
    try (EnvelopeStore without = EnvelopeStore.open(plain, options())) {
      saved.forEach(each -> without.erase(each.header().id()));
    }
    store = EnvelopeStore.open(uri(), options());
    for (SignedEnvelope each : saved) {
      assertThat(store.get(each.header().id())).isEmpty();
    }
  }

  @Test
  void what_was_lost_beside_the_server_is_there_again_after_opening() throws Exception {
    List<SignedEnvelope> saved = saved(20);
    store.close();
    deleteBlobs();
    store = EnvelopeStore.open(uri(), options());
    assertFound(saved);
    assertThat(store.awaitBlobs()).isTrue();
    long hits = health().hits();
    assertFound(saved);
    assertThat(health().hits() - hits).isEqualTo(20);
  }

  private void deleteBlobs() throws Exception {
    try (Stream<Path> files = Files.walk(blobs())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void an_envelope_that_is_missing_or_another_is_noticed_and_all_is_built_again() throws Exception {
    List<SignedEnvelope> saved = saved(3);
    assertThat(store.awaitBlobs()).isTrue();
    store.close();
    // As after a write that was lost: one blob is gone, another holds what a third one says.
    try (ViewStore beside = LmdbViewStore.openWriter(blobFile(blobs()))) {
      Table blobs = new BlobView().tables().get(1);
      var head = beside.find(BlobView.NAME, ViewStore.Slot.LIVE).orElseThrow().cursor();
      beside.change(
          BlobView.NAME,
          ViewStore.Slot.LIVE,
          tables -> {
            var third = tables.get(blobs, saved.get(2).hash(), 0L).orElseThrow();
            tables.delete(blobs, saved.get(0).hash(), 0L);
            tables.put(blobs, saved.get(1).hash(), 0L, third.bytes("sum"), third.bytes("data"));
            return head;
          });
    }
    store = EnvelopeStore.open(uri(), options());
    assertFound(saved);
    until(() -> health().rebuilds() > 0 && health().degraded().isEmpty());
    assertThat(store.awaitBlobs()).isTrue();
    until(
        () -> {
          long hits = health().hits();
          assertFound(saved);
          return health().hits() - hits == 3;
        });
  }

  static Path blobFile(Path blobs) throws IOException {
    try (Stream<Path> files = Files.walk(blobs)) {
      return files.filter(each -> each.toString().endsWith(".lmdb")).findFirst().orElseThrow();
    }
  }

  @Test
  void a_copy_that_cannot_be_written_fails_no_save_and_is_said_until_it_can() throws Exception {
    store.close();
    deleteBlobs();
    try (Stream<Path> left = Files.walk(blobs())) {
      for (Path each : left.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
    // A file where the folder is to be: nothing can be kept there.
    Files.writeString(blobs(), "in the way");
    store = EnvelopeStore.open(uri(), options());
    List<SignedEnvelope> saved = saved(5);
    assertThat(health().degraded()).isPresent();
    assertThat(store.stats().isOk()).isFalse();
    assertFound(saved);
    assertThat(store.save(saved.getFirst())).isInstanceOf(SaveResult.AlreadyPresent.class);
    assertThat(health().failures()).isPositive();
    Files.delete(blobs());
    until(() -> health().degraded().isEmpty());
    assertThat(store.awaitBlobs()).isTrue();
    long hits = health().hits();
    assertFound(saved);
    assertThat(health().hits() - hits).isEqualTo(5);
  }
}
