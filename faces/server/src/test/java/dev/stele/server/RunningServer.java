package dev.stele.server;

import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import dev.stele.server.json.JsonReading;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A server on free ports, and a client that asks it. One test. */
public final class RunningServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Server server;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  private RunningServer(Server server) {
    this.server = server;
  }

  /** An answer, read to its end. */
  public record Answer(int status, Map<String, List<String>> headers, byte[] bytes) {
    public String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The body as an object. */
    public Map<String, @Nullable Object> json() {
      try {
        return JsonReading.object(bytes);
      } catch (JsonReading.NotJson e) {
        throw new AssertionError("no JSON: " + text(), e);
      }
    }

    /** A member of the object that is a list of objects. */
    @SuppressWarnings("unchecked")
    public List<Map<String, @Nullable Object>> list(String member) {
      return (List<Map<String, @Nullable Object>>) Objects.requireNonNull(json().get(member));
    }

    public String header(String name) {
      return headers.entrySet().stream()
          .filter(each -> each.getKey().equalsIgnoreCase(name))
          .map(each -> each.getValue().getFirst())
          .findFirst()
          .orElse("");
    }

    /** The name of the problem, or nothing. */
    public String problem() {
      return header("Content-Type").equals("application/problem+json")
          ? String.valueOf(json().get("type")).replace("urn:stele:problem:", "")
          : "";
    }
  }

  public static RunningServer in(Path data) throws Exception {
    return in(data, config -> config);
  }

  /** With other settings than the usual ones. */
  public static RunningServer in(Path data, UnaryOperator<ServerConfig> changed) throws Exception {
    ServerConfig config =
        ServerConfig.defaults()
            .with(Setting.DATA, data.toString())
            .with(Setting.ANCHORS, data.resolveSibling(data.getFileName() + "-anchors").toString())
            .with(Setting.HTTP_PORT, "0")
            .with(Setting.GRPC_PORT, "0");
    return new RunningServer(
        Server.start(changed.apply(config), InstantSource.system(), new SecureRandom()));
  }

  public Server server() {
    return server;
  }

  public int port() {
    return server.httpPort();
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  public HttpClient client() {
    return client;
  }

  public Answer get(String path, String... headers) throws Exception {
    return send(request(path, headers).GET());
  }

  public Answer post(String path, String json, String... headers) throws Exception {
    return post(path, "application/json", json.getBytes(StandardCharsets.UTF_8), headers);
  }

  public Answer post(String path, String type, byte[] body, String... headers) throws Exception {
    return send(
        request(path, headers).header("Content-Type", type).POST(BodyPublishers.ofByteArray(body)));
  }

  public Answer with(String method, String path, String json, String... headers) throws Exception {
    return send(
        request(path, headers)
            .header("Content-Type", "application/json")
            .method(
                method, json.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(json)));
  }

  private HttpRequest.Builder request(String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(PATIENCE);
    return headers.length == 0 ? request : request.headers(headers);
  }

  private Answer send(HttpRequest.Builder request) throws Exception {
    HttpResponse<byte[]> response = client.send(request.build(), BodyHandlers.ofByteArray());
    return new Answer(response.statusCode(), response.headers().map(), response.body());
  }

  @Override
  public void close() {
    client.shutdownNow();
    server.close();
  }
}
