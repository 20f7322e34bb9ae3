-- Writes down what the view of V1.sql searches by, up to a place of a log: events of streams, cursors
-- among them, which the view leaves out. Each row of the log is read once, and its numbers as JSON5
-- has them, in hexadecimal digits: the SQLite of the engine reads those faster than byte for byte.

CREATE TEMP TABLE IF NOT EXISTS mcp_new (place INTEGER PRIMARY KEY, name TEXT, time TEXT);

INSERT INTO mcp_new (place, name, time)
SELECT
  place,
  CAST(substr(entry, 132, ('0x' || hex(substr(entry, 130, 2))) ->> '$') AS TEXT),
  strftime('%Y-%m-%dT%H:%M:%fZ', (('0x' || hex(substr(entry, 116, 6))) ->> '$') / 1000.0, 'unixepoch')
FROM log_events
WHERE place > coalesce((SELECT mcp_indexed.place FROM mcp_indexed WHERE log = ?1), ?1 << 40)
  AND place <= ?2
  AND substr(entry, 132, 4) = x'6d63702f';

INSERT INTO mcp_streams (name) SELECT DISTINCT name FROM mcp_new WHERE true
ON CONFLICT (name) DO NOTHING;

INSERT INTO mcp_events (place, stream, time)
SELECT place, (SELECT number FROM mcp_streams WHERE mcp_streams.name = mcp_new.name), time
FROM mcp_new WHERE true
ORDER BY place
ON CONFLICT (place) DO NOTHING;

INSERT INTO mcp_indexed (log, place) VALUES (?1, ?2)
ON CONFLICT (log) DO UPDATE SET place = max(place, ?2);

DELETE FROM mcp_new;

-- What was trimmed before is not searched for.
DELETE FROM mcp_events
WHERE place > ?1 << 40
  AND place < (SELECT min(log_events.place) FROM log_events WHERE log_events.place > ?1 << 40)
  AND place <= ?2;

DELETE FROM mcp_streams
WHERE changes() > 0
  AND NOT EXISTS (SELECT 1 FROM mcp_events WHERE mcp_events.stream = mcp_streams.number);
