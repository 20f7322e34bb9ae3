package dev.stele.architecture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes Markdown apart, as far as it can be checked. */
final class Documents {
  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*\\]\\(([^)\\s]+)[^)]*\\)");
  private static final Pattern INLINE_CODE = Pattern.compile("`[^`]*`");
  private static final Pattern FENCE = Pattern.compile("\\s*(```+|~~~+)\\s*(\\S*).*");

  private Documents() {}

  /**
   * A fenced block of a document.
   *
   * @param line where its first line of text stands, from 1
   * @param language the word after the fence, empty for none
   */
  record Block(Path document, int line, String language, List<String> lines) {
    String text() {
      return String.join("\n", lines);
    }

    @Override
    public String toString() {
      return Repository.folder().relativize(document) + ":" + line;
    }
  }

  /** The fenced blocks of a document, in order. */
  static List<Block> blocks(Path document) throws IOException {
    List<Block> blocks = new ArrayList<>();
    List<String> lines = Files.readAllLines(document);
    for (int i = 0; i < lines.size(); i++) {
      Matcher fence = FENCE.matcher(lines.get(i));
      if (!fence.matches()) {
        continue;
      }
      int begin = ++i;
      while (i < lines.size() && !lines.get(i).strip().equals(fence.group(1))) {
        i++;
      }
      blocks.add(new Block(document, begin + 1, fence.group(2), lines.subList(begin, i)));
    }
    return blocks;
  }

  /** The links of a document to files, that point to nothing. */
  static List<String> brokenLinks(Path document) throws IOException {
    List<String> broken = new ArrayList<>();
    boolean fenced = false;
    for (String line : Files.readAllLines(document)) {
      if (FENCE.matcher(line).matches()) {
        fenced = !fenced;
      }
      Matcher link = LINK.matcher(INLINE_CODE.matcher(line).replaceAll("``"));
      while (!fenced && link.find()) {
        String target = link.group(1);
        if (!target.matches("[a-z]+:.*") && !resolves(document, target)) {
          broken.add(Repository.folder().relativize(document) + " -> " + target);
        }
      }
    }
    return broken;
  }

  private static boolean resolves(Path document, String target) throws IOException {
    int hash = target.indexOf('#');
    String file = hash < 0 ? target : target.substring(0, hash);
    Path at = file.isEmpty() ? document : document.resolveSibling(file).normalize();
    if (!Files.exists(at)) {
      return false;
    }
    return hash < 0 || anchors(at).contains(target.substring(hash + 1));
  }

  private static List<String> anchors(Path document) throws IOException {
    return Files.readAllLines(document).stream()
        .filter(line -> line.startsWith("#"))
        .map(
            line ->
                line.replaceFirst("^#+\\s*", "")
                    .toLowerCase(java.util.Locale.ROOT)
                    .replaceAll("[^\\p{Alnum} _-]", "")
                    .replace(' ', '-'))
        .toList();
  }
}
