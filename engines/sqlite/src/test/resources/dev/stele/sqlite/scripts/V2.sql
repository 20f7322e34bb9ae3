CREATE TABLE notes (note TEXT NOT NULL) STRICT;

INSERT INTO notes (note) VALUES ('once');
