package dev.stele.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.server.config.ServerConfig;
import dev.stele.server.config.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What Stele is shipped in, read as text: the image, the service and the workflows. Whether the
 * archive runs is tried by {@code ./stele package --try}.
 */
class PackagingTest {
  private static final Pattern VARIABLE =
      Pattern.compile("(?m)(?:^|[ \"=])(STELE_[A-Z_]+)(?:=|: )(\\S+)");

  /** Scripts of this repository, where they begin a command. */
  private static final Pattern SCRIPT =
      Pattern.compile("(?:^|[;|&(]\\s*)((?:\\./|\\.ci/|packaging/)[\\w./-]+)( [\\w-]+)?");

  /** By commit, or by a major version; never by a branch. */
  private static final Pattern PINNED =
      Pattern.compile("[\\w./-]+@([0-9a-f]{40} # v\\d[\\d.]*|v\\d+)");

  private static String packaged(String file) throws IOException {
    return Files.readString(Repository.folder().resolve("packaging").resolve(file));
  }

  /** The instruction of a Dockerfile, as often as it stands in the last stage. */
  private static List<String> instructions(String dockerfile, String name) {
    String joined = dockerfile.replaceAll("\\\\\n\\s*", " ");
    String last = joined.substring(joined.lastIndexOf("\nFROM "));
    return last.lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1).strip())
        .toList();
  }

  private static ServerConfig config(String text) throws Exception {
    Map<String, String> environment = new LinkedHashMap<>();
    Matcher variable = VARIABLE.matcher(text);
    while (variable.find()) {
      environment.put(variable.group(1), variable.group(2));
    }
    return ServerConfig.read(Optional.empty(), environment, Map.of());
  }

  // ---- the image ----

  @Test
  void theImageDoesNotRunAsRoot() throws IOException {
    assertThat(instructions(packaged("Dockerfile"), "USER"))
        .singleElement()
        .asString()
        .matches("[1-9]\\d*:[1-9]\\d*");
  }

  @Test
  void theImageServesBothPortsAndKeepsItsData() throws IOException {
    String dockerfile = packaged("Dockerfile");
    assertThat(instructions(dockerfile, "EXPOSE")).containsExactly("8080 50051");
    assertThat(instructions(dockerfile, "VOLUME")).containsExactly("[\"/data\", \"/anchors\"]");
    assertThat(instructions(dockerfile, "ENTRYPOINT"))
        .containsExactly("[\"/opt/stele/bin/stele\"]");
    assertThat(instructions(dockerfile, "CMD")).containsExactly("[\"serve\"]");
    assertThat(instructions(dockerfile, "STOPSIGNAL")).containsExactly("SIGTERM");
  }

  @Test
  void theImageAsksItsOwnHealth() throws IOException {
    assertThat(instructions(packaged("Dockerfile"), "HEALTHCHECK"))
        .singleElement()
        .asString()
        .endsWith("CMD [\"/opt/stele/bin/healthy\"]");
    assertThat(packaged("image/bin/healthy")).contains("GET /health HTTP/1.1");
  }

  @Test
  void theImageIsReachedByOthersAndSoRequiresCredentials() throws Exception {
    for (String file : List.of("Dockerfile", "compose.yaml")) {
      ServerConfig config = config(packaged(file));
      assertThat(config.requiresCredentials()).as(file).isTrue();
      assertThat(config.text(Setting.HTTP_BIND)).as(file).isEqualTo("0.0.0.0");
      assertThat(config.text(Setting.GRPC_BIND)).as(file).isEqualTo("0.0.0.0");
    }
  }

  @Test
  void dataAndAnchorsOfTheImageAreVolumes() throws Exception {
    String dockerfile = packaged("Dockerfile");
    ServerConfig config = config(dockerfile);
    for (Setting folder : List.of(Setting.DATA, Setting.ANCHORS)) {
      String path = config.text(folder);
      assertThat(instructions(dockerfile, "VOLUME").getFirst()).contains("\"" + path + "\"");
      assertThat(packaged("compose.yaml")).contains(":" + path + "\n");
    }
  }

  @Test
  void theComposedServiceIsPublishedOnThisMachineAlone() throws IOException {
    List<String> ports =
        packaged("compose.yaml").lines().filter(line -> line.matches("\\s+- \".*:\\d+\"")).toList();
    assertThat(ports).hasSize(2).allMatch(line -> line.strip().startsWith("- \"127.0.0.1:"));
    assertThat(packaged("compose.yaml"))
        .contains("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true");
  }

  // ---- the service ----

  @Test
  void theServiceMayWriteItsOwnStateAlone() throws IOException {
    assertThat(packaged("stele.service").lines())
        .contains(
            "DynamicUser=yes",
            "ProtectSystem=strict",
            "ProtectHome=yes",
            "StateDirectory=stele",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
            "PrivateTmp=yes",
            "UMask=0077",
            "ExecStart=/opt/stele/bin/stele serve");
  }

  @Test
  void theServiceHasSettingsThatThereAre() throws Exception {
    ServerConfig config = config(packaged("stele.service").replaceAll("(?m)^#.*$", ""));
    assertThat(config.text(Setting.DATA)).startsWith("/var/lib/stele/");
    assertThat(config.text(Setting.ANCHORS)).startsWith("/var/lib/stele/");
  }

  // ---- the workflows ----

  private static List<Path> workflows() throws IOException {
    try (Stream<Path> files = Files.list(Repository.folder().resolve(".github/workflows"))) {
      return files.sorted().toList();
    }
  }

  /** The lines of shell in a workflow: behind {@code run:}, and below {@code run: |}. */
  private static List<String> commands(String workflow) {
    List<String> commands = new ArrayList<>();
    int block = -1;
    for (String line : workflow.lines().toList()) {
      int indent = line.length() - line.stripLeading().length();
      if (block >= 0 && (line.isBlank() || indent > block)) {
        commands.add(line.strip());
        continue;
      }
      block = -1;
      Matcher run = Pattern.compile("\\s*(?:- )?run: (.*)").matcher(line);
      if (run.matches() && run.group(1).equals("|")) {
        block = indent;
      } else if (run.matches()) {
        commands.add(run.group(1));
      }
    }
    return commands;
  }

  /** What a workflow runs of this repository, and is not there. */
  private static List<String> missing(String workflow) {
    List<String> missing = new ArrayList<>();
    for (String command : commands(workflow)) {
      Matcher script = SCRIPT.matcher(command);
      while (script.find()) {
        Path file = Repository.folder().resolve(script.group(1)).normalize();
        if (!Files.isExecutable(file)) {
          missing.add(script.group(1));
        } else {
          missing.addAll(new CommandLines().problems(List.of(command)));
        }
      }
    }
    return missing;
  }

  @Test
  void everyScriptOfAWorkflowExists() throws IOException {
    int commands = 0;
    for (Path workflow : workflows()) {
      commands += commands(Files.readString(workflow)).size();
      assertThat(missing(Files.readString(workflow))).as("%s", workflow).isEmpty();
    }
    assertThat(commands).isGreaterThan(5);
  }

  @Test
  void aScriptThatIsNotThereIsNoticed() {
    assertThat(missing("    steps:\n      - run: .ci/gone\n")).containsExactly(".ci/gone");
    assertThat(missing("      - run: |\n          echo\n          ./stele frobnicate\n"))
        .hasSize(1);
    assertThat(missing("      - run: ./stele package --try\n")).isEmpty();
  }

  @Test
  void everyActionIsPinned() throws IOException {
    for (Path workflow : workflows()) {
      assertThat(Files.readAllLines(workflow).stream().filter(line -> line.contains("uses: ")))
          .as("%s", workflow)
          .isNotEmpty()
          .allMatch(line -> PINNED.matcher(line.replaceFirst(".*uses: ", "")).matches());
    }
  }

  @Test
  void workflowsMayOnlyReadUnlessAJobSaysOtherwise() throws IOException {
    for (Path workflow : workflows()) {
      String text = Files.readString(workflow);
      assertThat(text)
          .as("%s", workflow)
          .contains("\npermissions:\n  contents: read\n")
          .doesNotContain("pull_request_target", "write-all");
      // What others wrote, such as a title, is never part of a command.
      assertThat(commands(text)).noneMatch(command -> command.contains("${{"));
    }
  }
}
