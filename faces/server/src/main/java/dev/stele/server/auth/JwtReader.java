package dev.stele.server.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
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
 * <p>Only asymmetric signatures count, by a key of the issuer's set. It is read from a file, and
 * again when that changes; or from the issuer's URL, and again when a key is new or some minutes
 * have gone by. A JWT names its issuer, our audience, its subject and when it ends. Thread-safe.
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

  private final @Nullable Path file;
  private final String rolesClaim;
  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

  private record Loaded(FileTime changed, JWKSet keys) {}

  private volatile @Nullable Loaded loaded;

  /**
   * Trusts an issuer.
   *
   * @param issuer as it stands in {@code iss}
   * @param audience as it must stand in {@code aud}
   * @param keys the issuer's public keys, a JWK set: a file, or a URL
   * @param rolesClaim the claim that gives roles
   */
  JwtReader(String issuer, String audience, String keys, String rolesClaim, InstantSource clock) {
    this.file = isUrl(keys) ? null : Path.of(keys);
    this.rolesClaim = rolesClaim;
    JWKSource<SecurityContext> source = source(keys);
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

  private static boolean isUrl(String keys) {
    return keys.startsWith("https://") || keys.startsWith("http://");
  }

  private JWKSource<SecurityContext> source(String keys) {
    try {
      Path there = file;
      return there == null
          ? JWKSourceBuilder.<SecurityContext>create(URI.create(keys).toURL()).build()
          : (selector, _) -> selector.select(current(there));
    } catch (MalformedURLException | IllegalArgumentException e) {
      throw new IllegalArgumentException("'%s' is no URL of keys".formatted(keys), e);
    }
  }

  private JWKSet current(Path there) throws com.nimbusds.jose.KeySourceException {
    try {
      FileTime changed = Files.getLastModifiedTime(there);
      Loaded known = loaded;
      if (known == null || !known.changed().equals(changed)) {
        known = new Loaded(changed, JWKSet.load(there.toFile()));
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
