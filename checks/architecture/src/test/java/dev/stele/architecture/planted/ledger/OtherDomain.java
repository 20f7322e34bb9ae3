package dev.stele.architecture.planted.ledger;

/** Planted: a domain that is used, and may use its engine. */
public final class OtherDomain {
  public OtherDomain() {}

  public boolean engine(Object thing) {
    return thing instanceof dev.stele.architecture.planted.sqlite.UsesAnotherEngine;
  }
}
