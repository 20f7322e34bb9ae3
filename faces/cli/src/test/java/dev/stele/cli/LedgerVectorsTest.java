package dev.stele.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.proof.Checkpoint;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.EntryBundle;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.SignedNote;
import dev.stele.core.proof.SignerKey;
import dev.stele.core.proof.TileCoordinates;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.proof.VerifierKey;
import dev.stele.crypto.Blake3;
import dev.stele.crypto.Ed25519;
import dev.stele.crypto.Ed25519Key;
import dev.stele.ledger.event.SignedEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every figure of a file of vectors that lies beside the repository on some machines. */
@SuppressWarnings("unchecked")
class LedgerVectorsTest {
  private Map<String, Object> vectors = Map.of();

  @BeforeEach
  void read() throws IOException {
    vectors = TestJson.object(Files.readString(Vectors.find("ledger.json")));
  }

  private static Object member(Map<String, Object> in, String name) {
    return Objects.requireNonNull(in.get(name), name);
  }

  private static Map<String, Object> map(Map<String, Object> in, String name) {
    return (Map<String, Object>) member(in, name);
  }

  private static List<Map<String, Object>> maps(Map<String, Object> in, String name) {
    return (List<Map<String, Object>>) member(in, name);
  }

  private static List<String> texts(Map<String, Object> in, String name) {
    return (List<String>) member(in, name);
  }

  private static String text(Map<String, Object> in, String name) {
    return (String) member(in, name);
  }

  private static long number(Map<String, Object> in, String name) {
    return (Long) member(in, name);
  }

  private static byte[] hex(Map<String, Object> in, String name) {
    return HexFormat.of().parseHex(text(in, name));
  }

  private static List<byte[]> path(Map<String, Object> in) {
    return texts(in, "proof").stream().map(HexFormat.of()::parseHex).toList();
  }

  @Test
  void trees_and_their_paths_are_those_of_rfc_6962() {
    Map<String, Object> rfc = map(vectors, "rfc6962");
    List<byte[]> leaves = new ArrayList<>();
    for (String leaf : texts(rfc, "leaves")) {
      leaves.add(Merkle.leafHash(HexFormat.of().parseHex(leaf)));
    }
    assertThat(leaves.stream().map(HexFormat.of()::formatHex)).isEqualTo(texts(rfc, "leaf_hashes"));
    List<String> roots = texts(rfc, "roots_by_size");
    for (int size = 0; size < roots.size(); size++) {
      assertThat(Merkle.root(size, (level, index) -> node(leaves, level, index)))
          .isEqualTo(HexFormat.of().parseHex(roots.get(size)));
    }
    for (Map<String, Object> proof : maps(rfc, "inclusion")) {
      assertThat(included(proof)).isTrue();
    }
    for (Map<String, Object> proof : maps(rfc, "consistency")) {
      assertThat(consistent(proof)).isTrue();
    }
    for (Map<String, Object> proof : maps(rfc, "must_fail")) {
      boolean holds = text(proof, "kind").equals("inclusion") ? included(proof) : consistent(proof);
      assertThat(holds).as("%s", proof.get("why")).isFalse();
    }
  }

  private static byte[] node(List<byte[]> leaves, int level, long index) {
    return level == 0
        ? leaves.get((int) index)
        : Merkle.nodeHash(
            node(leaves, level - 1, 2 * index), node(leaves, level - 1, 2 * index + 1));
  }

  private static boolean included(Map<String, Object> proof) {
    return new InclusionProof(number(proof, "index"), number(proof, "size"), path(proof))
        .verify(hex(proof, "leaf_hash"), hex(proof, "root"));
  }

  private static boolean consistent(Map<String, Object> proof) {
    return new ConsistencyProof(number(proof, "old"), number(proof, "new"), path(proof))
        .verify(hex(proof, "old_root"), hex(proof, "new_root"));
  }

