package dev.stele.server.http;

import dev.stele.nostr.relay.RelayInformation;
import dev.stele.server.auth.PublicFace;
import dev.stele.server.auth.Role;
import dev.stele.server.host.HostedLog;
import dev.stele.server.relay.RelayDesk;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Request;

/**
 * The Nostr relay, which shares its path with the console: a handshake is for it, and who asks for
 * its document (NIP-11); a browser that asks for a page is not.
 */
final class RelayRoutes {
  private static final String PATH = "/";

  /** Half of an IPv6 address: what a provider gives one customer. */
  private static final int NETWORK_BYTES = 8;

  private final RelayDesk desk;

  RelayRoutes(RelayDesk desk) {
    this.desk = desk;
  }

  /** Whether a request is for a relay, where there is one. */
  boolean isAsked(Request request, String path) {
    if (!path.equals(PATH) || desk.log().isEmpty()) {
      return false;
    }
    HttpFields headers = request.getHeaders();
    return switch (request.getMethod()) {
      case "OPTIONS" -> true;
      case "GET", "HEAD" ->
          isHandshake(Optional.ofNullable(headers.get("Upgrade")))
              || Call.accepts(headers, RelayInformation.CONTENT_TYPE);
      default -> false;
    };
  }

  private static boolean isHandshake(Optional<String> upgrade) {
    return upgrade.filter("websocket"::equalsIgnoreCase).isPresent();
  }

  List<Route> routes() {
    Access access =
        new Access.OfFaceOn(
            PublicFace.RELAY, Role.APPEND, () -> desk.log().map(HostedLog::name).orElse(""));
    return List.of(
        Route.get(PATH, access, this::answer),
        new Route("OPTIONS", PATH, Access.FREE, java.util.Set.of(), _ -> preflight()));
  }

  private static Reply preflight() {
    return new Reply.Whole(
        204, RelayInformation.CONTENT_TYPE, RelayInformation.CORS_HEADERS, new byte[0]);
  }

  private Reply answer(Call call) {
    if (!isHandshake(call.header("Upgrade"))) {
      return new Reply.Whole(
          200,
          RelayInformation.CONTENT_TYPE,
          RelayInformation.CORS_HEADERS,
          desk.settings().information().json().getBytes(StandardCharsets.UTF_8));
    }
    String address = address(call);
    RelayTalk talk = new RelayTalk(desk, address);
    return switch (desk.enter(talk, address)) {
      case IN -> new Reply.Socket(talk);
      case FULL -> Reply.failed(Problem.unavailable("overloaded", "the relay is full"));
      case CROWDED ->
          Reply.failed(
              new Problem(
                  "too-many-requests", 429, "more connections than one address may have open"));
      case CLOSING -> Reply.failed(Problem.unavailable("closing", "the server is stopping"));
    };
  }

  /** Who calls, as far as limits tell callers apart; empty for this machine. */
  private String address(Call call) {
    if (!(call.request().getConnectionMetaData().getRemoteSocketAddress()
            instanceof InetSocketAddress remote)
        || remote.getAddress() == null) {
      return "";
    }
    InetAddress address = remote.getAddress();
    if (address.isLoopbackAddress()) {
      // The proxy appends whom it speaks for: what stands before it is a stranger's word.
      return desk.settings()
          .forwarded()
          .flatMap(call::header)
          .map(said -> said.substring(said.lastIndexOf(',') + 1).strip())
          .orElse("");
    }
    return address instanceof Inet6Address
        ? HexFormat.of().formatHex(Arrays.copyOf(address.getAddress(), NETWORK_BYTES))
        : address.getHostAddress();
  }
}
