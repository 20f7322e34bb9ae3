package dev.stele.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Where a class stands in the house: its module is the first package below the root, or the first
 * two where these are a module of their own, and every module stands on one shelf.
 *
 * <p>The root is a parameter because the planted violators live in a second, smaller house.
 */
record Layout(String root) {
  /** The shelves, lowest first. */
  enum Shelf {
    CRYPTO,
    CORE,
    ENGINE,
    DOMAIN,
    FACE,
    CHECK
  }

  /** Domains that may use an engine, and why it is not a mistake. */
  static final Map<String, String> ENGINE_OF_DOMAIN =
      Map.of(
          "ledger", "sqlite", // its purpose: a ledger in one SQLite file, in five lines
          "graph", "sqlite"); // its views are SQL tables

  /** Domains that may use another, and why it is not a mistake. */
  static final Map<String, String> DOMAIN_OF_DOMAIN =
      Map.of("mcp.sdk", "mcp"); // what binds the one to a library has a wall of its own

  private static final Map<String, Shelf> SHELVES = new TreeMap<>();

  static {
    SHELVES.put("crypto", Shelf.CRYPTO);
    SHELVES.put("core", Shelf.CORE);
    List.of("sqlite", "lmdb", "postgres", "kafka", "aws")
        .forEach(module -> SHELVES.put(module, Shelf.ENGINE));
    List.of("ledger", "envelope", "mcp", "mcp.sdk", "nostr", "graph")
        .forEach(module -> SHELVES.put(module, Shelf.DOMAIN));
    List.of("wire", "server", "client", "cli", "console")
        .forEach(module -> SHELVES.put(module, Shelf.FACE));
    List.of("testkit", "postgresserver", "browser", "architecture", "bench")
        .forEach(module -> SHELVES.put(module, Shelf.CHECK));
  }

  /** The module of a class of this house; empty for a class from outside. */
  Optional<String> module(JavaClass type) {
    return below(type).map(Layout::module);
  }

  private static String module(String path) {
    String[] parts = path.split("\\.", 3);
    String two = parts.length > 1 ? parts[0] + "." + parts[1] : parts[0];
    return SHELVES.containsKey(two) ? two : parts[0];
  }

  /** The package inside the module, such as {@code event}; empty at the module's root. */
  String inner(JavaClass type) {
    String path = below(type).orElse("");
    String module = module(path);
    return path.equals(module) ? "" : path.substring(module.length() + 1).split("\\.", 2)[0];
  }

  /** The shelf of a class; empty for one from outside, and for one of an unknown module. */
  Optional<Shelf> shelf(JavaClass type) {
    return module(type).map(SHELVES::get);
  }

  private Optional<String> below(JavaClass type) {
    JavaClass element = type.getBaseComponentType();
    String name = element.getPackageName();
    return name.startsWith(root + ".")
        ? Optional.of(name.substring(root.length() + 1))
        : Optional.empty();
  }

  /** Tells whether a class belongs to the JDK, or is an annotation for nullness. */
  static boolean isPlatform(JavaClass type) {
    String name = type.getBaseComponentType().getPackageName();
    return type.getBaseComponentType().isPrimitive()
        || name.startsWith("java.")
        || name.startsWith("javax.")
        || name.equals("org.jspecify.annotations");
  }
}
