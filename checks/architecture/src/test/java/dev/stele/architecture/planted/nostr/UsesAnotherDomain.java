package dev.stele.architecture.planted.nostr;

/** Planted: a domain that uses another, an engine, and the server. */
public final class UsesAnotherDomain {
  public UsesAnotherDomain() {}

  public Object other() {
    return new dev.stele.architecture.planted.ledger.OtherDomain();
  }

  public Object engine() {
    return new dev.stele.architecture.planted.lmdb.OtherEngine();
  }

  public Object server() {
    return new dev.stele.architecture.planted.server.Host();
  }

  public Object admitted() {
    return new dev.stele.architecture.planted.core.gate.Admitted();
  }
}
