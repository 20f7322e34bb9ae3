package dev.stele.server.auth;

import java.net.InetSocketAddress;

/**
 * Recognises whoever speaks from this machine as its administrator, where no credential is brought;
 * a credential that is brought is judged as elsewhere.
 */
public final class LoopbackAuthenticator implements Authenticator {
  private final Authenticator others;

  /** Asks another authenticator about everybody else. */
  public LoopbackAuthenticator(Authenticator others) {
    this.others = others;
  }

  @Override
  public Authentication authenticate(Credentials credentials) {
    return credentials.authorization().isEmpty()
            && credentials.certificate().isEmpty()
            && credentials.remote() instanceof InetSocketAddress address
            && address.getAddress() != null
            && address.getAddress().isLoopbackAddress()
        ? new Authentication.Recognised(Principal.LOCAL)
        : others.authenticate(credentials);
  }
}
