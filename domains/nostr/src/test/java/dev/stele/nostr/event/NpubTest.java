package dev.stele.nostr.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Identifiers are read strictly, and written in one way. */
class NpubTest {
  /** The published examples of NIP-19. */
  private static final String NPUB =
      "npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg";

  private static final String NSEC =
      "nsec1vl029mgpspedva04g90vltkh6fvh240zqtv9k0t9af8935ke9laqsnlfe5";
  private static final String NPROFILE =
      "nprofile1qqsrhuxx8l9ex335q7he0f09aej04zpazpl0ne2cgukyawd24mayt8gpp4mhxue69uhhytnc9e3k7mg"
          + "pz4mhxue69uhkg6nzv9ejuumpv34kytnrdaksjlyr9p";

  private static final String KEY = "ab".repeat(32);

  @Test
  void the_published_examples_read_as_published_and_are_written_so() {
    assertBoth(
        NPUB, new Npub.Author("7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e"));
    assertBoth(
        NSEC, new Npub.Secret("67dea2ed018072d675f5415ecfaed7d2597555e202d85b3d65ea4e58d2d92ffa"));
    assertBoth(
        NPROFILE,
        new Npub.Profile(
            "3bf0c63fcb93463407af97a5e5ee64fa883d107ef9e558472c4eb9aaaefa459d",
            List.of("wss://r.x.com", "wss://djbas.sadkb.com")));
  }

  private static void assertBoth(String text, Npub value) {
    assertThat(Npub.parse(text)).isEqualTo(new ParsedNpub.Wellformed(value));
    assertThat(value.encode()).isEqualTo(text);
  }

