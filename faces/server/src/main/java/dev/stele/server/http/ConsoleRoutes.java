package dev.stele.server.http;

import dev.stele.crypto.Sha256;
import dev.stele.server.auth.PublicFace;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The console's pages: files on the class path, which hold nothing of any log. */
final class ConsoleRoutes {
  private static final String FOLDER = "/dev/stele/console/web/";

  /** Letters, digits and single dots between slashes: no way leads out of the folder. */
  private static final Pattern FILE =
      Pattern.compile("[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*\\.(html|js|css|svg|png|ico|json|txt)");

  private static final Map<String, String> TYPES =
      Map.of(
          "html", "text/html; charset=utf-8",
          "js", "text/javascript; charset=utf-8",
          "css", "text/css; charset=utf-8",
          "svg", "image/svg+xml",
          "png", "image/png",
          "ico", "image/x-icon",
          "json", "application/json",
          "txt", "text/plain; charset=utf-8");

  /** No script, style or picture but our own, and no page may show ours in a frame. */
  private static final String POLICY =
      "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
          + " frame-ancestors 'none'; form-action 'self'";

  private record Page(byte[] bytes, String tag, String type) {}

  /** As many as there are files: what is not there is not kept. */
  private final Map<String, Page> pages = new ConcurrentHashMap<>();

  List<Route> routes() {
    Access access = new Access.OfFace(PublicFace.CONSOLE);
    return List.of(
        Route.get("/", access, call -> page(call, "index.html")),
        Route.get("/{file...}", access, call -> page(call, call.place("file"))));
  }

  private Reply page(Call call, String file) throws IOException {
    if (call.accepts("application/nostr+json") || call.header("Upgrade").isPresent()) {
      return Reply.failed(new Problem("not-acceptable", 406, "there is no relay here"));
    }
    Optional<Page> page = FILE.matcher(file).matches() ? load(file) : Optional.empty();
    if (page.isEmpty()) {
      return Reply.failed(Problem.notFound("there is nothing at this path"));
    }
    boolean known = call.header("If-None-Match").filter(page.get().tag()::equals).isPresent();
    return new Reply.Whole(
        known ? 304 : 200,
        page.get().type(),
        Map.of(
            "ETag",
            page.get().tag(),
            "Cache-Control",
            "no-cache",
            "Content-Security-Policy",
            POLICY,
            "Referrer-Policy",
            "no-referrer"),
        known ? new byte[0] : page.get().bytes());
  }

  private Optional<Page> load(String file) throws IOException {
    Page known = pages.get(file);
    if (known != null) {
      return Optional.of(known);
    }
    try (InputStream in = ConsoleRoutes.class.getResourceAsStream(FOLDER + file)) {
      if (in == null) {
        return Optional.empty();
      }
      byte[] bytes = in.readAllBytes();
      String tag = "\"" + HexFormat.of().formatHex(Sha256.hash(bytes), 0, 16) + "\"";
      Page page =
          new Page(
              bytes, tag, String.valueOf(TYPES.get(file.substring(file.lastIndexOf('.') + 1))));
      pages.put(file, page);
      return Optional.of(page);
    }
  }
}
