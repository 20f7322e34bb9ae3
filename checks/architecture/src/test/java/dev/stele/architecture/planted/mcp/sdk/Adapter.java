package dev.stele.architecture.planted.mcp.sdk;

/** Planted: an adapter, which may use the domain that it adapts, and no other. */
public final class Adapter {
  public Adapter() {}

  public Object own() {
    return dev.stele.architecture.planted.mcp.StreamManager.class;
  }

  public Object stranger() {
    return new dev.stele.architecture.planted.ledger.OtherDomain();
  }
}
