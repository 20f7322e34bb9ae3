package dev.stele.browser;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.Server;
import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A server with its logs, someone in front of it, and a way to append. One test at a time. */
final class Scene {
  /** An expression that lists what hinders readers of a page. */
  private static final String ACCESSIBLE = resource("accessible.js");

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Server> servers = new ArrayList<>();
  private final Front front;

  private Scene(Server server) throws IOException {
    servers.add(server);
    front = Front.of(server.httpPort());
  }

  /** Starts a server on a folder, new or not. */
  static Scene on(Path folder) throws Exception {
    return new Scene(serve(folder, UnaryOperator.identity()));
  }

  private static Server serve(Path folder, UnaryOperator<ServerConfig> changed) throws Exception {
    ServerConfig config =
        ServerConfig.defaults()
            .with(Setting.DATA, folder.resolve("data").toString())
            .with(Setting.ANCHORS, folder.resolve("anchors").toString())
            .with(Setting.ORIGIN, "stele.example")
            .with(Setting.HTTP_PORT, "0")
            .with(Setting.GRPC_PORT, "0")
            .with(Setting.STOP_WITHIN, "10");
    return Server.start(changed.apply(config), InstantSource.system(), new SecureRandom());
  }

  /** Stops the server, and starts one on a folder in its place, at the address of before. */
  void serveInstead(Path folder) throws Exception {
    serveInstead(folder, UnaryOperator.identity());
  }

  /** The same with other settings than the usual ones. */
  void serveInstead(Path folder, UnaryOperator<ServerConfig> changed) throws Exception {
    servers.removeLast().close();
    servers.add(serve(folder, changed));
    front.standBefore(servers.getLast().httpPort());
  }

  /** Stops the server and copies its folder. */
  void stopAndCopy(Path folder, Path copy) throws Exception {
    servers.removeLast().close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.toList()) {
        Path to = copy.resolve(folder.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
    servers.add(serve(folder, UnaryOperator.identity()));
    front.standBefore(servers.getLast().httpPort());
  }

  Front front() {
    return front;
  }

  Server server() {
    return servers.getLast();
  }

  /** The address of a page. */
  String page(String hash) {
    return front.address() + "#" + hash;
  }

  /** Appends events given as JSON to the log {@code main}, one by one, and has them signed. */
  void append(String... events) throws Exception {
    for (String event : events) {
      post("/v1/logs/main/events", event);
    }
    // The server signs every now and then; what a test appends is under a checkpoint at once.
    var _ = server().host().find("main").orElseThrow().log().checkpoint();
  }

  /** Appends a number of small events of several streams and types. */
  void appendSome(int count) throws Exception {
    List<String> streams = List.of("doors", "orders/berlin", "orders/lisbon", "temperature");
    List<String> types = List.of("door.opened", "order.placed", "reading.taken");
    String[] events = new String[count];
    for (int i = 0; i < count; i++) {
      events[i] =
          event(
              streams.get(i * 3 % 7 % 4),
              types.get(i % 3),
              "{\"number\":%d,\"by\":\"%s\",\"at\":{\"floor\":%d,\"wing\":\"north\"}}"
                  .formatted(i, i % 2 == 0 ? "alice" : "bo", i % 5));
    }
    append(events);
  }

  static String event(String stream, String type, String payloadJson) {
    return JsonText.write(
        Map.of("stream", stream, "type", type, "subject", "alice", "payloadText", payloadJson));
  }

  /** Posts JSON to the server itself. */
  String post(String path, String json) throws Exception {
    return send("POST", path, json);
  }

  /** Puts JSON to the server itself. */
  void put(String path, String json) throws Exception {
    send("PUT", path, json);
  }

  private String send(String method, String path, String json) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server().httpPort() + path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(json))
            .build();
    var response = client.send(request, BodyHandlers.ofString());
    assertThat(response.statusCode()).as("%s: %s", path, response.body()).isBetween(200, 299);
    return response.body();
  }

  /** Holds what every page promises: no complaint, no request elsewhere, no barrier. */
  void assertWellBehaved(Tab tab) {
    assertThat(tab.complaints()).as("complaints of the page").isEmpty();
    assertThat(tab.requests())
        .as("requests")
        .allMatch(
            url ->
                url.startsWith(front.address())
                    || url.startsWith("blob:" + front.address())
                    || url.startsWith("data:")
                    || url.equals("about:blank"));
    assertThat(tab.list(ACCESSIBLE)).as("barriers of %s", tab.evaluate("location.hash")).isEmpty();
  }

  private static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(Scene.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip().replaceFirst(";$", "");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Stops all of it. */
  void close() throws Exception {
    front.close();
    client.shutdownNow();
    for (Server server : servers) {
      server.close();
    }
  }
}
