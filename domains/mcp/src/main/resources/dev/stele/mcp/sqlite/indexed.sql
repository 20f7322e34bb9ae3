-- Writes down what the view of V1.sql searches by, up to a place of a log. JSON5 has numbers in
-- hexadecimal digits, and the SQLite of the engine reads those faster than byte for byte.

INSERT INTO mcp_streams (name)
SELECT DISTINCT CAST(substr(entry, 132, ('0x' || hex(substr(entry, 130, 2))) ->> '$') AS TEXT)
FROM log_events
WHERE place > coalesce((SELECT mcp_indexed.place FROM mcp_indexed WHERE log = ?1), ?1 << 40)
  AND place <= ?2
  AND substr(entry, 132, 4) = x'6d63702f'
  AND length(entry) > (('0x' || hex(substr(entry, 5, 2))) ->> '$') + 59
ON CONFLICT (name) DO NOTHING;

INSERT INTO mcp_events (place, stream, time)
SELECT
  place,
  (SELECT number FROM mcp_streams WHERE name = CAST(substr(entry, 132, ('0x' || hex(substr(entry, 130, 2))) ->> '$') AS TEXT)),
  ('0x' || hex(substr(entry, 116, 6))) ->> '$'
FROM log_events
WHERE place > coalesce((SELECT mcp_indexed.place FROM mcp_indexed WHERE log = ?1), ?1 << 40)
  AND place <= ?2
  AND substr(entry, 132, 4) = x'6d63702f'
  AND length(entry) > (('0x' || hex(substr(entry, 5, 2))) ->> '$') + 59
ORDER BY place
ON CONFLICT (place) DO NOTHING;

INSERT INTO mcp_indexed (log, place) VALUES (?1, ?2)
ON CONFLICT (log) DO UPDATE SET place = max(place, ?2);

-- What was trimmed before is not searched for.
DELETE FROM mcp_events
WHERE place > ?1 << 40
  AND place < (SELECT min(log_events.place) FROM log_events WHERE log_events.place > ?1 << 40)
  AND place <= ?2;

DELETE FROM mcp_streams
WHERE changes() > 0
  AND NOT EXISTS (SELECT 1 FROM mcp_events WHERE mcp_events.stream = mcp_streams.number);
