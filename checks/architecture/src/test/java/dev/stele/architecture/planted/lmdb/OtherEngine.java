package dev.stele.architecture.planted.lmdb;

/** Planted: the engine that is used. */
public final class OtherEngine {
  public OtherEngine() {}
}
