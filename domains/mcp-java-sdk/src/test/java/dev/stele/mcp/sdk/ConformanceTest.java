package dev.stele.mcp.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A server of the Java SDK with our transport, judged by the official conformance suite of MCP. */
@Tag("engine")
class ConformanceTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void every_check_of_every_scenario_passes(Served.Face face) throws Exception {
    Path tools = OfficialTools.installed();
    try (Served served =
        Served.start(face, 0, Stores.onDisk(folder), TransportOptions.defaults())) {
      Process judge =
          new ProcessBuilder(
                  OfficialTools.scripts().resolve("conformance").toString(),
                  "http://localhost:%d/mcp".formatted(served.port()),
                  tools.toString())
              .redirectErrorStream(true)
              .start();
      List<String> said = judge.inputReader(StandardCharsets.UTF_8).lines().toList();
      assertThat(judge.waitFor()).as(String.join("\n", said)).isZero();
      assertThat(said)
          .containsExactly("30 scored and 3 unscored scenarios, 84 checks passed, 0 faults");
    }
  }
}
