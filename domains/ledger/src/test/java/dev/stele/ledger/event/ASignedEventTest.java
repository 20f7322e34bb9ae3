package dev.stele.ledger.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Parsed;
import dev.stele.crypto.Blake3;
import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Ed25519Key;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ASignedEventTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.ofEpochMilli(1_770_000_000_000L));

  /**
   * The example of docs/format/ledger-event.md: seed and salt are 00 01 02 …, hash before zeros.
   */
  private static SignedEvent example() {
    byte[] seed = new byte[32];
    for (int i = 0; i < seed.length; i++) {
      seed[i] = (byte) i;
    }
    EventSigner signer =
        new EventSigner(
            Ed25519Key.fromSeed(seed),
            CLOCK,
            new Random() {
              @Override
              public void nextBytes(byte[] bytes) {
                System.arraycopy(seed, 0, bytes, 0, bytes.length);
              }
            });
    CanonicalEvent event =
        new CanonicalEvent(
            "event-1",
            "track.update",
            1_770_000_000_000L,
            "node-1",
            1,
            "hello".getBytes(StandardCharsets.UTF_8),
            Optional.of("s3://b/1"));
    return ((EventSigner.Signing.Signed) signer.sign(event, new byte[32])).event();
  }

  private static Properties golden() throws IOException {
    Properties golden = new Properties();
    try (InputStream in =
        Objects.requireNonNull(
            ASignedEventTest.class.getResourceAsStream("/dev/stele/ledger/ledger-event.golden"))) {
      golden.load(in);
    }
    return golden;
  }

  @Test
  void hasTheBytesOfTheFormat() throws IOException {
    SignedEvent event = example();
    HexFormat hex = HexFormat.of();
    assertThat(hex.formatHex(event.encode())).isEqualTo(golden().getProperty("encoded"));
    assertThat(hex.formatHex(event.eventHash())).isEqualTo(golden().getProperty("eventHash"));
    assertThat(hex.formatHex(event.signature())).isEqualTo(golden().getProperty("signature"));
    assertThat(event.publicKeyId()).isEqualTo(golden().getProperty("publicKeyId"));
  }

  @Test
  void isHashedAsTheFormatSaysByCodeThatSharesNothing() {
    SignedEvent e = example();
    ByteBuffer out = ByteBuffer.allocate(1_000);
    out.put("stele/ledger-event/v1\n".getBytes(StandardCharsets.US_ASCII));
    out.putShort((short) 7).put("event-1".getBytes(StandardCharsets.US_ASCII));
    out.putLong(1_770_000_000_000L);
    out.put((byte) 1).putShort((short) 12).put("track.update".getBytes(StandardCharsets.US_ASCII));
    out.putShort((short) 6).put("node-1".getBytes(StandardCharsets.US_ASCII));
    out.putLong(1);
    out.putInt(5).put("hello".getBytes(StandardCharsets.US_ASCII));
    out.put((byte) 1).putShort((short) 8).put("s3://b/1".getBytes(StandardCharsets.US_ASCII));
    out.put(e.salt());
    out.putShort((short) 32).put(e.publicKeyId().getBytes(StandardCharsets.US_ASCII));
    out.put(new byte[32]);
    assertThat(e.eventHash()).isEqualTo(Blake3.hash(Arrays.copyOf(out.array(), out.position())));
  }

  @Test
  void isReadBackAsItWasWritten() {
    assertThat(SignedEvent.decode(example().encode())).isEqualTo(new Parsed.Value<>(example()));
  }

  @Test
  void isNotReadFromBytesThatAreCutOrLonger() {
    byte[] encoded = example().encode();
    for (int length = 0; length < encoded.length; length++) {
      assertThat(SignedEvent.decode(Arrays.copyOf(encoded, length)))
          .isInstanceOf(Parsed.Malformed.class);
    }
    assertThat(SignedEvent.decode(Arrays.copyOf(encoded, encoded.length + 1)))
        .isInstanceOf(Parsed.Malformed.class);
  }

  @Test
  void showsAFlipOfAnyOfItsBits() {
    byte[] encoded = example().encode();
    byte[] publicKey = publicKey();
    for (int bit = 0; bit < encoded.length * 8; bit++) {
      byte[] flipped = encoded.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      boolean valid =
          SignedEvent.decode(flipped) instanceof Parsed.Value<SignedEvent>(SignedEvent event)
              && EventSigner.verify(event, publicKey) instanceof EventSigner.Verification.Valid;
      assertThat(valid).as("bit %d", bit).isFalse();
    }
  }

  private static byte[] publicKey() {
    byte[] seed = new byte[32];
    for (int i = 0; i < seed.length; i++) {
      seed[i] = (byte) i;
    }
    return Ed25519Key.fromSeed(seed).publicKey();
  }

  @Test
  void isVerifiedByItsKeyAlone() {
    assertThat(EventSigner.verify(example(), publicKey()))
        .isInstanceOf(EventSigner.Verification.Valid.class);
    assertThat(EventSigner.verify(example(), new byte[Ed25519.PUBLIC_KEY_BYTES]))
        .isInstanceOfSatisfying(
            EventSigner.Verification.Invalid.class,
            invalid -> assertThat(invalid.code()).isEqualTo("unknown-key"));
  }

  @Test
  void isNotSignedWithoutTypeSourceOrSequence() {
    EventSigner signer = new EventSigner(Ed25519Key.fromSeed(new byte[32]), CLOCK, new Random(1));
    for (CanonicalEvent wrong :
        new CanonicalEvent[] {
          canonical("", "s", 1),
          canonical("t", "", 1),
          canonical("t", "s", 0),
          canonical("t".repeat(257), "s", 1),
          canonical("t", "s".repeat(1_025), 1)
        }) {
      assertThat(signer.sign(wrong, new byte[32]))
          .isInstanceOfSatisfying(
              EventSigner.Signing.Refused.class,
              refused -> assertThat(refused.code()).isEqualTo("bad-shape"));
    }
    assertThat(signer.sign(canonical("t".repeat(256), "s".repeat(1_024), 1), new byte[32]))
        .isInstanceOf(EventSigner.Signing.Signed.class);
  }

  private static CanonicalEvent canonical(String type, String source, long sequence) {
    return new CanonicalEvent(
        "id", type, 1_770_000_000_000L, source, sequence, new byte[0], Optional.empty());
  }

  @Test
  void fitsALogEventAtTheLimitOfEveryField() {
    SignedEvent largest =
        new SignedEvent(
            "i".repeat(1_024),
            0,
            Optional.of("t".repeat(256)),
            "s".repeat(1_024),
            1,
            new byte[SignedEvent.MAX_PAYLOAD_BYTES],
            Optional.of("r".repeat(4_096)),
            new byte[16],
            "k".repeat(128),
            new byte[32],
            new byte[32],
            new byte[4_096]);
    assertThat(largest.problem()).isEmpty();
    assertThat(largest.encode().length)
        .isLessThanOrEqualTo(dev.stele.core.event.EventDraft.MAX_PAYLOAD_BYTES);
  }
}
