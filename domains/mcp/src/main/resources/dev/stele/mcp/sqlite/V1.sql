-- What is in the log of an MCP event store, as the table that its users know.
--
-- Nothing is stored twice: every column is cut out of a row of the log (docs/format/row.md and
-- record.md), and the indexes hold what they are searched by alone. Numbers in ${byte N} are places
-- in the row, from 1: 5 and 6 are the length of the record, which begins at 41; 116 to 121 are its
-- time, 124 to 129 its revision, 130 and 131 the length of the stream's name, which begins at 132.
-- Behind it come the type, of which rows with a payload have one, mcp.message, and the id.
-- A row whose payload is empty, a cursor, is no message, and one that was erased has no body: both
-- end where a message would begin, 19 bytes of an empty body behind the record.

CREATE INDEX mcp_events_by_stream ON log_events (
  CAST(substr(entry, 132, ${byte 130} * 256 + ${byte 131}) AS TEXT),
  strftime('%Y-%m-%dT%H:%M:%fZ', (((((${byte 116} * 256 + ${byte 117}) * 256 + ${byte 118}) * 256 + ${byte 119}) * 256 + ${byte 120}) * 256 + ${byte 121}) / 1000.0, 'unixepoch')
) WHERE substr(entry, 132, 4) = x'6d63702f' AND length(entry) > ${byte 5} * 256 + ${byte 6} + 59;

CREATE INDEX mcp_events_by_time ON log_events (
  strftime('%Y-%m-%dT%H:%M:%fZ', (((((${byte 116} * 256 + ${byte 117}) * 256 + ${byte 118}) * 256 + ${byte 119}) * 256 + ${byte 120}) * 256 + ${byte 121}) / 1000.0, 'unixepoch')
) WHERE substr(entry, 132, 4) = x'6d63702f' AND length(entry) > ${byte 5} * 256 + ${byte 6} + 59;

CREATE VIEW events AS SELECT
  CAST(substr(entry, 147 + ${byte 130} * 256 + ${byte 131}, ${byte 145 + (${byte 130} * 256 + ${byte 131})} * 256 + ${byte 146 + (${byte 130} * 256 + ${byte 131})}) AS TEXT) || '.' || ((((((${byte 124} * 256) + ${byte 125}) * 256 + ${byte 126}) * 256 + ${byte 127}) * 256 + ${byte 128}) * 256 + ${byte 129}) AS event_id,
  CAST(substr(entry, 132, ${byte 130} * 256 + ${byte 131}) AS TEXT) AS stream_id,
  CAST(substr(entry, ${byte 5} * 256 + ${byte 6} + 60) AS TEXT) AS message_json,
  strftime('%Y-%m-%dT%H:%M:%fZ', (((((${byte 116} * 256 + ${byte 117}) * 256 + ${byte 118}) * 256 + ${byte 119}) * 256 + ${byte 120}) * 256 + ${byte 121}) / 1000.0, 'unixepoch') AS timestamp,
  strftime('%Y-%m-%dT%H:%M:%fZ', (((((${byte 116} * 256 + ${byte 117}) * 256 + ${byte 118}) * 256 + ${byte 119}) * 256 + ${byte 120}) * 256 + ${byte 121}) / 1000.0, 'unixepoch') AS created_at
FROM log_events WHERE substr(entry, 132, 4) = x'6d63702f' AND length(entry) > ${byte 5} * 256 + ${byte 6} + 59;
