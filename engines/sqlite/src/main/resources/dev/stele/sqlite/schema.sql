-- Layout 2 of a log in SQLite: see docs/format/sqlite.md.
-- A place is (log number << 40) | position, so the first log's places are its positions.
-- An entry of an index is a key in bytes, log number first, as in docs/format/sqlite.md.
CREATE TABLE log_names (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, indexed_to INTEGER NOT NULL, fence INTEGER NOT NULL, seal BLOB NOT NULL) STRICT;
CREATE TABLE log_events (place INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE log_claims (entry BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE log_streams (entry BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE log_tiles (log INTEGER NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY (log, level, number)) STRICT;
CREATE TABLE log_checkpoints (log INTEGER NOT NULL, size INTEGER NOT NULL, note BLOB NOT NULL, PRIMARY KEY (log, size)) STRICT;
CREATE TABLE log_views (name TEXT PRIMARY KEY, version INTEGER NOT NULL, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
