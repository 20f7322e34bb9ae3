package dev.stele.envelope.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.core.log.EraseResult;
import dev.stele.core.proof.Verdict;
import dev.stele.envelope.event.EnvelopeDraft;
import dev.stele.envelope.event.EnvelopeKey;
import dev.stele.envelope.event.JsonObject;
import dev.stele.envelope.event.SignedEnvelope;
import dev.stele.envelope.store.EnvelopeStoreOptions.Judging;
import dev.stele.postgresserver.PostgresServer;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Where what an erased envelope said still is: every part of it is a token that nothing else says.
 *
 * <p>Looked for are the token, its hexadecimal digits and its base64 at each of the three ways it
 * can be aligned.
 */
@Tag("engine")
class AnErasedEnvelopeTest {
  private static final int OTHERS = 40;
  private static final int ERASED = 17;

  /** Nothing but a compaction takes bytes away, so that what is found before can be relied on. */
  private static final Map<String, String> SETTINGS =
      Map.of("wal_recycle", "off", "autovacuum", "off");

  private final Envelopes envelopes = new Envelopes(5);
  private final Random random = new Random(55);

  @TempDir Path folder;

  /** Something that was said, as the bytes by which it is looked for. */
  private record Token(Set<String> forms) {
    static Token of(byte[] bytes) {
      Set<String> forms = new LinkedHashSet<>();
      forms.add(latin(bytes));
      forms.add(HexFormat.of().formatHex(bytes));
      for (int before = 0; before < 3; before++) {
        byte[] shifted = new byte[before + bytes.length / 3 * 3];
        System.arraycopy(bytes, 0, shifted, before, bytes.length / 3 * 3);
        String base64 = Base64.getEncoder().withoutPadding().encodeToString(shifted);
        // Without the symbols that its neighbours have a part in.
        forms.add(base64.substring(before == 0 ? 0 : 4, base64.length() - 2));
      }
      return new Token(forms);
    }

    static Token of(String text) {
      return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Digits that may also be kept as the bytes they mean. */
    static Token ofDigits(String hex) {
      Set<String> forms = new LinkedHashSet<>(of(hex).forms);
      forms.addAll(of(HexFormat.of().parseHex(hex)).forms);
      return new Token(forms);
    }

    boolean isIn(String latin) {
      return forms.stream().anyMatch(latin::contains);
    }
  }

