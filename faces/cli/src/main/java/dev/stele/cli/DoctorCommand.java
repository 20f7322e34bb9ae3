package dev.stele.cli;

import dev.stele.core.log.LogHome;
import dev.stele.crypto.CryptoProviders;
import dev.stele.lmdb.LmdbLogEngine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sqlite.SQLiteJDBCLoader;
import picocli.CommandLine.Command;

@Command(
    name = "doctor",
    description = "Look at this machine: JDK, native parts, and what a sync of this disk costs.")
final class DoctorCommand extends SteleCommand {
  private static final int SYNCS = 200;

  /** No disk syncs in less: it answers from a cache, and perhaps loses it with the power. */
  private static final long SUSPICIOUS_MICROS = 15;

  @Override
  int run(Terminal terminal) throws Exception {
    Map<String, Object> json = new LinkedHashMap<>();
    List<String> lines = new ArrayList<>();
    boolean sound = true;

    json.put("java", Runtime.version().toString());
    lines.add(
        "java       "
            + Runtime.version()
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " processors");

    List<Map<String, Object>> providers = new ArrayList<>();
    for (CryptoProviders.InUse used : CryptoProviders.describe()) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("algorithm", used.algorithm());
      shown.put("provider", used.library());
      shown.put("native", used.nativeCode());
      providers.add(shown);
      lines.add(
          "%-10s %s%s"
              .formatted(
                  used.algorithm(),
                  used.library(),
                  used.nativeCode() ? "" : " (portable: slower; its native part did not load)"));
    }
    json.put("crypto", providers);
    json.put("sqlite", SQLiteJDBCLoader.getVersion());
    lines.add(
        "sqlite     sqlite-jdbc %s, native: %s"
            .formatted(SQLiteJDBCLoader.getVersion(), SQLiteJDBCLoader.initialize()));
    String lmdb = LmdbLogEngine.libraryVersion();
    json.put("lmdb", lmdb);
    lines.add("lmdb       " + lmdb);

    Path database = log.database();
    Path folder = existing(database.toAbsolutePath());
    long[] micros = measureSyncs(folder);
    long p50 = micros[SYNCS / 2];
    long p99 = micros[SYNCS * 99 / 100];
    json.put("folder", folder.toString());
    json.put("syncP50Micros", p50);
    json.put("syncP99Micros", p99);
    lines.add(
        "disk       %s: a write of 4 KiB with sync takes %,d µs (median), %,d µs (99 %%)"
            .formatted(folder, p50, p99));
    boolean believable = p50 >= SUSPICIOUS_MICROS;
    json.put("syncBelievable", believable);
    if (!believable) {
      sound = false;
      lines.add(
          "           that is too fast for a disk: it may lose what it says it has synced (tmpfs,"
              + " or a write cache); what is durable here may not survive a loss of power");
    }

    LogHome home = log.location().home();
    json.put("logExists", home.exists());
    if (home.exists()) {
      boolean keys = home.keys().isPresent();
      json.put("keyFile", keys);
      lines.add(
          "log        "
              + log.uri()
              + (keys ? ", its key file is here" : ", WITHOUT its key file: read only"));
      boolean anchored = log.anchor(home).last().isPresent();
      json.put("anchor", log.anchor(home).describe());
      json.put("anchored", anchored);
      lines.add(
          "anchor     "
              + log.anchor(home).describe()
              + (anchored ? "" : " (nothing recorded yet)"));
      Path anchor = Path.of(log.anchor(home).describe());
      boolean apart =
          Files.exists(anchor) && !Files.getFileStore(anchor).equals(Files.getFileStore(folder));
      json.put("anchorOnAnotherDisk", apart);
      if (!apart) {
        lines.add("           it is on the log's own disk: who can replace one can replace both");
      }
    } else {
      lines.add("log        there is none at " + log.uri() + " (stele init)");
    }
    json.put("sound", sound);
    terminal.answer(json, lines);
    return sound ? ExitCode.DONE : ExitCode.REFUSED_OR_BROKEN;
  }

  private static Path existing(Path path) {
    Path folder = path;
    while (!Files.isDirectory(folder) && folder.getParent() != null) {
      folder = folder.getParent();
    }
    return folder;
  }

  private static long[] measureSyncs(Path folder) throws IOException {
    Path file = Files.createTempFile(folder, "stele-doctor", ".tmp");
    long[] micros = new long[SYNCS];
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocate(4_096);
      for (int i = 0; i < SYNCS; i++) {
        long start = System.nanoTime();
        block.clear().put(0, (byte) i);
        channel.write(block, 4_096L * i);
        channel.force(false);
        micros[i] = (System.nanoTime() - start) / 1_000;
      }
    } finally {
      Files.delete(file);
    }
    Arrays.sort(micros);
    return micros;
  }
}
