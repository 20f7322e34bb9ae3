package dev.stele.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** BIP-340 signatures are judged by both providers alike. */
class SchnorrTest {
  private static final SchnorrKey KEY = SchnorrKey.fromSecret(filled((byte) 7));
  private static final byte[] MESSAGE = filled((byte) 9);
  private static final byte[] SIGNATURE = KEY.sign(MESSAGE, filled((byte) 11));

  record Published(
      String index,
      String secret,
      String publicKey,
      String auxiliary,
      String message,
      String signature,
      boolean valid,
      String comment) {
    @Override
    public String toString() {
      return index + " " + comment;
    }
  }

  static Stream<Published> published() {
    return Vectors.lines("bip340.csv").stream()
        .skip(1)
        .map(line -> line.split(",", 8))
        .map(
            part ->
                new Published(
                    part[0],
                    part[1],
                    part[2],
                    part[3],
                    part[4],
                    part[5],
                    part[6].equals("TRUE"),
                    part[7]));
  }

  static Stream<Published> publishedWithSecret() {
    return published().filter(vector -> !vector.secret.isEmpty());
  }

  @Test
  void all_19_published_vectors_are_there() {
    assertThat(published()).hasSize(19);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("published")
  void every_provider_gives_the_published_verdict(Published vector) {
    assertVerdict(
        vector.valid,
        Vectors.hex(vector.publicKey),
        Vectors.hex(vector.message),
        Vectors.hex(vector.signature));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("publishedWithSecret")
  void every_provider_signs_with_the_published_bytes(Published vector) {
    assertThat(SchnorrKey.fromSecret(Vectors.hex(vector.secret)).publicKey())
        .isEqualTo(Vectors.hex(vector.publicKey));
    EveryProvider.SCHNORR.forEach(
        (name, schnorr) ->
            assertThat(
                    schnorr.sign(
                        Vectors.hex(vector.secret),
                        Vectors.hex(vector.message),
                        Vectors.hex(vector.auxiliary)))
                .as(name)
                .isEqualTo(Vectors.hex(vector.signature)));
  }

  @Test
  void the_same_verdict_falls_on_2000_mutated_signatures() {
    long seed = Long.getLong("stele.seed", 20260102L);
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      byte[] publicKey = KEY.publicKey();
      byte[] message = MESSAGE.clone();
      byte[] signature = SIGNATURE.clone();
      boolean untouched = random.nextInt(10) == 0;
      if (!untouched) {
        byte[] target =
            switch (random.nextInt(3)) {
              case 0 -> publicKey;
              case 1 -> message;
              default -> signature;
            };
        target[random.nextInt(target.length)] ^= (byte) (1 << random.nextInt(8));
      }
      EveryProvider.SCHNORR.forEach(
          (name, schnorr) ->
              assertThat(schnorr.verify(publicKey, message, signature))
                  .as("%s, -Dstele.seed=%s", name, seed)
                  .isEqualTo(untouched));
    }
  }

  @Test
  void keys_and_signatures_of_all_zeros_or_all_ones_are_refused() {
    for (byte fill : new byte[] {0, (byte) 0xff}) {
      byte[] signature = new byte[Schnorr.SIGNATURE_BYTES];
      Arrays.fill(signature, fill);
      assertVerdict(false, filled(fill), MESSAGE, SIGNATURE);
      assertVerdict(false, KEY.publicKey(), MESSAGE, signature);
      assertVerdict(false, filled(fill), MESSAGE, signature);
    }
  }

  @Test
  void any_lengths_are_judged_without_an_exception() {
    for (int length = 0; length <= 130; length++) {
      boolean asSigned = length == 32;
      assertThat(Schnorr.verify(Arrays.copyOf(KEY.publicKey(), length), MESSAGE, SIGNATURE))
          .isEqualTo(asSigned);
      assertThat(Schnorr.verify(KEY.publicKey(), Arrays.copyOf(MESSAGE, length), SIGNATURE))
          .isEqualTo(asSigned);
      assertThat(Schnorr.verify(KEY.publicKey(), MESSAGE, Arrays.copyOf(SIGNATURE, length)))
          .isEqualTo(length == Schnorr.SIGNATURE_BYTES);
    }
  }

  @Test
  void a_secret_out_of_range_is_a_mistake() {
    for (byte[] secret : new byte[][] {filled((byte) 0), filled((byte) 0xff), new byte[31]}) {
      assertThatThrownBy(() -> SchnorrKey.fromSecret(secret))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void auxiliary_randomness_of_another_length_is_a_mistake() {
    assertThatThrownBy(() -> KEY.sign(MESSAGE, new byte[33]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("33");
  }

  @Test
  void a_key_never_shows_its_secret() {
    assertThat(KEY.toString()).doesNotContain(HexFormat.of().formatHex(filled((byte) 7)));
  }

  private static void assertVerdict(
      boolean expected, byte[] publicKey, byte[] message, byte[] signature) {
    for (Map.Entry<String, SchnorrProvider> provider : EveryProvider.SCHNORR.entrySet()) {
      assertThat(provider.getValue().verify(publicKey, message, signature))
          .as(provider.getKey())
          .isEqualTo(expected);
    }
  }

  private static byte[] filled(byte value) {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, value);
    return bytes;
  }
}
