package dev.stele.envelope.store;

class AnEnvelopeStoreInMemoryTest extends EnvelopeStoreTck {
  @Override
  String uri() {
    return "memory:";
  }

  @Override
  boolean outlives() {
    return false;
  }
}
