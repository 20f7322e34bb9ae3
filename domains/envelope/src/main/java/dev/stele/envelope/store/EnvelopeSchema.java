package dev.stele.envelope.store;

import dev.stele.core.storage.StorageRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The SQL of this store on servers that have one: tables, triggers and the view of both. */
public final class EnvelopeSchema {
  private static final String FOLDER = "dev/stele/envelope/postgres";

  private static final String FILE = FOLDER + "/V1__envelopes.sql";

  /** Versions that run once each and in order. */
  public static final List<StorageRequest.Script> SCRIPTS =
      List.of(new StorageRequest.Script("postgres", "envelope", FOLDER));

  private EnvelopeSchema() {}

  /** The SQL as it runs in a schema, behind that of the engine. */
  public static String ddl(String schema) {
    try (InputStream in = EnvelopeSchema.class.getResourceAsStream("/" + FILE)) {
      if (in == null) {
        throw new IllegalStateException(FILE + " is not on the class path");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).replace("${schema}", schema);
    } catch (IOException e) {
      throw new IllegalStateException(FILE + " cannot be read", e);
    }
  }
}
