package dev.stele.core.engine;

import java.util.Optional;

/**
 * An engine that can check the medium below its rows: file headers, page structure, schema.
 *
 * <p>An optional power of a {@link LogEngine}; the verifier uses it where it is there.
 */
public interface SelfChecking {
  /** What is wrong with the medium, in one sentence, or empty. */
  Optional<String> selfCheck();
}
