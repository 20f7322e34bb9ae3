package dev.stele.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What a user of a module is given with it, to the last library.
 *
 * <p>The build itself writes down what Maven resolves for each module, in {@code
 * target/user-dependencies.txt}; a library that sneaks in, also by way of another, is noticed here.
 */
class DependencyTest {
  private static final Set<String> CRYPTO_LIBRARIES =
      Set.of(
          "org.conscrypt:conscrypt-openjdk-uber",
          "org.bouncycastle:bcprov-jdk18on",
          "commons-codec:commons-codec");

  @Test
  void aUserOfCoreGetsCryptoAndItsLibraries() throws IOException {
    assertThat(userDependencies("base/core"))
        .isEqualTo(with(CRYPTO_LIBRARIES, "dev.stele:stele-crypto"));
  }

  @Test
  void aUserOfTheLedgerGetsSqliteAndNothingElse() throws IOException {
    assertThat(userDependencies("domains/ledger"))
        .isEqualTo(
            with(
                CRYPTO_LIBRARIES,
                "dev.stele:stele-crypto",
                "dev.stele:stele-core",
                "dev.stele:stele-sqlite",
                "org.xerial:sqlite-jdbc"));
  }

  @Test
  void aUserOfEnvelopesGetsNothingBeyondCore() throws IOException {
    assertThat(userDependencies("domains/envelope"))
        .isEqualTo(with(CRYPTO_LIBRARIES, "dev.stele:stele-crypto", "dev.stele:stele-core"));
  }

  @Test
  void aUserOfResumableStreamsGetsAJsonTokenizerBeyondCore() throws IOException {
    assertThat(userDependencies("domains/mcp"))
        .isEqualTo(
            with(
                CRYPTO_LIBRARIES,
                "dev.stele:stele-crypto",
                "dev.stele:stele-core",
                "tools.jackson.core:jackson-core"));
  }

  @Test
  void aUserOfMcpForTheJavaSdkGetsTheSdkAndNoServerOfHttp() throws IOException {
    assertThat(userDependencies("domains/mcp-java-sdk"))
        .isEqualTo(
            with(
                CRYPTO_LIBRARIES,
                "dev.stele:stele-crypto",
                "dev.stele:stele-core",
                "dev.stele:stele-mcp",
                "tools.jackson.core:jackson-core",
                "io.modelcontextprotocol.sdk:mcp-core",
                // What the SDK stands on.
                "com.fasterxml.jackson.core:jackson-annotations",
                "io.projectreactor:reactor-core",
                "org.reactivestreams:reactive-streams",
                "org.slf4j:slf4j-api"));
  }

  @Test
  void aUserOfTheClientGetsAJsonTokenizerBeyondCoreAndNothingOfTheServer() throws IOException {
    assertThat(userDependencies("faces/client"))
        .isEqualTo(
            with(
                CRYPTO_LIBRARIES,
                "dev.stele:stele-crypto",
                "dev.stele:stele-core",
                "tools.jackson.core:jackson-core"));
  }

  @Test
  void aUserOfLmdbGetsItsSharedLibraryAndNothingElse() throws IOException {
    assertThat(userDependencies("engines/lmdb"))
        .isEqualTo(
            with(
                CRYPTO_LIBRARIES,
                "dev.stele:stele-crypto",
                "dev.stele:stele-core",
                "org.lmdbjava:native"));
  }

  @Test
  void aUserOfPostgresGetsTheDriverThePoolAndTheMigrationsAndNothingElse() throws IOException {
    assertThat(userDependencies("engines/postgres"))
        .isEqualTo(
            with(
                CRYPTO_LIBRARIES,
                "dev.stele:stele-crypto",
                "dev.stele:stele-core",
                "org.postgresql:postgresql",
                "com.zaxxer:HikariCP",
                "org.slf4j:slf4j-api",
                "org.slf4j:slf4j-nop",
                "org.flywaydb:flyway-core",
                "org.flywaydb:flyway-database-postgresql",
                "com.fasterxml.jackson.core:jackson-databind",
                "com.fasterxml.jackson.core:jackson-core",
                "com.fasterxml.jackson.core:jackson-annotations"));
  }

  @Test
  void aUserOfTheWireGetsStubsAndMessagesAndNoTransport() throws IOException {
    assertThat(userDependencies("faces/wire"))
        .isEqualTo(
            with(
                Set.of(),
                "com.google.protobuf:protobuf-java",
                "io.grpc:grpc-api",
                "io.grpc:grpc-protobuf",
                "io.grpc:grpc-protobuf-lite",
                "io.grpc:grpc-stub",
                // What gRPC's stubs stand on.
                "com.google.api.grpc:proto-google-common-protos",
                "com.google.code.findbugs:jsr305",
                "com.google.errorprone:error_prone_annotations",
                "com.google.guava:failureaccess",
                "com.google.guava:guava",
                "com.google.guava:listenablefuture",
                "com.google.j2objc:j2objc-annotations",
                "org.codehaus.mojo:animal-sniffer-annotations"));
  }

  private static Set<String> with(Set<String> some, String... more) {
    Set<String> all = new TreeSet<>(some);
    all.addAll(Set.of(more));
    return all;
  }

  /** The {@code group:artifact} of everything that comes with a module. */
  private static Set<String> userDependencies(String module) throws IOException {
    Path list = Repository.folder().resolve(module).resolve("target/user-dependencies.txt");
    assertThat(list)
        .as("the list that the build of %s writes; build it together with this module", module)
        .exists();
    Set<String> found = new TreeSet<>();
    for (String line : Files.readAllLines(list)) {
      String[] parts = line.strip().split(":");
      if (parts.length >= 5) {
        found.add(parts[0] + ":" + parts[1]);
      }
    }
    return found;
  }
}
