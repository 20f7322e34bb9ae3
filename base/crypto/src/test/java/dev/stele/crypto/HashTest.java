package dev.stele.crypto;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each hash gives its published digests, in one piece or in parts. */
class HashTest {
  @ParameterizedTest
  @CsvSource({ // NIST's example values for FIPS 180-4
    "'', e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "abc, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq, "
        + "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
  })
  void sha256_gives_the_digests_of_fips_180_4(String message, String digest) {
    byte[] bytes = message.getBytes(US_ASCII);
    assertThat(hex(Sha256.hash(bytes))).isEqualTo(digest);
    assertThat(hex(Sha256.hash(bytes, 0, bytes.length))).isEqualTo(digest);
    assertThat(hex(Sha256.concat(bytes, new byte[0]))).isEqualTo(digest);
  }

  @Test
  void sha256_of_a_million_letters_is_the_published_one() {
    byte[] part = new byte[500_000];
    Arrays.fill(part, (byte) 'a');
    assertThat(hex(Sha256.concat(part, part)))
        .isEqualTo("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }

  @Test
  void a_tag_is_one_byte_in_front() {
    byte[] left = {2, 3};
    byte[] right = {4};
    assertThat(Sha256.tagged((byte) 1, left)).isEqualTo(Sha256.hash(new byte[] {1, 2, 3}));
    assertThat(Sha256.tagged((byte) 1, left, right))
        .isEqualTo(Sha256.hash(new byte[] {1, 2, 3, 4}));
  }

  @ParameterizedTest
  @CsvSource({ // RFC 4231, sections 4.2, 4.3, 4.4, 4.5, 4.7 and 4.8
    "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b, 4869205468657265, "
        + "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    "4a656665, 7768617420646f2079612077616e7420666f72206e6f7468696e673f, "
        + "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
        + "dddddddddddddddddddddddddddddddddddddddddddddddddddd"
        + "dddddddddddddddddddddddddddddddddddddddddddddddd, "
        + "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    "0102030405060708090a0b0c0d0e0f10111213141516171819, "
        + "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
        + "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd, "
        + "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  })
  void hmac_sha256_gives_the_codes_of_rfc_4231(String key, String data, String code) {
    assertThat(hex(new HmacSha256(Vectors.hex(key)).hash(Vectors.hex(data)))).isEqualTo(code);
  }

  @Test
  void hmac_sha256_takes_keys_longer_than_a_block() {
    byte[] key = new byte[131];
    Arrays.fill(key, (byte) 0xaa);
    HmacSha256 hmac = new HmacSha256(key);
    assertThat(
            hex(
                hmac.hash(
                    "Test Using Larger Than Block-Size Key - Hash Key First".getBytes(US_ASCII))))
        .isEqualTo("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    // The same object again, in parts: it starts afresh.
    assertThat(
            hex(
                hmac.hash(
                    "This is a test using a larger than block-size key and a larger than block-size "
                        .getBytes(US_ASCII),
                    "data. The key needs to be hashed before being used by the HMAC algorithm."
                        .getBytes(US_ASCII))))
        .isEqualTo("9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
  }

  static List<String> blake3() {
    return Vectors.lines("blake3.txt");
  }

  @ParameterizedTest
  @MethodSource("blake3")
  void blake3_gives_the_published_digest(String line) {
    String[] part = line.split(" \\| ", -1);
    byte[] input = new byte[Integer.parseInt(part[0])];
    for (int i = 0; i < input.length; i++) {
      input[i] = (byte) (i % 251);
    }
    int middle = input.length / 2;
    assertThat(hex(Blake3.hash(input))).isEqualTo(part[1]);
    assertThat(
            hex(
                Blake3.hash(
                    Arrays.copyOf(input, middle), Arrays.copyOfRange(input, middle, input.length))))
        .isEqualTo(part[1]);
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
