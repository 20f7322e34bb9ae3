package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Tokens;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.host.Host;
import dev.stele.server.http.Contract.Operation;
import dev.stele.server.relay.RelayDesk;
import dev.stele.server.relay.RelaySettings;
import dev.stele.server.witness.Cosigning;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is published of the routes, against the routes. */
@Tag("engine")
class TheDocumentTest {
  @TempDir Path folder;

  private final Contract contract = Contract.published();

  /** Routes by what the document calls them, but for the console's pages. */
  private static Map<Operation, Set<String>> routes(Host host) {
    InstantSource clock = InstantSource.system();
    Map<Operation, Set<String>> routes = new TreeMap<>();
    try (Cosigning cosigning = new Cosigning(host, Optional.empty(), Optional.empty())) {
      HttpRoutes.Parts parts =
          new HttpRoutes.Parts(
              host,
              new Audit(host.system().log(), clock),
              Tokens.of(host.system().log(), clock, new Random(1)),
              Optional.empty(),
              cosigning,
              clock,
              () -> "",
              () -> false,
              Map.of(),
              1,
              1,
              new RelayDesk(
                  host, RelaySettings.of(ServerConfig.defaults()), Set::of, clock, new Random(1)));
      for (Route route : HttpRoutes.of(parts)) {
        boolean ofTheConsole =
            route.template().equals("/") || route.template().equals("/{file...}");
        if (!ofTheConsole) {
          routes.put(
              new Operation(route.method(), route.template().replace("...}", "}")),
              new TreeSet<>(route.parameters()));
        }
      }
    }
    return routes;
  }

  @Test
  void hasEveryRouteWithItsParametersAndNoOther() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      Map<Operation, Set<String>> routes = routes(server.server().host());

      assertThat(contract.operations()).isEqualTo(routes.keySet());
      routes.forEach(
          (operation, parameters) -> {
            assertThat(contract.parameters(operation, "query"))
                .as(operation.toString())
                .isEqualTo(parameters);
            assertThat(contract.parameters(operation, "path"))
                .as(operation.toString())
                .containsExactlyInAnyOrderElementsOf(
                    Route.segments(operation.path()).stream()
                        .filter(segment -> segment.startsWith("{"))
                        .map(segment -> segment.substring(1, segment.length() - 1))
                        .toList());
          });
    }
  }

  @Test
  void isServedAsItIs() throws Exception {
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      Answer answer = server.get("/openapi.json");

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("Content-Type")).isEqualTo("application/json");
      try (var in = Contract.class.getResourceAsStream("/dev/stele/server/openapi.json")) {
        assertThat(answer.bytes()).isEqualTo(java.util.Objects.requireNonNull(in).readAllBytes());
      }
    }
  }

  @Test
  void itsExamplesAreWhatTheyAreExamplesOf() {
    Map<String, List<String>> faults = contract.faultsOfExamples();

    assertThat(faults).hasSizeGreaterThan(15);
    assertThat(faults).allSatisfy((_, found) -> assertThat(found).isEmpty());
  }

  @Test
  void itsReferencesLeadSomewhere() {
    assertThat(contract.danglingReferences()).isEmpty();
  }
}
