package dev.stele.server.http;

import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Tokens;
import dev.stele.server.host.Host;
import dev.stele.server.relay.RelayDesk;
import dev.stele.server.witness.Cosigning;
import dev.stele.server.witness.WitnessDesk;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Puts the map of the routes together, in the order in which they are looked for. */
public final class HttpRoutes {
  private HttpRoutes() {}

  /**
   * What routes are made of.
   *
   * @param metrics gives the text of the metrics
   * @param stopping whether the server is about to stop
   * @param version what runs here, by name
   * @param maxBody the largest body of an append, in bytes
   * @param maxFollowers how many may follow logs at a time
   * @param relay where connections to the relay come in
   */
  public record Parts(
      Host host,
      Audit audit,
      Tokens tokens,
      Optional<WitnessDesk> witness,
      Cosigning cosigning,
      InstantSource clock,
      Supplier<String> metrics,
      BooleanSupplier stopping,
      Map<String, Object> version,
      int maxBody,
      int maxFollowers,
      RelayDesk relay) {}

  /** Every route. */
  static List<Route> of(Parts parts) {
    List<Route> routes = new ArrayList<>();
    routes.addAll(
        new ServerRoutes(parts.host(), parts.metrics(), parts.stopping(), parts.version())
            .routes());
    routes.addAll(new LogRoutes(parts.host(), parts.audit()).routes());
    routes.addAll(new EventRoutes(parts.clock(), parts.maxBody()).routes());
    routes.addAll(new ProofRoutes().routes());
    routes.addAll(new TileRoutes(parts.cosigning()).routes());
    routes.addAll(new FollowRoutes(parts.maxFollowers()).routes());
    routes.addAll(new AdminRoutes(parts.audit()).routes());
    routes.addAll(new EnvelopeRoutes(parts.audit()).routes());
    routes.addAll(new McpRoutes(parts.host(), parts.audit()).routes());
    routes.addAll(new TokenRoutes(parts.tokens(), parts.audit()).routes());
    routes.addAll(new GroupRoutes().routes());
    routes.addAll(new WitnessRoutes(parts.witness()).routes());
    // Last: it takes every path that nobody else does.
    routes.addAll(new ConsoleRoutes().routes());
    return routes;
  }
}
