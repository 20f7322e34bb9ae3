package dev.stele.nostr.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.ParsedEvent.Wellformed;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Events that people published are read and found genuine, and false ones false.
 *
 * <p>They are other people's words, so they are not part of this project. They are read from the
 * folder that the system property {@code stele.vectors} names, or from {@code shared/vectors}
 * beside any folder above this one; where neither holds them these tests are skipped.
 */
class PublicEventsTest {
  private static final String FALSE = "nostr_events_invalid.jsonl";

  @Test
  void all_5000_public_events_are_genuine() throws IOException {
    List<String> lines = PublicEvents.lines();
    assertThat(lines).hasSize(5000);
    int ephemeral = 0;
    for (String line : lines) {
      NostrEvent event = read(line);
      assertThat(event.check()).as(line).isEqualTo(EventVerdict.AUTHENTIC);
      assertThat(EventJson.parse(EventJson.write(event))).isEqualTo(new Wellformed(event));
      if (event.kindClass() == KindClass.EPHEMERAL) {
        ephemeral++;
      }
    }
    assertThat(ephemeral).isEqualTo(34);
  }

  @Test
  void all_40_false_events_are_refused_for_the_stated_reason() throws IOException {
    List<String> lines = Files.readAllLines(PublicEvents.find(FALSE), UTF_8);
    assertThat(lines).hasSize(40);
    for (String line : lines) {
      // {"reason":"...","source":"...","event":{...}}
      String reason = line.split("\"", 5)[3];
      String event = line.substring(line.indexOf("\"event\":") + 8, line.length() - 1);
      assertThat(read(event).check().code()).as(line).isEqualTo(reason);
    }
  }

  private static NostrEvent read(String text) {
    ParsedEvent parsed = EventJson.parse(text.getBytes(UTF_8));
    assertThat(parsed).as(text).isInstanceOf(Wellformed.class);
    return ((Wellformed) parsed).event();
  }
}
