package dev.stele.cli;

import dev.stele.core.backup.Retention;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say which backups may go. */
final class RetentionOptions {
  @Option(
      names = "--keep",
      paramLabel = "N",
      description = "then delete backups that are not among the newest N")
  private @Nullable Integer count;

  @Option(
      names = "--keep-days",
      paramLabel = "D",
      description =
          "then delete backups older than D days; with --keep, those that neither keeps. What a"
              + " kept one continues stays, and so do pinned ones")
  private @Nullable Integer days;

  Optional<Retention> rule() {
    if (count == null && days == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Retention(
              count == null ? OptionalInt.empty() : OptionalInt.of(count),
              days == null ? Optional.empty() : Optional.of(Duration.ofDays(days))));
    } catch (IllegalArgumentException e) {
      throw new CannotRun("bad-number", String.valueOf(e.getMessage()), "--keep 7");
    }
  }
}
