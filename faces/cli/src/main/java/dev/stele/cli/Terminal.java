package dev.stele.cli;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where a command writes: answers to stdout, everything else to stderr.
 *
 * <p>With {@code --json} stdout holds JSON and nothing else. Progress is only drawn when it takes
 * long enough to be wanted; on a terminal in place, otherwise as a line now and then. One thread at
 * a time.
 */
public final class Terminal {
  private static final Duration QUIET = Duration.ofMillis(500);
  private static final Duration BETWEEN_DRAWINGS = Duration.ofMillis(200);
  private static final Duration BETWEEN_LINES = Duration.ofSeconds(5);

  private final PrintStream out;
  private final PrintStream err;
  private final boolean json;
  private final boolean interactive;

  private @Nullable String task;
  private long startedNanos;
  private long drawnNanos;
  private boolean drawn;

  /** The terminal of this process. */
  public static Terminal ofProcess(boolean json) {
    return new Terminal(System.out, System.err, json);
  }

  Terminal(PrintStream out, PrintStream err, boolean json) {
    this.out = out;
    this.err = err;
    this.json = json;
    this.interactive = isTerminal();
  }

  // The console can still be absent where the platform's provider is chosen by hand.
  @SuppressWarnings("SystemConsoleNull")
  private static boolean isTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  boolean json() {
    return json;
  }

  boolean interactive() {
    return interactive && !json;
  }

  /** Answers with JSON, or with lines of text. */
  public void answer(Map<String, ?> asJson, List<String> asText) {
    clearProgress();
    if (json) {
      out.println(Json.write(asJson));
    } else {
      asText.forEach(out::println);
    }
  }

  /**
   * A line that quotes what strangers wrote: what would move a cursor, end the line or turn its
   * direction stands there as an escape of its number.
   */
  static String printable(String line) {
    StringBuilder shown = new StringBuilder(line.length());
    line.codePoints()
        .forEach(
            point -> {
              switch (Character.getType(point)) {
                case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    shown.append("\\u%04x".formatted(point));
                default -> shown.appendCodePoint(point);
              }
            });
    return shown.toString();
  }

  /** One line of text, which JSON readers never see. */
  void say(String line) {
    clearProgress();
    if (!json) {
      out.println(line);
    }
  }

  /** One line for people beside the answer. */
  public void note(String line) {
    clearProgress();
    err.println(line);
  }

  /** Begins a task whose progress may be shown. */
  void begin(String what) {
    task = what;
    startedNanos = System.nanoTime();
    drawnNanos = startedNanos;
  }

  /** Shows how far the task is; {@code total} is 0 when nobody knows. */
  void progress(long done, long total) {
    long now = System.nanoTime();
    Duration pause = interactive ? BETWEEN_DRAWINGS : BETWEEN_LINES;
    if (now - startedNanos < QUIET.toNanos() || now - drawnNanos < pause.toNanos()) {
      return;
    }
    drawnNanos = now;
    double seconds = (now - startedNanos) / 1e9;
    double rate = done / seconds;
    String line = "%s: %,d".formatted(task, done);
    if (total > 0) {
      line += " of %,d (%d %%)".formatted(total, 100 * done / total);
    }
    line += ", %,.0f/s".formatted(rate);
    if (total > done && rate > 0) {
      line += ", %.0f s left".formatted((total - done) / rate);
    }
    if (interactive) {
      err.print("\r" + line + "\u001b[K");
      err.flush();
      drawn = true;
    } else {
      err.println(line);
    }
  }

  private void clearProgress() {
    if (drawn) {
      err.print("\r\u001b[K");
      err.flush();
      drawn = false;
    }
  }

  /** Writes a table: the first row is its head; columns of numbers are set to the right. */
  void table(List<List<String>> rows) {
    clearProgress();
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    boolean[] numbers = new boolean[columns];
    java.util.Arrays.fill(numbers, true);
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < columns; c++) {
        String cell = rows.get(r).get(c);
        widths[c] = Math.max(widths[c], cell.length());
        numbers[c] &= r == 0 || cell.matches("[-0-9,.]*");
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String pad = " ".repeat(widths[c] - row.get(c).length());
        line.append(numbers[c] ? pad + row.get(c) : row.get(c) + pad);
        line.append(c + 1 < columns ? "  " : "");
      }
      out.println(line.toString().stripTrailing());
    }
  }
}
