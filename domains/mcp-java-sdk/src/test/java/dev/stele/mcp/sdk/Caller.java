package dev.stele.mcp.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A client without a network: what it calls is answered by the transport itself. */
final class Caller {
  static final String NEWEST = "2025-11-25";

  private final ResumableTransport transport;
  private final String who;
  private final String session;
  private final String version;

  private Caller(ResumableTransport transport, String who, String session, String version) {
    this.transport = transport;
    this.who = who;
    this.session = session;
    this.version = version;
  }

  /** One that has no session. */
  static Caller of(ResumableTransport transport) {
    return new Caller(transport, "-", "", NEWEST);
  }

  /** The same as somebody, for transports that tell principals apart by the header Who. */
  Caller as(String principal) {
    return new Caller(transport, principal, session, version);
  }

  Caller under(String protocolVersion) {
    return new Caller(transport, who, session, protocolVersion);
  }

  Caller in(String sessionId) {
    return new Caller(transport, who, sessionId, version);
  }

  /** The same session under another transport, such as of another process. */
  Caller at(ResumableTransport other) {
    return new Caller(other, who, session, version);
  }

  String session() {
    return session;
  }

  /** A call with any headers; a value with line breaks stands for several. */
  record Call(String method, Map<String, String> headers, byte[] content) implements HttpCall {
    @Override
    public List<String> headers(String name) {
      return headers.entrySet().stream()
          .filter(header -> header.getKey().equalsIgnoreCase(name))
          .flatMap(header -> List.of(header.getValue().split("\n", -1)).stream())
          .toList();
    }

    @Override
    public InputStream body() {
      return new ByteArrayInputStream(content);
    }

    @Override
    public Object request() {
      return this;
    }

    Call with(String name, String value) {
      Map<String, String> changed = new LinkedHashMap<>(headers);
      changed.keySet().removeIf(each -> each.equalsIgnoreCase(name));
      changed.put(name, value);
      return new Call(method, changed, content);
    }

    Call without(String name) {
      Map<String, String> changed = new LinkedHashMap<>(headers);
      changed.keySet().removeIf(each -> each.equalsIgnoreCase(name));
      return new Call(method, changed, content);
    }
  }

  Call call(String method, byte[] body) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Host", "localhost:8080");
    headers.put("Accept", "application/json, text/event-stream");
    headers.put("Content-Type", "application/json");
    headers.put("Who", who);
    if (!session.isEmpty()) {
      headers.put("Mcp-Session-Id", session);
      headers.put("MCP-Protocol-Version", version);
    }
    return new Call(method.toUpperCase(Locale.ROOT), headers, body);
  }

  Call call(String method, String body) {
    return call(method, body.getBytes(StandardCharsets.UTF_8));
  }

  HttpAnswer send(Call call) {
    return transport.answer(call);
  }

  HttpAnswer post(String json) {
    return send(call("POST", json));
  }

  /** Begins a session. */
  Caller initialized() {
    HttpAnswer.Whole answer =
        (HttpAnswer.Whole)
            send(
                call(
                    "POST",
                    """
                    {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"%s",
                    "capabilities":{},"clientInfo":{"name":"test","version":"1"}}}\
                    """
                        .formatted(version)));
    assertThat(answer.status()).as(text(answer)).isEqualTo(200);
    assertThat(text(answer)).contains("\"protocolVersion\":\"" + version + "\"");
    Caller begun = in(String.valueOf(answer.headers().get("Mcp-Session-Id")));
    assertThat(status(begun.post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}")))
        .isEqualTo(202);
    return begun;
  }

  /** Calls a tool. */
  HttpAnswer tool(Object id, String name, String arguments) {
    return post(
        "{\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s}}"
            .formatted(id, name, arguments));
  }

  HttpAnswer count(Object id, int to) {
    return tool(id, "count", "{\"to\":%d}".formatted(to));
  }

  HttpAnswer listen() {
    return send(call("GET", ""));
  }

  HttpAnswer resume(String lastEventId) {
    return send(call("GET", "").with("Last-Event-ID", lastEventId));
  }

  HttpAnswer delete() {
    return send(call("DELETE", ""));
  }

  static int status(HttpAnswer answer) {
    return switch (answer) {
      case HttpAnswer.Whole whole -> whole.status();
      case HttpAnswer.Events _ -> HttpAnswer.OK;
    };
  }

  static String text(HttpAnswer answer) {
    return answer instanceof HttpAnswer.Whole whole
        ? new String(whole.body(), StandardCharsets.UTF_8)
        : "events";
  }

  /** What the log lines of messages say, in order; an answer is what it answers. */
  static List<String> said(List<Events.Event> messages) {
    List<String> said = new ArrayList<>();
    for (Events.Event message : messages) {
      String json = message.json();
      int at = json.indexOf("\"data\":\"");
      if (at >= 0) {
        said.add(json.substring(at + 8, json.indexOf('"', at + 8)));
      } else {
        said.add(json.contains("\"error\"") ? "error" : "result");
      }
    }
    return said;
  }
}
