package dev.stele.architecture.planted.server;

/** Planted: a server that ships a test kit. */
public final class Host {
  public Host() {}

  public Object kit() {
    return new dev.stele.architecture.planted.testkit.Kit();
  }
}
