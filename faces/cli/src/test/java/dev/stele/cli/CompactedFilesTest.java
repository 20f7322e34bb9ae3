package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.view.ViewStore;
import dev.stele.core.view.ViewStore.Slot;
import dev.stele.sqlite.SqliteViewStore;
import dev.stele.testkit.StreamsView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code stele compact} leaves of what was erased, in the log's files and its views'. */
class CompactedFilesTest {
  @TempDir Path folder;

  private Shell.Result run(String log, String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--log", log, "--anchor", folder.resolve("anchors").toString(), "--json"));
    return stele(all.toArray(String[]::new));
  }

  private List<String> filesWith(String said) throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("store"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(said)) {
          found.add(file.getFileName().toString());
        }
      }
    }
    return found;
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "lmdb"})
  void hold_no_header_of_an_envelope_that_was_erased_behind_its_views_back(String engine)
      throws Exception {
    EnvelopeShell shell = new EnvelopeShell(folder);
    String log = engine + ":" + folder.resolve("store");
    assertThat(run(log, "envelope", "register", "--key", shell.key()).exit()).isZero();
    String envelope = shell.envelope("{\"n\":1}");
    String nonce = envelope.replaceAll(".*\"nonce\":\"([0-9a-f]+)\".*", "$1");
    Shell.Result saved = run(log, "envelope", "save", shell.file("envelope.json", envelope));
    assertThat(saved.exit()).as(saved.err() + saved.out()).isZero();
    String position = String.valueOf(saved.json().get("position"));

    // What is asked of a view is answered when it has met all of the log.
    String hash = envelope.replaceAll(".*\"payload_hash\":\"([0-9a-f]+)\".*", "$1");
    assertThat(run(log, "envelope", "get", "--hash", hash).exit()).isZero();

    // By the log alone, which tells no view of it.
    Shell.Result erased = run(log, "erase", position);
    assertThat(erased.exit()).as(erased.err() + erased.out()).isZero();
    assertThat(filesWith(nonce)).anyMatch(file -> file.startsWith("log.views."));

    Shell.Result compacted = run(log, "compact");
    assertThat(compacted.exit()).as(compacted.err() + compacted.out()).isZero();
    assertThat(filesWith(nonce)).isEmpty();
    assertThat(run(log, "envelope", "audit").exit()).isZero();
  }

  @Test
  void may_hold_it_where_a_view_is_behind_whose_code_is_not_here_and_that_is_said() {
    String log = "sqlite:" + folder.resolve("store");
    assertThat(run(log, "init", "--origin", "example.com/test").exit()).isZero();
    assertThat(steleReading("one", "append", "--log", log, "--type", "note", "-").exit()).isZero();
    Path views = SqliteViewStore.beside(folder.resolve("store").resolve("log.db"));
    try (ViewStore store = SqliteViewStore.openWriter(views)) {
      store.begin("streams", Slot.LIVE, 1, new StreamsView().tables(), 0);
    }
    assertThat(run(log, "compact").exit()).as("nothing was erased yet").isZero();
    assertThat(run(log, "erase", "1").exit()).isZero();
    Shell.Result compacted = run(log, "compact");
    assertThat(compacted.exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(compacted.json()).containsEntry("viewsBehind", List.of("streams"));
    assertThat(stele("compact", "--log", log).out()).contains("NOT ALL    view streams");
  }
}
