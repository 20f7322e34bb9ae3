package dev.stele.nostr.relay;

import static dev.stele.nostr.relay.Talk.ALICE;
import static dev.stele.nostr.relay.Talk.BOB;
import static dev.stele.nostr.relay.Talk.NOW;
import static dev.stele.nostr.relay.Talk.note;
import static dev.stele.nostr.relay.Talk.say;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrId;
import dev.stele.nostr.negentropy.Initiator;
import dev.stele.nostr.negentropy.ItemTree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ReconcilingOverFramesTest {
  private static final String EMPTY = "6100000200";

  private final Talk talk = new Talk(Talk.SMALL);
  private final RelaySession session = talk.connect();

  private static List<NostrEvent> notes(int count) {
    List<NostrEvent> notes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      notes.add(note(i % 2 == 0 ? ALICE : BOB, NOW - i / 3, "note " + i));
    }
    return notes;
  }

  private static ItemTree items(List<NostrEvent> events) {
    return ItemTree.of(
        events.stream()
            .map(each -> new ItemTree.Item(each.createdAt(), NostrId.ofHex(each.id())))
            .toList());
  }

  private static String hexOf(List<String> frames, String id) {
    assertThat(frames).hasSize(1);
    String begins = "[\"NEG-MSG\",\"" + id + "\",\"";
    assertThat(frames.getFirst()).startsWith(begins).endsWith("\"]");
    return frames.getFirst().substring(begins.length(), frames.getFirst().length() - 2);
  }

  @Test
  void a_client_learns_what_it_lacks_and_what_the_relay_lacks() {
    List<NostrEvent> all = notes(100);
    talk.store.importAll(all.subList(0, 90));
    Initiator client = Initiator.of(items(all.subList(20, 100)));
    Set<String> have = new HashSet<>();
    Set<String> need = new HashSet<>();
    String hex = HexFormat.of().formatHex(client.opening());
    List<String> frames = say(session, "[\"NEG-OPEN\",\"n\",{\"kinds\":[1]},\"" + hex + "\"]");
    for (boolean more = true; more; ) {
      switch (client.receive(HexFormat.of().parseHex(hexOf(frames, "n")))) {
        case Initiator.Next(byte[] next, List<NostrId> ours, List<NostrId> theirs) -> {
          ours.forEach(id -> have.add(id.hex()));
          theirs.forEach(id -> need.add(id.hex()));
          frames = say(session, "[\"NEG-MSG\",\"n\",\"" + HexFormat.of().formatHex(next) + "\"]");
        }
        case Initiator.Done(List<NostrId> ours, List<NostrId> theirs) -> {
          ours.forEach(id -> have.add(id.hex()));
          theirs.forEach(id -> need.add(id.hex()));
          more = false;
        }
        case Initiator.Failed(String reason) -> throw new AssertionError(reason);
      }
    }

    assertThat(have)
        .containsExactlyInAnyOrderElementsOf(
            all.subList(90, 100).stream().map(NostrEvent::id).toList());
    assertThat(need)
        .containsExactlyInAnyOrderElementsOf(
            all.subList(0, 20).stream().map(NostrEvent::id).toList());
    assertThat(say(session, "[\"NEG-CLOSE\",\"n\"]")).isEmpty();
    assertThat(say(session, "[\"NEG-MSG\",\"n\",\"" + EMPTY + "\"]").getFirst())
        .startsWith("[\"NEG-ERR\",\"n\",\"closed: ");
  }

  @Test
  void a_set_at_the_limit_is_reconciled_and_one_past_it_refused() {
    List<NostrEvent> all = notes(101);
    talk.store.importAll(all.subList(0, 100));
    assertThat(hexOf(say(session, "[\"NEG-OPEN\",\"n\",{},\"" + EMPTY + "\"]"), "n"))
        .startsWith("61");
    talk.store.importAll(all.subList(100, 101));
    assertThat(say(session, "[\"NEG-OPEN\",\"n\",{},\"" + EMPTY + "\"]").getFirst())
        .startsWith("[\"NEG-ERR\",\"n\",\"blocked: ");
    assertThat(hexOf(say(session, "[\"NEG-OPEN\",\"n\",{\"limit\":3},\"" + EMPTY + "\"]"), "n"))
        .startsWith("61000002" + "03");
  }

  @Test
  void only_so_many_are_open_at_once_and_their_ids_are_their_own() {
    for (String id : List.of("a", "b", "b")) {
      assertThat(hexOf(say(session, "[\"NEG-OPEN\",\"" + id + "\",{},\"" + EMPTY + "\"]"), id))
          .isEqualTo(EMPTY);
    }
    assertThat(say(session, "[\"NEG-OPEN\",\"c\",{},\"" + EMPTY + "\"]").getFirst())
        .startsWith("[\"NEG-ERR\",\"c\",\"blocked: ");
    assertThat(say(session, "[\"REQ\",\"a\",{}]")).hasSize(1);
    assertThat(say(session, "[\"CLOSE\",\"a\"]")).isEmpty();
    assertThat(hexOf(say(session, "[\"NEG-MSG\",\"a\",\"" + EMPTY + "\"]"), "a")).isEqualTo(EMPTY);
  }

  @Test
  void a_message_that_is_none_ends_the_reconciliation_with_a_reason() {
    for (String message : List.of("zz", "6", "", "6100", "7b")) {
      assertThat(say(session, "[\"NEG-OPEN\",\"n\",{},\"" + message + "\"]").getFirst())
          .as(message)
          .startsWith("[\"NEG-ERR\",\"n\",\"invalid: ");
      assertThat(say(session, "[\"NEG-MSG\",\"n\",\"" + EMPTY + "\"]").getFirst())
          .startsWith("[\"NEG-ERR\",\"n\",\"closed: ");
    }
    assertThat(say(session, "[\"NEG-OPEN\",\"n\",[],\"" + EMPTY + "\"]").getFirst())
        .startsWith("[\"NEG-ERR\",\"n\",\"invalid: ");
    assertThat(say(session, "[\"NEG-OPEN\",\"n\",{}]").getFirst())
        .startsWith("[\"NEG-ERR\",\"n\",\"invalid: ");
  }
}
