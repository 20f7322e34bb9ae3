package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.event.CanonicalEvent;
import dev.stele.ledger.event.EventSigner;
import dev.stele.ledger.event.SignedEvent;
import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportedEventsTest {
  private static final HexFormat HEX = HexFormat.of();

  @TempDir Path folder;
  private String log = "";

  @BeforeEach
  void make_a_log() {
    log = "sqlite:" + folder.resolve("log");
    stele("init", "--log", log, "--anchor", folder.resolve("anchor").toString());
  }

  private static NostrEvent note(int number, int kind) {
    byte[] secret = new byte[32];
    secret[31] = (byte) (1 + number % 5);
    return NostrKey.fromSecret(secret)
        .sign(
            1_700_000_000L + number, kind, List.of(List.of("t", "x")), "note \"" + number + "\"\n");
  }

  private static String line(NostrEvent event) {
    return new String(EventJson.write(event), StandardCharsets.UTF_8);
  }

  @Test
  void of_nostr_are_kept_passed_by_or_refused_with_the_reason_and_only_once() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      lines.add(line(note(i, 1)));
    }
    lines.add(line(note(1_000, 20_001)));
    lines.add(line(note(7, 1)).replace("note", "Note"));
    NostrEvent other = note(8, 1);
    lines.add(line(other).replace(other.sig(), note(9, 1).sig()));
    lines.add("{not json");
    Path file = folder.resolve("events.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    Shell.Result first = stele("import", "--nostr", file.toString(), "--log", log, "--json");
    Shell.Result second = stele("import", "--nostr", file.toString(), "--log", log, "--json");

    assertThat(first.exit()).isEqualTo(1);
    assertThat(first.json())
        .containsEntry("stored", 300L)
        .containsEntry("duplicate", 0L)
        .containsEntry("ephemeral", 1L)
        .containsEntry("headPosition", 300L);
    assertThat(refusals(first))
        .extracting(refusal -> refusal.get("line") + " " + refusal.get("code"))
        .containsExactly("302 id-mismatch", "303 bad-signature", "304 not-json");
    assertThat(second.json())
        .containsEntry("stored", 0L)
        // Two of them are false copies of events that are there: a known id needs no other look.
        .containsEntry("duplicate", 302L)
        .containsEntry("root", first.json().get("root"));
    Map<String, Object> event = stele("get", "1", "--log", log, "--json").json();
    assertThat(event).containsEntry("payloadText", lines.getFirst());
    assertThat(stele("verify", "--log", log, "--json").json())
        .containsEntry("verdict", "intact")
        .containsEntry("signaturesChecked", 300L);
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> refusals(Shell.Result result) {
    return (List<Map<String, Object>>) result.json().getOrDefault("refused", List.of());
  }

  @Test
  void of_the_ledger_are_checked_hash_by_hash_and_signature_by_signature() throws IOException {
    Random random = new Random(5);
    Ed25519Key key = Ed25519Key.generate(random);
    EventSigner signer = new EventSigner(key, InstantSource.system(), random);
    List<String> lines = new ArrayList<>();
    byte[] head = SignedEvent.genesisHash();
    for (int i = 1; i <= 20; i++) {
      CanonicalEvent event =
          new CanonicalEvent(
              "e-" + i,
              "tested",
              1_700_000_000_000L + i,
              "source",
              i,
              new byte[] {(byte) i},
              Optional.empty());
      if (signer.sign(event, head) instanceof EventSigner.Signing.Signed(SignedEvent signed)) {
        lines.add(json(signed));
        head = signed.eventHash();
      }
    }
    Path file = folder.resolve("events.jsonl");
    Files.write(file, lines);

    Shell.Result unknown = stele("import", "--ledger", file.toString(), "--log", log, "--json");
    stele("key", "register", "--public", HEX.formatHex(key.publicKey()), "--log", log);
    Shell.Result known = stele("import", "--ledger", file.toString(), "--log", log, "--json");

    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.json()).containsEntry("appended", 0L);
    assertThat(known.exit()).as(known.out()).isZero();
    assertThat(known.json()).containsEntry("appended", 20L);
    assertThat(stele("verify", "--log", log, "--json").json()).containsEntry("verdict", "intact");
  }

  private static String json(SignedEvent event) {
    return """
    {"event_id":"%s","timestamp":%d,"event_type":"%s","source_id":"%s","sequence":%d,\
    "payload":"%s","payload_ref":null,"salt":"%s","public_key_id":"%s",\
    "prev_event_hash":"%s","event_hash":"%s","signature":"%s"}\
    """
        .formatted(
            event.eventId(),
            event.timestamp(),
            event.eventType().orElse(""),
            event.sourceId(),
            event.sequence(),
            Base64.getEncoder().encodeToString(event.payload()),
            HEX.formatHex(event.salt()),
            event.publicKeyId(),
            HEX.formatHex(event.prevEventHash()),
            HEX.formatHex(event.eventHash()),
            HEX.formatHex(event.signature()));
  }

  @Test
  void of_the_earlier_form_are_kept_as_they_are_and_the_report_says_what_they_lack()
      throws IOException {
    String zeros = "0,".repeat(31) + "0";
    Path file = folder.resolve("old.jsonl");
    Files.writeString(
        file,
        """
        {"event_id":"old-1","timestamp":1700000000000,"event_hash":[%s],"prev_event_hash":[%s],\
        "signature":[1,2,3,4],"public_key_id":"key-1","event_type":null,"payload_ref":"s3://a/1"}
        """
            .formatted("7," + zeros.substring(2), zeros));

    Shell.Result imported = stele("import", "--ledger", file.toString(), "--log", log, "--json");

    assertThat(imported.exit()).as(imported.out()).isZero();
    assertThat(imported.json()).containsEntry("appended", 1L).containsKey("cannotGuarantee");
    assertThat(stele("get", "--id", "old-1", "--log", log, "--json").json())
        .containsEntry("admittedBy", "ledger-bare/1");
  }

  @Test
  void of_the_public_corpus_4966_are_kept_34_are_ephemeral_and_none_is_refused()
      throws IOException {
    Path corpus = Vectors.find("nostr_events.jsonl.gz");

    Shell.Result imported = stele("import", "--nostr", corpus.toString(), "--log", log, "--json");

    assertThat(imported.exit()).isZero();
    assertThat(imported.json())
        .containsEntry("ephemeral", 34L)
        .containsEntry("duplicate", 0L)
        .containsEntry("refused", List.of());
    assertThat(stele("verify", "--log", log, "--json").json())
        .containsEntry("verdict", "intact")
        .containsEntry("signaturesChecked", 4966L);
  }

  @Test
  void of_the_public_corpus_the_40_false_ones_are_refused_for_the_reason_given()
      throws IOException {
    Path corpus = Vectors.find("nostr_events_invalid.jsonl");
    List<String> events = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    try (BufferedReader in = Files.newBufferedReader(corpus)) {
      for (String line; (line = in.readLine()) != null; ) {
        int event = line.indexOf("\"event\":") + 8;
        events.add(line.substring(event, line.length() - 1));
        reasons.add(line.replaceAll("^\\{\"reason\":\"([a-z-]+)\".*", "$1"));
      }
    }
    Path file = folder.resolve("false.jsonl");
    Files.write(file, events);

    Shell.Result imported = stele("import", "--nostr", file.toString(), "--log", log, "--json");

    assertThat(refusals(imported)).extracting(refusal -> refusal.get("code")).isEqualTo(reasons);
    assertThat(imported.json()).containsEntry("headPosition", 0L);
  }
}
