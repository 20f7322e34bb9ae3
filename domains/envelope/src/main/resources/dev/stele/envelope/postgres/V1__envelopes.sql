-- The tables of the envelope store, for SQL. "${schema}" is the schema of the storage.
--
-- envelope_facts, envelope_details and replay_guard retell the log and move in its transactions;
-- event_links and delivery_state are notes beside it. The envelopes themselves are the payloads of
-- stele_bodies; "events" shows all of it.

CREATE TABLE "${schema}".envelope_facts (
  position bigint PRIMARY KEY,
  id uuid NOT NULL,
  event_type text COLLATE "C" NOT NULL,
  source text COLLATE "C" NOT NULL,
  recorded_at timestamptz NOT NULL
);
CREATE INDEX envelope_facts_by_id ON "${schema}".envelope_facts (id, position);

CREATE TABLE "${schema}".envelope_details (
  position bigint PRIMARY KEY,
  event_type text COLLATE "C" NOT NULL,
  source_key text COLLATE "C" NOT NULL,
  key_id text COLLATE "C" NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  issued_at timestamptz NOT NULL,
  expires_at timestamptz,
  content_hash text COLLATE "C" NOT NULL
);
CREATE INDEX envelope_details_by_type
  ON "${schema}".envelope_details (event_type, issued_at, position);
CREATE INDEX envelope_details_by_source
  ON "${schema}".envelope_details (source_key, issued_at, position);
CREATE INDEX envelope_details_by_key ON "${schema}".envelope_details (key_id, position);
CREATE INDEX envelope_details_by_content ON "${schema}".envelope_details (content_hash, position);

CREATE TABLE "${schema}".replay_guard (
  key_id text COLLATE "C" NOT NULL,
  nonce text COLLATE "C" NOT NULL,
  issued_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  position bigint NOT NULL,
  releasable integer NOT NULL,
  PRIMARY KEY (key_id, nonce)
);
CREATE INDEX replay_guard_by_age
  ON "${schema}".replay_guard (releasable, recorded_at, key_id, nonce);
CREATE INDEX replay_guard_by_position ON "${schema}".replay_guard (position, key_id, nonce);

CREATE TABLE "${schema}".event_links (
  parent_id uuid NOT NULL,
  child_id uuid NOT NULL,
  relation text COLLATE "C" NOT NULL,
  PRIMARY KEY (parent_id, child_id, relation)
);
CREATE INDEX event_links_by_child ON "${schema}".event_links (child_id, parent_id, relation);

CREATE TABLE "${schema}".delivery_state (
  event_id uuid NOT NULL,
  destination text COLLATE "C" NOT NULL,
  status text COLLATE "C" NOT NULL CHECK (status IN ('pending', 'sent', 'failed', 'dead')),
  attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  last_attempt_at timestamptz,
  PRIMARY KEY (event_id, destination)
);
CREATE INDEX delivery_state_by_status
  ON "${schema}".delivery_state (status, last_attempt_at, event_id, destination);

-- What an analyst asks for. An erased envelope keeps what the log's record says of it.
CREATE VIEW "${schema}".events AS
  SELECT f.id, f.event_type, d.issued_at, f.source, d.content_hash, b.payload AS envelope,
    f.recorded_at AS created_at, f.position, d.key_id, d.nonce, d.expires_at,
    b.position IS NULL AS erased
  FROM "${schema}".envelope_facts AS f
  LEFT JOIN "${schema}".envelope_details AS d
    ON d.position = f.position AND d.event_type = f.event_type
  LEFT JOIN "${schema}".stele_bodies AS b
    ON b.log = (SELECT l.number FROM "${schema}".stele_logs AS l WHERE l.name = 'main')
    AND b.position = f.position;

-- ---- nothing is changed; what goes, goes with its body, or was freed by a release in the log ----

CREATE FUNCTION "${schema}".envelope_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  RAISE EXCEPTION '% of % is refused: it retells an append-only log', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege',
      HINT = 'envelopes are erased by the store, which leaves a receipt';
END
$body$;

-- Releases in the log, by what their records say behind 89 bytes of numbers and hashes: the stream
-- stele/receipts and the type claims-released, each with its length before it.
CREATE INDEX envelope_releases ON "${schema}".stele_events (log, position)
  WHERE substring(record FROM 90 FOR 33)
    = '\x000e7374656c652f7265636569707473000f636c61696d732d72656c6561736564';

-- The time, in milliseconds, before which nonces were freed that can be; 0 before the first release.
-- The last one reaches furthest, and says so in the fourth line of its note.
CREATE FUNCTION "${schema}".envelope_released_before() RETURNS numeric LANGUAGE sql STABLE AS $body$
  SELECT coalesce((
    SELECT split_part(encode(b.payload, 'escape'), E'\n', 4)::numeric
    FROM "${schema}".stele_events AS e
    JOIN "${schema}".stele_bodies AS b ON b.log = e.log AND b.position = e.position
    WHERE e.log = (SELECT l.number FROM "${schema}".stele_logs AS l WHERE l.name = 'main')
      AND substring(e.record FROM 90 FOR 33)
        = '\x000e7374656c652f7265636569707473000f636c61696d732d72656c6561736564'
    ORDER BY e.position DESC
    LIMIT 1), 0)
