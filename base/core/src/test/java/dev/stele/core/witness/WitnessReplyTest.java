package dev.stele.core.witness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Cosignature;
import dev.stele.core.proof.CosignerKey;
import dev.stele.core.proof.NoteSignature;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.VerifierKey;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** A log reads what a witness has answered. */
class WitnessReplyTest {
  private static final CosignerKey KEY = ExampleLog.WITNESS;
  private static final List<VerifierKey> KNOWN = List.of(KEY.vkey());

  private final SignedCheckpoint sent = new ExampleLog("told", 8).checkpoint(8);
  private final NoteSignature line = KEY.cosign(sent.checkpoint(), 7);

  @Test
  void aCosignatureIsAddedToWhatWasSent() {
    WitnessReply reply = WitnessReply.of(new Witness.Answer.Cosigned(line));
    assertThat(reply.read(sent, KNOWN))
        .isEqualTo(
            new WitnessReply.Reading.Cosigned(
                sent.with(List.of(line)), List.of(new Cosignature(KEY.vkey(), 7, line))));
  }

  @Test
  void linesOfStrangersAreLeftOut() {
    NoteSignature stranger = ExampleLog.witness(9).cosign(sent.checkpoint(), 7);
    assertThat(ok(stranger.line() + line.line()).read(sent, KNOWN))
        .isEqualTo(ok(line.line()).read(sent, KNOWN));
    assertUnusable(ok(stranger.line()));
  }

  @Test
  void aCosignatureOfAnotherCheckpointIsUnusable() {
    SignedCheckpoint other = new ExampleLog("told", 8).checkpoint(7);
    assertUnusable(ok(KEY.cosign(other.checkpoint(), 7).line()));
  }

  @Test
  void aConflictSaysWhereTheWitnessStands() {
    assertThat(WitnessReply.of(new Witness.Answer.StandsElsewhere(5)).read(sent, KNOWN))
        .isEqualTo(new WitnessReply.Reading.StandsElsewhere(5));
    assertUnusable(new WitnessReply(409, "text/plain", "5\n"));
    for (String size : List.of("5", "05\n", "-5\n", "5\n\n", "", "9223372036854775808\n")) {
      assertUnusable(new WitnessReply(409, WitnessReply.SIZE_TYPE, size));
    }
  }

  @Test
  void aRefusalIsFinalAndCarriesItsReason() {
    for (int status : new int[] {400, 403, 404, 422}) {
      assertThat(new WitnessReply(status, "text/plain", "why\n").read(sent, KNOWN))
          .isEqualTo(new WitnessReply.Reading.Refused(status, "why"));
    }
  }

  @Test
  void whatIsNotOfTheProtocolIsUnusable() {
    for (int status : new int[] {0, 100, 204, 301, 401, 429, 500, 503, -1}) {
      assertUnusable(new WitnessReply(status, "text/plain", line.line()));
    }
    for (String body :
        List.of("", "\n", "hello\n", line.line().strip(), line.line() + "\n", "\n" + line.line())) {
      assertUnusable(ok(body));
    }
  }

  @Test
  void aReplyHasAtMostAsManyCharactersAsANotesWorthOfLines() {
    String full = "x".repeat(WitnessReply.MAX_BODY_CHARS);
    assertThat(new WitnessReply(400, "text/plain", full).read(sent, KNOWN))
        .isInstanceOf(WitnessReply.Reading.Refused.class);
    assertUnusable(new WitnessReply(400, "text/plain", full + "x"));
  }

  @Test
  void aCheckpointWithoutRoomForAnotherLineIsSaidToBeFull() {
    SignedCheckpoint full =
        sent.with(
            LongStream.range(100, 99 + SignedNote.MAX_SIGNATURES)
                .mapToObj(time -> KEY.cosign(sent.checkpoint(), time))
                .toList());
    assertThat(full.note().signatures()).hasSize(SignedNote.MAX_SIGNATURES);
    assertThat(ok(line.line()).read(full, KNOWN)).isInstanceOf(WitnessReply.Reading.Unusable.class);
  }

  private static WitnessReply ok(String body) {
    return new WitnessReply(200, "text/plain", body);
  }

  private void assertUnusable(WitnessReply reply) {
    assertThat(reply.read(sent, KNOWN))
        .as(reply.toString())
        .isInstanceOf(WitnessReply.Reading.Unusable.class);
  }
}
