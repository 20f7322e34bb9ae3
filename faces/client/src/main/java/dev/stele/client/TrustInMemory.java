package dev.stele.client;

import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.VerifierKey;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Trust that ends with the process. Thread-safe: all state is guarded by this. */
final class TrustInMemory implements TrustStore {
  private final Map<URI, VerifierKey> pins = new HashMap<>();
  private final Map<VerifierKey, SignedCheckpoint> heads = new HashMap<>();

  @Override
  public synchronized Optional<VerifierKey> pinned(URI log) {
    return Optional.ofNullable(pins.get(log));
  }

  @Override
  public synchronized VerifierKey pin(URI log, VerifierKey key) {
    return pins.computeIfAbsent(log, _ -> key);
  }

  @Override
  public synchronized Optional<SignedCheckpoint> head(VerifierKey key) {
    return Optional.ofNullable(heads.get(key));
  }

  @Override
  public synchronized boolean advance(
      VerifierKey key, Optional<SignedCheckpoint> from, SignedCheckpoint to) {
    if (!head(key).equals(from)) {
      return false;
    }
    heads.put(key, to);
    return true;
  }

  @Override
  public String toString() {
    return "memory";
  }
}
