package dev.stele.envelope.store;

import org.junit.jupiter.api.Tag;

@Tag("engine")
class AnEnvelopeStoreOnSqliteTest extends EnvelopeStoreTck {
  @Override
  String uri() {
    return "sqlite:" + folder.resolve("store");
  }
}
