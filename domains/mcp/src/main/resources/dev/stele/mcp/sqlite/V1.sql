-- What is in the log of an MCP event store, as the table that its users know.
--
-- No message is stored twice: it is cut out of its row of the log (docs/format/row.md and
-- record.md). Numbers in ${byte N} are places in the row, from 1: 5 and 6 are the length of the
-- record, which begins at 41; 116 to 121 are its time, 124 to 129 its revision, 130 and 131 the
-- length of the stream's name, which begins at 132. Behind it come the type, of which rows with a
-- payload have one, mcp.message, and the id. A row whose payload is empty, a cursor, is no message,
-- and one that was erased has no body: both end where a message would begin, 19 bytes of an empty
-- body behind the record.
--
-- What the rows are searched by is written down beside the appends, for many of them at once
-- (read.sql, write.sql): an index that moved with each commit would touch a page for each stream in
-- it. The rows behind are read as they are.

CREATE TABLE mcp_streams (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE mcp_events (place INTEGER PRIMARY KEY, stream INTEGER NOT NULL, time TEXT NOT NULL) STRICT;

CREATE INDEX mcp_events_by_stream ON mcp_events (stream, time);

CREATE INDEX mcp_events_by_time ON mcp_events (time);

CREATE TABLE mcp_indexed (log INTEGER PRIMARY KEY, place INTEGER NOT NULL) STRICT;

CREATE VIEW events AS
SELECT
  CAST(substr(entry, 147 + ${byte 130} * 256 + ${byte 131}, ${byte 145 + (${byte 130} * 256 + ${byte 131})} * 256 + ${byte 146 + (${byte 130} * 256 + ${byte 131})}) AS TEXT) || '.' || ((((((${byte 124} * 256) + ${byte 125}) * 256 + ${byte 126}) * 256 + ${byte 127}) * 256 + ${byte 128}) * 256 + ${byte 129}) AS event_id,
  mcp_streams.name AS stream_id,
  CAST(substr(entry, ${byte 5} * 256 + ${byte 6} + 60) AS TEXT) AS message_json,
  mcp_events.time AS timestamp,
  mcp_events.time AS created_at
FROM mcp_events
  JOIN mcp_streams ON mcp_streams.number = mcp_events.stream
  JOIN log_events ON log_events.place = mcp_events.place
WHERE length(entry) > ${byte 5} * 256 + ${byte 6} + 59
UNION ALL
SELECT
  CAST(substr(entry, 147 + ${byte 130} * 256 + ${byte 131}, ${byte 145 + (${byte 130} * 256 + ${byte 131})} * 256 + ${byte 146 + (${byte 130} * 256 + ${byte 131})}) AS TEXT) || '.' || ((((((${byte 124} * 256) + ${byte 125}) * 256 + ${byte 126}) * 256 + ${byte 127}) * 256 + ${byte 128}) * 256 + ${byte 129}),
  CAST(substr(entry, 132, ${byte 130} * 256 + ${byte 131}) AS TEXT),
  CAST(substr(entry, ${byte 5} * 256 + ${byte 6} + 60) AS TEXT),
  strftime('%Y-%m-%dT%H:%M:%fZ', (((((${byte 116} * 256 + ${byte 117}) * 256 + ${byte 118}) * 256 + ${byte 119}) * 256 + ${byte 120}) * 256 + ${byte 121}) / 1000.0, 'unixepoch'),
  strftime('%Y-%m-%dT%H:%M:%fZ', (((((${byte 116} * 256 + ${byte 117}) * 256 + ${byte 118}) * 256 + ${byte 119}) * 256 + ${byte 120}) * 256 + ${byte 121}) / 1000.0, 'unixepoch')
FROM log_names
  JOIN log_events ON log_events.place < (log_names.number + 1) << 40
    AND log_events.place > coalesce((SELECT mcp_indexed.place FROM mcp_indexed WHERE mcp_indexed.log = log_names.number), log_names.number << 40)
WHERE substr(entry, 132, 4) = x'6d63702f' AND length(entry) > ${byte 5} * 256 + ${byte 6} + 59;
