package dev.stele.cli;

import static dev.stele.cli.Shell.stele;
import static dev.stele.cli.Shell.steleReading;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.nostr.event.EventJson;
import dev.stele.nostr.event.NostrEvent;
import dev.stele.nostr.event.NostrKey;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NostrHistoryTest {
  private static final long SEED = 20_261_123;
  private static final long BEGUN = 1_700_000_000L;

  @TempDir Path folder;
  private String log = "";

  @BeforeEach
  void make_a_log() {
    log = made("log", "sqlite");
  }

  private String made(String name, String engine) {
    String uri = engine + ":" + folder.resolve(name);
    Shell.Result init =
        stele("init", "--log", uri, "--anchor", folder.resolve("anchor-" + name).toString());
    assertThat(init.exit()).as(init.err()).isZero();
    return uri;
  }

  private static NostrKey key(int number) {
    byte[] secret = new byte[32];
    secret[31] = (byte) (1 + number);
    return NostrKey.fromSecret(secret);
  }

  private static NostrEvent event(int author, int at, int kind, List<List<String>> tags) {
    return key(author).sign(BEGUN + at, kind, tags, "content \"" + at + "\"\n\u00e9");
  }

  private static String line(NostrEvent event) {
    return new String(EventJson.write(event), UTF_8);
  }

  /**
   * Notes, versions of profiles and articles, deletions, what has expired and what is ephemeral.
   */
  private static List<NostrEvent> history(int events) {
    Random random = new Random(SEED);
    List<NostrEvent> history = new ArrayList<>();
    for (int i = 0; i < events; i++) {
      int author = random.nextInt(4);
      history.add(
          switch (random.nextInt(8)) {
            case 0 -> event(author, i, 0, List.of());
            case 1 ->
                event(author, i, 30_023, List.of(List.of("d", "article-" + random.nextInt(3))));
            case 2 ->
                history.isEmpty()
                    ? event(author, i, 1, List.of())
                    : event(
                        author,
                        i,
                        5,
                        List.of(List.of("e", history.get(random.nextInt(history.size())).id())));
            case 3 -> event(author, i, 1, List.of(List.of("expiration", String.valueOf(BEGUN))));
            case 4 -> event(author, i, 20_001, List.of());
            default -> event(author, i, 1, List.of(List.of("t", "x" + random.nextInt(3))));
          });
    }
    return history;
  }

  private Path file(String name, List<String> lines) throws IOException {
    return Files.write(folder.resolve(name), lines);
  }

  private Shell.Result imported(String into, Path file, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("import", "--nostr", file.toString(), "--log", into, "--json"));
    arguments.addAll(List.of(more));
    return stele(arguments.toArray(String[]::new));
  }

  private static List<String> scan(String in, String... filters) {
    List<String> arguments = new ArrayList<>(List.of("nostr", "scan"));
    arguments.addAll(List.of(filters));
    arguments.addAll(List.of("--log", in));
    Shell.Result scanned = stele(arguments.toArray(String[]::new));
    assertThat(scanned.exit()).as(scanned.err()).isZero();
    return scanned.out().lines().toList();
  }

  private static long number(Shell.Result result, String name) {
    return (Long) result.json().getOrDefault(name, -1L);
  }

  // ---- in ----

  @Test
  void every_line_has_one_outcome() throws IOException {
    List<NostrEvent> history = history(600);
    Shell.Result result =
        imported(log, file("h.jsonl", history.stream().map(l -> line(l)).toList()));
    assertThat(result.exit()).as(result.err()).isZero();
    long sum = 0;
    for (String outcome :
        List.of(
            "stored", "duplicate", "superseded", "deleted", "vanished", "expired", "ephemeral")) {
      assertThat(number(result, outcome)).as(outcome).isNotNegative();
      sum += number(result, outcome);
    }
    assertThat(sum).as("seed %d", SEED).isEqualTo(600);
    assertThat(number(result, "superseded")).isPositive();
    assertThat(number(result, "expired")).isPositive();
    assertThat(number(result, "ephemeral"))
        .isEqualTo(history.stream().filter(e -> e.kind() == 20_001).count());
    assertThat(result.json()).containsEntry("lines", 600L).containsEntry("stopped", false);

    Shell.Result again = imported(log, folder.resolve("h.jsonl"));
    assertThat(number(again, "stored")).isZero();
    assertThat(again.json()).containsEntry("root", result.json().get("root"));
  }

  @Test
  void events_are_found_in_messages_of_clients_and_of_relays_and_through_gzip() throws IOException {
    String one = line(event(1, 1, 1, List.of()));
    String two = line(event(1, 2, 1, List.of()));
    String three = line(event(1, 3, 1, List.of()));
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(zipped)) {
      out.write(
          (one + "\r\n\n[\"EVENT\"," + two + "]\n [ \"EVENT\" , \"a{\\\"b\" , " + three + " ] ")
              .getBytes(UTF_8));
    }
    Path named = Files.write(folder.resolve("no-ending"), zipped.toByteArray());
    assertThat(number(imported(log, named), "stored")).isEqualTo(3);
    Shell.Result piped =
        steleReading(
            new ByteArrayInputStream(zipped.toByteArray()),
            "import",
            "--nostr",
            "-",
            "--log",
            log,
            "--json");
    assertThat(number(piped, "duplicate")).isEqualTo(3);
    assertThat(scan(log, "{}")).containsExactly(three, two, one);
  }

  @Test
  void broken_lines_are_counted_and_do_not_stop_what_is_behind_them() throws IOException {
    NostrEvent good = event(1, 1, 1, List.of());
    List<String> lines =
        List.of(
            "[\"EVENT\",{}]",
            "[\"NOTICE\",\"x\"]",
            "[\"EVENT\",\"sub\"]",
            line(good).replace("content", "Content"),
            "{\"content\":\"" + "a".repeat(3_000_000) + "\"}",
            line(event(2, 2, 1, List.of())).replace("\\\"2", "\\\"3"),
            line(good));
    Shell.Result result = imported(log, file("broken.jsonl", lines));
    assertThat(result.exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(result.json())
        .containsEntry("stored", 1L)
        .containsEntry("refusedCount", 6L)
        .containsEntry(
            "refusedByCode",
            Map.of("id-mismatch", 1L, "missing-member", 2L, "not-json", 2L, "too-large", 1L));
    assertThat(result.out()).contains("\"line\":6,\"id\":\"" + event(2, 2, 1, List.of()).id());
    Shell.Result text =
        stele("import", "--nostr", folder.resolve("broken.jsonl").toString(), "--log", log);
    assertThat(text.out()).contains("duplicate 1").contains("refused line 5 () too-large");
  }

  @Test
  void a_strict_import_ends_at_the_first_broken_line() throws IOException {
    List<String> lines = new ArrayList<>();
    history(20).stream().filter(e -> e.kind() == 1).forEach(e -> lines.add(line(e)));
    int before = lines.size();
    lines.add("{broken");
    lines.add(line(event(3, 900, 1, List.of())));
    Shell.Result result = imported(log, file("strict.jsonl", lines), "--strict");
    assertThat(result.exit()).isEqualTo(ExitCode.REFUSED_OR_BROKEN);
    assertThat(result.json()).containsEntry("refusedCount", 1L);
    assertThat(number(result, "stored") + number(result, "expired")).isEqualTo(before);
    assertThat(scan(log, "{\"since\":" + (BEGUN + 900) + "}")).isEmpty();
  }

  @Test
  void more_lines_than_one_batch_holds_are_taken_in_order() throws IOException {
    List<String> lines = new ArrayList<>();
    List<String> signed = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      signed.add(line(event(i % 4, i, 1, List.of())));
    }
    for (int i = 0; i < 10_050; i++) {
      lines.add(signed.get(Math.min(i, 39)));
    }
    lines.add("broken");
    Shell.Result result = imported(log, file("many.jsonl", lines));
    assertThat(result.json())
        .containsEntry("stored", 40L)
        .containsEntry("duplicate", 10_010L)
        .containsEntry("lines", 10_051L)
        .containsEntry("headPosition", 40L);
    assertThat(result.out()).contains("\"line\":10051");
  }

  // ---- out ----

  @Test
  void what_is_exported_comes_to_the_same_visible_events_on_every_engine() throws IOException {
    imported(log, file("h.jsonl", history(600).stream().map(l -> line(l)).toList()));
    List<String> visible = scan(log, "{}");
    assertThat(visible).hasSizeGreaterThan(100);
    for (String engine : List.of("sqlite", "lmdb")) {
      for (List<String> how :
          List.of(List.of("--order", "newest"), List.of("--order", "log"), List.of("--all"))) {
        String name = engine + String.join("", how);
        Path out = folder.resolve(name + ".jsonl.gz");
        List<String> arguments =
            new ArrayList<>(List.of("export", out.toString(), "--nostr", "--log", log));
        arguments.addAll(how);
        assertThat(stele(arguments.toArray(String[]::new)).exit()).as(name).isZero();
        String other = made(name, engine);
        assertThat(imported(other, out).exit()).as(name).isZero();
        assertThat(scan(other, "{}")).as(name).isEqualTo(visible);
      }
    }
  }

  @Test
  void everything_is_in_the_order_of_the_log_with_what_is_not_visible() throws IOException {
    List<String> kept =
        history(300).stream().filter(e -> e.kind() != 20_001).map(e -> line(e)).toList();
    imported(log, file("h.jsonl", kept));
    assertThat(stele("export", "--nostr", "--all", "--log", log).out().lines().toList())
        .isEqualTo(kept);
    List<String> visible = new ArrayList<>(scan(log, "{}"));
    List<String> byLog =
        stele("export", "-", "--nostr", "--order", "log", "--log", log).out().lines().toList();
    assertThat(byLog).containsExactlyInAnyOrderElementsOf(visible);
    List<String> inOrder = new ArrayList<>(kept);
    inOrder.retainAll(visible);
    assertThat(byLog).isEqualTo(inOrder);
    Collections.reverse(visible);
    assertThat(byLog).as("each a second after the one before").isEqualTo(visible);
  }

  @Test
  void an_export_can_be_of_what_a_filter_matches() throws IOException {
    imported(log, file("h.jsonl", history(300).stream().map(e -> line(e)).toList()));
    String filter = "{\"#t\":[\"x1\"],\"kinds\":[1]}";
    List<String> expected = scan(log, filter);
    assertThat(expected).isNotEmpty().allMatch(line -> line.contains("[\"t\",\"x1\"]"));
    assertThat(stele("export", "--nostr", "--filter", filter, "--log", log).out().lines().toList())
        .isEqualTo(expected);
    assertThat(stele("export", "--nostr", "--all", "--filter", filter, "--log", log).out().lines())
        .containsAll(expected);
    assertThat(stele("export", "--nostr", "--all", "--filter", "{\"limit\":1}", "--log", log).err())
        .contains("[bad-filter]");
    assertThat(stele("export", "-", "--all", "--log", log).err()).contains("[bad-arguments]");
  }

  // ---- asked ----

  @Test
  void a_scan_counts_limits_and_tells_how_it_was_answered() throws IOException {
    imported(log, file("h.jsonl", history(300).stream().map(e -> line(e)).toList()));
    int all = scan(log, "{}").size();
    assertThat(scan(log, "{}", "--count")).containsExactly(String.valueOf(all));
    assertThat(scan(log, "{\"limit\":3}")).isEqualTo(scan(log, "{}").subList(0, 3));
    assertThat(scan(log, "{\"kinds\":[0]}", "{\"kinds\":[0,5]}"))
        .isEqualTo(scan(log, "{\"kinds\":[0,5]}"));
    Map<String, Object> json =
        stele("nostr", "scan", "{\"kinds\":[1],\"limit\":2}", "--json", "--log", log).json();
    assertThat(json)
        .containsEntry("plans", List.of("by kind, 1 scans"))
        .containsEntry("events", 2L)
        .containsEntry("more", true);
  }

  @Test
  void a_filter_that_is_none_says_why() {
    for (String filter :
        List.of("{\"kind\":[1]}", "{\"ids\":[\"ab\"]}", "nothing", "{\"search\":\"x\"}")) {
      Shell.Result refused = stele("nostr", "scan", filter, "--log", log, "--json");
      assertThat(refused.exit()).as(filter).isEqualTo(ExitCode.COULD_NOT_RUN);
      assertThat(refused.json()).as(filter).containsEntry("error", "bad-filter");
    }
  }

  @Test
  void public_events_come_out_as_they_went_in() throws IOException {
    Path corpus = Vectors.find("nostr_events.jsonl.gz");
    assertThat(imported(log, corpus).exit()).isZero();
    Path out = folder.resolve("out.jsonl.gz");
    assertThat(stele("export", out.toString(), "--nostr", "--log", log).exit()).isZero();
    String other = made("other", "lmdb");
    Shell.Result back = imported(other, out);
    assertThat(back.json()).containsEntry("refusedCount", 0L);
    assertThat(scan(other, "{}")).isEqualTo(scan(log, "{}"));
    try (InputStream in = new GZIPInputStream(Files.newInputStream(out))) {
      assertThat(new String(in.readAllBytes(), UTF_8).lines().count())
          .isEqualTo(number(back, "stored"));
    }
  }
}
