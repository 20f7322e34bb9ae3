package dev.stele.server.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Bytes that look more or less like a request, drawn from a source of randomness. */
final class HostileRequest {
  private static final List<String> METHODS =
      List.of(
          "GET",
          "GET",
          "POST",
          "POST",
          "PUT",
          "DELETE",
          "HEAD",
          "OPTIONS",
          "PATCH",
          "TRACE",
          "CONNECT",
          "get",
          "PRI",
          "G\0T",
          "",
          "M".repeat(500));

  private static final List<String> PATHS =
      List.of(
          "/v1/logs",
          "/v1/logs/main",
          "/v1/logs/main/events",
          "/v1/logs/main/events/1",
          "/v1/logs/main/events/1/proof",
          "/v1/logs/main/consistency",
          "/v1/logs/main/tile/0/000.p/1",
          "/v1/logs/main/tile/7/x999/x999/x999/x999/x999/999",
          "/v1/logs/main/tile/entries/000.p/1",
          "/v1/logs/main/streams",
          "/v1/logs/main/types",
          "/v1/logs/main/rates",
          "/v1/logs/main/receipts",
          "/v1/logs/main/erase",
          "/v1/logs/main/trim",
          "/v1/logs/main/envelopes/x",
          "/v1/logs/main/envelope-keys",
          "/v1/logs/main/subscriptions/g",
          "/v1/logs/main/subscriptions/g/fetch",
          "/v1/logs/main/subscriptions/g/ack",
          "/v1/logs/main/subscriptions/g/parked",
          "/v1/tokens",
          "/v1/tokens/x",
          "/v1/whoami",
          "/witness/add-checkpoint",
          "/health",
          "/version",
          "/",
          "/index.html",
          "*",
          "http://localhost/version",
          "//",
          "");

  private static final List<String> BITS =
      List.of(
          "%00",
          "%2F",
          "%2e%2e/",
          "../",
          "%",
          "%zz",
          "%FF",
          "%C3",
          ";",
          ";a=b",
          "?",
          "#",
          "\\",
          "//",
          "é",
          "\0",
          " ",
          "\t",
          "+",
          "%E2%80%AE",
          "/./",
          "99999999999999999999",
          "-1");

  private static final List<String> QUERIES =
      List.of(
          "after=",
          "before=",
          "limit=",
          "from=",
          "to=",
          "stream=",
          "id=",
          "type=",
          "q=",
          "order=",
          "bytes=",
          "size=",
          "format=",
          "hash=",
          "expectedRevision=",
          "proof=",
          "durability=");

  private static final List<String> VALUES =
      List.of(
          "",
          "0",
          "1",
          "-1",
          "1000",
          "9223372036854775807",
          "9223372036854775808",
          "NaN",
          "desc",
          "%00",
          "true",
          "0000-01-01T00:00:00Z",
          "9999-12-31T23:59:59Z",
          "%2B999999999-01-01T00:00:00Z",
          "%F0%9F%98%80",
          "1&1=",
          "tlog-proof",
          "x".repeat(3000));

  private static final List<String> HEADERS =
      List.of(
          "Content-Type: application/json",
          "Content-Type: application/cloudevents+json",
          "Content-Type: application/cloudevents-batch+json",
          "Content-Type: ;;;",
          "Content-Length: -1",
          "Content-Length: 99999999999",
          "Content-Length: 3",
          "Content-Length: 0x10",
          "Transfer-Encoding: chunked",
          "Transfer-Encoding: chunked, identity",
          "Transfer-Encoding: gzip",
          "Expect: 100-continue",
          "Expect: wonders",
          "Connection: close",
          "Connection: Upgrade, HTTP2-Settings",
          "Upgrade: h2c",
          "Upgrade: websocket",
          "HTTP2-Settings: AAMAAABkAAQAAP__",
          "Sec-WebSocket-Key: x",
          "Sec-WebSocket-Version: 13",
          "Accept: application/cloudevents-batch+json",
          "Accept: application/vnd.c2sp.tlog-proof",
          "Accept: ,,,;q=",
          "Authorization: Bearer stele_x",
          "Authorization: Basic \0",
          "Authorization: Bearer a.b.c",
          "Idempotency-Key: \"",
          "Idempotency-Key: k",
          "Last-Event-ID: 18446744073709551616",
          "ce-specversion: 1.0",
          "ce-id: %",
          "ce-type: t",
          "ce-source: \u00ff",
          "Origin: null",
          "Host: evil.example",
          "Range: bytes=0-",
          "If-None-Match: *",
          "X: " + "y".repeat(9000),
          " folded",
          "NoColon",
          ": empty",
          "Cookie: a=b; c=\"");

