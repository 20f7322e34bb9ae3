package dev.stele.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stele.testkit.Scale;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the server says, judged by Go's own packages for signed notes and transparency logs. */
@Tag("engine")
class StandardToolsTest {
  private static final Path PACKAGES = Path.of("/usr/share/gocode");
  private static final int EVENTS = 700;

  /** 50 proofs, each with every bit flipped, when it is a soak. */
  private static final int PROOFS = Math.max(3, Scale.of(50));

  @TempDir Path folder;

  @Test
  void goAcceptsEachProofAndRefusesEachFlippedBit() throws Exception {
    Path judge = judge();
    try (RunningServer server = RunningServer.in(folder.resolve("data"))) {
      StringBuilder events =
          new StringBuilder("{\"events\":[{\"type\":\"t\",\"payloadText\":\"0\"}");
      for (int i = 1; i < EVENTS; i++) {
        events.append(",{\"type\":\"t\",\"payloadText\":\"").append(i).append("\"}");
      }
      assertThat(server.post("/v1/logs/main/events", events.append("]}").toString()).status())
          .isEqualTo(201);
      String key = server.get("/v1/logs/main/vkey").text().strip();
      Path cases = folder.resolve("cases");
      List<String> expected = new ArrayList<>();
      try (Writer out = Files.newBufferedWriter(cases)) {
        out.write(key + "\n");
        for (int i = 0; i < PROOFS; i++) {
          long position = 1 + (long) i * EVENTS / PROOFS;
          String event = "/v1/logs/main/events/" + position;
          byte[] record =
              Base64.getDecoder()
                  .decode(String.valueOf(server.get(event + "?bytes=true").json().get("record")));
          byte[] proof = withoutExtra(server.get(event + "/proof?format=tlog-proof").text());
          write(out, record, proof);
          expected.add("ok");
          for (int bit = 0; bit < proof.length * 8; bit++) {
            byte[] flipped = proof.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            write(out, record, flipped);
            expected.add("no");
          }
          for (int bit = 0; bit < record.length * 8; bit++) {
            byte[] flipped = record.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            write(out, flipped, proof);
            expected.add("no");
          }
        }
      }
      Path verdicts = folder.resolve("verdicts");
      run(new ProcessBuilder(judge.toString(), cases.toString()).redirectOutput(verdicts.toFile()));

      assertThat(Files.readAllLines(verdicts)).isEqualTo(expected);
    }
  }

  private static void write(Writer out, byte[] record, byte[] proof) throws IOException {
    Base64.Encoder base64 = Base64.getEncoder();
    out.write(base64.encodeToString(record) + " " + base64.encodeToString(proof) + "\n");
  }

  /** What travels along in a proof file is itself unproven, so a flip of it proves nothing. */
  private static byte[] withoutExtra(String proof) {
    return proof.replaceFirst("(?m)^extra .*\n", "").getBytes(StandardCharsets.UTF_8);
  }

  /** The judge, built with Debian's packages of Go; they are installed where that is possible. */
  private Path judge() throws Exception {
    if (!isThere() && "root".equals(System.getProperty("user.name"))) {
      install();
    }
    Assumptions.assumeTrue(
        isThere(),
        "NOT JUDGED BY GO: run 'apt-get install golang-go golang-golang-x-mod-dev' to have our"
            + " proofs judged by golang.org/x/mod/sumdb");
    Path source = folder.resolve("judge.go");
    try (InputStream in = StandardToolsTest.class.getResourceAsStream("judge.go")) {
      Files.copy(java.util.Objects.requireNonNull(in), source, StandardCopyOption.REPLACE_EXISTING);
    }
    Path judge = folder.resolve("judge");
    ProcessBuilder build =
        new ProcessBuilder("go", "build", "-o", judge.toString(), source.toString());
    build
        .environment()
        .putAll(
            Map.of(
                "GO111MODULE",
                "off",
                "GOPATH",
                PACKAGES.toString(),
                "GOFLAGS",
                "",
                "GOCACHE",
                folder.resolve("cache").toString()));
    run(build.redirectOutput(folder.resolve("built").toFile()));
    return judge;
  }

  private static boolean isThere() {
    try {
      return Files.isDirectory(PACKAGES.resolve("src/golang.org/x/mod/sumdb/note"))
          && new ProcessBuilder("go", "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** What cannot be installed is said by the test that needs it. */
  private void install() throws Exception {
    for (List<String> command :
        List.of(
            List.of("apt-get", "update", "-qq"),
            List.of(
                "apt-get",
                "install",
                "-y",
                "-qq",
                "--no-install-recommends",
                "golang-go",
                "golang-golang-x-mod-dev"))) {
      try {
        ProcessBuilder apt = new ProcessBuilder(command).redirectErrorStream(true);
        apt.environment().put("DEBIAN_FRONTEND", "noninteractive");
        Process process = apt.redirectOutput(folder.resolve("apt").toFile()).start();
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
          process.destroyForcibly();
        }
      } catch (IOException e) {
        return;
      }
    }
  }

  private void run(ProcessBuilder command) throws Exception {
    Path said = folder.resolve("said");
    Process process = command.redirectError(said.toFile()).start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
  }
}
