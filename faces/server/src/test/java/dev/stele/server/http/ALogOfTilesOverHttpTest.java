package dev.stele.server.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import dev.stele.core.event.EventRecord;
import dev.stele.core.proof.ConsistencyProof;
import dev.stele.core.proof.InclusionProof;
import dev.stele.core.proof.Parsed;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TileCoordinates;
import dev.stele.core.proof.TileReader;
import dev.stele.core.proof.TileVerdict;
import dev.stele.core.proof.TlogProof;
import dev.stele.core.proof.VerifierKey;
import dev.stele.server.RunningServer;
import dev.stele.server.RunningServer.Answer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A log that is downloaded as tiles, and proofs that are asked for, checked by nothing but a key.
 */
@Tag("engine")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ALogOfTilesOverHttpTest {
  /** Two full tiles of level 1's hashes begun, and a partial one at each level. */
  private static final int EVENTS = 1_337;

  private static final String LOG = "/v1/logs/main";

  @TempDir static Path folder;

  private final Random random = new Random(1_337);
  private RunningServer server;
  private SignedCheckpoint checkpoint;
  private VerifierKey key;
  private byte[][] leaves = {};

  @BeforeAll
  void fill() throws Exception {
    server = RunningServer.in(folder.resolve("data"));
    for (int at = 0; at < EVENTS; at += 191) {
      String events =
          IntStream.range(at, Math.min(at + 191, EVENTS))
              .mapToObj("{\"type\":\"t\",\"payloadText\":\"%d\"}"::formatted)
              .collect(Collectors.joining(",", "{\"events\":[", "]}"));
      // The proof in the answer signs the tree as it is then, so that the last one is over all.
      assertThat(server.post(LOG + "/events?proof=true", events).status()).isEqualTo(201);
    }
    Answer vkey = server.get(LOG + "/vkey");
    key =
        VerifierKey.parse(vkey.text().strip()) instanceof Parsed.Value<VerifierKey>(var parsed)
            ? parsed
            : fail(vkey.text());
    checkpoint = signed(server.get(LOG + "/checkpoint").bytes());
    assertThat(checkpoint.checkpoint().size()).isEqualTo(EVENTS);
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private SignedCheckpoint signed(byte[] note) {
    return SignedCheckpoint.open(note, key) instanceof SignedCheckpoint.Opening.Opened(var opened)
        ? opened
        : fail(new String(note, StandardCharsets.UTF_8));
  }

  @Test
  void every_tile_and_bundle_of_it_verifies_as_a_whole() throws Exception {
    Path copy = Files.createDirectories(folder.resolve("copy"));
    Files.write(copy.resolve("checkpoint"), checkpoint.bytes());
    List<TileCoordinates> tiles = TileCoordinates.ofTree(EVENTS).toList();
    assertThat(tiles).hasSize(6 + 1);
    for (TileCoordinates tile : tiles) {
      download(copy, tile.path());
      if (tile.level() == 0) {
        download(copy, tile.entriesPath());
      }
    }
    assertThat(TileReader.verify(copy, key)).isInstanceOf(TileVerdict.Intact.class);

    Path bundle = copy.resolve(tiles.getFirst().entriesPath());
    byte[] bytes = Files.readAllBytes(bundle);
    bytes[bytes.length / 2] ^= 1;
    Files.write(bundle, bytes);
    assertThat(TileReader.verify(copy, key)).isInstanceOf(TileVerdict.Broken.class);
  }

  private void download(Path copy, String path) throws Exception {
    Answer answer = server.get(LOG + "/" + path);
    assertThat(answer.status()).as(path).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/octet-stream");
    assertThat(answer.header("Cache-Control")).isEqualTo("public, max-age=31536000, immutable");
    Path file = copy.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, answer.bytes());
  }

  /** C2SP tlog-tiles: clients with an older checkpoint ask for the partial tile of their size. */
  @Test
  void a_partial_tile_of_each_earlier_size_is_the_beginning_of_the_full_one() throws Exception {
    byte[] full = server.get(LOG + "/tile/0/000").bytes();
    assertThat(full).hasSize(256 * 32);
    for (int width : new int[] {1, 2, 100, 255}) {
      Answer partial = server.get(LOG + "/tile/0/000.p/" + width);
      assertThat(partial.status()).isEqualTo(200);
      assertThat(partial.bytes()).isEqualTo(Arrays.copyOf(full, width * 32));
    }
    assertThat(server.get(LOG + "/tile/0/005.p/57").bytes()).hasSize(57 * 32);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/+0/000",
        "tile/8/000",
        "tile/-1/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/00",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/000/",
        "tile/0/x000/000",
        "tile/0/x00/000",
        "tile/0/X001/000",
        "tile/0/005",
        "tile/0/005.p/58",
        "tile/0/006.p/1",
        "tile/1/000",
        "tile/1/000.p/6",
        "tile/2/000.p/1",
        "tile/entries/005",
        "tile/entries/0",
        "tile/entries/000.p/256",
        "tile/Entries/000",
        "tile/data/000",
        "tile/",
        "tile/0",
        "tile/0/99999999999999999999",
        "tile/0/x999/x999/x999/x999/x999/x999/999"
      })
  void whatever_is_no_tile_of_this_tree_is_not_found(String path) throws Exception {
    Answer answer = server.get(LOG + "/" + path);
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.problem()).isEqualTo("not-found");
    assertThat(answer.header("Cache-Control")).doesNotContain("immutable");
  }

  @Test
  void the_checkpoint_is_not_kept_for_long() throws Exception {
    Answer answer = server.get(LOG + "/checkpoint");
    assertThat(answer.header("Content-Type")).isEqualTo("text/plain; charset=utf-8");
    assertThat(answer.header("Cache-Control")).isEqualTo("public, max-age=1");
  }

  @Test
  void each_proof_of_inclusion_leads_to_the_signed_root() throws Exception {
    for (int i = 0; i < 100; i++) {
      long position = 1L + random.nextInt(EVENTS);
      String event = LOG + "/events/" + position;
      Map<String, ?> stored = server.get(event + "?bytes=true").json();
      byte[] record = Base64.getDecoder().decode(String.valueOf(stored.get("record")));
      byte[] file = server.get(event + "/proof?format=tlog-proof").bytes();
      assertThat(
              TlogProof.parse(file) instanceof Parsed.Value<TlogProof>(var proof)
                  && proof.check(record, key) instanceof TlogProof.Outcome.Proven proven
                  && proven.index() == position - 1)
          .isTrue();

      long size = position + random.nextInt((int) (EVENTS - position + 1));
      Map<String, ?> json = server.get(event + "/proof?size=" + size).json();
      InclusionProof inclusion = new InclusionProof(position - 1, size, path(json));
      byte[] leaf = HexFormat.of().parseHex(String.valueOf(json.get("leafHash")));
      assertThat(leaf).isEqualTo(EventRecord.link(record));
      assertThat(inclusion.verify(leaf, root(size))).isTrue();
      assertThat(inclusion.verify(leaf, root(size == 1 ? 2 : size - 1))).isFalse();
    }
  }

  @Test
  void each_proof_of_consistency_leads_from_one_root_to_the_other() throws Exception {
    for (int i = 0; i < 100; i++) {
      long from = 1L + random.nextInt(EVENTS);
      long to = from + random.nextInt((int) (EVENTS - from + 1));
      Map<String, ?> json =
          server.get("%s/consistency?from=%d&to=%d".formatted(LOG, from, to)).json();
      ConsistencyProof proof = new ConsistencyProof(from, to, path(json));
      assertThat(proof.verify(root(from), root(to))).as("%d to %d", from, to).isTrue();
      if (from != to) {
        assertThat(proof.verify(root(to), root(from))).as("%d to %d", to, from).isFalse();
      }
    }
  }

  /** The root of an earlier tree, computed from the downloaded hashes and not by the server. */
  private byte[] root(long size) throws Exception {
    if (leaves.length == 0) {
      byte[][] read = new byte[EVENTS][];
      for (TileCoordinates tile : TileCoordinates.ofTree(EVENTS).toList()) {
        if (tile.level() == 0) {
          byte[] bytes = server.get(LOG + "/" + tile.path()).bytes();
          for (int i = 0; i < tile.width(); i++) {
            read[(int) tile.firstLeaf() + i] = Arrays.copyOfRange(bytes, 32 * i, 32 * (i + 1));
          }
        }
      }
      leaves = read;
      assertThat(root(EVENTS)).isEqualTo(checkpoint.checkpoint().root());
    }
    return root(0, (int) size);
  }

  /** RFC 6962, section 2.1, as it stands there. */
  private byte[] root(int from, int to) throws Exception {
    if (to - from == 1) {
      return leaves[from];
    }
    int split = Integer.highestOneBit(to - from - 1);
    MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
    sha256.update((byte) 1);
    sha256.update(root(from, from + split));
    sha256.update(root(from + split, to));
    return sha256.digest();
  }

  private static List<byte[]> path(Map<String, ?> json) {
    return ((List<?>) Objects.requireNonNull(json.get("path")))
        .stream().map(hash -> HexFormat.of().parseHex((String) hash)).toList();
  }
}
