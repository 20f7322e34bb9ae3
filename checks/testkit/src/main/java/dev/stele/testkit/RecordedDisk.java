package dev.stele.testkit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a process did to the files of a folder, as {@code powerloss.c} wrote it down, and the folder
 * again as a loss of power at some moment could have left it.
 *
 * <p>What was synced is there. Of the rest each sector is as it was at some moment since, or torn
 * at a byte; names and lengths that were not synced are kept or not. Immutable.
 */
final class RecordedDisk {
  private static final int SECTOR_BYTES = SimulatedDisk.SECTOR_BYTES;
  private static final int HEAD_BYTES = 25;

  /** One act; {@code kind} is a letter of {@code powerloss.c}. */
  private record Act(char kind, long inode, long at, String path, byte[] bytes) {
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private final Path folder;
  private final List<Act> acts;

  private RecordedDisk(Path folder, List<Act> acts) {
    this.folder = folder;
    this.acts = acts;
  }

  /** Reads the record of what was done below {@code folder}. */
  static RecordedDisk of(Path folder, Path trace) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(trace)).order(ByteOrder.LITTLE_ENDIAN);
    List<Act> acts = new ArrayList<>();
    while (in.remaining() >= HEAD_BYTES) {
      char kind = (char) in.get();
      long inode = in.getLong();
      long at = in.getLong();
      byte[] path = new byte[in.getInt()];
      byte[] bytes = new byte[in.getInt()];
      in.get(path).get(bytes);
      acts.add(new Act(kind, inode, at, new String(path, StandardCharsets.UTF_8), bytes));
    }
    return new RecordedDisk(folder, List.copyOf(acts));
  }

  /** How many moments there are. */
  int moments() {
    return acts.size();
  }

  /** How many syncs there are, of files. */
  int syncs() {
    return (int) acts.stream().filter(act -> act.kind() == 'S').count();
  }

  /** The text that was written to a file of the folder before a moment. */
  String written(String name, int moment) {
    StringBuilder text = new StringBuilder();
    Set<Long> inodes = new HashSet<>();
    for (Act act : acts.subList(0, moment)) {
      if (act.kind() == 'C' && act.path().equals(folder.resolve(name).toString())) {
        inodes.add(act.inode());
      } else if (act.kind() == 'W' && inodes.contains(act.inode())) {
        text.append(act.text());
      }
    }
    return text.toString();
  }

  /** A file: what is on the medium for sure, and what came since. */
  private static final class Inode {
    byte[] medium = new byte[0];
    int length;
    final List<Act> unsynced = new ArrayList<>();
  }

  private record NameChange(Act act, String path, @Nullable Inode inode) {
    Path parent() {
      Path parent = Path.of(path).getParent();
      return parent == null ? Path.of("/") : parent;
    }
  }

  /** How a loss of power deals with what was not synced. */
  private enum Mood {
    DROPS_ALL,
    KEEPS_ALL,
    CHOOSES
  }

  /** What syncs are worth: the test of the test takes them away. */
  enum Syncs {
    COUNT,
    ARE_IGNORED
  }

  /**
   * Builds the folder in {@code target} as a loss of power before the act number {@code moment}
   * could have left it; the seed chooses how.
   */
  void rebuild(int moment, long seed, Syncs syncs, Path target) throws IOException {
    Random random = new Random(seed);
    Map<Long, Inode> inodes = new HashMap<>();
    Map<String, Inode> names = new LinkedHashMap<>();
    Map<String, Inode> durable = new LinkedHashMap<>();
    // Folders that nobody made were there before the record began.
    Set<String> unmade = new HashSet<>();
    acts.stream().filter(act -> act.kind() == 'M').forEach(act -> unmade.add(act.path()));
    List<NameChange> unsyncedNames = new ArrayList<>();
    for (Act act : acts.subList(0, moment)) {
      switch (act.kind()) {
        case 'C' -> {
          Inode made = new Inode();
          inodes.put(act.inode(), made);
          names.put(act.path(), made);
          unsyncedNames.add(new NameChange(act, act.path(), made));
        }
        case 'N', 'L' -> {
          Inode moved = act.kind() == 'N' ? names.remove(act.path()) : names.get(act.path());
          if (moved != null) {
            names.put(act.text(), moved);
            unsyncedNames.add(new NameChange(act, act.text(), moved));
          }
        }
        case 'U' -> {
          names.remove(act.path());
          unsyncedNames.add(new NameChange(act, act.path(), null));
        }
        case 'M' -> unsyncedNames.add(new NameChange(act, act.path(), null));
        case 'D' -> {
          if (syncs == Syncs.COUNT) {
            Path synced = Path.of(act.path());
            for (NameChange change : unsyncedNames) {
              if (change.parent().equals(synced)) {
                apply(change, durable, unmade);
              }
            }
            unsyncedNames.removeIf(change -> change.parent().equals(synced));
          }
        }
        case 'W', 'T', 'V' -> inode(inodes, act).unsynced.add(act);
        case 'S' -> {
          if (syncs == Syncs.COUNT) {
            settle(inode(inodes, act), Mood.KEEPS_ALL, random);
          }
        }
        // What a failed sync did not write counts as clean: no later sync writes it.
        case 'E' -> settle(inode(inodes, act), Mood.CHOOSES, random);
        default -> throw new IOException("a record has an act '" + act.kind() + "'");
      }
    }
    Mood mood = Mood.values()[random.nextInt(Mood.values().length)];
    for (NameChange change : unsyncedNames) {
      if (mood == Mood.KEEPS_ALL || (mood == Mood.CHOOSES && random.nextBoolean())) {
        apply(change, durable, unmade);
      }
    }
    Files.createDirectories(target);
    for (Map.Entry<String, Inode> file : durable.entrySet()) {
      Path path = Path.of(file.getKey());
      Path parent = path.getParent();
      if (parent == null || !reachable(parent, unmade)) {
        continue;
      }
      Inode inode = file.getValue();
      settle(inode, mood, random);
      Path there = target.resolve(folder.relativize(path).toString());
      Path thereFolder = there.getParent();
      if (thereFolder != null) {
        Files.createDirectories(thereFolder);
      }
      Files.write(there, Arrays.copyOf(inode.medium, inode.length));
    }
  }

  private static Inode inode(Map<Long, Inode> inodes, Act act) {
    return inodes.computeIfAbsent(act.inode(), _ -> new Inode());
  }

  private boolean reachable(Path path, Set<String> unmade) {
    Path parent = path.getParent();
    return path.equals(folder)
        || (!unmade.contains(path.toString()) && parent != null && reachable(parent, unmade));
  }

  private static void apply(NameChange change, Map<String, Inode> durable, Set<String> unmade) {
    Inode inode = change.inode();
    switch (change.act().kind()) {
      case 'M' -> unmade.remove(change.path());
      case 'U' -> durable.remove(change.path());
      default -> {
        if (inode != null) {
          if (change.act().kind() == 'N') {
            durable.remove(change.act().path(), inode);
          }
          durable.put(change.path(), inode);
        }
      }
    }
  }

  /** Puts on the medium what came since the last sync: all of it, or what the seed chooses. */
  private static void settle(Inode inode, Mood mood, Random random) {
    List<Act> since = inode.unsynced;
    int lengthMoment =
        switch (mood) {
          case KEEPS_ALL -> since.size();
          case DROPS_ALL -> 0;
          case CHOOSES -> random.nextInt(since.size() + 1);
        };
    Map<Long, Integer> sectorMoments = new HashMap<>();
    Map<Long, Integer> forced = new HashMap<>();
    for (int i = 0; i < since.size(); i++) {
      Act act = since.get(i);
      if (act.kind() == 'V') {
        lengthMoment = Math.max(lengthMoment, i + 1);
        for (long sector = act.at() / SECTOR_BYTES;
            sector * SECTOR_BYTES < act.at() + act.bytes().length;
            sector++) {
          forced.put(sector, i + 1);
        }
      }
    }
    int length = inode.length;
    int kept = inode.length;
    for (int i = 0; i < since.size(); i++) {
      Act act = since.get(i);
      if (act.kind() == 'T') {
        length = (int) act.at();
        if (i < lengthMoment && length < inode.medium.length) {
          Arrays.fill(inode.medium, length, inode.medium.length, (byte) 0);
        }
      } else {
        length = Math.max(length, (int) act.at() + act.bytes().length);
        write(inode, act, i, mood, random, since.size(), sectorMoments, forced);
      }
      if (i < lengthMoment) {
        kept = length;
      }
    }
    inode.length = kept;
    inode.medium = Arrays.copyOf(inode.medium, Math.max(kept, 0));
    since.clear();
  }

  private static void write(
      Inode inode,
      Act act,
      int number,
      Mood mood,
      Random random,
      int count,
      Map<Long, Integer> sectorMoments,
      Map<Long, Integer> forced) {
    int from = (int) act.at();
    int to = from + act.bytes().length;
    if (inode.medium.length < to) {
      inode.medium = Arrays.copyOf(inode.medium, Math.max(to, inode.medium.length * 2));
    }
    if (mood == Mood.KEEPS_ALL) {
      System.arraycopy(act.bytes(), 0, inode.medium, from, act.bytes().length);
      return;
    }
    for (int at = from; at < to; ) {
      long sector = at / SECTOR_BYTES;
      int end = (int) Math.min(to, (sector + 1) * SECTOR_BYTES);
      int moment =
          sectorMoments.computeIfAbsent(
              sector,
              _ ->
                  Math.max(
                      mood == Mood.DROPS_ALL ? 0 : random.nextInt(count + 1),
                      forced.getOrDefault(sector, 0)));
      if (number < moment) {
        boolean torn =
            mood == Mood.CHOOSES
                && act.kind() != 'V'
                && number == moment - 1
                && random.nextInt(4) == 0
                && moment > forced.getOrDefault(sector, 0);
        int upTo = torn ? at + random.nextInt(end - at) : end;
        System.arraycopy(act.bytes(), at - from, inode.medium, at, upTo - at);
      }
      at = end;
    }
  }
}
