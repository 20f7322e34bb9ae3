package dev.stele.core.engine;

import java.util.List;

/**
 * An engine that can say what its medium is made of: an optional power of a {@link LogEngine}, for
 * people who look after it.
 */
public interface Described {
  /** The names of its tables, or of what stands for them, in order. */
  List<String> tables();

  /** The names of its indexes, in order. */
  List<String> indexes();
}
