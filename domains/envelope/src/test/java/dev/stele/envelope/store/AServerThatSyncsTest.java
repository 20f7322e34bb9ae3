package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.engine.Durability;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.postgresserver.PostgresServer;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class AServerThatSyncsTest {
  @TempDir Path folder;

  @Test
  void what_it_acked_is_durable_and_there_after_it_was_killed() {
    Envelopes envelopes = new Envelopes(7);
    EnvelopeStoreOptions options = EnvelopeStoreOptions.DEFAULT.with(envelopes, envelopes.random());
    try (PostgresServer server = PostgresServer.start(PostgresServer.Sync.ON, Map.of())) {
      String home = URLEncoder.encode(folder.toString(), StandardCharsets.UTF_8);
      String uri = server.freshDatabase() + "?home=" + home;
      SignedEnvelope envelope = envelopes.make(Map.of("n", 1L));
      try (EnvelopeStore store = EnvelopeStore.open(uri, options)) {
        store.register("sensor-A", Envelopes.SENSOR.publicKey());
        assertThat(store.save(envelope))
            .isInstanceOfSatisfying(
                SaveResult.Inserted.class,
                saved -> assertThat(saved.durability()).isEqualTo(Durability.DURABLE));
        server.kill();
        server.restart();
        assertThat(store.save(envelope)).isInstanceOf(SaveResult.AlreadyPresent.class);
      }
      try (EnvelopeStore store = EnvelopeStore.open(uri, options)) {
        assertThat(store.get(envelope.header().id()).orElseThrow().wire())
            .isEqualTo(envelope.wire());
      }
    }
  }
}
