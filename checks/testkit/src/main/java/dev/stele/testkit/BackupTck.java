package dev.stele.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stele.core.backup.Backup;
import dev.stele.core.backup.BackupChain;
import dev.stele.core.backup.BackupFile;
import dev.stele.core.backup.BackupFolder;
import dev.stele.core.backup.BackupManifest;
import dev.stele.core.backup.BackupResult;
import dev.stele.core.backup.Progress;
import dev.stele.core.backup.Restore;
import dev.stele.core.backup.RestoreResult;
import dev.stele.core.engine.Batch;
import dev.stele.core.engine.CommitResult;
import dev.stele.core.engine.Durability;
import dev.stele.core.engine.Head;
import dev.stele.core.engine.LogEngine;
import dev.stele.core.engine.LogId;
import dev.stele.core.engine.Restorable;
import dev.stele.core.engine.Row;
import dev.stele.core.engine.StorageFailed;
import dev.stele.core.engine.TrimmedPrefix;
import dev.stele.core.event.StoredEvent;
import dev.stele.core.log.Append;
import dev.stele.core.log.AppendResult;
import dev.stele.core.log.EraseResult;
import dev.stele.core.log.Erasure;
import dev.stele.core.log.EventLog;
import dev.stele.core.log.TrimResult;
import dev.stele.core.proof.StrictText;
import dev.stele.core.proof.Verdict;
import dev.stele.crypto.Sha256;
import dev.stele.testkit.gate.TestGate;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Backups of a log on an engine, and logs put into it from backups: as tests. The engine can erase,
 * trim, and begin behind what was trimmed.
 *
 * <p>An engine's own test extends this class and opens the engine on a folder.
 */
public abstract class BackupTck {
  private static final InstantSource STANDING = () -> TestLogs.START;

  private static final byte[] NONE = {};

  /** More than one page of rows, and not a whole number of tiles. */
  private static final int SOME_PAGES = 2_500;

  /** Where this test's engine keeps its files. */
  @TempDir protected Path folder;

