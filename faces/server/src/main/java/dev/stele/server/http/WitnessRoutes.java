package dev.stele.server.http;

import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.witness.AddCheckpoint;
import dev.stele.core.witness.WitnessReply;
import dev.stele.server.auth.PublicFace;
import dev.stele.server.witness.WitnessDesk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** This server as a witness (C2SP tlog-witness). */
final class WitnessRoutes {
  private final Optional<WitnessDesk> desk;

  WitnessRoutes(Optional<WitnessDesk> desk) {
    this.desk = desk;
  }

  List<Route> routes() {
    Access access = new Access.OfFace(PublicFace.WITNESS);
    return List.of(
        Route.post("/witness/add-checkpoint", access, this::addCheckpoint),
        Route.get("/witness/vkey", access, _ -> Reply.text(desk().vkey().text() + "\n")),
        Route.get("/witness/{hash}/checkpoint", access, this::checkpoint));
  }

  private WitnessDesk desk() {
    return desk.orElseThrow(() -> new Refusal(Problem.notFound("this server is no witness")));
  }

  private Reply addCheckpoint(Call call) throws IOException {
    WitnessReply reply = desk().addCheckpoint(call.body(AddCheckpoint.MAX_BYTES));
    return new Reply.Whole(
        reply.status(),
        reply.contentType(),
        Map.of(),
        reply.body().getBytes(StandardCharsets.UTF_8));
  }

  private Reply checkpoint(Call call) {
    SignedCheckpoint last =
        desk()
            .lastOfHash(call.place("hash"))
            .orElseThrow(() -> new Refusal(Problem.notFound("nothing was cosigned of such a log")));
    return Reply.text(new String(last.bytes(), StandardCharsets.UTF_8));
  }
}
