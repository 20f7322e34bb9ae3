package dev.stele.server.http;

import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.EventProof;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.server.host.HostedLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Proves that events are in a log, and that a log only grew. */
final class ProofRoutes {
  /** A proof file as C2SP has it. */
  static final String FILE_TYPE = "application/vnd.c2sp.tlog-proof";

  private static final HexFormat HEX = HexFormat.of();

  List<Route> routes() {
    return List.of(
        Route.get(
            "/v1/logs/{log}/events/{position}/proof",
            Access.READ,
            ProofRoutes::inclusion,
            "size",
            "format"),
        Route.get(
            "/v1/logs/{log}/consistency", Access.READ, ProofRoutes::consistency, "from", "to"));
  }

  private static Reply inclusion(Call call) {
    HostedLog hosted = call.log();
    EventLog log = hosted.log();
    long position = call.position("position");
    StoredEvent event =
        log.get(position)
            .orElseThrow(
                () ->
                    new Refusal(
                        Problem.notFound("there is no event at position %d".formatted(position))));
    OptionalLong asked = call.query().number("size", position, log.head().size());
    String format = call.query().word("format", "json", "tlog-proof");
    if (format.equals("tlog-proof") || call.accepts(FILE_TYPE)) {
      if (asked.isPresent()) {
        throw new Refusal(
            Problem.badParameter("size", "a proof file is in the tree of the last checkpoint"));
      }
      byte[] file =
          EventProof.build(
              event.record(), event.body(), position, hosted.checkpointOver(position), log.nodes());
      return new Reply.Whole(
          200,
          FILE_TYPE,
          Map.of(
              "Content-Disposition",
              "attachment; filename=\"%s-%d.tlog-proof\"".formatted(hosted.name(), position)),
          file);
    }
    Optional<SignedCheckpoint> signed =
        asked.isPresent()
            ? signedAt(log, asked.getAsLong())
            : Optional.of(hosted.checkpointOver(position));
    long size = asked.orElseGet(() -> signed.orElseThrow().checkpoint().size());
    InclusionProof proof = log.prove(position, size);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("position", position);
    json.put("index", position - 1);
    json.put("size", size);
    json.put("leafHash", HEX.formatHex(event.link()));
    json.put("path", hex(proof.path()));
    signed.ifPresent(checkpoint -> json.put("checkpoint", text(checkpoint)));
    return Reply.json(200, json);
  }

  private static Reply consistency(Call call) {
    HostedLog hosted = call.log();
    EventLog log = hosted.log();
    long head = log.head().size();
    Optional<SignedCheckpoint> signed =
        call.query().has("to")
            ? signedAt(log, call.query().number("to", 0, head).orElseThrow())
            : Optional.of(hosted.checkpoint());
    long to =
        call.query()
            .number("to", 0, head)
            .orElseGet(() -> signed.orElseThrow().checkpoint().size());
    long from =
        call.query()
            .number("from", 0, to)
            .orElseThrow(
                () -> new Refusal(Problem.badParameter("from", "say from which size: ?from=")));
    ConsistencyProof proof = log.consistency(from, to);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("from", from);
    json.put("to", to);
    json.put("path", hex(proof.path()));
    signed.ifPresent(checkpoint -> json.put("checkpoint", text(checkpoint)));
    return Reply.json(200, json);
  }

  private static Optional<SignedCheckpoint> signedAt(EventLog log, long size) {
    return log.latestCheckpoint().filter(signed -> signed.checkpoint().size() == size);
  }

  private static List<String> hex(List<byte[]> path) {
    List<String> hashes = new ArrayList<>();
    for (byte[] hash : path) {
      hashes.add(HEX.formatHex(hash));
    }
    return hashes;
  }

  private static String text(SignedCheckpoint signed) {
    return new String(signed.bytes(), StandardCharsets.UTF_8);
  }
}
