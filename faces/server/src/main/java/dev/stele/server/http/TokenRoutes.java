package dev.stele.server.http;

import dev.stele.core.event.EventDraft;
import dev.stele.server.audit.Audit;
import dev.stele.server.auth.Role;
import dev.stele.server.auth.Roles;
import dev.stele.server.auth.Tokens;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** API tokens: who has one, and giving them out. */
final class TokenRoutes {
  private static final Access ACCESS = new Access.OnServer(Role.ADMIN);

  /** 64 bytes: a name in the audit and in metrics. */
  private static final int MAX_NAME_BYTES = 64;

  private final Tokens tokens;
  private final Audit audit;

  TokenRoutes(Tokens tokens, Audit audit) {
    this.tokens = tokens;
    this.audit = audit;
  }

  List<Route> routes() {
    return List.of(
        Route.get("/v1/tokens", ACCESS, _ -> list()),
        Route.post("/v1/tokens", ACCESS, this::issue),
        Route.delete("/v1/tokens/{id}", ACCESS, this::revoke));
  }

  private Reply list() {
    List<Map<String, Object>> all = new ArrayList<>();
    tokens.all().forEach(token -> all.add(json(token)));
    return Reply.json(200, Map.of("tokens", all));
  }

  private static Map<String, Object> json(Tokens.Token token) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("id", token.id());
    json.put("name", token.name());
    json.put("roles", Roles.json(token.roles()));
    json.put("issuedAt", token.issuedAt().toString());
    return json;
  }

  private Reply issue(Call call) throws Exception {
    Map<String, ?> body = LogRoutes.object(call);
    LogRoutes.requireOnly(body, "name", "roles");
    String name = LogRoutes.text(body, "name", "");
    if (!EventDraft.fits(name, 1, MAX_NAME_BYTES)
        || !name.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new Refusal(
          Problem.badParameter("name", "a name has 1 to 64 printable characters of ASCII"));
    }
    Object written = body.get("roles");
    Map<String, Role> roles =
        Roles.read(written == null ? "" : written)
            .orElseThrow(
                () ->
                    new Refusal(
                        Problem.badParameter(
                            "roles", "roles are {\"LOG or *\": \"read|append|admin\"}")));
    Tokens.Issued issued =
        audit.around(
            call.principal(),
            "token.issue",
            Map.of("name", name, "roles", Roles.json(roles)),
            () -> tokens.issue(name, roles),
            given -> given.token().id());
    Map<String, Object> json = json(issued.token());
    json.put("token", issued.secret());
    return Reply.json(201, json);
  }

  private Reply revoke(Call call) throws Exception {
    String id = call.place("id");
    boolean revoked =
        audit.around(
            call.principal(),
            "token.revoke",
            Map.of("id", id),
            () -> tokens.revoke(id),
            done -> done ? "revoked" : "unknown");
    return revoked
        ? Reply.json(200, Map.of("result", "revoked"))
        : Reply.failed(Problem.notFound("there is no token of this id"));
  }
}
