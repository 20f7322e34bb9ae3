package dev.stele.nostr.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.view.Postings.Posting;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row of a word tells of its events, and is read to the last bit or not at all. */
class PostingsTest {
  private static final HexFormat HEX = HexFormat.of();

  private static byte[] write(long block, List<Posting> list) {
    Postings postings = new Postings(block);
    list.forEach(
        each -> postings.add(each.position(), each.frequency(), each.length(), each.createdAt()));
    return postings.toBytes();
  }

  @Test
  void a_list_is_written_as_the_documents_have_it() {
    List<Posting> list = List.of(new Posting(4_099, 1, 5, 100), new Posting(4_100, 2, 2, 98));
    assertThat(HEX.formatHex(write(1, list))).isEqualTo("030104c80101020003");
    assertThat(Postings.read(1, HEX.parseHex("030104c80101020003"))).isEqualTo(list);
  }

  @Test
  void blocks_lie_side_by_side() {
    assertThat(Postings.blockOf(1)).isZero();
    assertThat(Postings.blockOf(4_096)).isZero();
    assertThat(Postings.blockOf(4_097)).isEqualTo(1);
    assertThat(Postings.wholeAt(4_095)).isZero();
    assertThat(Postings.wholeAt(4_096)).isEqualTo(1);
    assertThat(Postings.before(1)).isEqualTo(4_096);
  }

  @Test
  void every_list_is_read_as_it_was_written() {
    long seed = Long.getLong("stele.seed", 20261122L);
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      long block = random.nextInt(1 << 20);
      List<Posting> list = new ArrayList<>();
      int step = 1 + random.nextInt(1 + random.nextInt(2_000));
      for (long at = 1L + random.nextInt(step);
          at <= Postings.BLOCK;
          at += 1 + random.nextInt(step)) {
        int length = 1 + random.nextInt(1 + random.nextInt(Search.MAX_WORDS));
        list.add(
            new Posting(
                Postings.before(block) + at,
                1 + random.nextInt(length),
                length,
                random.nextBoolean()
                    ? random.nextLong(NostrEvent.MAX_CREATED_AT + 1)
                    : random.nextBoolean() ? 0 : NostrEvent.MAX_CREATED_AT));
      }
      if (!list.isEmpty()) {
        assertThat(Postings.read(block, write(block, list))).as("seed %d", seed).isEqualTo(list);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", // nothing
        "0301", // cut between numbers
        "030104c8", // cut within one
        "000104c801", // no step
        "03010480", // no end
        "0301048000", // longer than it must be
        "030004c801", // never has the word
        "0301ffff0102", // more words than count
        "03010401", // before 1970
        "812001040a", // behind the block
        "030104ffffffffffffffff7f", // later than any time
        "030104ffffffffffffffffff01", // longer than any number
        "030104c801000104c801" // the same position again
      })
  void what_nobody_writes_is_not_read(String hex) {
    byte[] bytes = HEX.parseHex(hex);
    assertThatIllegalStateException()
        .isThrownBy(() -> Postings.read(1, bytes))
        .withMessageContaining("search_words");
  }

  @Test
  void a_flipped_bit_is_not_read_as_the_same_list() {
    List<Posting> list = List.of(new Posting(1, 1, 5, 1_700_000_000L), new Posting(4_096, 2, 9, 5));
    byte[] bytes = write(0, list);
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit % 8));
      try {
        assertThat(Postings.read(0, flipped)).isNotEqualTo(list);
      } catch (IllegalStateException e) {
        assertThat(e).hasMessageContaining("build the view again");
      }
    }
  }
}
