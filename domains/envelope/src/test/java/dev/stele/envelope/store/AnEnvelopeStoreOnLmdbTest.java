package dev.stele.envelope.store;

import org.junit.jupiter.api.Tag;

@Tag("engine")
class AnEnvelopeStoreOnLmdbTest extends EnvelopeStoreTck {
  @Override
  String uri() {
    return "lmdb:" + folder.resolve("store");
  }
}
