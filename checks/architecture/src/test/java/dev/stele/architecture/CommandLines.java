package dev.stele.architecture;

import dev.stele.cli.Stele;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;

/** Holds command lines that documents show against the commands and options that there are. */
final class CommandLines {
  /** What the {@code stele} script does itself, without the binary. */
  private static final Set<String> OF_THE_SCRIPT =
      Set.of("test", "fuzz", "build", "clean", "format", "package", "sbom");

  private static final String SCRIPT = "./stele";

  /** The binary as it is shipped, where it is called by its path. */
  private static final String SHIPPED = "bin/stele";

  private static final Pattern WORD = Pattern.compile("\"[^\"]*\"|'[^']*'|[^\\s\"']+");
  private static final Set<String> ENDS = Set.of("|", "||", "&&", ";", "&", "#", ">", ">>", "<");

  private final CommandLine model = new CommandLine(Stele.class);

  CommandLines() {
    for (Stele.ExtraCommand extra : ServiceLoader.load(Stele.ExtraCommand.class)) {
      model.addSubcommand(extra.command());
    }
  }

  /** What is wrong with the uses of {@code ./stele} in a shell block. */
  List<String> problems(List<String> block) {
    List<String> problems = new ArrayList<>();
    String joined = String.join("\n", block).replace("\\\n", " ");
    for (String line : joined.split("\n")) {
      List<String> words = words(line);
      for (int i = 0; i < words.size(); i++) {
        boolean begins = i == 0 || ENDS.contains(words.get(i - 1)) || words.get(i - 1).equals("$");
        List<String> behind = words.subList(i + 1, words.size());
        if (begins && words.get(i).equals(SCRIPT)) {
          if (behind.isEmpty() || !OF_THE_SCRIPT.contains(behind.getFirst())) {
            problem(behind).ifPresent(problems::add);
          }
        } else if (words.get(i).endsWith(SHIPPED)) {
          problem(behind).ifPresent(problems::add);
        }
      }
    }
    return problems;
  }

  private Optional<String> problem(List<String> words) {
    CommandLine command = model;
    for (String word : words) {
      if (ENDS.contains(word)) {
        break;
      }
      if (word.equals("--")) {
        // What follows is another program's.
        return Optional.empty();
      }
      CommandLine below = command.getSubcommands().get(word);
      if (below != null) {
        command = below;
      } else if (word.length() > 1 && word.startsWith("-")) {
        String option = word.replaceFirst("=.*", "");
        if (!command.getCommandSpec().optionsMap().containsKey(option)) {
          return Optional.of(
              "'%s' has no option %s".formatted(command.getCommandSpec().qualifiedName(), option));
        }
      } else if (!command.getSubcommands().isEmpty()) {
        return Optional.of(
            "'%s' has no command %s".formatted(command.getCommandSpec().qualifiedName(), word));
      }
    }
    return Optional.empty();
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(line);
    while (matcher.find()) {
      words.add(matcher.group());
    }
    return words;
  }
}
