package dev.stele.testkit;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another process with the test's classes, to write, read or be killed. */
public final class ChildJvm {
  private ChildJvm() {}

  /** Starts the main method of {@code main}; what it prints is read from the process. */
  public static Process start(Class<?> main, List<String> arguments) throws IOException {
    return start(256, main, arguments);
  }

  /** The command that runs the main method of {@code main}. */
  public static List<String> command(Class<?> main, String... arguments) {
    return command(256, main, List.of(arguments));
  }

  private static List<String> command(int heapMegabytes, Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx" + heapMegabytes + "m",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(arguments);
    return command;
  }

  private static Process start(int heapMegabytes, Class<?> main, List<String> arguments)
      throws IOException {
    return new ProcessBuilder(command(heapMegabytes, main, arguments))
        .redirectError(
            new File("/dev/stderr").exists()
                ? ProcessBuilder.Redirect.INHERIT
                : ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Runs it to its end and gives its last line. */
  public static String run(Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    return run(256, main, arguments);
  }

  /** The same with a heap of so many megabytes. */
  public static String run(int heapMegabytes, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    Process process = start(heapMegabytes, main, List.of(arguments));
    String last = "";
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        last = line;
      }
    }
    process.waitFor();
    return last;
  }
}
