package dev.stele.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A C program that does an embedded ledger's work straight on SQLite: named by the environment
 * variable {@code STELE_PEER_SOURCE}, built with the system's {@code gcc}.
 *
 * @param program the built program
 */
record PeerProgram(Path program) {
  /** How the program syncs, in its own numbers. */
  enum Sync {
    NORMAL,
    FULL
  }

  /** Builds the program; says why not, where that fails. */
  static Build build(Path folder) throws IOException, InterruptedException {
    String source = System.getenv("STELE_PEER_SOURCE");
    if (source == null || source.isBlank()) {
      return new Build(
          Optional.empty(), "left out: STELE_PEER_SOURCE names no C reference program");
    }
    Path program = folder.resolve("peer");
    try {
      Process gcc =
          new ProcessBuilder("gcc", "-O2", "-o", program.toString(), source, "-lsqlite3")
              .redirectErrorStream(true)
              .start();
      String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return gcc.waitFor() == 0
          ? new Build(Optional.of(new PeerProgram(program)), "built from STELE_PEER_SOURCE")
          : new Build(Optional.empty(), "left out: gcc could not build it: " + said.strip());
    } catch (IOException e) {
      return new Build(Optional.empty(), "left out: there is no gcc here");
    }
  }

  /**
   * What came of building.
   *
   * @param program the program, if there is one
   * @param note for the report
   */
  record Build(Optional<PeerProgram> program, String note) {}

  /** Its appends, one event in one transaction, in the mode it was written for. */
  Side append(Workplace place, Sync sync) {
    return run("C reference, " + sync, place, sync, "fresh", "append_rps");
  }

  /** Its startup check over what it has appended. */
  Side check(Workplace place, Sync sync) {
    return run("C reference, check on open", place, sync, "fresh", "verify_heap_rps");
  }

  /** Its iteration in pages of 100. */
  Side iterate(Workplace place) {
    return run("C reference, iterate", place, Sync.NORMAL, "fresh", "iterate100_rps");
  }

  /** Its reads of random rows by a prepared statement. */
  Side random(Workplace place) {
    return run(
        "C reference, prepared random read", place, Sync.NORMAL, "cached", "rand_cached_ops");
  }

  private Side run(String name, Workplace place, Sync sync, String statements, String figure) {
    return new Side(
        name,
        length -> {
          Path folder = Files.createTempDirectory(place.folder(), "peer");
          String output =
              output(
                  List.of(
                      program.toString(),
                      "ledger",
                      folder.toString(),
                      String.valueOf(place.plan().tableEvents()),
                      sync == Sync.FULL ? "2" : "1",
                      "1",
                      statements,
                      "idx"));
          Matcher found = Pattern.compile("\"" + figure + "\":([0-9.]+)").matcher(output);
          if (!found.find()) {
            throw new IOException("the reference program says no " + figure + ": " + output);
          }
          return Round.ofRate(Double.parseDouble(found.group(1)));
        });
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("the reference program failed: " + output.strip());
    }
    return output;
  }
}
