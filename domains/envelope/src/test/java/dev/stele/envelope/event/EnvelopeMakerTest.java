package dev.stele.envelope.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.crypto.Ed25519;
import dev.stele.envelope.Samples;
import dev.stele.envelope.event.EnvelopeCreation.Created;
import dev.stele.envelope.event.EnvelopeCreation.Flaw;
import dev.stele.envelope.event.EnvelopeCreation.Invalid;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvelopeMakerTest {
  private static EnvelopeCreation create(EnvelopeDraft draft) {
    return Samples.maker(7).create(draft);
  }

  private static void assertFlaw(Flaw flaw, EnvelopeDraft draft) {
    assertThat(create(draft))
        .isInstanceOfSatisfying(
            Invalid.class,
            invalid -> assertThat(invalid.flaw()).as(invalid.reason()).isEqualTo(flaw));
  }

  private static EnvelopeDraft with(String type, String source, String keyId, JsonObject payload) {
    return EnvelopeDraft.of(type, source, keyId, payload);
  }

  /** A payload whose estimate is {@code size}. */
  private static JsonObject sized(int size) {
    // {"a":"..."} is 1 + (1 + 4 + (length + 2) + 1).
    return JsonObject.of(Map.of("a", "x".repeat(size - 9)));
  }

  @Test
  void an_envelope_has_everything_that_its_verifiers_ask_for() {
    Created created = Samples.created(Samples.draft().withExpiresIn(Duration.ofHours(24)), 7);
    EnvelopeHeader header = created.header();

    assertThat(header.id())
        .matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    assertThat(header.version()).isEqualTo("4.0.0");
    assertThat(header.issuedAt()).isEqualTo("2026-03-01T12:00:00.000Z");
    assertThat(header.expiresAt()).isEqualTo("2026-03-02T12:00:00.000Z");
    assertThat(header.nonce()).matches("[0-9a-f]{64}");
    SignedEnvelope signed = created.sign(Samples.KEY);
    assertThat(Ed25519.verify(signed.publicKey(), signed.canonicalHeader(), signed.signature()))
        .isTrue();
  }

  @Test
  void the_same_seed_and_clock_make_the_same_envelope() {
    assertThat(Samples.envelope(3).wire()).isEqualTo(Samples.envelope(3).wire());
    assertThat(Samples.envelope(3).hash()).isNotEqualTo(Samples.envelope(4).hash());
  }

  @Test
  void a_key_signs_for_its_own_id_alone() {
    Created created = Samples.created(Samples.draft(), 7);

    assertThatThrownBy(() -> created.sign(Samples.OTHER_KEY))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("gauge-18");
  }

  @Test
  void the_order_of_members_does_not_change_the_hash() {
    JsonObject one = Samples.json("{\"a\":1,\"b\":{\"c\":2,\"d\":3}}");
    JsonObject two = Samples.json("{\"b\":{\"d\":3,\"c\":2},\"a\":1}");

    assertThat(Samples.created(Samples.draft(one), 1).header().payloadHash())
        .isEqualTo(Samples.created(Samples.draft(two), 2).header().payloadHash());
  }

  @Test
  void the_first_flaw_in_the_order_of_checks_is_named() {
    JsonObject reserved = JsonObject.of(Map.of("nonce", 1));
    String longSource = "s".repeat(129);
    assertFlaw(Flaw.TYPE, with("cellar.flooded", longSource, "", reserved));
    assertFlaw(Flaw.SOURCE, with("omen.observed", longSource, "", reserved));
    assertFlaw(Flaw.SOURCE, with("omen.observed", "a\0", "", reserved));
    assertFlaw(Flaw.SOURCE, with("omen.observed", "\ud800", "", reserved));
    assertFlaw(Flaw.KEY_ID, with("omen.observed", "", "", reserved));
    assertFlaw(Flaw.KEY_ID, with("omen.observed", "", "k".repeat(65), reserved));
    assertFlaw(Flaw.KEY_ID, with("omen.observed", "", "k.", reserved));
    assertFlaw(Flaw.PAYLOAD_STRUCTURE, Samples.draft(reserved));
    assertFlaw(Flaw.CONTEXT, Samples.draft().withContext(reserved).withExtensions(reserved));
    assertFlaw(Flaw.EXTENSIONS, Samples.draft().withExtensions(reserved).withNonce(""));
    assertFlaw(Flaw.NONCE, Samples.draft().withNonce("").withIssuedAt(""));
    assertFlaw(Flaw.NONCE, Samples.draft().withNonce("0".repeat(64)));
    assertFlaw(Flaw.TIME, Samples.draft().withIssuedAt("2026-03-01 12:00:00Z"));
    assertFlaw(Flaw.TIME, Samples.draft().withExpiresIn(Duration.ZERO));
    assertFlaw(Flaw.TIME, Samples.draft().withExpiresIn(Duration.ofHours(24).plusNanos(1)));
    assertFlaw(
        Flaw.TIME,
        Samples.draft().withIssuedAt("9999-12-31T23:59:59Z").withExpiresIn(Duration.ofHours(1)));
  }

  @Test
  void limits_hold_at_the_limit_and_not_one_past_it() {
    assertThat(create(Samples.draft(sized(262_144)))).isInstanceOf(Created.class);
    assertFlaw(Flaw.PAYLOAD_SIZE, Samples.draft(sized(262_145)));
    assertThat(create(with("charon.transported", "s", "k", sized(524_288))))
        .isInstanceOf(Created.class);
    assertFlaw(Flaw.PAYLOAD_SIZE, with("charon.transported", "s", "k", sized(524_289)));
    assertThat(create(with("seth.caught", "s", "k", sized(131_072)))).isInstanceOf(Created.class);
    assertFlaw(Flaw.PAYLOAD_SIZE, with("seth.caught", "s", "k", sized(131_073)));
    assertThat(create(with("omen.observed", "😀".repeat(128), "k", JsonObject.EMPTY)))
        .isInstanceOf(Created.class);
    assertFlaw(Flaw.SOURCE, with("omen.observed", "😀".repeat(129), "k", JsonObject.EMPTY));
    // {"a":"..."} has eight bytes besides the text.
    JsonObject fits = JsonObject.of(Map.of("a", "x".repeat(65_528)));
    JsonObject exceeds = JsonObject.of(Map.of("a", "x".repeat(65_529)));
    assertThat(create(Samples.draft().withContext(fits).withExtensions(fits)))
        .isInstanceOf(Created.class);
    assertFlaw(Flaw.CONTEXT, Samples.draft().withContext(exceeds));
    assertFlaw(Flaw.EXTENSIONS, Samples.draft().withExtensions(exceeds));
  }

  @Test
  void the_bytes_of_a_payload_have_a_limit_of_their_own() {
    JsonObject controls = JsonObject.of(Map.of("a", "\u0001".repeat(200_000)));

    assertFlaw(Flaw.PAYLOAD_TOO_LARGE, Samples.draft(controls));
  }

  @Test
  void sixteen_objects_may_hold_a_value_and_seventeen_nothing() {
    assertThat(create(Samples.draft(nested(15, "1")))).isInstanceOf(Created.class);
    assertThat(create(Samples.draft(nested(15, "{}")))).isInstanceOf(Created.class);
    assertFlaw(Flaw.PAYLOAD_STRUCTURE, Samples.draft(nested(16, "1")));
    assertFlaw(Flaw.PAYLOAD_STRUCTURE, Samples.draft(nested(15, "[1]")));
  }

  private static JsonObject nested(int inner, String innermost) {
    return Samples.json("{\"a\":".repeat(inner + 1) + innermost + "}".repeat(inner + 1));
  }

  @Test
  void sizes_are_estimated_in_characters() {
    assertThat(PayloadEstimate.of(JsonObject.EMPTY)).hasValue(2);
    assertThat(PayloadEstimate.of(Samples.json("{\"a\":1}"))).hasValue(8);
    assertThat(PayloadEstimate.of(Samples.json("{\"a\":[null,true,false,-1.5,\"😀\"]}")))
        .hasValue(1 + 1 + 4 + (1 + 5 + 5 + 6 + 5 + 4) + 1);
  }

  @Test
  void types_can_be_added() {
    EventTypes types = EventTypes.STANDARD.with(new EventType("cellar.flooded", 4.0, false));
    EnvelopeMaker maker =
        new EnvelopeMaker(
            types, EnvelopeLimits.STANDARD, () -> Samples.NOW, new java.util.Random(1));

    assertThat(maker.create(with("cellar.flooded", "s", "k", sized(1_000_000))))
        .isInstanceOf(Created.class);
    assertThat(maker.create(with("cellar.dry", "s", "k", sized(10)))).isInstanceOf(Invalid.class);
    assertThat(types.all()).hasSize(7);
  }

  @Test
  void times_have_one_form() {
    for (String time :
        List.of(
            "2026-01-22T11:59:00Z",
            "2026-01-22T11:59:00.1Z",
            "2026-01-22T11:59:00.123456789012Z",
            "0001-01-01T00:00:00Z",
            "2024-02-29T23:59:59.999999Z")) {
      assertThat(EnvelopeTime.parse(time)).as(time).isPresent();
    }
    for (String time :
        List.of(
            "",
            "Z",
            "2026-01-22T11:59:00",
            "2026-01-22T11:59:00.Z",
            "2026-01-22T11:59:00,1Z",
            "2026-01-22T11:59:00.1xZ",
            "2026-01-22T11:59:00.1234567xZ",
            "2026-01-22T11:59:60Z",
            "2026-01-22T24:00:00Z",
            "2026-13-22T11:59:00Z",
            "2026-02-29T11:59:00Z",
            "0000-01-01T00:00:00Z",
            "2026-1-22T11:59:00Z",
            "2026-01-22t11:59:00Z",
            "2026-01-22T11:59:00z",
            "2026-01-22T11:59:00+00:00",
            "+026-01-22T11:59:00Z",
            "2026-01-22T11:59:00Z\n")) {
      assertThat(EnvelopeTime.parse(time)).as(time).isEmpty();
    }
    assertThat(EnvelopeTime.parse("2026-01-22T11:59:00.1234569Z"))
        .hasValue(java.time.Instant.parse("2026-01-22T11:59:00.123456Z"));
  }

  @Test
  void a_key_file_holds_one_line_for_its_owner_alone(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("gauge.key");

    Samples.KEY.write(file);

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    EnvelopeKey read = EnvelopeKey.parse(Files.readString(file)).orThrow();
    assertThat(read).isEqualTo(Samples.KEY);
    assertThat(read.key().seed()).isEqualTo(Samples.KEY.key().seed());
    assertThat(read.toString()).doesNotContain(Samples.KEY.secretText().split(" ")[2].strip());
    assertThatThrownBy(() -> Samples.KEY.write(file))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(Samples.reason(EnvelopeKey.parse("stele-envelope-key a AAAA"))).isNotEmpty();
    assertThat(Samples.reason(EnvelopeKey.parse("stele-envelope-key a! AAAA"))).isNotEmpty();
    assertThat(Samples.reason(EnvelopeKey.parse("no key"))).isNotEmpty();
  }
}
