package dev.stele.envelope.store;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** The parameter of a PostgreSQL URI that makes a store a hybrid. */
final class BlobsParameter {
  private static final String NAME = "blobs=";

  private BlobsParameter() {}

  /** The URI of the views in the folder that {@code blobs=DIR} names. */
  static Optional<String> of(String uri) {
    int query = uri.indexOf('?');
    if (!uri.startsWith("postgres:") || query < 0) {
      return Optional.empty();
    }
    for (String parameter : uri.substring(query + 1).split("&", -1)) {
      if (parameter.startsWith(NAME) && parameter.length() > NAME.length()) {
        String folder =
            URLDecoder.decode(parameter.substring(NAME.length()), StandardCharsets.UTF_8);
        // A file by its ending: a file in the folder's place is then in the way, not taken for one.
        return Optional.of("lmdb:" + Path.of(folder).resolve("blobs.lmdb"));
      }
    }
    return Optional.empty();
  }
}
