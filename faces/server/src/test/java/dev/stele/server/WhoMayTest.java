package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import dev.stele.server.RunningServer.Answer;
import dev.stele.server.config.Setting;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
class WhoMayTest {
  private static final String EVENTS = "/v1/logs/main/events";
  private static final String ONE = "{\"type\":\"t\"}";

  @TempDir Path folder;

  private RunningServer guarded() throws Exception {
    return RunningServer.in(
        folder.resolve("data"), config -> config.with(Setting.AUTH, "required"));
  }

  private String firstToken() throws Exception {
    return Files.readString(folder.resolve("data").resolve("admin.token")).strip();
  }

  private static String[] bearer(String token) {
    return new String[] {"Authorization", "Bearer " + token};
  }

  @Test
  void aServerThatNobodyCouldSpeakToMakesATokenThatOnlyItsUserReads() throws Exception {
    try (RunningServer server = guarded()) {
      Path file = folder.resolve("data").resolve("admin.token");

      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      assertThat(server.get("/v1/logs/main", bearer(firstToken())).status()).isEqualTo(200);
      assertThat(server.get("/v1/whoami", bearer(firstToken())).json())
          .containsEntry("principal", "token:admin")
          .containsEntry("mayAdminister", true);
    }
    try (RunningServer again = guarded()) {
      assertThat(again.get("/v1/logs/main", bearer(firstToken())).status()).isEqualTo(200);
      assertThat(again.get("/v1/tokens", bearer(firstToken())).list("tokens")).hasSize(1);
    }
  }

  @Test
  void withoutACredentialNothingIsTold() throws Exception {
    try (RunningServer server = guarded()) {
      for (String path :
          new String[] {
            "/v1/logs/main",
            EVENTS,
            EVENTS + "/1",
            "/v1/logs/main/subscribe",
            "/v1/tokens",
            "/v1/logs/main/checkpoint",
            "/v1/logs/main/tile/0/000.p/1",
            "/metrics",
            "/",
            "/v1/logs/nowhere"
          }) {
        Answer answer = server.get(path);
        assertThat(answer.status()).as(path).isEqualTo(401);
        assertThat(answer.problem()).isEqualTo("unauthenticated");
        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
      }
      assertThat(server.post(EVENTS, ONE).status()).isEqualTo(401);
      assertThat(server.get("/v1/logs").list("logs")).isEmpty();
      assertThat(server.get("/health").json()).containsEntry("logs", Map.of());
    }
  }

