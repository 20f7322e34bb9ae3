package dev.stele.server.auth;

import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Recognises tokens, JWTs and client certificates. Who brings none of them is anonymous; who brings
 * one that is not good is refused, and never taken for anonymous. Thread-safe.
 */
public final class CredentialAuthenticator implements Authenticator {
  private static final String BEARER = "Bearer ";

  /** 8 KiB: longer ones are none. */
  private static final int MAX_CREDENTIAL_CHARS = 8 * 1024;

  private final Tokens tokens;
  private final @Nullable JwtReader jwt;
  private final Map<String, Map<String, Role>> certificates;

  /**
   * How JWTs are recognised.
   *
   * @param issuer as it stands in {@code iss}
   * @param audience as it must stand in {@code aud}
   * @param keys the issuer's public keys: a file, or a URL
   * @param rolesClaim the claim that gives roles
   */
  public record Jwt(String issuer, String audience, String keys, String rolesClaim) {}

  /**
   * Recognises what is set up.
   *
   * @param certificates roles by the common name of a client's certificate
   */
  public CredentialAuthenticator(
      Tokens tokens,
      Optional<Jwt> jwt,
      Map<String, Map<String, Role>> certificates,
      InstantSource clock) {
    this.tokens = tokens;
    this.jwt =
        jwt.map(
                trusted ->
                    new JwtReader(
                        trusted.issuer(),
                        trusted.audience(),
                        trusted.keys(),
                        trusted.rolesClaim(),
                        clock))
            .orElse(null);
    this.certificates = Map.copyOf(certificates);
  }

  @Override
  public Authentication authenticate(Credentials credentials) {
    if (credentials.authorization().isPresent()) {
      String header = credentials.authorization().get();
      return header.length() <= MAX_CREDENTIAL_CHARS
              && header.regionMatches(true, 0, BEARER, 0, BEARER.length())
          ? bearer(header.substring(BEARER.length()).strip())
          : new Authentication.Refused("a credential here is a bearer token");
    }
    if (credentials.certificate().isPresent()) {
      return certificate(credentials.certificate().get());
    }
    return new Authentication.Recognised(Principal.ANONYMOUS);
  }

  private Authentication bearer(String text) {
    Optional<Principal> principal = tokens.recognise(text);
    if (principal.isEmpty() && jwt != null) {
      principal = jwt.recognise(text);
    }
    return principal
        .<Authentication>map(Authentication.Recognised::new)
        .orElseGet(() -> new Authentication.Refused("the token is unknown, revoked or expired"));
  }

  /** TLS has verified the certificate; its common name tells whose it is. */
  private Authentication certificate(X509Certificate certificate) {
    try {
      for (Rdn part : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (part.getType().equalsIgnoreCase("CN")) {
          String name = String.valueOf(part.getValue());
          return new Authentication.Recognised(
              new Principal(
                  "certificate:" + name,
                  Principal.Kind.CERTIFICATE,
                  certificates.getOrDefault(name, Map.of())));
        }
      }
    } catch (InvalidNameException e) {
      return new Authentication.Refused("the certificate names nobody");
    }
    return new Authentication.Refused("the certificate names nobody");
  }
}
