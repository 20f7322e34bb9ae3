package dev.stele.core.backup;

import dev.stele.core.engine.IndexEntry;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.PositionRange;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.RowPage;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.StoredCheckpoint;
import dev.stele.core.engine.Tile;
import dev.stele.core.log.Disk;
import dev.stele.core.proof.Merkle;
import dev.stele.core.proof.SignedCheckpoint;
import dev.stele.core.proof.TiledNodes;
import dev.stele.core.proof.VerifierKey;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/**
 * Makes a backup of one log while others write it: rows are read in pages, as far as the last
 * checkpoint that the log has signed, and what comes meanwhile is left for the next one.
 *
 * <p>Each row is re-computed on its way: link, chain, body, and at the end the root. What is not
 * what the log has signed for is not kept as a backup of it. Signatures inside of payloads, claims
 * and indexes are the verifier's work.
 *
 * <p>A full backup holds all rows there are. An incremental one holds those behind its parent's,
 * and so the receipts of what was forgotten since: restoring the chain leaves that out. What is
 * erased while a backup is made takes it on to the checkpoint behind the receipt, so that no body
 * is ever missing in it for a reason that it does not have.
 *
 * <p>Memory does not depend on the size of the log. Immutable and thread-safe; a folder takes one
 * backup at a time.
 */
public final class Backup {
  private static final int PAGE = 1_024;
  private static final int CHECKPOINT_PAGE = 256;

  /** Entries of an index in one frame: some 100 KB. */
  private static final int ENTRIES = 4_096;

  /** Tiles in one frame: half a megabyte. */
  private static final int TILES = 64;

  /** How often a backup goes on to a later checkpoint: each time something was erased meanwhile. */
  private static final int MAX_EXTENSIONS = 1_000;

  private static final int ID_BYTES = 16;

  private final LogEngine engine;
  private final LogId log;
  private final VerifierKey key;
  private final InstantSource clock;
  private final RandomGenerator random;

  /**
   * What is wanted.
   *
   * @param parent the chain that is to be continued; empty for a full backup
   * @param name what the file is called, without its ending; empty for a name of log, time and id
   * @param pinned whether it is kept whatever its age
   * @param secrets the text of the log's key file, where that is to be in it
   */
  public record Request(
      Optional<BackupChain> parent,
      Optional<String> name,
      boolean pinned,
      Optional<String> secrets) {
    /** A name is a file's, and nothing else. */
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,99}";

    /** A full backup, without secrets, that is called by its time. */
    public static final Request FULL =
        new Request(Optional.empty(), Optional.empty(), false, Optional.empty());

    /** Checks the name. */
    public Request {
      if (name.isPresent() && !name.get().matches(NAME)) {
        throw new IllegalArgumentException(
            "a backup's name is 1 to 100 letters, digits, dots, dashes and underscores, not '%s'"
                .formatted(name.get()));
      }
    }