  @Test
  void aBadCredentialIsRefusedAlsoWhereNoneIsNeeded() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      assertThat(server.get("/v1/logs/main").status()).isEqualTo(200);
      for (String header :
          new String[] {
            "Bearer stele_000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
            "Bearer x.y.z",
            "Basic YTpi",
            "Bearer " + "x".repeat(9_000)
          }) {
        assertThat(server.get("/v1/logs/main", "Authorization", header).status()).isEqualTo(401);
      }
    }
  }

  @Test
  void aTokenMayWhatItsRolesSayAndNoMore() throws Exception {
    try (RunningServer server = guarded()) {
      String admin = firstToken();
      server.post("/v1/logs", "{\"name\":\"other\"}", bearer(admin));
      Answer issued =
          server.post(
              "/v1/tokens",
              "{\"name\":\"ci\",\"roles\":{\"main\":\"append\",\"other\":\"read\"}}",
              bearer(admin));
      assertThat(issued.status()).isEqualTo(201);
      String ci = String.valueOf(issued.json().get("token"));

      assertThat(server.post(EVENTS, ONE, bearer(ci)).status()).isEqualTo(201);
      assertThat(server.get(EVENTS + "/1", bearer(ci)).status()).isEqualTo(200);
      assertThat(server.get("/v1/logs/other", bearer(ci)).status()).isEqualTo(200);
      Answer refused = server.post("/v1/logs/other/events", ONE, bearer(ci));
      assertThat(refused.status()).isEqualTo(403);
      assertThat(refused.json()).containsEntry("role", "append").containsEntry("log", "other");
      assertThat(server.post("/v1/logs", "{\"name\":\"third\"}", bearer(ci)).status())
          .isEqualTo(403);
      assertThat(server.post("/v1/logs/main/erase", "{\"position\":1}", bearer(ci)).status())
          .isEqualTo(403);
      assertThat(server.get("/v1/logs/system/events", bearer(ci)).status()).isEqualTo(403);
      assertThat(server.get("/v1/logs", bearer(ci)).list("logs")).hasSize(2);
    }
  }

  @Test
  void aRevokedTokenIsGoodForNothingAtOnceAndAfterARestart() throws Exception {
    String ci;
    try (RunningServer server = guarded()) {
      Answer issued =
          server.post(
              "/v1/tokens", "{\"name\":\"ci\",\"roles\":{\"*\":\"read\"}}", bearer(firstToken()));
      ci = String.valueOf(issued.json().get("token"));
      assertThat(server.get("/v1/logs/main", bearer(ci)).status()).isEqualTo(200);

      assertThat(
              server
                  .with("DELETE", "/v1/tokens/" + issued.json().get("id"), "", bearer(firstToken()))
                  .status())
          .isEqualTo(200);

      assertThat(server.get("/v1/logs/main", bearer(ci)).status()).isEqualTo(401);
    }
    try (RunningServer again = guarded()) {
      assertThat(again.get("/v1/logs/main", bearer(ci)).status()).isEqualTo(401);
    }
  }

  @Test
  void whatAdministratorsDoIsInTheServersOwnLogWithoutAnySecret() throws Exception {
    try (RunningServer server = guarded()) {
      String admin = firstToken();
      String ci =
          String.valueOf(
              server
                  .post("/v1/tokens", "{\"name\":\"ci\",\"roles\":{\"*\":\"read\"}}", bearer(admin))
                  .json()
                  .get("token"));
      server.post("/v1/logs", "{\"name\":\"other\"}", bearer(admin));
      server.post("/v1/logs/main/erase", "{\"subject\":\"alice\"}", bearer(admin));

      Answer acts = server.get("/v1/logs/system/events?stream=audit", bearer(admin));

      assertThat(acts.list("events").stream().map(event -> event.get("type")))
          .containsExactly(
              "token.issue",
              "token.issue.ended",
              "log.create",
              "log.create.ended",
              "log.erase",
              "log.erase.ended");
      assertThat(acts.list("events").getFirst()).containsEntry("subject", "token:admin");
      String everything = server.get("/v1/logs/system/events?bytes=true", bearer(admin)).text();
      assertThat(everything).doesNotContain(ci).doesNotContain(ci.substring(19));
      assertThat(server.post("/v1/logs/system/events", ONE, bearer(admin)).status()).isEqualTo(403);
      assertThat(server.post("/v1/logs/system/erase", "{\"position\":1}", bearer(admin)).status())
          .isEqualTo(403);
    }
  }

  @Test
  void noLineOfTheServersLogHoldsACredential() throws Exception {
    StringBuilder lines = new StringBuilder();
    Handler capture =
        new Handler() {
          @Override
          public synchronized void publish(LogRecord line) {
            lines
                .append(new SimpleFormatter().formatMessage(line))
                .append(' ')
                .append(line.getThrown())
                .append('\n');
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger("dev.stele");
    Level before = logger.getLevel();
    logger.addHandler(capture);
    logger.setLevel(Level.ALL);
    try (RunningServer server = guarded()) {
      String admin = firstToken();
      server.post(EVENTS, ONE, bearer(admin));
      server.post("/v1/logs", "{", bearer(admin));
      server.get("/v1/logs/main?token=" + admin, bearer(admin));
      server.get(EVENTS, bearer(admin + "x"));
      server.get("/" + admin, bearer(admin));

      assertThat(server.get("/metrics", bearer(admin)).text()).doesNotContain(admin);
      assertThat(lines.toString()).isNotEmpty().doesNotContain(admin.substring(20));
    } finally {
      logger.removeHandler(capture);
      logger.setLevel(before);
    }
  }

  @Test
  void whatIsPublicNeedsNoCredentialAndTheServersOwnLogIsNeverPublic() throws Exception {
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config ->
                config.with(Setting.AUTH, "required").with(Setting.PUBLIC, "tiles,metrics"))) {
      server.post(EVENTS, ONE, bearer(firstToken()));

      assertThat(server.get("/v1/logs/main/checkpoint").status()).isEqualTo(200);
      assertThat(server.get("/metrics").status()).isEqualTo(200);
      assertThat(server.get("/v1/logs/system/checkpoint").status()).isEqualTo(401);
      assertThat(server.get(EVENTS).status()).isEqualTo(401);
    }
  }

  @Test
  void aJwtOfTheTrustedIssuerGivesTheRolesItNames() throws Exception {
    RSAKey key = new RSAKeyGenerator(2048).keyID("k1").generate();
    RSAKey stranger = new RSAKeyGenerator(2048).keyID("k1").generate();
    Path keys = folder.resolve("keys.json");
    Files.writeString(keys, new JWKSet(key.toPublicJWK()).toString());
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config ->
                config
                    .with(Setting.AUTH, "required")
                    .with(Setting.JWT_ISSUER, "https://issuer.example")
                    .with(Setting.JWT_KEYS, keys.toString()))) {
      Instant now = Instant.now();
      JWTClaimsSet good =
          new JWTClaimsSet.Builder()
              .issuer("https://issuer.example")
              .audience("stele")
              .subject("alice")
              .expirationTime(Date.from(now.plusSeconds(300)))
              .claim("stele", Map.of("main", "append"))
              .build();

      assertThat(server.post(EVENTS, ONE, bearer(signed(good, key))).status()).isEqualTo(201);
      assertThat(server.get("/v1/whoami", bearer(signed(good, key))).json())
          .containsEntry("principal", "jwt:alice");
      assertThat(server.post("/v1/logs", "{\"name\":\"x\"}", bearer(signed(good, key))).status())
          .isEqualTo(403);
      for (String bad :
          new String[] {
            signed(good, stranger),
            signed(new JWTClaimsSet.Builder(good).issuer("https://other.example").build(), key),
            signed(new JWTClaimsSet.Builder(good).audience("other").build(), key),
            signed(
                new JWTClaimsSet.Builder(good)
                    .expirationTime(Date.from(now.minusSeconds(120)))
                    .build(),
                key),
            signed(new JWTClaimsSet.Builder(good).expirationTime(null).build(), key),
            new com.nimbusds.jwt.PlainJWT(good).serialize()
          }) {
        assertThat(server.get("/v1/logs/main", bearer(bad)).status()).isEqualTo(401);
      }
    }
  }

  @Test
  void theKeysOfAnIssuerCanComeFromItsUrl() throws Exception {
    RSAKey key = new RSAKeyGenerator(2048).keyID("k1").generate();
    byte[] set = new JWKSet(key.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
    HttpServer issuer =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    issuer.createContext(
        "/keys",
        exchange -> {
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, set.length);
          exchange.getResponseBody().write(set);
          exchange.close();
        });
    issuer.start();
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config ->
                config
                    .with(Setting.AUTH, "required")
                    .with(Setting.JWT_ISSUER, "https://issuer.example")
                    .with(
                        Setting.JWT_KEYS,
                        "http://127.0.0.1:" + issuer.getAddress().getPort() + "/keys"))) {
      JWTClaimsSet claims =
          new JWTClaimsSet.Builder()
              .issuer("https://issuer.example")
              .audience("stele")
              .subject("alice")
              .expirationTime(Date.from(Instant.now().plusSeconds(300)))
              .claim("stele", Map.of("*", "read"))
              .build();

      assertThat(server.get("/v1/logs/main", bearer(signed(claims, key))).status()).isEqualTo(200);
    } finally {
      issuer.stop(0);
    }
  }

  private static String signed(JWTClaimsSet claims, RSAKey key) throws Exception {
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(key.getKeyID()).build(), claims);
    jwt.sign(new RSASSASigner(key));
    return jwt.serialize();
  }

  @Test
  void aPageOfSomewhereElseCannotBorrowTheRightsOfItsVisitor() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      assertThat(server.get("/v1/logs", "Origin", "https://evil.example").status()).isEqualTo(403);
      assertThat(server.get("/v1/logs", "Sec-Fetch-Site", "cross-site").status()).isEqualTo(403);
      assertThat(
              server
                  .post(EVENTS, "text/plain", ONE.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                  .status())
          .isEqualTo(415);
      assertThat(rawHost(server, "rebound.example")).contains(" 403 ");
      assertThat(rawHost(server, "localhost:" + server.port())).contains(" 200 ");
    }
  }

  private static String rawHost(RunningServer server, String host) throws Exception {
    try (java.net.Socket socket = new java.net.Socket("127.0.0.1", server.port())) {
      socket
          .getOutputStream()
          .write(
              "GET /v1/logs HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
                  .formatted(host)
                  .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      return new String(
          socket.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }
  }

  @Test
  void aCallerWhoAsksTooOftenIsToldToWait() throws Exception {
    try (RunningServer server =
        RunningServer.in(
            folder.resolve("data"),
            config -> config.with(Setting.AUTH, "required").with(Setting.LIMIT_RATE, "5"))) {
      String admin = firstToken();
      int refused = 0;
      for (int i = 0; i < 30; i++) {
        Answer answer = server.get("/v1/logs/main", bearer(admin));
        if (answer.status() == 429) {
          refused++;
          assertThat(answer.header("Retry-After")).isEqualTo("1");
          assertThat(answer.problem()).isEqualTo("too-many-requests");
        }
      }
      assertThat(refused).isPositive();
    }
  }
}
