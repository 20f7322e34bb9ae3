package dev.stele.architecture.planted.core.gate;

/** Planted: stands for what only gates may make. */
public final class Admitted {
  public Admitted() {}
}
