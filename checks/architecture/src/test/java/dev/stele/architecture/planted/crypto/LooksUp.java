package dev.stele.architecture.planted.crypto;

import dev.stele.architecture.planted.core.gate.Admitted;

/** Planted: crypto that uses core, and shows a type of a library. */
public final class LooksUp {
  public LooksUp() {}

  public boolean sees(Object thing) {
    return thing instanceof Admitted;
  }

  public org.assertj.core.api.@org.jspecify.annotations.Nullable Condition<String> shown() {
    return null;
  }
}