  private static final List<String> BODIES =
      List.of(
          "",
          "{}",
          "[]",
          "null",
          "{\"type\":\"t\"}",
          "{\"events\":[{\"type\":\"t\"}]}",
          "{\"type\":\"t\",\"payloadJson\":{\"a\":[1,2.5e300,1e999]}}",
          "{\"type\":\"t\",\"payload\":\"AA==\"}",
          "{\"type\":\"t\",\"id\":\"\\u0000\"}",
          "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\"}",
          "[{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\"}]",
          "{\"position\":1}",
          "{\"stream\":\"main\",\"from\":1,\"to\":9223372036854775807}",
          "{\"before\":9223372036854775807}",
          "{\"name\":\"n\",\"roles\":{\"*\":\"read\"}}",
          "{\"name\":\"main\"}",
          "{\"limit\":1000}",
          "{\"positions\":[1],\"retry\":[1],\"park\":[1]}",
          "{\"keyId\":\"k\",\"publicKey\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}",
          "old 0\n\nexample\n1\nAAAA\n\n\u2014 x AAAA\n");

  private HostileRequest() {}

  static byte[] of(Random random) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    switch (random.nextInt(12)) {
      case 0 -> {
        byte[] noise = new byte[random.nextInt(2_000)];
        random.nextBytes(noise);
        out.writeBytes(noise);
      }
      case 1 -> http2(random, out);
      case 2 -> {
        int pipelined = 2 + random.nextInt(5);
        for (int i = 0; i < pipelined; i++) {
          http1(random, out);
        }
      }
      default -> http1(random, out);
    }
    byte[] bytes = out.toByteArray();
    if (bytes.length > 0 && random.nextInt(6) == 0) {
      int flips = 1 + random.nextInt(4);
      for (int i = 0; i < flips; i++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
    }
    return random.nextInt(10) == 0
        ? java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1))
        : bytes;
  }

  private static String one(Random random, List<String> of) {
    return of.get(random.nextInt(of.size()));
  }

  private static void http1(Random random, ByteArrayOutputStream out) {
    StringBuilder head = new StringBuilder();
    StringBuilder path = new StringBuilder(one(random, PATHS));
    if (random.nextInt(3) == 0) {
      path.insert(random.nextInt(path.length() + 1), one(random, BITS));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      path.append(path.indexOf("?") < 0 ? '?' : '&')
          .append(one(random, QUERIES))
          .append(one(random, VALUES));
    }
    String version = random.nextInt(15) == 0 ? "HTTP/" + random.nextInt(3) + ".0" : "HTTP/1.1";
    head.append(one(random, METHODS)).append(' ').append(path).append(' ').append(version);
    head.append("\r\n");
    if (random.nextInt(12) != 0) {
      head.append("Host: localhost\r\n");
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      head.append(one(random, HEADERS)).append(random.nextInt(30) == 0 ? "\n" : "\r\n");
    }
    byte[] body = one(random, BODIES).getBytes(StandardCharsets.UTF_8);
    boolean chunked = random.nextInt(4) == 0;
    if (chunked) {
      head.append("Transfer-Encoding: chunked\r\n");
      body = chunks(random, body);
    } else if (random.nextInt(5) != 0) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    if (random.nextBoolean()) {
      head.append("Content-Type: application/json\r\n");
    }
    out.writeBytes(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(body);
  }

  private static byte[] chunks(Random random, byte[] body) {
    String size =
        switch (random.nextInt(6)) {
          case 0 -> "ffffffffffffffff";
          case 1 -> "-1";
          case 2 -> "";
          case 3 -> Integer.toHexString(body.length) + ";ext=\"" + "e".repeat(300);
          default -> Integer.toHexString(body.length);
        };
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes((size + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    out.writeBytes(body);
    out.writeBytes(
        (random.nextInt(4) == 0 ? "0\r\nTrailer: x\r\n\r\n" : "\r\n0\r\n\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    return out.toByteArray();
  }

  /** The preface of HTTP/2, and frames of any type, flags, stream and content. */
  private static void http2(Random random, ByteArrayOutputStream out) {
    out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
    for (int i = random.nextInt(6); i > 0; i--) {
      byte[] content = new byte[random.nextInt(60)];
      random.nextBytes(content);
      int length = random.nextInt(8) == 0 ? random.nextInt(1 << 24) : content.length;
      out.write(length >> 16);
      out.write(length >> 8);
      out.write(length);
      out.write(random.nextInt(12));
      out.write(random.nextInt(256));
      out.writeBytes(new byte[] {0, 0, 0, (byte) random.nextInt(6)});
      out.writeBytes(content);
    }
  }
}
