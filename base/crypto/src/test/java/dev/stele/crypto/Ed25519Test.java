package dev.stele.crypto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Signatures are judged by one rule, and by both providers alike. */
class Ed25519Test {
  private static final byte[] SEED =
      Vectors.hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  private static final Ed25519Key KEY = Ed25519Key.fromSeed(SEED);
  private static final byte[] MESSAGE = "a stone remembers".getBytes(UTF_8);

  record Published(String name, String seed, String publicKey, String message, String signature) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Published> valid() {
    return Vectors.lines("ed25519-rfc8032.txt").stream()
        .map(line -> line.split(" \\|", -1))
        .map(part -> new Published(part[0], part[1], part[2], part[3], part[4]));
  }

  static Stream<Published> refused() {
    return Vectors.lines("ed25519-refused.txt").stream()
        .map(line -> line.split(" \\|", -1))
        .map(part -> new Published(part[0], "", part[1], part[2], part[3]));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("valid")
  void every_provider_accepts_a_published_signature(Published vector) {
    EveryProvider.ED25519.forEach(
        (name, ed25519) ->
            assertThat(
                    ed25519.verify(
                        Vectors.hex(vector.publicKey),
                        Vectors.hex(vector.message),
                        Vectors.hex(vector.signature)))
                .as(name)
                .isTrue());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("valid")
  void every_provider_signs_with_the_published_bytes(Published vector) {
    assertThat(Ed25519Key.fromSeed(Vectors.hex(vector.seed)).publicKey())
        .isEqualTo(Vectors.hex(vector.publicKey));
    EveryProvider.ED25519.forEach(
        (name, ed25519) ->
            assertThat(
                    ed25519
                        .signer(Vectors.hex(vector.seed), Vectors.hex(vector.publicKey))
                        .sign(Vectors.hex(vector.message)))
                .as(name)
                .isEqualTo(Vectors.hex(vector.signature)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("refused")
  void every_provider_refuses_a_published_forgery(Published vector) {
    assertRefused(
        Vectors.hex(vector.publicKey), Vectors.hex(vector.message), Vectors.hex(vector.signature));
  }

  @Test
  void the_published_forgeries_are_all_there() {
    assertThat(refused()).hasSize(7 + 63);
  }

  @Test
  void any_lengths_are_judged_without_an_exception() {
    byte[] signature = KEY.sign(MESSAGE);
    for (int length = 0; length <= 130; length++) {
      if (length != Ed25519.PUBLIC_KEY_BYTES) {
        assertRefused(Arrays.copyOf(KEY.publicKey(), length), MESSAGE, signature);
      }
      if (length != Ed25519.SIGNATURE_BYTES) {
        assertRefused(KEY.publicKey(), MESSAGE, Arrays.copyOf(signature, length));
      }
    }
  }

  @Test
  void the_same_verdict_falls_on_2000_mutated_signatures() {
    long seed = Long.getLong("stele.seed", 20260101L);
    Random random = new Random(seed);
    for (int i = 0; i < 2000; i++) {
      byte[] message = new byte[random.nextInt(100)];
      random.nextBytes(message);
      Ed25519Key key = Ed25519Key.generate(random);
      byte[] publicKey = key.publicKey();
      byte[] signature = key.sign(message);
      boolean untouched = random.nextInt(10) == 0;
      if (!untouched) {
        byte[] target = random.nextBoolean() ? signature : publicKey;
        target[random.nextInt(target.length)] ^= (byte) (1 << random.nextInt(8));
      }
      EveryProvider.ED25519.forEach(
          (name, ed25519) ->
              assertThat(ed25519.verify(publicKey, message, signature))
                  .as("%s, -Dstele.seed=%s", name, seed)
                  .isEqualTo(untouched));
    }
  }

  @Test
  void the_group_order_added_to_a_valid_scalar_makes_it_invalid() {
    for (int i = 0; i < 16; i++) {
      byte[] message = {(byte) i};
      byte[] signature = KEY.sign(message);
      BigInteger s =
          EdwardsPoint.fromLittleEndian(Arrays.copyOfRange(signature, 32, 64)).add(EdwardsPoint.L);
      assertVerdict(true, KEY.publicKey(), message, signature);
      for (; s.bitLength() <= 256; s = s.add(EdwardsPoint.L)) {
        assertRefused(KEY.publicKey(), message, EdwardsPoint.signature(signature, s));
      }
    }
  }

  @Test
  void a_scalar_at_the_edges_is_judged_without_an_exception() {
    byte[] r = EdwardsPoint.BASE.encode();
    for (BigInteger s :
        new BigInteger[] {
          BigInteger.ZERO,
          EdwardsPoint.L.subtract(BigInteger.ONE),
          EdwardsPoint.L,
          BigInteger.TWO.pow(256).subtract(BigInteger.ONE)
        }) {
      assertRefused(KEY.publicKey(), MESSAGE, EdwardsPoint.signature(r, s));
    }
  }

  @Test
  void the_points_of_small_order_sign_nothing() {
    for (byte[] small : smallOrderEncodings()) {
      for (int i = 0; i < 16; i++) {
        byte[] message = {(byte) i};
        assertRefused(small, message, EdwardsPoint.signature(small, BigInteger.ZERO));
        assertRefused(small, message, EdwardsPoint.signature(KEY.publicKey(), BigInteger.ONE));
        assertRefused(
            small, message, EdwardsPoint.signature(EdwardsPoint.BASE.encode(), BigInteger.ONE));
      }
    }
  }

  @Test
  void a_nonce_of_small_order_is_refused_though_the_equation_holds() {
    BigInteger a = BigInteger.valueOf(123456789);
    byte[] publicKey = EdwardsPoint.BASE.times(a).encode();
    for (byte[] small : smallOrderEncodings()) {
      BigInteger k = EdwardsPoint.challenge(small, publicKey, MESSAGE);
      assertRefused(
          publicKey, MESSAGE, EdwardsPoint.signature(small, k.multiply(a).mod(EdwardsPoint.L)));
    }
  }

  @Test
  void a_nonce_of_mixed_order_is_refused_by_both_whatever_the_message() {
    // Where the cofactor is multiplied in, each of these would be valid.
    BigInteger a = BigInteger.valueOf(987654321);
    byte[] publicKey = EdwardsPoint.BASE.times(a).encode();
    for (int order : new int[] {1, 2, 4, 8}) {
      EdwardsPoint torsion = EdwardsPoint.ORDER_8.times(BigInteger.valueOf(8 / order));
      for (int i = 0; i < 32; i++) {
        byte[] message = {(byte) i};
        BigInteger r = BigInteger.valueOf(1000 + i);
        byte[] nonce = EdwardsPoint.BASE.times(r).plus(torsion).encode();
        BigInteger k = EdwardsPoint.challenge(nonce, publicKey, message);
        byte[] signature = EdwardsPoint.signature(nonce, r.add(k.multiply(a)).mod(EdwardsPoint.L));
        assertVerdict(order == 1, publicKey, message, signature);
      }
    }
  }

  @Test
  void a_key_of_mixed_order_is_refused_even_where_the_equation_holds() {
    BigInteger a = BigInteger.valueOf(555555555);
    for (int order : new int[] {2, 4, 8}) {
      EdwardsPoint torsion = EdwardsPoint.ORDER_8.times(BigInteger.valueOf(8 / order));
      byte[] publicKey = EdwardsPoint.BASE.times(a).plus(torsion).encode();
      int exact = 0;
      for (int i = 0; i < 64; i++) {
        byte[] message = {(byte) i};
        BigInteger r = BigInteger.valueOf(2000 + i);
        byte[] nonce = EdwardsPoint.BASE.times(r).encode();
        BigInteger k = EdwardsPoint.challenge(nonce, publicKey, message);
        if (k.mod(BigInteger.valueOf(order)).signum() == 0) {
          exact++;
        }
        assertRefused(
            publicKey,
            message,
            EdwardsPoint.signature(nonce, r.add(k.multiply(a)).mod(EdwardsPoint.L)));
      }
      assertThat(exact).as("messages for which [k]A loses the torsion").isPositive();
    }
  }

  @Test
  void an_encoding_with_y_at_or_above_p_is_refused() {
    for (int i = 0; i < 19; i++) {
      byte[] y = EdwardsPoint.littleEndian(EdwardsPoint.P.add(BigInteger.valueOf(i)));
      byte[] signed = y.clone();
      signed[31] |= (byte) 0x80;
      for (byte[] point : new byte[][] {y, signed}) {
        assertRefused(point, MESSAGE, KEY.sign(MESSAGE));
        BigInteger k = EdwardsPoint.challenge(point, KEY.publicKey(), MESSAGE);
        assertRefused(KEY.publicKey(), MESSAGE, EdwardsPoint.signature(point, k));
      }
    }
  }

  @Test
  void a_key_that_was_admitted_once_is_still_told_from_others_in_its_slot() {
    byte[] signature = KEY.sign(MESSAGE);
    byte[] other = KEY.publicKey();
    other[20] ^= 1;
    EveryProvider.ED25519.values().forEach(e -> e.verify(KEY.publicKey(), MESSAGE, signature));
    assertRefused(other, MESSAGE, signature);
    assertVerdict(true, KEY.publicKey(), MESSAGE, signature);
  }

  @Test
  void a_seed_of_another_length_is_a_mistake() {
    assertThatThrownBy(() -> Ed25519Key.fromSeed(new byte[31]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("31");
  }

  @Test
  void a_key_never_shows_its_seed() {
    assertThat(KEY.toString()).doesNotContain(HexFormat.of().formatHex(SEED));
  }

  private static Iterable<byte[]> smallOrderEncodings() {
    TreeSet<byte[]> encodings = new TreeSet<>(Arrays::compare);
    for (int i = 0; i < 8; i++) {
      byte[] encoding = EdwardsPoint.ORDER_8.times(BigInteger.valueOf(i)).encode();
      byte[] flipped = encoding.clone();
      flipped[31] ^= (byte) 0x80;
      encodings.add(encoding);
      // Another point of order 4 or 8, or the wrong sign of x = 0.
      encodings.add(flipped);
    }
    assertThat(encodings).hasSize(10);
    return encodings;
  }

  private static void assertRefused(byte[] publicKey, byte[] message, byte[] signature) {
    assertVerdict(false, publicKey, message, signature);
  }

  private static void assertVerdict(
      boolean expected, byte[] publicKey, byte[] message, byte[] signature) {
    for (Map.Entry<String, StrictEd25519<?>> provider : EveryProvider.ED25519.entrySet()) {
      assertThat(provider.getValue().verify(publicKey, message, signature))
          .as("%s: key %s", provider.getKey(), HexFormat.of().formatHex(publicKey))
          .isEqualTo(expected);
    }
  }
}
