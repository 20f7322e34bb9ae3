-- Writes down what read.sql has read, and how far that goes.

INSERT INTO mcp_streams (name) SELECT DISTINCT name FROM mcp_new WHERE true
ON CONFLICT (name) DO NOTHING;

INSERT INTO mcp_events (place, stream, time)
SELECT place, (SELECT number FROM mcp_streams WHERE mcp_streams.name = mcp_new.name), time
FROM mcp_new WHERE true
ORDER BY place
ON CONFLICT (place) DO NOTHING;

-- What was trimmed meanwhile is not searched for.
DELETE FROM mcp_events
WHERE place > ?1 << 40
  AND place < (SELECT min(log_events.place) FROM log_events WHERE log_events.place > ?1 << 40)
  AND place <= ?2;

DELETE FROM mcp_streams
WHERE changes() > 0
  AND NOT EXISTS (SELECT 1 FROM mcp_events WHERE mcp_events.stream = mcp_streams.number);

INSERT INTO mcp_indexed (log, place) VALUES (?1, min(?2, (?1 << 40) + 4096))
ON CONFLICT (log) DO UPDATE SET place = min(?2, place + 4096) WHERE place < ?2;
