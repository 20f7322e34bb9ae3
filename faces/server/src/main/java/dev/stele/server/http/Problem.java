package dev.stele.server.http;

import dev.stele.cli.Json;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Why a request was not answered as it was meant (RFC 9457). Immutable.
 *
 * @param name what kind of problem, the last part of {@code urn:stele:problem:NAME}
 * @param status the HTTP status, 400 to 599
 * @param detail what is wrong here, as a phrase for a human; it holds no secret
 * @param members more of it for programs
 * @param retryAfterSeconds after how long the same request may do better
 */
record Problem(
    String name,
    int status,
    String detail,
    Map<String, Object> members,
    Optional<Integer> retryAfterSeconds) {
  static final String CONTENT_TYPE = "application/problem+json";

  private static final String TYPE = "urn:stele:problem:";

  /** One second: long enough for a commit, or for a limit to let the next request pass. */
  private static final int SOON = 1;

  Problem(String name, int status, String detail) {
    this(name, status, detail, Map.of(), Optional.empty());
  }

  static Problem badRequest(String detail) {
    return new Problem("bad-request", 400, detail);
  }

  /** A parameter, or a member of the body, that is not what it should be. */
  static Problem badParameter(String parameter, String detail) {
    return badRequest(detail).with("parameter", parameter);
  }

  static Problem notFound(String detail) {
    return new Problem("not-found", 404, detail);
  }

  static Problem conflict(String name, String detail) {
    return new Problem(name, 409, detail);
  }

  static Problem tooLarge(String what, long limit) {
    return new Problem("too-large", 413, "%s has at most %d bytes".formatted(what, limit))
        .with("limit", limit);
  }

  static Problem rejected(String code, String reason) {
    return new Problem("rejected", 422, reason).with("code", code);
  }

  /** Something that may go better soon. */
  static Problem unavailable(String name, String detail) {
    return new Problem(name, 503, detail, Map.of(), Optional.of(SOON));
  }

  Problem with(String member, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(members);
    more.put(member, value);
    return new Problem(name, status, detail, more, retryAfterSeconds);
  }

  Problem after(int seconds) {
    return new Problem(name, status, detail, members, Optional.of(seconds));
  }

  /** What happened, in a few words: the same for every problem of this name. */
  private String title() {
    String words = name.replace('-', ' ');
    return Character.toUpperCase(words.charAt(0)) + words.substring(1);
  }

  byte[] body() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", TYPE + name);
    json.put("title", title());
    json.put("status", status);
    json.put("detail", detail);
    json.putAll(members);
    return Json.write(json).getBytes(StandardCharsets.UTF_8);
  }
}
