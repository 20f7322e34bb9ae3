package dev.stele.testkit;

/**
 * How much of a soak's full figure a run does: a tenth by default, all of it when asked for by
 * name.
 */
public final class Scale {
  private Scale() {}

  /** The share of {@code full} that this run does, at least 1; {@code -Dstele.scale=1} does all. */
  public static int of(int full) {
    double scale = Double.parseDouble(System.getProperty("stele.scale", "0.1"));
    return Math.max(1, (int) Math.round(full * scale));
  }
}