  @Test
  void tiles_have_the_paths_and_widths_of_the_specification() {
    for (Map<String, Object> tree : maps(map(vectors, "tlog_tiles"), "trees")) {
      List<TileCoordinates> tiles = TileCoordinates.ofTree(number(tree, "size")).toList();
      for (Map<String, Object> level : maps(tree, "levels")) {
        List<TileCoordinates> here =
            tiles.stream().filter(tile -> tile.level() == number(level, "level")).toList();
        assertThat(here.stream().filter(TileCoordinates::isFull).count())
            .isEqualTo(number(level, "full_tiles"));
        assertThat(here.getLast().path()).isEqualTo(text(level, "last_path"));
      }
      String bundle = String.valueOf(tree.get("last_bundle"));
      assertThat(
              tiles.stream()
                  .filter(tile -> tile.level() == 0)
                  .reduce((_, last) -> last)
                  .map(TileCoordinates::entriesPath)
                  .orElse(""))
          .isEqualTo(tree.get("last_bundle") == null ? "" : bundle);
    }
  }

  @Test
  void notes_and_checkpoints_are_accepted_and_refused_as_they_should_be() {
    Map<String, Object> notes = map(vectors, "notes");
    for (Map<String, Object> known : maps(notes, "public")) {
      List<String> keys =
          known.containsKey("vkey") ? List.of(text(known, "vkey")) : texts(known, "vkeys");
      assertThat(verifies(text(known, "note"), keys)).isTrue();
    }
    for (Map<String, Object> malformed : maps(notes, "malformed")) {
      assertThat(SignedNote.parse(bytes(text(malformed, "note"))))
          .as(text(malformed, "why"))
          .isInstanceOf(Parsed.Malformed.class);
    }
    Map<String, Object> bad = map(notes, "bad_signature");
    assertThat(verifies(text(bad, "note"), List.of(text(bad, "vkey")))).isFalse();
    for (Map<String, Object> key : maps(notes, "bad_vkeys")) {
      assertThat(VerifierKey.parse(text(key, "vkey")))
          .as(text(key, "why"))
          .isInstanceOf(Parsed.Malformed.class);
    }
    for (Map<String, Object> malformed : maps(notes, "malformed_checkpoints")) {
      assertThat(Checkpoint.parse(text(malformed, "text")))
          .as(text(malformed, "why"))
          .isInstanceOf(Parsed.Malformed.class);
    }
    Map<String, Object> outside = map(notes, "outside_log");
    VerifierKey key = key(text(outside, "vkey"));
    List<byte[]> leaves =
        texts(outside, "entries").stream().map(entry -> Merkle.leafHash(bytes(entry))).toList();
    for (String note : texts(outside, "checkpoints")) {
      Checkpoint checkpoint = opened(note, key);
      assertThat(Merkle.root(checkpoint.size(), (level, index) -> node(leaves, level, index)))
          .isEqualTo(checkpoint.root());
    }
  }

  @Test
  void a_log_with_known_keys_gives_the_bytes_that_are_expected() {
    Map<String, Object> log = map(map(vectors, "notes"), "deterministic");
    SignerKey signer = SignerKey.of(text(log, "origin"), Ed25519Key.fromSeed(hex(log, "log_seed")));
    VerifierKey key = key(text(log, "log_vkey"));
    assertThat(signer.vkey()).isEqualTo(key);
    assertThat(signer.secretText()).isEqualTo(text(log, "log_skey"));
    map(log, "checkpoints")
        .forEach(
            (size, note) -> {
              Checkpoint checkpoint = opened((String) note, key);
              assertThat(checkpoint.size()).isEqualTo(Long.parseLong(size));
              assertThat(SignedCheckpoint.sign(checkpoint, signer).bytes())
                  .isEqualTo(bytes((String) note));
            });
    assertThat(verifies(text(log, "cosigned_checkpoint"), List.of(text(log, "witness_vkey"))))
        .isTrue();
    List<String> leaves = texts(map(vectors, "rfc6962"), "leaves");
    byte[] leaf = HexFormat.of().parseHex(leaves.get(5));
    assertThat(TlogProof.parse(bytes(text(log, "tlog_proof"))))
        .isInstanceOfSatisfying(
            Parsed.Value.class,
            parsed -> {
              TlogProof proof = (TlogProof) parsed.value();
              assertThat(proof.check(leaf, key)).isInstanceOf(TlogProof.Outcome.Proven.class);
              assertThat(proof.bytes()).isEqualTo(bytes(text(log, "tlog_proof")));
            });
    assertThat(EntryBundle.encode(leaves.stream().map(HexFormat.of()::parseHex).toList()))
        .isEqualTo(hex(log, "entry_bundle_hex"));
  }

