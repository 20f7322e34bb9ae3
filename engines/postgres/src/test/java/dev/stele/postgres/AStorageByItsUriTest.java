package dev.stele.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.engine.LogId;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.log.Anchor;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.LogHome;
import dev.stele.core.log.LogOptions;
import dev.stele.core.storage.SideTables;
import dev.stele.core.storage.Storage;
import dev.stele.core.storage.StorageRequest;
import dev.stele.core.storage.Storages;
import dev.stele.core.view.Awaited;
import dev.stele.core.view.KeptViews;
import dev.stele.core.view.Table;
import dev.stele.postgresserver.PostgresServer;
import dev.stele.testkit.EntriesView;
import dev.stele.testkit.gate.TestGate;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a {@code postgres:} URI opens. */
@Tag("engine")
class AStorageByItsUriTest {
  private static final Table NOTES =
      Table.named("notes").text("about").integer("count").key("about").build();

  private static final SideTables.Definition SIDE =
      new SideTables.Definition("notes", 1, List.of(NOTES));

  @TempDir Path folder;

  private String uri(String database) {
    return database + "?home=" + URLEncoder.encode(folder.toString(), StandardCharsets.UTF_8);
  }

  private StorageRequest request(String uri, StorageRequest.Script... scripts) {
    return new StorageRequest(
        uri,
        false,
        List.of(new EntriesView()),
        SIDE,
        List.of(scripts),
        Optional.of(folder.resolve("anchors")));
  }

  @Test
  void has_an_engine_keys_views_and_tables_beside_the_log() throws Exception {
    String uri = uri(PostgresServer.shared().freshDatabase());
    LogHome.create(folder.resolve("log"), "test.example/log", Optional.empty(), new Random(1));
    for (int opened = 1; opened <= 2; opened++) {
      try (Storage storage = Storages.open(request(uri));
          EventLog log =
              EventLog.open(
                  storage.engine(),
                  LogId.MAIN,
                  storage.home().orElseThrow().keys().orElseThrow(),
                  LogOptions.withAnchor(storage.anchor()));
          KeptViews views = storage.keep(log)) {
        AppendResult result = log.append(Append.of(TestGate.event("a", "id-" + opened, "payload")));
        assertThat(result).isInstanceOf(AppendResult.Appended.class);
        assertThat(views.await("entries", opened, Duration.ZERO))
            .isEqualTo(new Awaited.Reached(opened));
        assertThat(views.await("entries", opened + 1, Duration.ofDays(1)))
            .isInstanceOf(Awaited.NotReached.class);
        long at = opened;
        assertThat(views.read("entries", tables -> tables.get(EntriesView.ENTRIES, at)).value())
            .isPresent();
        SideTables side = storage.side();
        side.change(
            tables ->
                tables.put(
                    NOTES,
                    "visits",
                    tables.get(NOTES, "visits").map(row -> row.integer("count")).orElse(0L) + 1));
        assertThatThrownBy(
                () ->
                    side.change(
                        tables -> {
                          tables.put(NOTES, "visits", 99L);
                          throw new UnsupportedOperationException("as the test wants");
                        }))
            .isInstanceOf(UnsupportedOperationException.class);
        assertThat(
                side.<Long>read(
                    tables -> tables.get(NOTES, "visits").orElseThrow().integer("count")))
            .isEqualTo(opened);
      }
    }
    Table wider = Table.named("notes").text("about").text("more").key("about").build();
    StorageRequest other =
        new StorageRequest(
            uri,
            false,
            List.of(),
            new SideTables.Definition("notes", 2, List.of(wider)),
            List.of(),
            Optional.empty());
    assertThatThrownBy(() -> Storages.open(other))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("no script has changed it");
  }

