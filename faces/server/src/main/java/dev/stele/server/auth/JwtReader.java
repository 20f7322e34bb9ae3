package dev.stele.server.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.text.ParseException;
import java.time.InstantSource;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Recognises the bearers of JWTs that a trusted issuer signed (RFC 7519, OpenID Connect).
 *
 * <p>Only asymmetric signatures count, by a key of the issuer's set, which is read from a file and
 * read again when the file changes. A JWT names its issuer, our audience, its subject and when it
 * ends. Thread-safe.
 */
final class JwtReader {
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384);

  /** 30 seconds: clocks differ. */
  private static final int MAX_SKEW_SECONDS = 30;

  private final Path keys;
  private final String rolesClaim;
  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

  private record Loaded(FileTime changed, JWKSet keys) {}

  private volatile @Nullable Loaded loaded;

  /**
   * Trusts an issuer.
   *
   * @param issuer as it stands in {@code iss}
   * @param audience as it must stand in {@code aud}
   * @param keys the file of the issuer's public keys, a JWK set
   * @param rolesClaim the claim that gives roles
   */
  JwtReader(String issuer, String audience, Path keys, String rolesClaim, InstantSource clock) {
    this.keys = keys;
    this.rolesClaim = rolesClaim;
    JWKSource<SecurityContext> source = (selector, _) -> selector.select(current());
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, source));
    DefaultJWTClaimsVerifier<SecurityContext> verifier =
        new DefaultJWTClaimsVerifier<>(
            audience, new JWTClaimsSet.Builder().issuer(issuer).build(), Set.of("sub", "exp")) {
          @Override
          protected Date currentTime() {
            return Date.from(clock.instant());
          }
        };
    verifier.setMaxClockSkew(MAX_SKEW_SECONDS);
    processor.setJWTClaimsSetVerifier(verifier);
  }

  private JWKSet current() throws com.nimbusds.jose.KeySourceException {
    try {
      FileTime changed = Files.getLastModifiedTime(keys);
      Loaded known = loaded;
      if (known == null || !known.changed().equals(changed)) {
        known = new Loaded(changed, JWKSet.load(keys.toFile()));
        loaded = known;
      }
      return known.keys();
    } catch (IOException | ParseException e) {
      throw new com.nimbusds.jose.KeySourceException("the issuer's keys cannot be read", e);
    }
  }

  Optional<Principal> recognise(String text) {
    try {
      JWTClaimsSet claims = processor.process(text, null);
      Optional<Map<String, Role>> roles =
          Optional.ofNullable(claims.getClaim(rolesClaim)).flatMap(Roles::read);
      return Optional.of(
          new Principal("jwt:" + claims.getSubject(), Principal.Kind.JWT, roles.orElse(Map.of())));
    } catch (ParseException | BadJOSEException | JOSEException e) {
      return Optional.empty();
    }
  }
}
