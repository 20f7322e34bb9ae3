-- The type of an event stands behind its stream's name; a comment may hold a ; as well.
CREATE VIEW kinds AS SELECT
  place,
  CAST(substr(entry, 134 + ${byte 130} * 256 + ${byte 131}, ${byte 133 + (${byte 130} * 256 + ${byte 131})}) AS TEXT) AS type
FROM log_events;
