package dev.stele.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.stele.core.engine.LogId;
import dev.stele.server.auth.PublicFace;
import dev.stele.server.auth.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings of a file, the environment and the command line, read together. */
class ServerConfigTest {
  @TempDir Path folder;

  private Path file(String... lines) throws IOException {
    return Files.writeString(
        folder.resolve("stele.properties"), String.join("\n", lines).concat("\n"));
  }

  private ServerConfig ofFile(String... lines) throws Exception {
    return ServerConfig.read(Optional.of(file(lines)), Map.of(), Map.of());
  }

  private static ServerConfig ofEnvironment(Map<String, String> environment) throws BadSetting {
    return ServerConfig.read(Optional.empty(), environment, Map.of());
  }

  private static ServerConfig ofFlags(Map<Setting, String> flags) throws BadSetting {
    return ServerConfig.read(Optional.empty(), Map.of(), flags);
  }

  private static void refused(Map<Setting, String> flags, String message) {
    assertThatExceptionOfType(BadSetting.class)
        .isThrownBy(() -> ofFlags(flags))
        .withMessage(message);
  }

  private static void refused(Setting setting, String value, String message) {
    refused(Map.of(setting, value), message);
  }

  // ---- which one wins ----

  @ParameterizedTest
  @EnumSource(Setting.class)
  void what_nobody_sets_is_its_default(Setting setting) throws Exception {
    assertThat(ofFlags(Map.of()).text(setting)).isEqualTo(setting.otherwise());
  }

  @Test
  void a_file_wins_over_the_default() throws Exception {
    ServerConfig config = ofFile("# a comment", "http.port = 8081 ", "data=elsewhere");
    assertThat(config.number(Setting.HTTP_PORT)).isEqualTo(8081);
    assertThat(config.path(Setting.DATA)).contains(Path.of("elsewhere"));
    assertThat(config.text(Setting.GRPC_PORT)).isEqualTo("50051");
  }

  @Test
  void the_environment_wins_over_a_file() throws Exception {
    ServerConfig config =
        ServerConfig.read(
            Optional.of(file("http.port=8081", "grpc.port=50052")),
            Map.of("STELE_HTTP_PORT", " 8082 "),
            Map.of());
    assertThat(config.number(Setting.HTTP_PORT)).isEqualTo(8082);
    assertThat(config.grpcPort()).hasValue(50_052);
  }

  @Test
  void a_flag_wins_over_everything() throws Exception {
    ServerConfig config =
        ServerConfig.read(
            Optional.of(file("http.port=8081")),
            Map.of("STELE_HTTP_PORT", "8082"),
            Map.of(Setting.HTTP_PORT, "8083"));
    assertThat(config.number(Setting.HTTP_PORT)).isEqualTo(8083);
  }

