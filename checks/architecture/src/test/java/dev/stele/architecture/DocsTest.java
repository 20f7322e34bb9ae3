package dev.stele.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.architecture.Documents.Block;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documents say is true: their links lead somewhere and their snippets compile. */
class DocsTest {
  /** Places on somebody's machine, and words that tell of unfinished work. */
  private static final Pattern FORBIDDEN =
      Pattern.compile(
          "(?<![\\w./~-])/(home|root|work|Users|tmp/[a-z])\\b[\\w./-]*|\\bTODO\\b|\\bFIXME\\b|\\bXXX\\b|\\blorem"
              + " ipsum\\b|\\bcoming soon\\b",
          Pattern.CASE_INSENSITIVE);

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path document : Repository.documents()) {
      broken.addAll(Documents.brokenLinks(document));
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void everyJavaSnippetCompiles() throws IOException {
    List<String> failures = new ArrayList<>();
    for (Path document : Repository.documents()) {
      for (Block block : Documents.blocks(document)) {
        if (block.language().equals("java")) {
          Snippets.errors(block.text()).forEach(error -> failures.add(block + ": " + error));
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void everyCommandLineExists() throws IOException {
    CommandLines commands = new CommandLines();
    List<String> failures = new ArrayList<>();
    for (Path document : Repository.documents()) {
      for (Block block : Documents.blocks(document)) {
        if (Set.of("sh", "console").contains(block.language())) {
          commands.problems(block.lines()).forEach(problem -> failures.add(block + ": " + problem));
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void noDocumentNamesAMachineOrUnfinishedWork() throws IOException {
    List<String> found = new ArrayList<>();
    for (Path document : Repository.documents()) {
      int number = 0;
      for (String line : Files.readAllLines(document)) {
        number++;
        Matcher matcher = FORBIDDEN.matcher(line);
        if (matcher.find()) {
          found.add(
              "%s:%d: %s"
                  .formatted(Repository.folder().relativize(document), number, matcher.group()));
        }
      }
    }
    assertThat(found).isEmpty();
  }

  @Test
  void aLinkToNothingIsNoticed(@TempDir Path folder) throws IOException {
    Path document =
        Files.writeString(
            folder.resolve("page.md"),
            "# The head\n"
                + "[here](#the-head) [gone](gone.md) [no](#foot) `[code](x)`\n"
                + "```\n"
                + "[a](b)\n"
                + "```\n");
    assertThat(Documents.brokenLinks(document))
        .hasSize(2)
        .anyMatch(link -> link.endsWith("-> gone.md"))
        .anyMatch(link -> link.endsWith("-> #foot"));
  }

  @Test
  void aSnippetThatDoesNotCompileIsNoticed() {
    assertThat(Snippets.errors("int x = \"text\";")).isNotEmpty();
    assertThat(Snippets.errors("import dev.stele.core.log.EventLog;\nEventLog.openNothing();"))
        .isNotEmpty();
  }

  @Test
  void statementsMembersAndFilesAllCompile() {
    assertThat(Snippets.errors("import java.util.List;\nvar list = List.of(1);")).isEmpty();
    assertThat(Snippets.errors("public final class Mine { int x; }")).isEmpty();
    assertThat(Snippets.errors("import java.util.List;\nrecord Pair(List<String> a, int b) {}"))
        .isEmpty();
  }

  @Test
  void aCommandOrAnOptionThatIsNotThereIsNoticed() {
    CommandLines commands = new CommandLines();
    assertThat(
            commands.problems(
                List.of(
                    "./stele frobnicate",
                    "$ ./stele verify --never",
                    "echo x | ./stele append \\",
                    "  --not-this -")))
        .hasSize(3);
    assertThat(
            commands.problems(
                List.of("./stele test --fast", "./stele --help", "$ ./stele bench --quick")))
        .isEmpty();
  }

  @Test
  void aMachinePathIsNoticed() {
    assertThat(FORBIDDEN.matcher("see /home/me/x").find()).isTrue();
    assertThat(FORBIDDEN.matcher("the path work/wt is relative").find()).isFalse();
  }
}