$body$;

CREATE FUNCTION "${schema}".envelope_gone() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_TABLE_NAME = 'envelope_facts' THEN
    IF EXISTS (SELECT FROM "${schema}".stele_events AS e
        JOIN "${schema}".stele_logs AS l ON l.number = e.log AND l.name = 'main'
        WHERE e.position = OLD.position)
      AND NOT EXISTS (SELECT FROM "${schema}".envelope_facts AS f WHERE f.position = OLD.position)
    THEN
      RAISE EXCEPTION 'DELETE of % is refused: the event at % is in the log', TG_TABLE_NAME,
        OLD.position USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
  END IF;
  IF NOT EXISTS (SELECT FROM "${schema}".stele_bodies AS b
      JOIN "${schema}".stele_logs AS l ON l.number = b.log AND l.name = 'main'
      WHERE b.position = OLD.position)
  THEN
    RETURN NULL;
  END IF;
  IF TG_TABLE_NAME = 'envelope_details' THEN
    IF EXISTS (SELECT FROM "${schema}".envelope_details AS d WHERE d.position = OLD.position) THEN
      RETURN NULL;
    END IF;
  ELSIF (OLD.releasable = 1
      AND extract(epoch FROM OLD.recorded_at) * 1000 < "${schema}".envelope_released_before())
    OR EXISTS (SELECT FROM "${schema}".replay_guard AS g WHERE g.position = OLD.position)
  THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'DELETE of % is refused: the envelope at % was not erased', TG_TABLE_NAME,
    OLD.position USING ERRCODE = 'insufficient_privilege';
END
$body$;

-- Looked at when the transaction commits: the body goes in the same one, and a view that is told
-- anew has its rows again by then.
CREATE CONSTRAINT TRIGGER envelope_gone AFTER DELETE ON "${schema}".envelope_facts
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "${schema}".envelope_gone();
CREATE CONSTRAINT TRIGGER envelope_gone AFTER DELETE ON "${schema}".envelope_details
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "${schema}".envelope_gone();
CREATE CONSTRAINT TRIGGER envelope_gone AFTER DELETE ON "${schema}".replay_guard
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "${schema}".envelope_gone();

CREATE TRIGGER envelope_append_only BEFORE UPDATE ON "${schema}".envelope_facts
  FOR EACH ROW EXECUTE FUNCTION "${schema}".envelope_append_only();
CREATE TRIGGER envelope_append_only BEFORE UPDATE ON "${schema}".envelope_details
  FOR EACH ROW EXECUTE FUNCTION "${schema}".envelope_append_only();
CREATE TRIGGER envelope_append_only BEFORE UPDATE ON "${schema}".replay_guard
  FOR EACH ROW EXECUTE FUNCTION "${schema}".envelope_append_only();
CREATE TRIGGER envelope_not_truncated BEFORE TRUNCATE ON "${schema}".envelope_facts
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".envelope_append_only();
CREATE TRIGGER envelope_not_truncated BEFORE TRUNCATE ON "${schema}".envelope_details
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".envelope_append_only();
CREATE TRIGGER envelope_not_truncated BEFORE TRUNCATE ON "${schema}".replay_guard
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".envelope_append_only();

ALTER TABLE "${schema}".envelope_facts ENABLE ALWAYS TRIGGER envelope_append_only;
ALTER TABLE "${schema}".envelope_facts ENABLE ALWAYS TRIGGER envelope_gone;
ALTER TABLE "${schema}".envelope_facts ENABLE ALWAYS TRIGGER envelope_not_truncated;
ALTER TABLE "${schema}".envelope_details ENABLE ALWAYS TRIGGER envelope_append_only;
ALTER TABLE "${schema}".envelope_details ENABLE ALWAYS TRIGGER envelope_gone;
ALTER TABLE "${schema}".envelope_details ENABLE ALWAYS TRIGGER envelope_not_truncated;
ALTER TABLE "${schema}".replay_guard ENABLE ALWAYS TRIGGER envelope_append_only;
ALTER TABLE "${schema}".replay_guard ENABLE ALWAYS TRIGGER envelope_gone;
ALTER TABLE "${schema}".replay_guard ENABLE ALWAYS TRIGGER envelope_not_truncated;

GRANT SELECT ON "${schema}".envelope_facts, "${schema}".envelope_details,
  "${schema}".replay_guard, "${schema}".event_links, "${schema}".delivery_state,
  "${schema}".events TO stele_reader, stele_writer;
-- A put of the view is an upsert, which must be allowed to update though it never comes to that: the
-- triggers above say what a row may become, and when it may go, to writers as to everybody.
GRANT INSERT, UPDATE, DELETE ON "${schema}".envelope_facts, "${schema}".envelope_details,
  "${schema}".replay_guard TO stele_writer;
GRANT INSERT, UPDATE ON "${schema}".event_links, "${schema}".delivery_state TO stele_writer;
