package dev.stele.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.OptionSpec;

/** The URI of a log may hold a password, and stand in {@code STELE_LOG} for every command. */
class NoPasswordInTheHelpTest {
  private static final String PASSWORD = "s3cr3t-Pa55";
  private static final String URI = "postgres://app:" + PASSWORD + "@db.example/app";

  /** As if {@code STELE_LOG} had it: the default that a command of this process sees. */
  private static CommandLine commands() {
    return Stele.commands()
        .setDefaultValueProvider(
            argument ->
                argument instanceof OptionSpec option && option.longestName().equals("--log")
                    ? URI
                    : null);
  }

  private static List<CommandLine> all(CommandLine line) {
    List<CommandLine> found = new ArrayList<>(List.of(line));
    line.getSubcommands().values().forEach(each -> found.addAll(all(each)));
    return found;
  }

  @Test
  void no_command_tells_what_the_environment_names() {
    int withLog = 0;
    for (CommandLine each : all(commands())) {
      OptionSpec log = each.getCommandSpec().findOption("--log");
      if (log != null) {
        withLog++;
        assertThat(log.defaultValueString()).as("the default is the one set").isEqualTo(URI);
      }
      assertThat(each.getUsageMessage(Ansi.OFF))
          .as(each.getCommandSpec().qualifiedName())
          .doesNotContain(PASSWORD);
    }
    assertThat(withLog).as("commands that work on a log").isGreaterThan(20);
  }

  @Test
  void nor_does_the_completion_for_a_shell() {
    assertThat(picocli.AutoComplete.bash("stele", commands()))
        .contains("--log")
        .doesNotContain(PASSWORD);
  }

  @Test
  void nor_does_a_complaint_about_arguments() {
    for (CommandLine each : all(commands())) {
      StringBuilder said = new StringBuilder();
      each.setParameterExceptionHandler(
          (failure, _) -> {
            said.append(failure.getMessage());
            return ExitCode.COULD_NOT_RUN;
          });
      each.execute("--no-such-option", "--json=maybe");
      assertThat(said.toString())
          .as(each.getCommandSpec().qualifiedName())
          .isNotEmpty()
          .doesNotContain(PASSWORD);
    }
  }
}
