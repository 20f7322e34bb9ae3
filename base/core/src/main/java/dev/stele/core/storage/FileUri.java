package dev.stele.core.storage;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** How engines that keep a log in one file read their URIs, and name the files beside it. */
public final class FileUri {
  private FileUri() {}

  /**
   * Tells whether a URI is of a scheme and names something.
   *
   * @param scheme without the colon
   */
  public static boolean isOf(String uri, String scheme) {
    return uri.length() > scheme.length() + 1 && uri.startsWith(scheme + ":");
  }

  /**
   * The file that a URI names: {@code scheme:FOLDER} means the file {@code log} in that folder,
   * {@code scheme:FILE} the file itself when it has the ending or is there as a file.
   *
   * @param scheme without the colon
   * @param ending of the engine's files, with the dot
   * @throws IllegalArgumentException when the URI is of another form
   */
  public static Path database(String uri, String scheme, String ending) {
    if (!isOf(uri, scheme)) {
      throw new IllegalArgumentException(
          "a storage of this kind is %s, not '%s'".formatted(form(scheme, ending), uri));
    }
    Path path;
    try {
      path = Path.of(uri.substring(scheme.length() + 1));
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("'%s' names no file".formatted(uri), e);
    }
    boolean file = path.toString().endsWith(ending) || Files.isRegularFile(path);
    return file ? path : path.resolve("log" + ending);
  }

  /** How such URIs look, for people. */
  public static String form(String scheme, String ending) {
    return "%s:FOLDER or %s:FILE%s".formatted(scheme, scheme, ending);
  }

  /** The file beside a log's that keeps something else: {@code log.views.db} for {@code log.db}. */
  public static Path beside(Path database, String what, String ending) {
    String name = String.valueOf(database.getFileName());
    String stem = name.endsWith(ending) ? name.substring(0, name.length() - ending.length()) : name;
    return database.resolveSibling(stem + "." + what + ending);
  }
}