  @Test
  void a_value_that_is_overruled_need_not_be_good() throws Exception {
    ServerConfig config =
        ServerConfig.read(
            Optional.of(file("http.port=many")), Map.of(), Map.of(Setting.HTTP_PORT, "8083"));
    assertThat(config.number(Setting.HTTP_PORT)).isEqualTo(8083);
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void each_setting_has_one_name_in_three_spellings(Setting setting) throws Exception {
    String dotted = setting.key();
    assertThat(setting.variable()).isEqualTo("STELE_" + setting.name());
    assertThat(setting.flag()).isEqualTo("--" + dotted.replace('.', '-'));
    assertThat(Setting.ofKey(dotted)).contains(setting);
    String value = setting.otherwise();
    assertThat(ofFile(dotted + "=" + value).text(setting)).isEqualTo(value);
    assertThat(ofEnvironment(Map.of(setting.variable(), value)).text(setting)).isEqualTo(value);
  }

  // ---- what is not known ----

  @ParameterizedTest
  @CsvSource({
    "htp.port, http.port",
    "http.prt, http.port",
    "witness.nmae, witness.name",
    "limits.body, limit.body",
    "log_format, log.format",
    "tls.certificates, tls.certificate",
  })
  void an_unknown_key_of_a_file_is_refused_with_the_nearest_one(String wrong, String nearest) {
    assertThatExceptionOfType(BadSetting.class)
        .isThrownBy(() -> ofFile(wrong + "=1"))
        .withMessage(
            "there is no setting '%s' (in %s); did you mean '%s'?",
            wrong, folder.resolve("stele.properties"), nearest);
  }

  @Test
  void an_unknown_variable_is_refused_with_the_nearest_one() {
    assertThatExceptionOfType(BadSetting.class)
        .isThrownBy(() -> ofEnvironment(Map.of("STELE_HTTP_PROT", "1")))
        .withMessage(
            "there is no setting STELE_HTTP_PROT (in the environment); did you mean"
                + " STELE_HTTP_PORT?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "STELE_LOG",
        "STELE_LOG_LEVEL",
        "STELE_JAVA_HOME",
        "STELE_JAVA_OPTS",
        "STELE_CONFIG",
        "PATH",
        "HOME"
      })
  void variables_that_are_somebody_elses_are_left_alone(String name) throws Exception {
    assertThat(ofEnvironment(Map.of(name, "x")).text(Setting.HTTP_PORT)).isEqualTo("8080");
  }

  @Test
  void a_file_that_is_not_there_is_refused() {
    Path missing = folder.resolve("missing");
    assertThatExceptionOfType(BadSetting.class)
        .isThrownBy(() -> ServerConfig.read(Optional.of(missing), Map.of(), Map.of()))
        .withMessageStartingWith("the file " + missing + " cannot be read");
  }

  @Test
  void a_file_that_is_no_properties_is_refused() {
    assertThatExceptionOfType(BadSetting.class)
        .isThrownBy(() -> ofFile("data=\\uZZZZ"))
        .withMessageContaining("cannot be read");
  }

  // ---- logs that are kept elsewhere ----

  @Test
  void a_file_names_logs_that_are_kept_elsewhere() throws Exception {
    assertThat(ofFile("log.audit = lmdb:elsewhere", "log.b-2=postgres://a@h/d").logs())
        .containsOnly(
            Map.entry(new LogId("audit"), "lmdb:elsewhere"),
            Map.entry(new LogId("b-2"), "postgres://a@h/d"));
  }

  @Test
  void the_format_of_lines_is_no_log() throws Exception {
    ServerConfig config = ofFile("log.format=json");
    assertThat(config.logs()).isEmpty();
    assertThat(config.text(Setting.LOG_FORMAT)).isEqualTo("json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"log.", "log.Audit", "log.a.b", "log.a_b"})
  void what_cannot_be_the_name_of_a_log_is_an_unknown_key(String key) {
    assertThatExceptionOfType(BadSetting.class)
        .isThrownBy(() -> ofFile(key + "=lmdb:x"))
        .withMessageStartingWith("there is no setting '" + key + "'");
  }

  @Test
  void the_name_of_a_log_has_63_characters_at_most() throws Exception {
    String longest = "a".repeat(63);
    assertThat(ofFile("log." + longest + "=lmdb:x").logs()).containsKey(new LogId(longest));
    assertThatExceptionOfType(BadSetting.class)
        .isThrownBy(() -> ofFile("log." + longest + "a=lmdb:x"));
  }

  // ---- what cannot be used ----

  @Test
  void words_are_those_that_there_are() {
    refused(Setting.ENGINE, "mysql", "engine is sqlite or lmdb, not 'mysql'");
    refused(Setting.AUTH, "none", "auth is loopback or required, not 'none'");
    refused(Setting.LOG_FORMAT, "xml", "log.format is text or json, not 'xml'");
  }

  @Test
  void a_port_is_one_of_65536() throws Exception {
    for (Setting port : new Setting[] {Setting.HTTP_PORT, Setting.GRPC_PORT}) {
      assertThat(ofFlags(Map.of(port, "0")).number(port)).isZero();
      assertThat(ofFlags(Map.of(port, "65535")).number(port)).isEqualTo(65_535);
      refused(port, "65536", port.key() + " is a port from 0 to 65535");
      refused(port, "-1", port.key() + " is a whole number from 0");
      refused(port, "http", port.key() + " is a whole number from 0, not 'http'");
      refused(port, "", port.key() + " is a whole number from 0, not ''");
    }
  }

  @Test
  void only_the_port_of_grpc_can_be_off() throws Exception {
    assertThat(ofFlags(Map.of(Setting.GRPC_PORT, "off")).grpcPort()).isEmpty();
    refused(Setting.HTTP_PORT, "off", "http.port is a whole number from 0, not 'off'");
  }

  @ParameterizedTest
  @EnumSource(
      value = Setting.class,
      names = {
        "LIMIT_BODY",
        "LIMIT_CONNECTIONS",
        "LIMIT_FOLLOWERS",
        "LIMIT_RATE",
        "LIMIT_LOGS",
        "STOP_WITHIN"
      })
  void limits_are_whole_numbers_from_0_that_fit_31_bits(Setting limit) throws Exception {
    assertThat(ofFlags(Map.of(limit, "0")).number(limit)).isZero();
    assertThat(ofFlags(Map.of(limit, "2147483647")).number(limit)).isEqualTo(Integer.MAX_VALUE);
    refused(limit, "-1", limit.key() + " is a whole number from 0");
    refused(limit, "2147483648", limit.key() + " is a whole number from 0, not '2147483648'");
    refused(limit, "1k", limit.key() + " is a whole number from 0, not '1k'");
  }

  @Test
  void what_is_public_are_faces_that_there_are() throws Exception {
    assertThat(ofFlags(Map.of(Setting.PUBLIC, " tiles, console,,")).publicFaces())
        .containsExactly(PublicFace.TILES, PublicFace.CONSOLE);
    refused(
        Setting.PUBLIC,
        "tiles,events",
        "public is made of tiles, witness, metrics, relay and console, not 'events'");
  }

  @Test
  void roles_of_certificates_are_a_name_a_role_and_a_log() throws Exception {
    assertThat(
            ofFlags(Map.of(Setting.TLS_ROLES, "ci=append@main, ops=admin@*,ci=read@audit"))
                .certificateRoles())
        .containsOnly(
            Map.entry("ci", Map.of("main", Role.APPEND, "audit", Role.READ)),
            Map.entry("ops", Map.of("*", Role.ADMIN)));
    for (String wrong : new String[] {"ci", "ci=append", "ci=write@main", "ci=append@Main"}) {
      refused(
          Setting.TLS_ROLES,
          wrong,
          "tls.roles is made of NAME=ROLE@LOG, such as ci=append@main, not '" + wrong + "'");
    }
  }

  @Test
  void a_certificate_and_its_key_belong_together() throws Exception {
    assertThat(
            ofFlags(Map.of(Setting.TLS_CERTIFICATE, "a", Setting.TLS_KEY, "b"))
                .isSet(Setting.TLS_KEY))
        .isTrue();
    String message = "tls.certificate and tls.key belong together";
    refused(Setting.TLS_CERTIFICATE, "chain.pem", message);
    refused(Setting.TLS_KEY, "key.pem", message);
  }

  @Test
  void certificates_of_clients_need_one_of_the_server() {
    refused(Setting.TLS_CLIENTS, "ca.pem", "tls.clients needs tls.certificate");
  }

  @Test
  void an_issuer_of_jwts_and_its_keys_belong_together() {
    String message = "jwt.issuer and jwt.keys belong together";
    refused(Setting.JWT_ISSUER, "https://issuer.example", message);
    refused(Setting.JWT_KEYS, "keys.json", message);
  }

  @Test
  void a_witness_needs_a_key_and_logs() throws Exception {
    String message = "witness.name needs witness.key and witness.logs";
    refused(Setting.WITNESS_NAME, "w", message);
    refused(Map.of(Setting.WITNESS_NAME, "w", Setting.WITNESS_KEY, "k"), message);
    refused(Map.of(Setting.WITNESS_NAME, "w", Setting.WITNESS_LOGS, "l"), message);
    assertThat(
            ofFlags(
                    Map.of(
                        Setting.WITNESS_NAME, "w",
                        Setting.WITNESS_KEY, "k",
                        Setting.WITNESS_LOGS, "l"))
                .text(Setting.WITNESS_NAME))
        .isEqualTo("w");
  }

  // ---- where it may listen ----

  @ParameterizedTest
  @ValueSource(
      strings = {"0.0.0.0", "::", "192.168.1.7", "stele.example", "127.0.0.1.example", "", "127.1"})
  void an_address_that_others_reach_needs_authentication(String address) throws Exception {
    for (Setting bind : new Setting[] {Setting.HTTP_BIND, Setting.GRPC_BIND}) {
      refused(
          bind,
          address,
          bind.key()
              + " is "
              + address
              + ", which others can reach, and auth is loopback: set auth=required (see"
              + " docs/operate/server.md), or bind 127.0.0.1");
      assertThat(ofFlags(Map.of(bind, address, Setting.AUTH, "required")).text(bind))
          .isEqualTo(address);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.8.9.10", "localhost", "::1", "[::1]"})
  void this_machine_alone_needs_none(String address) throws Exception {
    ServerConfig config = ofFlags(Map.of(Setting.HTTP_BIND, address, Setting.GRPC_BIND, address));
    assertThat(config.text(Setting.HTTP_BIND)).isEqualTo(address);
    assertThat(config.requiresCredentials()).isFalse();
  }
}
