package dev.stele.core.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where tiles lie, with the sizes and paths of C2SP tlog-tiles. */
class TileCoordinatesTest {
  // size | level:full tiles+partial width:path of the last tile ... | path of the last bundle
  private static final String SHAPES =
      """
      0 | - | -
      1 | 0:0+1:tile/0/000.p/1 | tile/entries/000.p/1
      255 | 0:0+255:tile/0/000.p/255 | tile/entries/000.p/255
      256 | 0:1+0:tile/0/000 1:0+1:tile/1/000.p/1 | tile/entries/000
      257 | 0:1+1:tile/0/001.p/1 1:0+1:tile/1/000.p/1 | tile/entries/001.p/1
      65535 | 0:255+255:tile/0/255.p/255 1:0+255:tile/1/000.p/255 | tile/entries/255.p/255
      65536 | 0:256+0:tile/0/255 1:1+0:tile/1/000 2:0+1:tile/2/000.p/1 | tile/entries/255
      70000 | 0:273+112:tile/0/273.p/112 1:1+17:tile/1/001.p/17 2:0+1:tile/2/000.p/1 | tile/entries/273.p/112
      16777216 | 0:65536+0:tile/0/x065/535 1:256+0:tile/1/255 2:1+0:tile/2/000 3:0+1:tile/3/000.p/1 | tile/entries/x065/535
      """;

  @Test
  void anIndexIsWrittenInGroupsOfThreeDigits() {
    Map<Long, String> places =
        Map.of(
            0L, "000",
            1L, "001",
            999L, "999",
            1000L, "x001/000",
            1_234_067L, "x001/x234/067",
            999_999_999L, "x999/x999/999");
    places.forEach(
        (index, place) -> {
          assertThat(new TileCoordinates(2, index, 256).path()).isEqualTo("tile/2/" + place);
          assertThat(new TileCoordinates(0, index, 17).entriesPath())
              .isEqualTo("tile/entries/" + place + ".p/17");
        });
  }

  @Test
  void aSizeHasTheTilesThatTheSpecificationCounts() {
    for (String line : SHAPES.lines().toList()) {
      String[] parts = line.strip().split(" \\| ", -1);
      List<TileCoordinates> tiles = TileCoordinates.ofTree(Long.parseLong(parts[0])).toList();
      StringBuilder shape = new StringBuilder();
      for (int level = 0; level <= TileCoordinates.MAX_LEVEL; level++) {
        int wanted = level;
        List<TileCoordinates> row = tiles.stream().filter(t -> t.level() == wanted).toList();
        if (!row.isEmpty()) {
          TileCoordinates last = row.getLast();
          long full = row.stream().filter(TileCoordinates::isFull).count();
          shape.append(level == 0 ? "" : " ").append(level).append(':').append(full);
          shape.append('+').append(last.isFull() ? 0 : last.width()).append(':');
          shape.append(last.path());
        }
      }
      assertThat(shape.isEmpty() ? "-" : shape.toString()).as(line).isEqualTo(parts[1]);
      assertThat(
              tiles.stream()
                  .filter(t -> t.level() == 0)
                  .reduce((one, next) -> next)
                  .map(TileCoordinates::entriesPath)
                  .orElse("-"))
          .as(line)
          .isEqualTo(parts[2]);
    }
  }

  @Test
  void theLargestSizeHasALastTileOnLevelSeven() {
    TileCoordinates top = TileCoordinates.inTree(7, 0, Long.MAX_VALUE);
    assertThat(top.path()).isEqualTo("tile/7/000.p/127");
    assertThat(TileCoordinates.inTree(0, Long.MAX_VALUE / 256, Long.MAX_VALUE).firstLeaf())
        .isEqualTo(Long.MAX_VALUE - 255);
  }

  @Test
  void coordinatesOutOfBoundsAreAMistake() {
    assertThatIllegalArgumentException().isThrownBy(() -> new TileCoordinates(-1, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new TileCoordinates(8, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new TileCoordinates(0, -1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new TileCoordinates(0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new TileCoordinates(0, 0, 257));
    assertThatIllegalArgumentException().isThrownBy(() -> TileCoordinates.ofTree(-1));
    assertThatIllegalStateException()
        .isThrownBy(() -> new TileCoordinates(1, 0, 256).entriesPath());
  }

  @Test
  void aTileAndABundleHaveTheKnownBytes() {
    Trees.Grown tree = LedgerExample.tree();
    List<String> golden = Resources.lines("tiles.golden");
    TileCoordinates tile = TileCoordinates.ofTree(8).findFirst().orElseThrow();
    assertThat(tile.path()).isEqualTo(golden.getFirst());
    assertThat(Trees.hex(tile.bytes(tree))).isEqualTo(String.join("", golden.subList(1, 9)));
    assertThat(tile.entriesPath()).isEqualTo(golden.get(9));
    assertThat(Trees.hex(EntryBundle.encode(tree.entries))).isEqualTo(golden.get(10));
    assertThat(EntryBundle.decode(Trees.hex(golden.get(10))).orThrow())
        .usingRecursiveComparison()
        .isEqualTo(tree.entries);
  }

  @Test
  void aBundleHoldsUpTo256EntriesOfUpTo65535Bytes() {
    byte[] longest = new byte[EntryBundle.MAX_ENTRY_BYTES];
    List<byte[]> most = Collections.nCopies(EntryBundle.MAX_ENTRIES, longest);
    byte[] bundle = EntryBundle.encode(most);
    assertThat(bundle).hasSize(EntryBundle.MAX_BYTES);
    assertThat(EntryBundle.decode(bundle).orThrow()).hasSize(256);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EntryBundle.encode(Collections.nCopies(257, new byte[0])));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> EntryBundle.encode(List.<byte[]>of(new byte[65_536])));
    assertThatIllegalArgumentException().isThrownBy(() -> EntryBundle.encode(List.of()));
  }

  @Test
  void malformedBundlesAreNotRead() {
    for (byte[] bad :
        List.of(new byte[0], new byte[1], new byte[] {0, 1}, new byte[3], new byte[2 * 257])) {
      assertThat(EntryBundle.decode(bad)).isInstanceOf(Parsed.Malformed.class);
    }
  }
}
