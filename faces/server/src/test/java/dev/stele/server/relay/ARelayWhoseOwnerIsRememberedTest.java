package dev.stele.server.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.cli.Stele;
import dev.stele.core.view.Table;
import dev.stele.core.view.Tables;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import dev.stele.nostr.filter.NostrFilter;
import dev.stele.nostr.store.NostrStore;
import dev.stele.nostr.store.NostrStoreOptions;
import dev.stele.nostr.store.NostrStores;
import dev.stele.nostr.view.Graph;
import dev.stele.nostr.view.NostrView;
import dev.stele.nostr.view.Part;
import dev.stele.testkit.ChildJvm;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code stele relay --owner} says is known to whichever command comes next. */
@Tag("engine")
class ARelayWhoseOwnerIsRememberedTest {
  @TempDir Path folder;

  private static RelayProcess relay(Path files, String... options) throws Exception {
    return RelayProcess.start(files, options);
  }

  @Test
  void a_scan_and_a_relay_that_are_not_told_whose_it_is_build_nothing_anew() throws Exception {
    Path files = folder.resolve("relay");
    NostrKey owner = SocketClient.newKey();
    NostrKey friend = SocketClient.newKey();
    NostrEvent list = owner.sign(1, 3, List.of(List.of("p", friend.pubkey())), "");
    try (RelayProcess told = relay(files, "--owner", owner.pubkey());
        SocketClient client = SocketClient.to(told.port())) {
      assertThat(client.takes(list)).isTrue();
    }

    assertThat(
            ChildJvm.run(
                Stele.class, "nostr", "scan", "{\"kinds\":[3]}", "--log", "sqlite:" + files))
        .isEqualTo(SocketClient.json(list));
    assertNothingIsBuiltAnew(files, owner, friend);
    try (RelayProcess again = relay(files);
        SocketClient client = SocketClient.to(again.port())) {
      assertThat(client.stored("{\"kinds\":[3]}")).hasSize(1);
    }
    assertNothingIsBuiltAnew(files, owner, friend);
  }

  private static void assertNothingIsBuiltAnew(Path files, NostrKey owner, NostrKey friend) {
    AtomicInteger told = new AtomicInteger();
    Part heard =
        new Part() {
          @Override
          public List<Table> tables() {
            return List.of();
          }

          @Override
          public void appears(NostrEvent event, long position, Tables tables) {
            told.incrementAndGet();
          }

          @Override
          public void goes(NostrEvent event, long position, Tables tables) {}
        };
    try (NostrStore store =
        NostrStores.open("sqlite:" + files, NostrStoreOptions.DEFAULT, List.of(heard))) {
      var _ = store.count(List.of(NostrFilter.ALL));
      List<Graph.Node> near =
          NostrStores.views(store)
              .read(NostrView.NAME, tables -> Graph.within(tables, owner.pubkey(), 1))
              .value();
      assertThat(near).extracting(Graph.Node::pubkey).containsExactly(friend.pubkey());
      assertThat(told).as("events that were told to the tables again").hasValue(0);
    }
  }
}