  @Test
  void runs_the_scripts_of_domains_once_and_before_the_views() throws Exception {
    String database = PostgresServer.shared().freshDatabase();
    StorageRequest.Script script =
        new StorageRequest.Script("postgres", "tested", "dev/stele/postgres/tested");
    StorageRequest.Script foreign = new StorageRequest.Script("sqlite", "tested", "no/such/folder");
    for (int opened = 0; opened < 2; opened++) {
      try (Storage storage = Storages.open(request(uri(database), script, foreign))) {
        assertThat(storage.engine().head(LogId.MAIN).size()).isZero();
      }
    }
    try (Connection connection = PostgresServer.shared().connect(database);
        Statement statement = connection.createStatement()) {
      // The script's table, with a column that only the script knows.
      statement.execute("INSERT INTO stele.notes (about, count, author) VALUES ('a', 1, 'me')");
    }
  }

  @Test
  void gives_each_process_an_anchor_of_its_own() {
    LogHome.create(folder.resolve("log"), "test.example/log", Optional.empty(), new Random(1));
    String uri = uri(PostgresServer.shared().freshDatabase());
    try (Storage one = Storages.open(request(uri));
        Storage two = Storages.open(request(uri));
        Anchor second = two.anchor()) {
      String place;
      try (Anchor first = one.anchor()) {
        first.take();
        second.take();
        place = first.describe();
        assertThat(second.describe()).isNotEqualTo(place);
        first.record(new byte[] {1});
        second.record(new byte[] {2});
        assertThat(first.last()).hasValue(new byte[] {1});
        assertThat(second.last()).hasValue(new byte[] {2});
      }
      try (Anchor third = two.anchor()) {
        third.take();
        assertThat(third.describe()).isEqualTo(place);
        assertThat(third.last()).hasValue(new byte[] {1});
      }
    }
  }

  @Test
  void refuses_every_other_form_and_repeats_no_password() {
    for (String uri :
        List.of(
            "postgres:",
            "postgres:/x",
            "postgres://",
            "postgres://u:s3cret@host",
            "postgres://u:s3cret@host/",
            "postgres://u:s3cret@host/a/b",
            "postgres://u:s3cret@host/db?what=1",
            "postgres://u:s3cret@host/db?pool=two",
            "postgres://u:s3cret@host/db?pool=1",
            "postgres://u:s3cret@host/db?schema=a&schema=b",
            "postgres://u:s3cret@host/db?schema",
            "postgres://u:s3cret@host/db?schema=pg_own",
            "postgres://u:s3cret@host/db#x",
            "postgres://u:s3cret%@host/db",
            "postgres://u:s3cret%00@host/db",
            "postgres://u:s3 cret@host/db")) {
      assertThatIllegalArgumentException()
          .as(uri)
          .isThrownBy(() -> Storages.open(StorageRequest.of(uri)))
          .satisfies(e -> assertThat(wholly(e)).doesNotContain("s3").doesNotContain("cret"));
    }
  }

  @Test
  void says_no_password_when_the_server_is_not_there_or_refuses() {
    PostgresServer server = PostgresServer.shared();
    String away = "postgres://me:s3cret@localhost:1/db";
    String unknown = server.uri("nowhere").replace("postgres@", "nobody:s3cret@");
    for (String uri : List.of(away, unknown)) {
      assertThatThrownBy(() -> Storages.open(StorageRequest.of(uri)))
          .isInstanceOf(StorageFailed.class)
          .satisfies(e -> assertThat(wholly(e)).doesNotContain("s3cret"));
    }
  }

  private static String wholly(Throwable failure) {
    StringWriter out = new StringWriter();
    failure.printStackTrace(new PrintWriter(out));
    return out.toString();
  }

  @Test
  void decodes_what_is_written_with_percent_signs() {
    PostgresAddress address =
        PostgresAddress.parse("postgres://a%40b:p%2Fw%3A+@[::1]:7/my%20db?schema=s&pool=3&blobs=x");
    assertThat(address.toString()).isEqualTo("postgres://[::1]:7/my db");
    assertThat(address.source("s").getUser()).isEqualTo("a@b");
    assertThat(address.source("s").getPassword()).isEqualTo("p/w:+");
    assertThat(address.source("s").getServerNames()).containsExactly("::1");
    assertThat(address.options(PostgresOptions.DEFAULT)).isEqualTo(new PostgresOptions("s", 3));
    assertThat(address.folderName("s")).isEqualTo("___1_-7-my_db-s");
  }
}