    /** The same as the next of a chain. */
    public Request continuing(BackupChain chain) {
      return new Request(Optional.of(chain), name, pinned, secrets);
    }
  }

  private Backup(
      LogEngine engine, LogId log, VerifierKey key, InstantSource clock, RandomGenerator random) {
    this.engine = engine;
    this.log = log;
    this.key = key;
    this.clock = clock;
    this.random = random;
  }

  /**
   * Backups of one log.
   *
   * @param engine where its rows are; only read
   * @param key the log's public key
   * @param clock tells when a backup is made
   * @param random makes ids; need not be strong
   */
  public static Backup of(
      LogEngine engine, LogId log, VerifierKey key, InstantSource clock, RandomGenerator random) {
    return new Backup(engine, log, key, clock, random);
  }

  /**
   * Makes a backup in a folder.
   *
   * @throws StorageFailed when the engine or the disk fails, another backup is being made there, or
   *     the name is taken; nothing counts then
   */
  public BackupResult make(BackupFolder folder, Request request, Progress progress) {
    Optional<SignedCheckpoint> signed = latestCheckpoint();
    if (signed.isEmpty()) {
      return new BackupResult.NothingSigned();
    }
    if (request.parent().isPresent()) {
      BackupFile parent = request.parent().get().tip();
      Optional<String> reason = reasonNotToContinue(parent.manifest(), signed.get());
      if (reason.isPresent()) {
        return new BackupResult.NotContinued(reason.get());
      }
      if (parent.manifest().size() == signed.get().checkpoint().size()) {
        return new BackupResult.NothingNew(parent);
      }
    }
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    return folder.writing(
        disk -> {
          Path file = folder.fileFor(request.name(), key.name(), now, id);
          Disk.Readers readers =
              request.secrets().isPresent() ? Disk.Readers.OWNER : Disk.Readers.ANYBODY;
          try (BackupWriter out = BackupWriter.begin(disk, file, readers)) {
            Run run = new Run(out, request, signed.get(), progress);
            Optional<BackupResult> unsound = run.write();
            if (unsound.isPresent()) {
              return unsound.get();
            }
            out.publish(run.manifest(HexFormat.of().formatHex(id), now, out.content()));
            return new BackupResult.Made(BackupFile.open(file), run.forgottenBefore());
          }
        });
  }

  private Optional<SignedCheckpoint> latestCheckpoint() {
    return engine
        .latestCheckpoint(log)
        .map(StoredCheckpoint::note)
        .map(note -> SignedCheckpoint.open(note, key))
        .filter(SignedCheckpoint.Opening.Opened.class::isInstance)
        .map(SignedCheckpoint.Opening.Opened.class::cast)
        .map(SignedCheckpoint.Opening.Opened::checkpoint);
  }

  private Optional<String> reasonNotToContinue(BackupManifest parent, SignedCheckpoint signed) {
    long size = signed.checkpoint().size();
    if (!parent.key().equals(key) || !parent.log().equals(log)) {
      return Optional.of(
          "the backup %s is of another log: %s".formatted(parent.id(), parent.origin()));
    }
    if (parent.size() > size) {
      return Optional.of(
          "the backup %s has %d events, and the log has signed for %d: it was put back"
              .formatted(parent.id(), parent.size(), size));
    }
    return Arrays.equals(
            Merkle.root(parent.size(), new TiledNodes(engine, log)),
            parent.checkpoint().checkpoint().root())
        ? Optional.empty()
        : Optional.of(
            "the first %d events of the log are not those of the backup %s: they have forked"
                .formatted(parent.size(), parent.id()));
  }

  /** One backup on its way into its file. Confined to its thread. */
  private final class Run {
    private final BackupWriter out;
    private final Request request;
    private final Progress progress;
    private final long after;
    private SignedCheckpoint goal;
    private RowChain chain;
    private long rows;
    private Gone gone = new Gone(key);

    /** Rows without a body; checked against the receipts once all are read. */
    private final BareRows bare = new BareRows();

    Run(BackupWriter out, Request request, SignedCheckpoint goal, Progress progress) {
      this.out = out;
      this.request = request;
      this.goal = goal;
      this.progress = progress;
      this.after = request.parent().map(parent -> parent.tip().manifest().size()).orElse(0L);
      this.chain = chainBehind(Math.max(after, firstPosition() - 1));
    }

    private long firstPosition() {
      List<Row> first = engine.read(log, 0, 1);
      return first.isEmpty() ? 1 : first.getFirst().position();
    }

    private RowChain chainBehind(long size) {
      return RowChain.behind(key.name(), size, new TiledNodes(engine, log));
    }

    /** Writes everything but the manifest; what is wrong with the log, if anything is. */
    Optional<BackupResult> write() throws IOException {
      for (int extensions = 0; extensions < MAX_EXTENSIONS; extensions++) {
        Optional<BackupResult> unsound = writeRows();
        if (unsound.isPresent()) {
          return unsound;
        }
        gone = Gone.in(engine, log, key, Long.MAX_VALUE);
        if (gone.lastReceipt() <= goal.checkpoint().size()) {
          Optional<BackupResult> missing = bodyWithoutReason();
          if (missing.isEmpty()) {
            writeRest();
          }
          return missing;
        }
        // Rows may have lost bodies whose receipts are not in it yet; each receipt is signed for in
        // its own commit.
        goal = latestCheckpoint().orElse(goal);
      }
      throw new StorageFailed(
          "events of log %s are being erased without an end; try again".formatted(log));
    }

    private Optional<BackupResult> writeRows() throws IOException {
      long size = goal.checkpoint().size();
      while (chain.size() < size) {
        RowPage page = engine.readPage(log, chain.size(), PAGE);
        RowPage.Cursor row = page.cursor();
        long first = 0;
        int end = 0;
        byte[] bytes = new byte[0];
        while (chain.size() < size && row.next()) {
          if (first == 0) {
            first = row.position();
            bytes = row.bytes();
            if (first > chain.size() + 1
                && Gone.in(engine, log, key, Long.MAX_VALUE).trimmed() == first - 1) {
              // It was trimmed meanwhile; its tiles prove what went.
              chain = chainBehind(first - 1);
            }
          }
          Optional<String> fault = chain.take(row.row());
          if (fault.isPresent()) {
            return Optional.of(new BackupResult.Unsound(chain.size() + 1, fault.get()));
          }
          if (!row.hasBody()) {
            bare.add(row.position());
          }
          rows++;
          end = row.bodyAt() + row.bodyLength();
        }
        if (first == 0) {
          return Optional.of(
              new BackupResult.Unsound(
                  chain.size() + 1, "event %d is missing".formatted(chain.size() + 1)));
        }
        // A backup of rows has no use for their tiles.
        var _ = chain.takeTiles();
        out.frame(
            Frame.ROWS, ByteBuffer.allocate(8 + end).putLong(first).put(bytes, 0, end).array());
        progress.at(chain.size() - after, size - after);
      }
      return Arrays.equals(chain.root(), goal.checkpoint().root())
          ? Optional.empty()
          : Optional.of(
              new BackupResult.Unsound(
                  size, "the first %d events are not those the log signed for".formatted(size)));
    }

    private Optional<BackupResult> bodyWithoutReason() {
      OptionalLong at = bare.withoutReason(gone);
      return at.isEmpty()
          ? Optional.empty()
          : Optional.of(
              new BackupResult.Unsound(
                  at.getAsLong(),
                  "the body of event %d is missing without a receipt".formatted(at.getAsLong())));
    }

    private void writeRest() throws IOException {
      long known = request.parent().map(parent -> parent.tip().manifest().trimmed()).orElse(0L);
      if (gone.trimmed() > known) {
        writePrefix(gone.trimmed());
      }
      writeCheckpoints();
      if (request.secrets().isPresent()) {
        out.frame(Frame.KEYS, request.secrets().get().getBytes(StandardCharsets.UTF_8));
      }
    }

    private void writePrefix(long upTo) throws IOException {
      Gathering<Tile> tiles =
          new Gathering<>(
              Frame.TILES,
              TILES,
              tile ->
                  ByteBuffer.allocate(8 + tile.hashes().length)
                      .putLong(tile.index())
                      .put(tile.hashes()));
      for (long index = 0; index < upTo / Tile.WIDTH; index++) {
        long number = index;
        tiles.add(
            engine
                .tile(log, 0, index)
                .orElseThrow(
                    () ->
                        StorageFailed.damaged(
                            "tile %d of log %s, over events that were trimmed, is missing"
                                .formatted(number, log))));
      }
      tiles.end();
      Gathering<IndexEntry> claims =
          new Gathering<>(Frame.CLAIMS, ENTRIES, entry -> key(entry, 24).putLong(entry.position()));
      var _ = engine.scanClaims(log, claims.upTo(upTo));
      claims.end();
      Gathering<IndexEntry> streams =
          new Gathering<>(
              Frame.STREAMS,
              ENTRIES,
              entry -> key(entry, 32).putLong(entry.revision()).putLong(entry.position()));
      var _ = engine.scanStreams(log, streams.upTo(upTo));
      streams.end();
    }

    private ByteBuffer key(IndexEntry entry, int bytes) {
      return ByteBuffer.allocate(bytes).putLong(entry.key().high()).putLong(entry.key().low());
    }

    private void writeCheckpoints() throws IOException {
      Gathering<StoredCheckpoint> checkpoints =
          new Gathering<>(
              Frame.CHECKPOINTS,
              CHECKPOINT_PAGE,
              each ->
                  ByteBuffer.allocate(12 + each.note().length)
                      .putLong(each.size())
                      .putInt(each.note().length)
                      .put(each.note()));
      long from = request.parent().isPresent() ? after + 1 : 0;
      while (from <= goal.checkpoint().size()) {
        List<StoredCheckpoint> page = engine.checkpoints(log, from, CHECKPOINT_PAGE);
        if (page.isEmpty()) {
          break;
        }
        for (StoredCheckpoint each : page) {
          from = each.size() + 1;
          if (each.size() <= goal.checkpoint().size()) {
            checkpoints.add(each);
          }
        }
      }
      checkpoints.end();
    }

    /** Entries on their way into frames. */
    private final class Gathering<T> {
      private final Frame kind;
      private final int most;
      private final Function<T, ByteBuffer> encode;
      private final List<byte[]> gathered = new ArrayList<>();

      Gathering(Frame kind, int most, Function<T, ByteBuffer> encode) {
        this.kind = kind;
        this.most = most;
        this.encode = encode;
      }

      void add(T entry) throws IOException {
        gathered.add(encode.apply(entry).array());
        if (gathered.size() == most) {
          end();
        }
      }

      void end() throws IOException {
        int length = gathered.stream().mapToInt(bytes -> bytes.length).sum();
        ByteBuffer frame = ByteBuffer.allocate(length);
        gathered.forEach(frame::put);
        gathered.clear();
        if (length > 0) {
          out.frame(kind, frame.array());
        }
      }

      /** Takes the entries up to a position; a disk that fails ends the scan. */
      java.util.function.Consumer<T> upTo(long position) {
        return entry -> {
          if (entry instanceof IndexEntry(var _, var _, long at) && at <= position) {
            try {
              add(entry);
            } catch (IOException e) {
              throw new StorageFailed("the backup of log %s cannot be written".formatted(log), e);
            }
          }
        };
      }
    }

    BackupManifest manifest(String id, Instant madeAt, BackupManifest.Content content) {
      return new BackupManifest(
          id,
          madeAt,
          log,
          key,
          request.parent().map(parent -> parent.tip().manifest().link()),
          after,
          gone.trimmed(),
          rows,
          bare.count(),
          held(),
          request.secrets().isPresent(),
          request.pinned(),
          content,
          goal);
    }

    /** How many rows were read before what they hold was erased or trimmed. */
    private long held() {
      long size = goal.checkpoint().size();
      long from = Math.max(after, gone.trimmed());
      if (from == size) {
        return 0;
      }
      long trimmedRows = rows - (size - from);
      return trimmedRows + gone.erasedIn(new PositionRange(from + 1, size)) - bare.countAfter(from);
    }

    long forgottenBefore() {
      return request.parent().map(parent -> parent.holdsOf(gone)).orElse(0L);
    }
  }
}