  @Test
  void hashes_and_signatures_are_the_published_ones() {
    for (Map<String, Object> known : maps(map(vectors, "blake3"), "cases")) {
      byte[] input = new byte[(int) number(known, "input_len")];
      for (int i = 0; i < input.length; i++) {
        input[i] = (byte) (i % 251);
      }
      assertThat(Blake3.hash(input)).isEqualTo(Arrays.copyOf(hex(known, "hash"), 32));
    }
    Map<String, Object> ed25519 = map(vectors, "ed25519");
    for (Map<String, Object> known : maps(ed25519, "rfc8032_7_1")) {
      Ed25519Key key = Ed25519Key.fromSeed(hex(known, "seed"));
      assertThat(key.publicKey()).isEqualTo(hex(known, "public"));
      assertThat(key.sign(hex(known, "message"))).isEqualTo(hex(known, "signature"));
      assertThat(signed(known)).isTrue();
    }
    for (Map<String, Object> wrong : maps(ed25519, "must_fail")) {
      assertThat(signed(wrong)).as(text(wrong, "why")).isFalse();
    }
    for (Map<String, Object> wrong : maps(map(ed25519, "wycheproof_invalid"), "cases")) {
      assertThat(signed(wrong)).as(text(wrong, "comment")).isFalse();
    }
  }

  private static boolean signed(Map<String, Object> known) {
    return Ed25519.verify(hex(known, "public"), hex(known, "message"), hex(known, "signature"));
  }

  @Test
  void the_earlier_formats_hashes_and_signatures_can_be_re_computed_from_their_texts() {
    Map<String, Object> compat = map(vectors, "original_compat");
    byte[] key = hex(compat, "public");
    assertThat(SignedEvent.keyId(key)).isEqualTo(text(compat, "public_key_id"));
    for (Map<String, Object> event : maps(compat, "signing_service_events")) {
      byte[] canonical = bytes(text(event, "canonical"));
      assertThat(Blake3.hash(canonical)).isEqualTo(hex(event, "event_hash"));
      assertThat(Ed25519.verify(key, canonical, hex(event, "signature"))).isTrue();
    }
    Map<String, Object> domain = map(compat, "domain_event");
    byte[] hash = Blake3.hash(bytes(text(domain, "canonical")));
    assertThat(hash).isEqualTo(hex(domain, "hash_hex"));
    assertThat(Ed25519.verify(key, hash, hex(domain, "signature_over_raw_hash"))).isTrue();
    Map<String, Object> pointer = map(compat, "pointer");
    assertThat(Blake3.hash(hex(pointer, "previous"), hex(pointer, "current")))
        .isEqualTo(hex(pointer, "value"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static VerifierKey key(String text) {
    return VerifierKey.parse(text).orThrow();
  }

  private static boolean verifies(String note, List<String> keys) {
    return SignedNote.parse(bytes(note)) instanceof Parsed.Value<SignedNote>(SignedNote parsed)
        && parsed.verify(keys.stream().map(LedgerVectorsTest::key).toList())
            instanceof SignedNote.Verdict.Verified;
  }

  private static Checkpoint opened(String note, VerifierKey key) {
    return switch (SignedCheckpoint.open(bytes(note), key)) {
      case SignedCheckpoint.Opening.Opened(SignedCheckpoint signed) -> signed.checkpoint();
      case SignedCheckpoint.Opening.Refused(String reason) -> throw new AssertionError(reason);
    };
  }
}
