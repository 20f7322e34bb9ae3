package dev.stele.mcp.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnEventStoreConfigTest {
  private static EventStoreConfig read(Map<String, String> environment) {
    return EventStoreConfig.fromEnvironment(environment::get);
  }

  @Test
  void has_the_values_of_each_profile() {
    assertThat(EventStoreConfig.DEFAULT.toMap().toString())
        .isEqualTo(
            "{persistent=true, db_path=InternalStorage/events.db, max_events_per_stream=1000,"
                + " retention_days=30, memory_cache_size=100, cleanup_interval_events=100,"
                + " batch_size=50, backup_enabled=true, backup_interval_hours=24,"
                + " backup_retention_days=7}");
    assertThat(EventStoreConfig.DEVELOPMENT.toMap().toString())
        .isEqualTo(
            "{persistent=false, db_path=InternalStorage/events.db, max_events_per_stream=100,"
                + " retention_days=7, memory_cache_size=50, cleanup_interval_events=100,"
                + " batch_size=50, backup_enabled=false, backup_interval_hours=24,"
                + " backup_retention_days=7}");
    assertThat(EventStoreConfig.TESTING.toMap().toString())
        .isEqualTo(
            "{persistent=true, db_path=:memory:, max_events_per_stream=50, retention_days=1,"
                + " memory_cache_size=25, cleanup_interval_events=10, batch_size=50,"
                + " backup_enabled=false, backup_interval_hours=24, backup_retention_days=7}");
    assertThat(EventStoreConfig.PRODUCTION.toMap().toString())
        .isEqualTo(
            "{persistent=true, db_path=InternalStorage/production_events.db,"
                + " max_events_per_stream=5000, retention_days=90, memory_cache_size=500,"
                + " cleanup_interval_events=500, batch_size=50, backup_enabled=true,"
                + " backup_interval_hours=6, backup_retention_days=30}");
  }

  @Test
  void is_found_by_the_name_of_its_profile() {
    assertThat(EventStoreConfig.of("development", _ -> "never asked"))
        .isEqualTo(EventStoreConfig.DEVELOPMENT);
    assertThat(EventStoreConfig.of("testing", _ -> null)).isEqualTo(EventStoreConfig.TESTING);
    assertThat(EventStoreConfig.of("PRODUCTION", _ -> null)).isEqualTo(EventStoreConfig.PRODUCTION);
    assertThat(EventStoreConfig.of("from_env", _ -> null)).isEqualTo(EventStoreConfig.DEFAULT);
    assertThatThrownBy(() -> EventStoreConfig.of("staging", _ -> null))
        .isInstanceOf(InvalidConfig.class)
        .hasMessage(
            "the profile is 'staging'; allowed are development, testing, production and from_env");
  }

  @Test
  void takes_every_variable() {
    EventStoreConfig config =
        read(
            Map.of(
                "EVENT_STORE_PERSISTENT", "False",
                "EVENT_STORE_DB_PATH", "/tmp/x.db",
                "EVENT_STORE_MAX_EVENTS", "1",
                "EVENT_STORE_RETENTION_DAYS", "2",
                "EVENT_STORE_CACHE_SIZE", "3",
                "EVENT_STORE_CLEANUP_INTERVAL", "4",
                "EVENT_STORE_BATCH_SIZE", "5",
                "EVENT_STORE_BACKUP_ENABLED", "false",
                "EVENT_STORE_BACKUP_INTERVAL", "6",
                "EVENT_STORE_BACKUP_RETENTION", " 7 "));

    assertThat(config)
        .isEqualTo(new EventStoreConfig(false, "/tmp/x.db", 1, 2, 3, 4, 5, false, 6, 7));
  }

  @Test
  void names_each_variable_that_says_what_cannot_be() {
    assertThatThrownBy(
            () ->
                read(
                    Map.of(
                        "EVENT_STORE_PERSISTENT", "yes",
                        "EVENT_STORE_MAX_EVENTS", "0",
                        "EVENT_STORE_CACHE_SIZE", "many",
                        "EVENT_STORE_RETENTION_DAYS", "-1",
                        "EVENT_STORE_BATCH_SIZE", "2147483648",
                        "EVENT_STORE_DB_PATH", " ")))
        .isInstanceOfSatisfying(
            InvalidConfig.class,
            invalid ->
                assertThat(invalid.faults())
                    .containsExactly(
                        "EVENT_STORE_PERSISTENT is 'yes'; allowed is true or false",
                        "EVENT_STORE_DB_PATH is ' '; allowed is a path, :memory: or the URI of a"
                            + " storage",
                        "EVENT_STORE_MAX_EVENTS is '0'; allowed is a whole number from 1 to"
                            + " 2147483647",
                        "EVENT_STORE_RETENTION_DAYS is '-1'; allowed is a whole number from 1 to"
                            + " 2147483647",
                        "EVENT_STORE_CACHE_SIZE is 'many'; allowed is a whole number from 1 to"
                            + " 2147483647",
                        "EVENT_STORE_BATCH_SIZE is '2147483648'; allowed is a whole number from 1"
                            + " to 2147483647"));
  }

  @Test
  void reads_the_environment_when_it_is_asked() {
    Map<String, String> environment = new HashMap<>();
    assertThat(read(environment).batchSize()).isEqualTo(50);

    environment.put("EVENT_STORE_BATCH_SIZE", "51");

    assertThat(read(environment).batchSize()).isEqualTo(51);
    assertThat(EventStoreConfig.DEFAULT.batchSize()).as("no profile changes").isEqualTo(50);
  }

  @Test
  void is_changed_by_a_map_of_settings_into_another() {
    EventStoreConfig config =
        EventStoreConfig.TESTING.with(Map.of("batch_size", 7, "persistent", "false"));

    assertThat(config.batchSize()).isEqualTo(7);
    assertThat(config.persistent()).isFalse();
    assertThat(EventStoreConfig.DEFAULT.with(config.toMap())).isEqualTo(config);
    assertThatThrownBy(() -> EventStoreConfig.TESTING.with(Map.of("batchSize", 7)))
        .isInstanceOf(InvalidConfig.class)
        .hasMessageContaining("'batchSize' is no setting; there are [persistent, db_path,");
  }

  @Test
  void bounds_backups_only_when_there_are_to_be_some() {
    assertThat(new EventStoreConfig(true, "x.db", 1, 1, 1, 1, 1, false, 0, 0).backupEnabled())
        .isFalse();
    assertThatThrownBy(() -> new EventStoreConfig(true, "x.db", 0, 1, 1, 1, 1, true, 0, 0))
        .isInstanceOfSatisfying(
            InvalidConfig.class,
            invalid ->
                assertThat(invalid.faults())
                    .containsExactly(
                        "max_events_per_stream is 0; allowed is a whole number from 1",
                        "backup_interval_hours is 0; allowed is a whole number from 1",
                        "backup_retention_days is 0; allowed is a whole number from 1"));
  }

  @Test
  void names_the_storage_of_its_path() {
    String here = Path.of("").toAbsolutePath().toString();
    assertThat(EventStoreConfig.DEFAULT.storage())
        .isEqualTo("sqlite:" + here + "/InternalStorage/events.db");
    assertThat(EventStoreConfig.DEFAULT.absoluteDbPath())
        .isEqualTo(here + "/InternalStorage/events.db");
    assertThat(EventStoreConfig.TESTING.storage()).isEqualTo("memory:");
    assertThat(EventStoreConfig.TESTING.absoluteDbPath()).isEqualTo(":memory:");
    for (String uri : List.of("lmdb:folder", "postgres://host/db", "sqlite:folder")) {
      assertThat(EventStoreConfig.DEFAULT.with(Map.of("db_path", uri)).storage()).isEqualTo(uri);
    }
  }
}
