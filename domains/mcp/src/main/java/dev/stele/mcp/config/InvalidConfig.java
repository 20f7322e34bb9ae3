package dev.stele.mcp.config;

import java.util.List;

/** A configuration that cannot be used, with everything that is wrong about it. */
public final class InvalidConfig extends IllegalArgumentException {
  private final List<String> faults;

  InvalidConfig(List<String> faults) {
    super(String.join("; ", faults));
    this.faults = List.copyOf(faults);
  }

  /** One sentence for each thing: what it is, its value, and what is allowed. */
  public List<String> faults() {
    return faults;
  }
}
