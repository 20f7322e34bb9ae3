-- Reads what the view of V1.sql searches by out of the next 4,096 rows of a log: events of streams,
-- cursors among them, which the view leaves out. Each row is read once, and its numbers as JSON5 has
-- them, in hexadecimal digits: the SQLite of the engine reads those faster than byte for byte.

CREATE TEMP TABLE IF NOT EXISTS mcp_new (place INTEGER PRIMARY KEY, name TEXT, time TEXT);

DELETE FROM mcp_new;

INSERT INTO mcp_new (place, name, time)
SELECT
  place,
  CAST(substr(entry, 132, ('0x' || hex(substr(entry, 130, 2))) ->> '$') AS TEXT),
  strftime('%Y-%m-%dT%H:%M:%fZ', (('0x' || hex(substr(entry, 116, 6))) ->> '$') / 1000.0, 'unixepoch')
FROM log_events
WHERE place > coalesce((SELECT mcp_indexed.place FROM mcp_indexed WHERE log = ?1), ?1 << 40)
  AND place <= coalesce((SELECT mcp_indexed.place FROM mcp_indexed WHERE log = ?1), ?1 << 40) + 4096
  AND place <= ?2
  AND substr(entry, 132, 4) = x'6d63702f';
