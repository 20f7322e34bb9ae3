package dev.stele.mcp.store;

import static dev.stele.mcp.store.Messages.ALICE;
import static dev.stele.mcp.store.Messages.append;
import static dev.stele.mcp.store.Messages.json;
import static dev.stele.mcp.store.Messages.jsons;
import static dev.stele.mcp.store.Messages.note;
import static dev.stele.mcp.store.Messages.replay;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.mcp.gate.McpGate;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AMassInsertTest {
  private final McpEventStore store =
      McpEventStores.inMemory(McpStoreOptions.DEFAULT.caching(10_000, 100_000_000));

  private McpMassInsert.Inserted insert(String text, int batch) throws IOException {
    return McpMassInsert.ndjson(
        store, ALICE, "1", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)), batch);
  }

  @Test
  void appends_each_line_in_order() throws IOException {
    String first = append(store, ALICE, "1", note(0)).eventId();

    McpMassInsert.Inserted inserted =
        insert("\n" + String.join("\n\r\n", jsons(1, 120)) + "\n \n", 50);

    assertThat(inserted.appended()).isEqualTo(120);
    assertThat(inserted.stopped()).isEmpty();
    assertThat(replay(store, ALICE, first).messages()).isEqualTo(jsons(1, 120));
    assertThat(inserted.lastEventId()).contains(replay(store, ALICE, first).ids().getLast());
  }

  @Test
  void stops_at_the_batch_with_the_first_line_that_is_refused() throws IOException {
    McpMassInsert.Inserted inserted =
        insert(String.join("\n", jsons(1, 7)) + "\nno message\n" + json(9), 3);

    assertThat(inserted.appended()).isEqualTo(6);
    assertThat(inserted.stopped())
        .hasValueSatisfying(
            stopped -> {
              assertThat(stopped.fromLine()).isEqualTo(7);
              assertThat(stopped.why()).isInstanceOf(McpAppend.Refused.class);
            });
    assertThat(append(store, ALICE, "1", note(1)).sequence()).isEqualTo(7);
  }

  @Test
  void inserts_nothing_of_an_empty_text() throws IOException {
    assertThat(insert("", 50).appended()).isZero();
    assertThat(insert("\n \n", 50).lastEventId()).isEmpty();
    assertThatThrownBy(() -> insert("", 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void reads_no_more_of_a_line_than_a_message_may_have() throws IOException {
    String line = "{" + " ".repeat(McpGate.MAX_MESSAGE_BYTES + 10) + "}";

    assertThat(insert("\n" + line + "\n" + json(1), 50).stopped())
        .hasValueSatisfying(
            stopped ->
                assertThat(stopped.why())
                    .isInstanceOfSatisfying(
                        McpAppend.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo("too-large")));
  }
}