  private final MemoryAnchor anchor = new MemoryAnchor();
  private final Random random = new Random(11);
  private LogEngine engine = new ReopenableMemory();
  private EventLog log =
      EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(0, new MemoryAnchor()));
  private BackupFolder backups = new BackupFolder(Path.of("."));

  /** Made once for each test. */
  protected BackupTck() {}

  /** Opens the engine on a folder, again and again on what it has stored there. */
  protected abstract LogEngine open(Path folder);

  @BeforeEach
  final void openLog() throws IOException {
    engine = open(Files.createDirectories(folder.resolve("log")));
    log = EventLog.open(engine, LogId.MAIN, TestLogs.keys(), TestLogs.options(7, anchor));
    backups = new BackupFolder(folder.resolve("backups"));
  }

  @AfterEach
  final void closeLog() {
    log.close();
  }

  private void append(int count) {
    List<Append> appends = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = "id-" + (log.head().size() + i + 1);
      appends.add(Append.of(TestGate.event("stream-" + i % 7, id, "payload of " + id)));
    }
    assertThat(log.appendAll(appends)).allMatch(AppendResult.Appended.class::isInstance);
  }

  private Backup backup() {
    return Backup.of(engine, LogId.MAIN, log.verifierKey(), STANDING, random);
  }

  private BackupFile made(Backup.Request request, Progress progress) {
    BackupResult result = backup().make(backups, request, progress);
    assertThat(result).isInstanceOf(BackupResult.Made.class);
    return ((BackupResult.Made) result).file();
  }

  private BackupFile full() {
    var _ = log.checkpoint();
    return made(Backup.Request.FULL, Progress.SILENT);
  }

  private BackupFile next() {
    var _ = log.checkpoint();
    return made(Backup.Request.FULL.continuing(chain()), Progress.SILENT);
  }

  private BackupChain chain() {
    return backups.list().newestChain(LogId.MAIN, log.verifierKey()).orElseThrow();
  }

  private static Restore.Checks checks() {
    return new Restore.Checks(Optional.empty(), Optional.of(TestLogs.keys().indexKey()), List::of);
  }

  private RestoreResult.Restored restore(LogEngine into, BackupChain chain) {
    RestoreResult result = Restore.into(into, LogId.MAIN, chain, checks(), Progress.SILENT);
    assertThat(result).isInstanceOf(RestoreResult.Restored.class);
    return (RestoreResult.Restored) result;
  }

  private LogEngine empty() throws IOException {
    return open(Files.createDirectories(folder.resolve("restored")));
  }

  /** Puts the newest chain into an empty engine, and opens what is there. */
  private EventLog restored() throws IOException {
    BackupChain chain = chain();
    LogEngine into = empty();
    restore(into, chain);
    EventLog opened =
        EventLog.open(into, LogId.MAIN, TestLogs.keys(), TestLogs.options(9, new MemoryAnchor()));
    assertThat(opened.verdict()).isInstanceOf(Verdict.Intact.class);
    assertThat(opened.head().size()).isEqualTo(chain.tip().manifest().size());
    return opened;
  }

  private static void assertSame(EventLog one, EventLog other) {
    long size = other.head().size();
    assertThat(other.root(size)).isEqualTo(one.root(size));
    for (long after = one.firstPosition() - 1; after < size; ) {
      List<StoredEvent> expected = one.read(after, 500);
      List<StoredEvent> actual = other.read(after, expected.size());
      for (int i = 0; i < actual.size(); i++) {
        assertThat(actual.get(i).record()).isEqualTo(expected.get(i).record());
        assertThat(actual.get(i).payload().orElse(NONE))
            .isEqualTo(expected.get(i).payload().orElse(NONE));
      }
      after = expected.getLast().position();
    }
  }

  // ---- a full backup ----

  @Test
  void a_log_is_put_back_byte_for_byte_and_goes_on() throws IOException {
    append(SOME_PAGES);
    full();
    try (EventLog restored = restored()) {
      assertSame(log, restored);
      assertThat(restored.append(Append.of(TestGate.event("stream-1", "id-3", "payload of id-3"))))
          .isEqualTo(new AppendResult.AlreadyPresent(3));
      assertThat(restored.append(Append.of(TestGate.event("stream-1", "new", "new"))))
          .isInstanceOf(AppendResult.Appended.class);
      assertThat(restored.lastRevision("stream-1")).isEqualTo(log.lastRevision("stream-1") + 1);
      assertThat(restored.scrub(List::of, _ -> {})).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void it_is_put_into_an_engine_of_another_kind_with_the_same_root() {
    append(300);
    full();
    RestoreResult.Restored restored = restore(new ReopenableMemory(), chain());
    assertThat(restored.verdict().root()).isEqualTo(log.root(300));
  }

  @Test
  void an_empty_log_is_put_back_as_well() throws IOException {
    full();
    try (EventLog restored = restored()) {
      assertThat(restored.head().size()).isZero();
    }
  }

  @Test
  void every_checkpoint_that_was_signed_is_put_back() throws IOException {
    for (int i = 0; i < 5; i++) {
      append(10);
      var _ = log.checkpoint();
    }
    full();
    BackupChain chain = chain();
    try (LogEngine into = empty()) {
      restore(into, chain);
      assertThat(into.checkpoints(LogId.MAIN, 0, 100))
          .usingRecursiveComparison()
          .isEqualTo(engine.checkpoints(LogId.MAIN, 0, 100));
    }
  }

  @Test
  void appends_go_on_meanwhile_and_are_left_for_the_next_one() throws IOException {
    append(SOME_PAGES);
    long signed = log.checkpoint().checkpoint().size();
    BackupFile file = made(Backup.Request.FULL, (_, _) -> append(3));
    assertThat(log.head().size()).isGreaterThan(signed);
    assertThat(file.manifest().size()).isEqualTo(signed);
    try (EventLog restored = restored()) {
      assertSame(log, restored);
    }
  }

  @Test
  void what_is_given_up_leaves_nothing_that_counts() throws IOException {
    append(SOME_PAGES);
    var _ = log.checkpoint();
    IllegalStateException stop = new IllegalStateException("stop");
    assertThatThrownBy(
            () ->
                backup()
                    .make(
                        backups,
                        Backup.Request.FULL,
                        (_, _) -> {
                          throw stop;
                        }))
        .isSameAs(stop);
    assertThat(backups.list().backups()).isEmpty();
    try (Stream<Path> files = Files.list(backups.path())) {
      assertThat(files.map(file -> String.valueOf(file.getFileName())))
          .allMatch(name -> name.equals(".lock"));
    }
  }

  @Test
  void two_of_one_millisecond_have_two_names() {
    append(3);
    BackupFile one = full();
    BackupFile other = full();
    assertThat(one.manifest().madeAt()).isEqualTo(other.manifest().madeAt());
    assertThat(one.path()).isNotEqualTo(other.path());
    assertThat(backups.list().backups()).hasSize(2);
  }

  @Test
  void a_name_that_is_taken_is_never_written_over() {
    append(3);
    var _ = log.checkpoint();
    Backup.Request named =
        new Backup.Request(Optional.empty(), Optional.of("mine"), false, Optional.empty());
    BackupFile first = made(named, Progress.SILENT);
    assertThatThrownBy(() -> backup().make(backups, named, Progress.SILENT))
        .isInstanceOf(StorageFailed.class)
        .hasMessageContaining("mine");
    assertThat(backups.list().backups()).containsExactly(first);
  }

  @Test
  void a_changed_byte_is_found_wherever_it_is() throws IOException {
    append(40);
    BackupFile file = full();
    byte[] bytes = Files.readAllBytes(file.path());
    BackupChain chain = chain();
    Random places = new Random(5);
    for (int i = 0; i < 60; i++) {
      int at = i < 20 ? bytes.length - 1 - 7 * i : places.nextInt(bytes.length);
      byte[] changed = bytes.clone();
      changed[at] ^= (byte) (1 << places.nextInt(8));
      Files.write(file.path(), changed);
      boolean listed = backups.list().backups().size() == 1;
      if (listed) {
        assertThatThrownBy(() -> chain.check(Progress.SILENT))
            .as("byte %d of %d, seed 5", at, bytes.length)
            .isInstanceOfSatisfying(
                StorageFailed.class, failed -> assertThat(failed.damaged()).isTrue());
      } else {
        assertThat(backups.list().unreadable()).containsKey(file.path());
      }
    }
    Files.write(file.path(), bytes);
    chain.check(Progress.SILENT);
  }

  @Test
  void whoever_changes_a_backup_and_its_checksums_has_not_the_log_s_signature() throws IOException {
    append(40);
    log.erase(new Erasure.OfEvent(7));
    BackupFile file = full();
    byte[] bytes = Files.readAllBytes(file.path());
    Random places = new Random(6);
    for (int i = 0; i < 60; i++) {
      int at = 16 + places.nextInt((int) file.manifest().content().length() - 16);
      Files.write(file.path(), forged(bytes, at, file.manifest().content()));
      RestoreResult result;
      try {
        result =
            Restore.into(
                new ReopenableMemory(),
                LogId.MAIN,
                new BackupChain(List.of(BackupFile.open(file.path()))),
                checks(),
                Progress.SILENT);
      } catch (StorageFailed e) {
        assertThat(e.damaged()).as("byte %d, seed 6: %s", at, e.getMessage()).isTrue();
        continue;
      }
      assertThat(result)
          .as("byte %d of %d, seed 6", at, bytes.length)
          .isInstanceOf(RestoreResult.Unsound.class);
    }
  }

  private static byte[] forged(byte[] bytes, int at, BackupManifest.Content content) {
    byte[] changed = bytes.clone();
    changed[at] ^= 1;
    int length = (int) content.length();
    int end = bytes.length - 52;
    String manifest = new String(bytes, length, end - length, StandardCharsets.UTF_8);
    byte[] again =
        manifest
            .replace(
                StrictText.base64(content.hash()),
                StrictText.base64(Sha256.hash(changed, 0, length)))
            .getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.wrap(changed).put(length, again).put(end + 4, Sha256.hash(again)).array();
  }

  // ---- chains ----

  @Test
  void incremental_ones_hold_what_is_new_and_put_all_of_it_back() throws IOException {
    append(700);
    full();
    for (int i = 0; i < 3; i++) {
      append(150);
      BackupFile part = next();
      assertThat(part.manifest().rows()).isEqualTo(150);
      assertThat(part.manifest().isFull()).isFalse();
    }
    assertThat(chain().parts()).hasSize(4);
    try (EventLog restored = restored()) {
      assertThat(restored.head().size()).isEqualTo(1_150);
      assertSame(log, restored);
    }
  }

  @Test
  void a_log_that_has_not_grown_needs_no_other() {
    append(3);
    BackupFile last = full();
    assertThat(backup().make(backups, Backup.Request.FULL.continuing(chain()), Progress.SILENT))
        .isEqualTo(new BackupResult.NothingNew(last));
  }

  @Test
  void a_chain_with_a_gap_is_no_chain() throws IOException {
    append(3);
    full();
    append(3);
    BackupFile middle = next();
    append(3);
    BackupFile tip = next();
    Files.delete(middle.path());
    assertThat(backups.list().chainOf(tip)).isEmpty();
    assertThat(chain().parts()).hasSize(1);
  }

  @Test
  void a_log_that_forked_from_its_backup_does_not_continue_it() {
    append(3);
    full();
    BackupChain chain = chain();
    ReopenableMemory other = new ReopenableMemory();
    try (EventLog fork =
        EventLog.open(
            other, LogId.MAIN, TestLogs.keys(), TestLogs.options(8, new MemoryAnchor()))) {
      fork.appendAll(
          List.of(
              Append.of(TestGate.event("x", "1", "x")),
              Append.of(TestGate.event("x", "2", "x")),
              Append.of(TestGate.event("x", "3", "x")),
              Append.of(TestGate.event("x", "4", "x"))));
      var _ = fork.checkpoint();
      assertThat(
              Backup.of(other, LogId.MAIN, fork.verifierKey(), STANDING, random)
                  .make(backups, Backup.Request.FULL.continuing(chain), Progress.SILENT))
          .isInstanceOfSatisfying(
              BackupResult.NotContinued.class, not -> assertThat(not.reason()).contains("forked"));
    }
  }

  // ---- what is forgotten ----

  @Test
  void an_erased_body_does_not_come_back_from_an_earlier_part() throws IOException {
    append(300);
    full();
    assertThat(log.erase(new Erasure.OfEvent(30))).isInstanceOf(EraseResult.Erased.class);
    assertThat(chain().forgottenSince(engine, LogId.MAIN, log.verifierKey())).isEqualTo(1);
    BackupResult later =
        backup().make(backups, Backup.Request.FULL.continuing(chain()), Progress.SILENT);
    assertThat(later)
        .isInstanceOfSatisfying(
            BackupResult.Made.class, made -> assertThat(made.forgottenBefore()).isEqualTo(1));
    try (EventLog restored = restored()) {
      assertThat(restored.get(30).orElseThrow().erased()).isTrue();
      assertThat(restored.get(31).orElseThrow().erased()).isFalse();
      assertThat(restored.append(Append.of(TestGate.event("a", "id-30", "again"))))
          .isEqualTo(new AppendResult.AlreadyPresent(30));
    }
    BackupFile renewed = full();
    BackupChain alone = backups.list().chainOf(renewed).orElseThrow();
    assertThat(alone.forgottenSince(engine, LogId.MAIN, log.verifierKey())).isZero();
    assertThat(renewed.manifest().erased()).isEqualTo(1);
  }

  @Test
  void what_is_erased_while_a_backup_is_made_is_erased_in_it() throws IOException {
    append(SOME_PAGES);
    var _ = log.checkpoint();
    boolean[] done = {false};
    BackupFile file =
        made(
            Backup.Request.FULL,
            (_, _) -> {
              if (!done[0]) {
                done[0] = true;
                // One that was read already, and one that was not.
                log.erase(new Erasure.OfEvent(5));
                log.erase(new Erasure.OfEvent(2_400));
              }
            });
    assertThat(file.manifest().size()).isEqualTo(SOME_PAGES + 2L);
    assertThat(file.manifest().erased()).isEqualTo(1);
    assertThat(file.manifest().held()).isEqualTo(1);
    try (EventLog restored = restored()) {
      assertThat(restored.get(5).orElseThrow().erased()).isTrue();
      assertThat(restored.get(2_400).orElseThrow().erased()).isTrue();
    }
  }

  @Test
  void a_trimmed_log_is_put_back_as_it_is() throws IOException {
    append(1_000);
    assertThat(log.trim(600)).isInstanceOf(TrimResult.Trimmed.class);
    append(20);
    BackupFile file = full();
    assertThat(file.manifest().trimmed()).isEqualTo(512);
    assertThat(file.manifest().rows()).isEqualTo(1_000 - 512 + 1 + 20);
    try (EventLog restored = restored()) {
      assertThat(restored.firstPosition()).isEqualTo(513);
      assertSame(log, restored);
      assertThat(restored.prove(7, 1_000)).isEqualTo(log.prove(7, 1_000));
      assertThat(restored.append(Append.of(TestGate.event("a", "id-30", "again"))))
          .isEqualTo(new AppendResult.AlreadyPresent(30));
      assertThat(restored.lastRevision("stream-3")).isEqualTo(log.lastRevision("stream-3"));
    }
  }

  @Test
  void a_log_that_has_events_does_not_begin_behind_others() {
    append(300);
    Row next = engine.read(LogId.MAIN, 256, 1).getFirst();
    TrimmedPrefix others =
        new TrimmedPrefix(new Head(256, new byte[32]), List.of(), List.of(), List.of());
    assertThat(
            ((Restorable) engine)
                .commitBehind(
                    LogId.MAIN, others, new Batch(List.of(next), List.of(), null), Durability.OS))
        .isInstanceOfSatisfying(
            CommitResult.HeadMoved.class,
            moved -> assertThat(moved.actual().size()).isEqualTo(300));
    append(5);
    assertThat(log.scrub(List::of, _ -> {})).isInstanceOf(Verdict.Intact.class);
  }

  @Test
  void a_trim_reaches_back_into_the_chain() throws IOException {
    append(1_000);
    full();
    append(10);
    next();
    assertThat(log.trim(600)).isInstanceOf(TrimResult.Trimmed.class);
    append(10);
    next();
    append(300);
    next();
    assertThat(log.trim(900)).isInstanceOf(TrimResult.Trimmed.class);
    next();
    append(5);
    next();
    try (EventLog restored = restored()) {
      assertThat(restored.firstPosition()).isEqualTo(769);
      assertSame(log, restored);
      assertThat(restored.trim(1_100)).isInstanceOf(TrimResult.Trimmed.class);
      assertThat(restored.scrub(List::of, _ -> {})).isInstanceOf(Verdict.Intact.class);
    }
  }

  @Test
  void what_is_trimmed_while_a_backup_is_made_is_trimmed_in_it() throws IOException {
    append(SOME_PAGES);
    var _ = log.checkpoint();
    boolean[] done = {false};
    made(
        Backup.Request.FULL,
        (_, _) -> {
          if (!done[0]) {
            done[0] = true;
            log.trim(2_100);
          }
        });
    try (EventLog restored = restored()) {
      assertThat(restored.firstPosition()).isEqualTo(2_049);
      assertSame(log, restored);
    }
  }

  @Test
  void a_receipt_says_that_a_log_was_put_back_to_an_older_state() throws IOException {
    append(20);
    full();
    append(5);
    var lost = log.checkpoint().checkpoint();
    try (EventLog restored = restored()) {
      assertThat(restored.recordRewind(lost)).isEqualTo(21);
      assertThat(restored.latestCheckpoint().orElseThrow().checkpoint().size()).isEqualTo(21);
      assertThat(restored.scrub(List::of, _ -> {})).isInstanceOf(Verdict.Intact.class);
    }
  }
}