  private static String latin(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private String randomDigits() {
    byte[] bytes = new byte[20];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static String encoded(Path path) {
    return URLEncoder.encode(path.toString(), StandardCharsets.UTF_8);
  }

  @Test
  void is_gone_from_files_of_sqlite() throws Exception {
    erased(Optional.empty(), "sqlite:" + folder.resolve("store"), Judging.COMPATIBLE);
  }

  @Test
  void is_gone_from_files_of_lmdb() throws Exception {
    erased(Optional.empty(), "lmdb:" + folder.resolve("store"), Judging.COMPATIBLE);
  }

  @Test
  void is_gone_from_postgresql() throws Exception {
    try (PostgresServer server = PostgresServer.start(PostgresServer.Sync.OFF, SETTINGS)) {
      String database = server.freshDatabase();
      String uri = database + "?home=" + encoded(folder.resolve("home"));
      erased(Optional.of(new Served(server, database)), uri, Judging.STRICT);
    }
  }

  @Test
  void is_gone_from_a_hybrid_store() throws Exception {
    try (PostgresServer server = PostgresServer.start(PostgresServer.Sync.OFF, SETTINGS)) {
      String database = server.freshDatabase();
      erased(Optional.of(new Served(server, database)), hybrid(database), Judging.STRICT);
    }
  }

  /** A database, and the server that has it. */
  private record Served(PostgresServer server, String database) {}

  private String hybrid(String database) {
    return database
        + "?home="
        + encoded(folder.resolve("home"))
        + "&blobs="
        + encoded(folder.resolve("blobs"));
  }

  /**
   * In strict rules the log has registered the key, which stays: a key act says nothing of what was
   * signed. In compatible rules only the envelope names it.
   */
  @Test
  void is_gone_with_its_key_id_where_no_key_act_names_it() throws Exception {
    try (PostgresServer server = PostgresServer.start(PostgresServer.Sync.OFF, SETTINGS)) {
      String database = server.freshDatabase();
      erased(Optional.of(new Served(server, database)), hybrid(database), Judging.COMPATIBLE);
    }
  }

  private void erased(Optional<Served> served, String uri, Judging judging) throws Exception {
    EnvelopeStoreOptions options =
        EnvelopeStoreOptions.DEFAULT
            .with(envelopes, envelopes.random())
            .with(judging)
            .anchoredIn(folder.resolve("anchors"));
    Map<String, Token> said = new LinkedHashMap<>();
    SignedEnvelope envelope = tellingEnvelope(judging, said);
    String id = envelope.header().id();
    List<SignedEnvelope> others = new ArrayList<>();
    try (EnvelopeStore store = EnvelopeStore.open(uri, options)) {
      if (judging == Judging.STRICT) {
        store.register(Envelopes.SENSOR.keyId(), Envelopes.SENSOR.publicKey());
      }
      long position = 0;
      for (int i = 0; i < OTHERS; i++) {
        if (i == ERASED) {
          position = EnvelopeStoreTck.inserted(store.save(envelope));
        }
        SignedEnvelope other = envelopes.make(Map.of("n", (long) i));
        EnvelopeStoreTck.inserted(store.save(other));
        others.add(other);
      }
      assertThat(store.awaitBlobs()).isTrue();
      assertThat(store.link(id, others.getFirst().header().id(), "caused"))
          .isInstanceOf(LinkResult.Linked.class);
      said.put("salt", Token.of(store.log().get(position).orElseThrow().salt().orElseThrow()));
      EnvelopeMetadata before = store.getMetadata(id).orElseThrow();
      if (served.isPresent()) {
        assertThat(inTables(served.get(), said))
            .as("before, so that it can be found")
            .isEqualTo(said.keySet());
      }
      assertThat(inFiles(served, said)).as("before, so that it can be found").isNotEmpty();

      assertThat(store.erase(id).orElseThrow()).isInstanceOf(EraseResult.Erased.class);
      if (served.isPresent()) {
        assertThat(inTables(served.get(), said)).as("in a table at the ack").isEmpty();
      }
      assertUnsaid(store, envelope, others, said);

      // What the record says stays: ADR 0024.
      assertThat(store.getMetadata(id))
          .contains(
              new EnvelopeMetadata(
                  id,
                  before.eventType(),
                  before.source(),
                  position,
                  before.recordedAt(),
                  Optional.empty()));
      assertThat(store.exists(id)).isTrue();
      assertThat(store.links(id)).hasSize(1);

      store.compact();
      assertThat(inFiles(served, said)).as("in a file after a compaction").isEmpty();
      assertThat(store.verify(_ -> {})).isInstanceOf(Verdict.Intact.class);
      assertThat(store.save(envelope)).isEqualTo(new SaveResult.AlreadyPresent(position));
      assertThat(store.get(id)).isEmpty();
      assertThat(store.stats().isOk()).isTrue();
    }
    try (EnvelopeStore again = EnvelopeStore.open(uri, options)) {
      assertThat(again.awaitBlobs()).isTrue();
      assertUnsaid(again, envelope, others, said);
    }
    assertThat(inFiles(served, said)).as("in a file after opening again").isEmpty();
  }

  /** An envelope each part of which can be told from everything else. */
  private SignedEnvelope tellingEnvelope(Judging judging, Map<String, Token> said) {
    String payload = "payload-" + randomDigits();
    String context = "context-" + randomDigits();
    String extensions = "extensions-" + randomDigits();
    String nonce = randomDigits() + randomDigits();
    EnvelopeKey key =
        switch (judging) {
          case STRICT -> Envelopes.SENSOR;
          case COMPATIBLE -> EnvelopeKey.generate("key-" + randomDigits(), random);
        };
    EnvelopeDraft draft =
        EnvelopeDraft.of(
                "omen.observed", "north tower", key.keyId(), JsonObject.of(Map.of("name", payload)))
            .withContext(JsonObject.of(Map.of("name", context)))
            .withExtensions(JsonObject.of(Map.of("name", extensions)))
            .withNonce(nonce);
    SignedEnvelope envelope = envelopes.make(draft, key);
    said.put("payload", Token.of(payload));
    said.put("context", Token.of(context));
    said.put("extensions", Token.of(extensions));
    said.put("nonce", Token.ofDigits(nonce));
    said.put("signature", Token.of(envelope.signature()));
    said.put("content hash", Token.ofDigits(envelope.header().payloadHash()));
    said.put("envelope hash", Token.of(envelope.hash()));
    if (judging == Judging.COMPATIBLE) {
      said.put("key id", Token.of(key.keyId()));
      said.put("public key", Token.of(key.publicKey()));
    }
    return envelope;
  }

  /** No answer about the envelope, or about others, says any of it. */
  private static void assertUnsaid(
      EnvelopeStore store,
      SignedEnvelope erased,
      List<SignedEnvelope> others,
      Map<String, Token> said) {
    String id = erased.header().id();
    assertThat(store.get(id)).isEmpty();
    assertThat(store.getByContentHash(erased.header().payloadHash())).isEmpty();
    assertThat(store.getMetadata(id).orElseThrow().details()).isEmpty();
    StringBuilder answers = new StringBuilder();
    answers.append(store.getMetadata(id)).append(store.links(id)).append(store.stats());
    for (EnvelopeQuery query :
        List.of(
            EnvelopeQuery.all(),
            EnvelopeQuery.ofType("omen.observed"),
            EnvelopeQuery.ofSource("north tower"))) {
      EnvelopePage page = store.iterate(query, Optional.empty(), EnvelopeStore.MAX_PAGE);
      assertThat(page.envelopes())
          .extracting(StoredEnvelope::envelope)
          .containsExactlyElementsOf(others);
      page.envelopes().forEach(each -> answers.append(latin(each.wire())));
    }
    assertThat(
            store
                .iterate(
                    EnvelopeQuery.ofKey(erased.header().keyId()),
                    Optional.empty(),
                    EnvelopeStore.MAX_PAGE)
                .envelopes())
        .extracting(each -> each.envelope().header().id())
        .doesNotContain(id);
    said.forEach((part, token) -> assertThat(token.isIn(answers.toString())).as(part).isFalse());
  }

  /** Which of it is in some column of some table of the schema. */
  private static Set<String> inTables(Served served, Map<String, Token> said) throws SQLException {
    Set<String> found = new TreeSet<>();
    try (Connection connection = served.server().connect(served.database());
        Statement statement = connection.createStatement()) {
      List<String> tables = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c"
                  + " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                  + " WHERE c.relkind IN ('r', 'm', 'v') AND n.nspname = 'stele'")) {
        while (rows.next()) {
          tables.add(rows.getString(1));
        }
      }
      assertThat(tables).contains("stele.stele_bodies", "stele.envelope_details", "stele.events");
      for (String table : tables) {
        try (ResultSet rows = statement.executeQuery("SELECT * FROM " + table)) {
          while (rows.next()) {
            for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
              Object value = rows.getObject(column);
              String text = value instanceof byte[] bytes ? latin(bytes) : String.valueOf(value);
              said.forEach(
                  (part, token) -> {
                    if (token.isIn(text)) {
                      found.add(part);
                    }
                  });
            }
          }
        }
      }
    }
    return found;
  }

  /** Which of it is in which file of the server, of the log's home, and beside the server. */
  private List<String> inFiles(Optional<Served> served, Map<String, Token> said)
      throws IOException {
    List<String> found = new ArrayList<>();
    List<Path> places = new ArrayList<>(List.of(folder));
    served.ifPresent(its -> places.add(its.server().data()));
    for (Path place : places) {
      try (Stream<Path> files = Files.walk(place)) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          try {
            String bytes = latin(Files.readAllBytes(file));
            said.forEach(
                (part, token) -> {
                  if (token.isIn(bytes)) {
                    found.add(part + " in " + place.relativize(file));
                  }
                });
          } catch (NoSuchFileException e) {
            // The server has removed it since it was listed.
          }
        }
      }
    }
    return found;
  }
}
