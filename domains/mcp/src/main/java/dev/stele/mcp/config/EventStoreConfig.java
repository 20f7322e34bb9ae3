package dev.stele.mcp.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an operator says about a store.
 *
 * <p>Immutable, and so is each profile. The environment is read when it is asked, through the
 * function that is given. In maps the names are those of the settings, in lower case with
 * underscores: {@code max_events_per_stream}.
 *
 * @param persistent whether the store outlives the process, or is in a log in memory at least
 * @param dbPath where: a file, {@link #IN_MEMORY}, or the URI of a storage such as {@code
 *     lmdb:FOLDER}
 * @param maxEventsPerStream how many events a stream keeps, from 1
 * @param retentionDays for how many days, from 1
 * @param memoryCacheSize how many of the last events of a stream memory holds, from 1
 * @param cleanupIntervalEvents after how many appends the bounds are applied, from 1
 * @param batchSize how many messages of a mass insert share a commit, from 1
 * @param backupEnabled whether backups are made
 * @param backupIntervalHours how many hours lie between two of them, from 1
 * @param backupRetentionDays for how many days they are kept, from 1
 */
public record EventStoreConfig(
    boolean persistent,
    String dbPath,
    int maxEventsPerStream,
    int retentionDays,
    int memoryCacheSize,
    int cleanupIntervalEvents,
    int batchSize,
    boolean backupEnabled,
    int backupIntervalHours,
    int backupRetentionDays) {
  /** The path of a store that is in memory: one database, for as long as the store is open. */
  public static final String IN_MEMORY = ":memory:";

  /** What holds where nothing else is said. */
  public static final EventStoreConfig DEFAULT =
      new EventStoreConfig(true, "InternalStorage/events.db", 1_000, 30, 100, 100, 50, true, 24, 7);

  /** In memory and small, without backups. */
  public static final EventStoreConfig DEVELOPMENT =
      new EventStoreConfig(false, "InternalStorage/events.db", 100, 7, 50, 100, 50, false, 24, 7);

  /** A log in memory, smaller still. */
  public static final EventStoreConfig TESTING =
      new EventStoreConfig(true, IN_MEMORY, 50, 1, 25, 10, 50, false, 24, 7);

  /** A file of its own, more of everything, and a backup every six hours. */
  public static final EventStoreConfig PRODUCTION =
      new EventStoreConfig(
          true, "InternalStorage/production_events.db", 5_000, 90, 500, 500, 50, true, 6, 30);

  private static final String PREFIX = "EVENT_STORE_";

  /** Two letters at least, or it would be the drive of a path. */
  private static final Pattern URI = Pattern.compile("[a-z]{2,}:.*", Pattern.DOTALL);

  /** The names of the profiles. */
  public enum Profile {
    /** {@link EventStoreConfig#DEVELOPMENT}. */
    DEVELOPMENT,
    /** {@link EventStoreConfig#TESTING}. */
    TESTING,
    /** {@link EventStoreConfig#PRODUCTION}. */
    PRODUCTION,
    /** {@link EventStoreConfig#DEFAULT}, but for what the environment says. */
    FROM_ENV
  }

  /** A setting: its name, the end of its variable, and how its text is read. */
  private record Setting(
      String name,
      String variable,
      Function<EventStoreConfig, Object> get,
      Function<String, Optional<UnaryOperator<EventStoreConfig>>> read,
      String allowed) {}

  private static final List<Setting> SETTINGS =
      List.of(
          flag("persistent", "PERSISTENT", EventStoreConfig::persistent, EventStoreConfig::with),
          new Setting(
              "db_path",
              PREFIX + "DB_PATH",
              EventStoreConfig::dbPath,
              text ->
                  text.isBlank() || text.indexOf('\0') >= 0
                      ? Optional.empty()
                      : Optional.of(config -> config.with("db_path", text)),
              "a path, " + IN_MEMORY + " or the URI of a storage"),
          number("max_events_per_stream", "MAX_EVENTS", EventStoreConfig::maxEventsPerStream),
          number("retention_days", "RETENTION_DAYS", EventStoreConfig::retentionDays),
          number("memory_cache_size", "CACHE_SIZE", EventStoreConfig::memoryCacheSize),
          number(
              "cleanup_interval_events",
              "CLEANUP_INTERVAL",
              EventStoreConfig::cleanupIntervalEvents),
          number("batch_size", "BATCH_SIZE", EventStoreConfig::batchSize),
          flag(
              "backup_enabled",
              "BACKUP_ENABLED",
              EventStoreConfig::backupEnabled,
              EventStoreConfig::with),
          number("backup_interval_hours", "BACKUP_INTERVAL", EventStoreConfig::backupIntervalHours),
          number(
              "backup_retention_days", "BACKUP_RETENTION", EventStoreConfig::backupRetentionDays));

  private interface Change {
    EventStoreConfig apply(EventStoreConfig config, String name, Object value);
  }

  private static Setting flag(
      String name, String variable, Function<EventStoreConfig, Object> get, Change change) {
    return new Setting(
        name,
        PREFIX + variable,
        get,
        text ->
            switch (text.strip().toLowerCase(Locale.ROOT)) {
              case "true" -> Optional.of(config -> change.apply(config, name, true));
              case "false" -> Optional.of(config -> change.apply(config, name, false));
              default -> Optional.empty();
            },
        "true or false");
  }

  private static Setting number(
      String name, String variable, Function<EventStoreConfig, Object> get) {
    return new Setting(
        name,
        PREFIX + variable,
        get,
        text -> {
          try {
            int number = Integer.parseInt(text.strip());
            return number < 1 ? Optional.empty() : Optional.of(config -> config.with(name, number));
          } catch (NumberFormatException e) {
            return Optional.empty();
          }
        },
        "a whole number from 1 to " + Integer.MAX_VALUE);
  }

  /** Checks every bound. */
  public EventStoreConfig {
    List<String> faults = new ArrayList<>();
    if (dbPath.isBlank()) {
      faults.add("db_path is '%s'; allowed is a path".formatted(dbPath));
    }
    requirePositive(faults, "max_events_per_stream", maxEventsPerStream);
    requirePositive(faults, "retention_days", retentionDays);
    requirePositive(faults, "memory_cache_size", memoryCacheSize);
    requirePositive(faults, "cleanup_interval_events", cleanupIntervalEvents);
    requirePositive(faults, "batch_size", batchSize);
    if (backupEnabled) {
      requirePositive(faults, "backup_interval_hours", backupIntervalHours);
      requirePositive(faults, "backup_retention_days", backupRetentionDays);
    }
    if (!faults.isEmpty()) {
      throw new InvalidConfig(faults);
    }
  }

  private static void requirePositive(List<String> faults, String name, int value) {
    if (value < 1) {
      faults.add("%s is %d; allowed is a whole number from 1".formatted(name, value));
    }
  }

  /**
   * The configuration of a profile's name, in whatever case.
   *
   * @param environment gives the value of a variable, or null
   * @throws InvalidConfig when there is no such profile, or the environment says what it cannot
   */
  public static EventStoreConfig of(
      String profile, Function<String, @Nullable String> environment) {
    for (Profile known : Profile.values()) {
      if (known.name().equalsIgnoreCase(profile)) {
        return of(known, environment);
      }
    }
    throw new InvalidConfig(
        List.of(
            "the profile is '%s'; allowed are development, testing, production and from_env"
                .formatted(profile)));
  }

  /** The configuration of a profile; the environment is asked for {@code FROM_ENV} alone. */
  public static EventStoreConfig of(
      Profile profile, Function<String, @Nullable String> environment) {
    return switch (profile) {
      case DEVELOPMENT -> DEVELOPMENT;
      case TESTING -> TESTING;
      case PRODUCTION -> PRODUCTION;
      case FROM_ENV -> fromEnvironment(environment);
    };
  }

  /**
   * What the variables {@code EVENT_STORE_*} say now, and the defaults where they say nothing.
   *
   * @param environment gives the value of a variable, or null
   * @throws InvalidConfig when a value cannot be; it names each variable, value, and what is
   *     allowed
   */
  public static EventStoreConfig fromEnvironment(Function<String, @Nullable String> environment) {
    return DEFAULT.reading(Setting::variable, environment);
  }

  /**
   * This, but for what a map says.
   *
   * @param settings by their names in lower case, such as {@code retention_days}; values are
   *     booleans, numbers or text
   * @throws InvalidConfig when a name is none of them, or a value cannot be
   */
  public EventStoreConfig with(Map<String, ?> settings) {
    List<String> known = SETTINGS.stream().map(Setting::name).toList();
    List<String> unknown =
        settings.keySet().stream()
            .filter(name -> !known.contains(name))
            .map(name -> "'%s' is no setting; there are %s".formatted(name, known))
            .toList();
    if (!unknown.isEmpty()) {
      throw new InvalidConfig(unknown);
    }
    return reading(
        Setting::name,
        name -> {
          Object value = settings.get(name);
          return value == null ? null : String.valueOf(value);
        });
  }

  private EventStoreConfig reading(
      Function<Setting, String> key, Function<String, @Nullable String> source) {
    EventStoreConfig config = this;
    List<String> faults = new ArrayList<>();
    for (Setting setting : SETTINGS) {
      String value = source.apply(key.apply(setting));
      if (value != null) {
        Optional<UnaryOperator<EventStoreConfig>> change = setting.read.apply(value);
        if (change.isPresent()) {
          config = change.get().apply(config);
        } else {
          faults.add(
              "%s is '%s'; allowed is %s".formatted(key.apply(setting), value, setting.allowed));
        }
      }
    }
    if (!faults.isEmpty()) {
      throw new InvalidConfig(faults);
    }
    return config;
  }

  private EventStoreConfig with(String name, Object value) {
    return new EventStoreConfig(
        name.equals("persistent") ? (Boolean) value : persistent,
        name.equals("db_path") ? (String) value : dbPath,
        name.equals("max_events_per_stream") ? (Integer) value : maxEventsPerStream,
        name.equals("retention_days") ? (Integer) value : retentionDays,
        name.equals("memory_cache_size") ? (Integer) value : memoryCacheSize,
        name.equals("cleanup_interval_events") ? (Integer) value : cleanupIntervalEvents,
        name.equals("batch_size") ? (Integer) value : batchSize,
        name.equals("backup_enabled") ? (Boolean) value : backupEnabled,
        name.equals("backup_interval_hours") ? (Integer) value : backupIntervalHours,
        name.equals("backup_retention_days") ? (Integer) value : backupRetentionDays);
  }

  /** Every setting by its name, in the order of the components. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    SETTINGS.forEach(setting -> map.put(setting.name, setting.get.apply(this)));
    return map;
  }

  /** The path, absolute where it is one of a file; else as it is. */
  public String absoluteDbPath() {
    return isFile() ? Path.of(dbPath).toAbsolutePath().normalize().toString() : dbPath;
  }

  /** The URI of the storage that the path names: SQLite's for a file. */
  public String storage() {
    if (dbPath.equals(IN_MEMORY)) {
      return "memory:";
    }
    return isFile() ? "sqlite:" + absoluteDbPath() : dbPath;
  }

  private boolean isFile() {
    return !dbPath.equals(IN_MEMORY) && !URI.matcher(dbPath).matches();
  }
}
