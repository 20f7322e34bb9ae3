package dev.stele.server.http;

import dev.stele.crypto.Ed25519;
import dev.stele.envelope.event.EnvelopeRules;
import dev.stele.envelope.gate.EnvelopeKeyRegistry;
import dev.stele.envelope.gate.KeyAct;
import dev.stele.envelope.store.EnvelopeStore;
import dev.stele.envelope.store.KeyActResult;
import dev.stele.envelope.store.SaveResult;
import dev.stele.envelope.store.StoredEnvelope;
import dev.stele.server.audit.Audit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Signed envelopes: save, find, and whose are admitted. */
final class EnvelopeRoutes {
  /** 8 MiB, the most that an event's payload has, and some for what is about it. */
  private static final int MAX_ENVELOPE_BYTES = (8 << 20) + 64 * 1024;

  private final Audit audit;

  EnvelopeRoutes(Audit audit) {
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.post("/v1/logs/{log}/envelopes", Access.APPEND, EnvelopeRoutes::save),
        Route.get("/v1/logs/{log}/envelopes", Access.READ, EnvelopeRoutes::byHash, "hash"),
        Route.get("/v1/logs/{log}/envelopes/{id}", Access.READ, EnvelopeRoutes::byId),
        Route.get("/v1/logs/{log}/envelope-keys", Access.READ, EnvelopeRoutes::keys),
        Route.post("/v1/logs/{log}/envelope-keys", Access.ADMIN, this::register));
  }

  private static EnvelopeStore store(Call call) {
    return call.log()
        .envelopes()
        .orElseThrow(
            () ->
                new Refusal(
                    Problem.conflict(
                        "no-envelopes",
                        "this log takes no envelopes; make one of the kind 'envelopes'")));
  }

  private static Reply save(Call call) throws IOException {
    EnvelopeStore store = store(call);
    call.requireContentType("application/json");
    SaveResult result = store.save(call.body(MAX_ENVELOPE_BYTES));
    return switch (result) {
      case SaveResult.Inserted(long position, var durability) -> {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("result", "inserted");
        json.put("position", position);
        json.put("durability", durability.name().toLowerCase(Locale.ROOT));
        yield Reply.json(201, json);
      }
      case SaveResult.AlreadyPresent(long position) ->
          Reply.json(200, Map.of("result", "alreadyPresent", "position", position));
      case SaveResult.EqualPayload(long position) ->
          Reply.json(200, Map.of("result", "equalPayload", "position", position));
      case SaveResult.Replayed(String keyId, String nonce, long holder) ->
          Reply.failed(
              taken("nonce", holder, "the key has used this nonce")
                  .with("keyId", keyId)
                  .with("nonce", nonce));
      case SaveResult.DuplicateId(String id, long holder) ->
          Reply.failed(taken("event-id", holder, "another envelope has this id").with("id", id));
      case SaveResult.DuplicatePayload(String hash, long holder) ->
          Reply.failed(
              taken("content", holder, "another envelope has this payload")
                  .with("contentHash", hash));
      case SaveResult.Invalid(var category, String reason) ->
          Reply.failed(Problem.rejected(category.wireName(), reason));
      case SaveResult.ReadOnly(var verdict) -> Reply.failed(VerdictJson.readOnly(verdict));
    };
  }

  private static Problem taken(String scope, long holder, String detail) {
    return Problem.conflict("claim-taken", detail).with("scope", scope).with("holder", holder);
  }

  private static Reply byId(Call call) {
    StoredEnvelope found =
        store(call)
            .get(call.place("id"))
            .orElseThrow(() -> new Refusal(Problem.notFound("there is no envelope of this id")));
    return Reply.json(200, found.wire()).with("Stele-Position", String.valueOf(found.position()));
  }

  private static Reply byHash(Call call) {
    EnvelopeStore store = store(call);
    String hash =
        call.query()
            .text("hash")
            .filter(text -> text.matches("[0-9a-f]{64}"))
            .orElseThrow(
                () ->
                    new Refusal(
                        Problem.badParameter("hash", "a SHA-256 is 64 lower-case hex digits")));
    StringBuilder json = new StringBuilder("{\"envelopes\":[");
    List<StoredEnvelope> found = store.getByContentHash(hash);
    for (int i = 0; i < found.size(); i++) {
      json.append(i == 0 ? "" : ",")
          .append("{\"position\":")
          .append(found.get(i).position())
          .append(",\"envelope\":")
          .append(new String(found.get(i).wire(), StandardCharsets.UTF_8))
          .append('}');
    }
    return Reply.json(200, json.append("]}").toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Reply keys(Call call) {
    List<Map<String, Object>> keys = new ArrayList<>();
    for (EnvelopeKeyRegistry.Entry key : store(call).keys().keys()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("keyId", key.keyId());
      json.put("publicKey", Base64.getEncoder().encodeToString(key.publicKey()));
      put(json, "validFrom", key.validFrom());
      put(json, "validUntil", key.validUntil());
      put(json, "revokedAt", key.revokedAt());
      keys.add(json);
    }
    return Reply.json(200, Map.of("keys", keys));
  }

  private static void put(
      Map<String, Object> json,
      String name,
      java.time.@org.jspecify.annotations.Nullable Instant at) {
    if (at != null) {
      json.put(name, at.toString());
    }
  }

  private Reply register(Call call) throws Exception {
    EnvelopeStore store = store(call);
    Map<String, ?> body = LogRoutes.object(call);
    LogRoutes.requireOnly(body, "keyId", "publicKey", "revoke", "reason");
    String keyId = LogRoutes.text(body, "keyId", "");
    EnvelopeRules.keyId(keyId)
        .ifPresent(
            flaw -> {
              throw new Refusal(Problem.badParameter("keyId", flaw));
            });
    byte[] publicKey = publicKey(LogRoutes.text(body, "publicKey", ""));
    boolean revoke = Boolean.TRUE.equals(body.get("revoke"));
    String reason = LogRoutes.text(body, "reason", "");
    if (reason.length() > KeyAct.MAX_LINE_LENGTH
        || reason.codePoints().anyMatch(Character::isISOControl)) {
      throw new Refusal(
          Problem.badParameter(
              "reason",
              "a reason is a line of at most %d characters".formatted(KeyAct.MAX_LINE_LENGTH)));
    }
    KeyActResult result =
        audit.around(
            call.principal(),
            revoke ? "envelope-key.revoke" : "envelope-key.register",
            Map.of("log", call.log().name(), "keyId", keyId),
            () ->
                revoke ? store.revoke(keyId, publicKey, reason) : store.register(keyId, publicKey),
            done -> done.getClass().getSimpleName());
    return switch (result) {
      case KeyActResult.Recorded(long position) ->
          Reply.json(201, Map.of("result", "recorded", "position", position));
      case KeyActResult.Refused(String code, String why) ->
          Reply.failed(Problem.rejected(code, why));
      case KeyActResult.ReadOnly(var verdict) -> Reply.failed(VerdictJson.readOnly(verdict));
    };
  }

  private static byte[] publicKey(String text) {
    try {
      byte[] key = Base64.getDecoder().decode(text);
      if (key.length == Ed25519.PUBLIC_KEY_BYTES) {
        return key;
      }
    } catch (IllegalArgumentException e) {
      throw new Refusal(Problem.badParameter("publicKey", "a public key is 32 bytes in base64"));
    }
    throw new Refusal(Problem.badParameter("publicKey", "a public key is 32 bytes in base64"));
  }
}
