package dev.stele.server.auth;

/** Tells who a request is from. Thread-safe. Called for each request: it is quick. */
@FunctionalInterface
public interface Authenticator {
  /** Recognises the principal behind credentials; no credentials are anonymous, and not refused. */
  Authentication authenticate(Credentials credentials);
}