  @Test
  void what_was_written_reads_as_the_same() {
    long seed = Long.getLong("stele.seed", 20261101L);
    Random random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      Npub value = value(random);
      assertThat(Npub.parse(value.encode()))
          .as("%s, -Dstele.seed=%d", value, seed)
          .isEqualTo(new ParsedNpub.Wellformed(value));
      assertThat(Npub.parse(value.encode().toUpperCase(Locale.ROOT)))
          .isEqualTo(new ParsedNpub.Wellformed(value));
    }
  }

  private static Npub value(Random random) {
    List<String> relays = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      relays.add("wss://relay" + "x".repeat(random.nextInt(40)));
    }
    int kind = random.nextInt(NostrEvent.MAX_KIND + 1);
    return switch (random.nextInt(6)) {
      case 0 -> new Npub.Author(key(random));
      case 1 -> new Npub.Secret(key(random));
      case 2 -> new Npub.Note(key(random));
      case 3 -> new Npub.Profile(key(random), relays);
      case 4 ->
          new Npub.Event(
              key(random),
              relays,
              random.nextBoolean() ? Optional.of(key(random)) : Optional.empty(),
              random.nextBoolean() ? OptionalInt.of(kind) : OptionalInt.empty());
      default -> new Npub.Address("ü".repeat(random.nextInt(20)), relays, key(random), kind);
    };
  }

  private static String key(Random random) {
    byte[] key = new byte[32];
    random.nextBytes(key);
    return HexFormat.of().formatHex(key);
  }

  @Test
  void any_one_wrong_character_is_noticed() {
    for (String text : List.of(NPUB, NPROFILE)) {
      for (int i = 0; i < text.length(); i++) {
        for (char c : "qpzry9x8gf2tvdw0s3jn54khce6mua7l1b".toCharArray()) {
          String changed = text.substring(0, i) + c + text.substring(i + 1);
          if (!changed.equals(text)) {
            assertThat(Npub.parse(changed)).as(changed).isInstanceOf(ParsedNpub.Malformed.class);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "npub",
        "npub1",
        "7e7e9c42a91bfef19fa929e5fda1b72e0ebc1a4c1141673e2794234d86addf4e",
        "nostr:npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
        "Npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
        " npub10elfcs4fr0l0r8af98jlmgdh9c8tcxjvz9qkw038js35mp4dma8qzvjptg",
        "a12uel5l" // Bech32 of BIP-173, and nothing of NIP-19
      })
  void what_is_none_is_refused(String text) {
    assertThat(Npub.parse(text)).isInstanceOf(ParsedNpub.Malformed.class);
  }

  @Test
  void keys_and_ids_have_32_bytes() {
    for (String readable : List.of("npub", "nsec", "note")) {
      assertRefused(Bech32.encode(readable, new byte[31]), "32 bytes");
      assertRefused(Bech32.encode(readable, new byte[33]), "32 bytes");
    }
    assertRefused(fields("nprofile", "001f" + "ab".repeat(31)), "32 bytes");
    assertRefused(fields("nevent", "0020" + KEY + "021f" + "ab".repeat(31)), "32 bytes");
  }

  @Test
  void fields_that_are_missing_cut_off_doubled_or_out_of_bounds_are_refused() {
    assertRefused(fields("nprofile", ""), "type 0");
    assertRefused(fields("nevent", "0200"), "32 bytes");
    assertRefused(fields("nprofile", "0020" + KEY + "01"), "cut off");
    assertRefused(fields("nprofile", "0020" + KEY + "010261"), "cut off");
    assertRefused(fields("nprofile", "0020" + KEY + "0020" + KEY), "two fields");
    assertRefused(fields("nprofile", "0020" + KEY + "0101ff"), "UTF-8");
    assertRefused(fields("naddr", "0001610304000077ff"), "author");
    assertRefused(fields("naddr", "0001610220" + KEY), "kind");
    assertRefused(fields("naddr", "0001610220" + KEY + "030400010000"), "0 to 65535");
    assertRefused(fields("naddr", "0001610220" + KEY + "0304ffffffff"), "0 to 65535");
    assertRefused(fields("naddr", "0001610220" + KEY + "03020001"), "four bytes");
  }

  @Test
  void fields_that_nobody_knows_are_skipped() {
    assertThat(Npub.parse(fields("nprofile", "07020102" + "0020" + KEY + "ff00")))
        .isEqualTo(new ParsedNpub.Wellformed(new Npub.Profile(KEY, List.of())));
  }

  private static String fields(String readable, String hex) {
    return Bech32.encode(readable, HexFormat.of().parseHex(hex));
  }

  private static void assertRefused(String text, String why) {
    assertThat(Npub.parse(text))
        .isInstanceOfSatisfying(
            ParsedNpub.Malformed.class, refused -> assertThat(refused.reason()).contains(why));
  }

  @Test
  void bits_that_are_left_over_are_zero_or_there_is_a_second_spelling() {
    Bech32 read = Bech32.decode(NPUB).orElseThrow();
    byte[] groups = read.groups().clone();
    groups[groups.length - 1] |= 1;
    assertThat(new Bech32("npub", groups).bytes()).isEmpty();
    // Five bits are left of one group, which a writer would not have written.
    assertThat(new Bech32("npub", new byte[1]).bytes()).isEmpty();
    assertThat(read.bytes()).isPresent();
  }

  @Test
  void the_longest_text_is_read_and_no_longer_one() {
    // 34 bytes of key, 11 relays of 257 and one of the rest: 3,115 bytes are 4,999 characters.
    List<String> relays = new ArrayList<>(Collections.nCopies(11, "r".repeat(255)));
    relays.add("r".repeat(3_115 - 34 - 11 * 257 - 2));
    Npub longest = new Npub.Profile(KEY, relays);
    assertThat(longest.encode()).hasSize(Npub.MAX_CHARS - 1);
    assertThat(Npub.parse(longest.encode())).isEqualTo(new ParsedNpub.Wellformed(longest));

    relays.set(11, relays.get(11) + "r");
    assertThatThrownBy(() -> new Npub.Profile(KEY, relays).encode())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5000");
    assertRefused(Bech32.encode("nprofile", new byte[3_116]), "5000");
  }

  @Test
  void a_value_has_255_bytes_and_no_more() {
    String longest = "ü".repeat(127) + "u";
    assertThat(Npub.parse(new Npub.Address(longest, List.of(), KEY, 30_023).encode()))
        .isInstanceOf(ParsedNpub.Wellformed.class);
    assertThatThrownBy(() -> new Npub.Address(longest + "u", List.of(), KEY, 30_023).encode())
        .hasMessageContaining("255");
  }

  @Test
  void a_secret_is_told_by_no_text_but_its_own() {
    Npub secret = new Npub.Secret(KEY);
    assertThat(secret.toString()).doesNotContain("abab");
    assertThatThrownBy(() -> new Npub.Secret("AB".repeat(32))).message().doesNotContain("ABAB");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "A12UEL5L",
        "a12uel5l",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
        "?1ezyfcl"
      })
  void the_valid_examples_of_bip_173_are_valid(String text) {
    assertThat(Bech32.decode(text)).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " 1nwldj5",
        "\u007f1axkwrx",
        "\u00801eym55h",
        "pzry9x0s0muk",
        "1pzry9x0s0muk",
        "x1b4n0q5v",
        "li1dgmt3",
        "de1lg7wt\u00ff",
        "A1G7SGD8",
        "10a06t8",
        "1qzzfhee"
      })
  void the_invalid_examples_of_bip_173_are_not(String text) {
    assertThat(Bech32.decode(text)).isEmpty();
  }

  @Test
  void no_text_of_20000_throws() {
    long seed = Long.getLong("stele.seed", 20261102L);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(80)];
      random.nextBytes(bytes);
      String readable = List.of("npub", "nprofile", "nevent", "naddr").get(random.nextInt(4));
      assertThat(Npub.parse(Bech32.encode(readable, bytes))).isNotNull();
      assertThat(Npub.parse(new String(bytes, StandardCharsets.ISO_8859_1))).isNotNull();
    }
  }
}
