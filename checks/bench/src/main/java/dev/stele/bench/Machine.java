package dev.stele.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The machine that is measured on, and whether somebody else is using it. */
final class Machine {
  /** Above this share of the processors being wanted, figures tell of the others. */
  private static final double BUSY_LOAD = 0.5;

  /** Above this share of time taken by the host, figures tell of the neighbours. */
  private static final double BUSY_STEAL = 0.02;

  private final Map<String, Object> facts = new LinkedHashMap<>();
  private final double load;
  private final int processors;

  private Machine(Path folder) throws IOException {
    Runtime runtime = Runtime.getRuntime();
    processors = runtime.availableProcessors();
    load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    facts.put("processors", processors);
    facts.put("cpu", line(Path.of("/proc/cpuinfo"), "model name"));
    facts.put("memory", line(Path.of("/proc/meminfo"), "MemTotal"));
    facts.put("heapMaxBytes", runtime.maxMemory());
    facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put("jdk", System.getProperty("java.vendor") + " " + Runtime.version());
    facts.put("fileSystem", Files.getFileStore(folder).type());
    facts.put("loadBefore", load);
  }

  /** Looks at the machine as it is now. */
  static Machine look(Path folder) throws IOException {
    return new Machine(folder);
  }

  /** Facts by name, for the report. */
  Map<String, Object> facts() {
    return facts;
  }

  /** Whether others were at work when this was looked at. */
  boolean busy() {
    return load > BUSY_LOAD * processors;
  }

  /** The load average when this was looked at. */
  double load() {
    return load;
  }

  /**
   * Counted processor time of the whole machine.
   *
   * @param total of all kinds
   * @param steal taken by the host for others
   */
  record Ticks(long total, long steal) {
    /** Reads them as of now; zeros where the system does not count. */
    static Ticks now() {
      try {
        String[] fields = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +");
        long total = 0;
        for (int i = 1; i < fields.length; i++) {
          total += Long.parseLong(fields[i]);
        }
        return new Ticks(total, fields.length > 8 ? Long.parseLong(fields[8]) : 0);
      } catch (IOException | NumberFormatException e) {
        return new Ticks(0, 0);
      }
    }

    /** The share of time that was stolen since {@code before}. */
    double stolenSince(Ticks before) {
      return total == before.total ? 0 : (double) (steal - before.steal) / (total - before.total);
    }

    /** Whether so much was stolen that figures tell of the neighbours. */
    static boolean tooMuch(double stolen) {
      return stolen > BUSY_STEAL;
    }
  }

  private static String line(Path file, String name) {
    try {
      return Files.readAllLines(file).stream()
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
