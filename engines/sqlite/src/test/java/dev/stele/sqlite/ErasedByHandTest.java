package dev.stele.sqlite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.event.Body;
import dev.stele.core.event.EventDraft;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.EventLog;
import dev.stele.core.proof.Fault;
import dev.stele.core.proof.Verdict;
import dev.stele.crypto.HmacSha256;
import dev.stele.crypto.Sha256;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An event whose payload is a word that anyone can guess, erased by hand: nothing that is left in
 * any file tells which of ten thousand words it was.
 */
@Tag("engine")
class ErasedByHandTest {
  private static final int WORDS = 10_000;

  @TempDir Path folder;

  private static List<String> words() {
    Random random = new Random(99);
    Set<String> words = new TreeSet<>();
    while (words.size() < WORDS) {
      StringBuilder word = new StringBuilder();
      for (int i = 0; i < 3 + random.nextInt(4); i++) {
        word.append("bdfgklmnprstvz".charAt(random.nextInt(14)));
        word.append("aeiou".charAt(random.nextInt(5)));
      }
      words.add(word.toString());
    }
    return List.copyOf(words);
  }

  private SmallLog written(String word) {
    SmallLog log = SmallLog.make(folder.resolve("log"), folder.resolve("anchor"), 1).with(4);
    try (EventLog opened = log.open()) {
      opened.append(
          Append.of(TestGate.admit(EventDraft.of("stream-0", "tested", "fifth", bytes(word)))));
      SmallLog.append(opened, 5);
    }
    return log;
  }

  @Test
  void leaves_no_trace_by_which_the_payload_could_be_guessed() throws Exception {
    List<String> words = words();
    // Longer than what happens to stand in a file by chance.
    String word =
        words.stream().filter(each -> each.length() > 7).skip(4_242).findFirst().orElseThrow();
    SmallLog log = written(word);
    byte[] bodyHash;
    try (EventLog opened = log.open()) {
      StoredEvent event = opened.get(5).orElseThrow();
      bodyHash = event.bodyHash();
      assertThat(Body.hash(event.body().orElseThrow())).isEqualTo(bodyHash);
    }
    assertThat(hits(words)).as("before, the word itself is there").contains(word);
    eraseByHand(log);
    assertThat(hits(words)).isEmpty();
    for (String guess : words) {
      for (byte[] hash : hashes(guess)) {
        assertThat(hash).isNotEqualTo(bodyHash);
      }
    }
  }

  @Test
  void is_a_fault_at_its_place_as_long_as_no_receipt_accounts_for_it() throws Exception {
    SmallLog log = written("word");
    eraseByHand(log);
    assertThat(log.verify())
        .isInstanceOfSatisfying(
            Verdict.Broken.class,
            broken -> {
              assertThat(broken.at()).isEqualTo(5);
              assertThat(broken.fault()).isInstanceOf(Fault.Payload.class);
            });
  }

  private static void eraseByHand(SmallLog log) throws SQLException {
    Forger forger = new Forger(log);
    forger.at(5).erased = true;
    forger.write();
    log.sql("VACUUM");
  }

  /** The words that any file of the log holds in plain, or as a hash that a guesser would try. */
  private List<String> hits(List<String> words) throws IOException {
    Set<Long> windows = new HashSet<>();
    List<String> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(folder)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        files.add(new String(bytes, StandardCharsets.ISO_8859_1));
        for (int at = 0; at + 8 <= bytes.length; at++) {
          windows.add(java.nio.ByteBuffer.wrap(bytes).getLong(at));
        }
      }
    }
    List<String> hits = new ArrayList<>();
    for (String word : words) {
      boolean hit = false;
      for (byte[] hash : hashes(word)) {
        // Eight bytes of a hash are enough to know it by; and so would a truncated one be found.
        hit |= windows.contains(java.nio.ByteBuffer.wrap(hash).getLong());
      }
      for (String file : files) {
        hit |= word.length() > 7 && file.contains(word);
      }
      if (hit) {
        hits.add(word);
      }
    }
    return hits;
  }

  /** What someone without the salt can compute of a guess. */
  private static List<byte[]> hashes(String word) {
    byte[] payload = bytes(word);
    EventDraft draft = EventDraft.of("stream-0", "tested", "fifth", payload);
    byte[] unsalted = Body.encode(draft, new byte[Body.SALT_BYTES]);
    byte[] ones = new byte[Body.SALT_BYTES];
    java.util.Arrays.fill(ones, (byte) 0xff);
    return List.of(
        Sha256.hash(payload),
        Sha256.hash(Sha256.hash(payload)),
        Sha256.tagged((byte) 0, payload),
        Sha256.tagged((byte) 1, payload),
        Sha256.tagged((byte) 2, payload),
        Body.hash(unsalted),
        Body.hash(Body.encode(draft, ones)),
        Sha256.hash(java.util.Arrays.copyOfRange(unsalted, Body.SALT_BYTES, unsalted.length)),
        new HmacSha256(new byte[32]).hash(payload),
        new HmacSha256(bytes("test.example/log")).hash(payload),
        new HmacSha256(bytes("stele")).hash(payload));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
