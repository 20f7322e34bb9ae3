-- The tables of logs. "${schema}" is the schema of the storage.

CREATE TABLE "${schema}".stele_logs (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  size bigint NOT NULL DEFAULT 0,
  link bytea NOT NULL DEFAULT ''
) WITH (fillfactor = 10);

CREATE TABLE "${schema}".stele_events (
  log integer NOT NULL,
  position bigint NOT NULL CHECK (position > 0),
  link bytea NOT NULL CHECK (octet_length(link) = 32),
  record bytea NOT NULL,
  keys bytea NOT NULL CHECK (octet_length(keys) % 16 = 0),
  PRIMARY KEY (log, position)
);

CREATE TABLE "${schema}".stele_bodies (
  log integer NOT NULL,
  position bigint NOT NULL,
  salt bytea NOT NULL,
  claims bytea NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (log, position)
);

CREATE TABLE "${schema}".stele_claims (
  log integer NOT NULL,
  key bytea NOT NULL CHECK (octet_length(key) = 16),
  position bigint NOT NULL,
  expires boolean NOT NULL,
  PRIMARY KEY (log, key, position)
);

CREATE TABLE "${schema}".stele_streams (
  log integer NOT NULL,
  key bytea NOT NULL CHECK (octet_length(key) = 16),
  revision bigint NOT NULL,
  position bigint NOT NULL,
  PRIMARY KEY (log, key, revision) INCLUDE (position)
);

CREATE TABLE "${schema}".stele_tiles (
  log integer NOT NULL,
  level integer NOT NULL,
  number bigint NOT NULL,
  hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
  PRIMARY KEY (log, level, number)
);

-- A second checkpoint of one size comes after the first, and is the one that counts.
CREATE TABLE "${schema}".stele_checkpoints (
  log integer NOT NULL,
  size bigint NOT NULL,
  number integer NOT NULL,
  note bytea NOT NULL,
  PRIMARY KEY (log, size, number)
);

-- How far each inline view of the log "main" is. Derived, and so not append-only.
CREATE TABLE "${schema}".stele_views (
  name text COLLATE "C" PRIMARY KEY,
  version integer NOT NULL,
  position bigint NOT NULL,
  definition text NOT NULL
) WITH (fillfactor = 10);

-- ---- nothing is changed and nothing goes, but by stele_erase and stele_trim ----

CREATE FUNCTION "${schema}".stele_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'DELETE' AND TG_ARGV[0] = 'erasable' AND current_user = 'stele_eraser' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% of % is refused: the log is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege',
      HINT = 'bodies go by stele_erase, the first events by stele_trim, and both leave a receipt';
END
$body$;

CREATE FUNCTION "${schema}".stele_head_grows() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF NEW.number = OLD.number AND NEW.name = OLD.name AND NEW.size > OLD.size THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'UPDATE of stele_logs is refused: the head of a log only moves on'
    USING ERRCODE = 'insufficient_privilege';
END
$body$;

CREATE TRIGGER stele_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "${schema}".stele_events
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".stele_append_only('erasable');
CREATE TRIGGER stele_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "${schema}".stele_bodies
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".stele_append_only('erasable');
CREATE TRIGGER stele_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "${schema}".stele_claims
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".stele_append_only('erasable');
CREATE TRIGGER stele_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "${schema}".stele_streams
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".stele_append_only('kept');
CREATE TRIGGER stele_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "${schema}".stele_tiles
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".stele_append_only('kept');
CREATE TRIGGER stele_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON "${schema}".stele_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".stele_append_only('kept');
CREATE TRIGGER stele_append_only BEFORE DELETE OR TRUNCATE ON "${schema}".stele_logs
  FOR EACH STATEMENT EXECUTE FUNCTION "${schema}".stele_append_only('kept');
CREATE TRIGGER stele_head_grows BEFORE UPDATE ON "${schema}".stele_logs
  FOR EACH ROW EXECUTE FUNCTION "${schema}".stele_head_grows();

-- Also for who replicates: session_replication_role silences every trigger that is not ALWAYS.
ALTER TABLE "${schema}".stele_events ENABLE ALWAYS TRIGGER stele_append_only;
ALTER TABLE "${schema}".stele_bodies ENABLE ALWAYS TRIGGER stele_append_only;
ALTER TABLE "${schema}".stele_claims ENABLE ALWAYS TRIGGER stele_append_only;
ALTER TABLE "${schema}".stele_streams ENABLE ALWAYS TRIGGER stele_append_only;
ALTER TABLE "${schema}".stele_tiles ENABLE ALWAYS TRIGGER stele_append_only;
ALTER TABLE "${schema}".stele_checkpoints ENABLE ALWAYS TRIGGER stele_append_only;
ALTER TABLE "${schema}".stele_logs ENABLE ALWAYS TRIGGER stele_append_only;
ALTER TABLE "${schema}".stele_logs ENABLE ALWAYS TRIGGER stele_head_grows;

-- ---- a commit is one call: the head is compared and everything is stored, or nothing ----

CREATE FUNCTION "${schema}".stele_commit(
  the_log integer, expected_size bigint, expected_link bytea, durable boolean,
  links bytea[], records bytea[], keys bytea[],
  salts bytea[], claims bytea[], payloads bytea[],
  streams bytea[], revisions bigint[],
  claim_keys bytea[], claim_positions bigint[], claim_expires boolean[],
  tile_levels integer[], tile_numbers bigint[], tile_hashes bytea[],
  checkpoint_size bigint, checkpoint_note bytea,
  view_names text[], view_versions integer[], or_fail boolean,
  OUT committed boolean, OUT head_size bigint, OUT head_link bytea, OUT moved_views text[])
LANGUAGE plpgsql AS $body$
DECLARE
  added integer := cardinality(links);
  moved integer;
BEGIN
  -- Whoever is late waits here for who is not, and then finds the head moved.
  IF added > 0 THEN
    UPDATE "${schema}".stele_logs AS l SET size = expected_size + added, link = links[added]
      WHERE l.number = the_log AND l.size = expected_size
        AND (l.size = 0 OR l.link = expected_link)
      RETURNING l.size, l.link INTO head_size, head_link;
    committed := FOUND;
  ELSE
    SELECT l.size, l.link INTO head_size, head_link
      FROM "${schema}".stele_logs AS l WHERE l.number = the_log FOR UPDATE;
    committed := coalesce(
      head_size = expected_size AND (head_size = 0 OR head_link = expected_link), false);
  END IF;
  IF NOT committed THEN
    IF or_fail THEN
      RAISE EXCEPTION 'the head of log % is not where it was', the_log USING ERRCODE = 'ST001';
    END IF;
    SELECT l.size, l.link INTO head_size, head_link
      FROM "${schema}".stele_logs AS l WHERE l.number = the_log;
    RETURN;
  END IF;
  IF NOT durable THEN
    PERFORM set_config('synchronous_commit', 'off', true);
  ELSIF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  IF added > 0 THEN
    INSERT INTO "${schema}".stele_events (log, position, link, record, keys)
      SELECT the_log, expected_size + n, e.link, e.record, e.keys
      FROM unnest(links, records, stele_commit.keys) WITH ORDINALITY AS e (link, record, keys, n);
    INSERT INTO "${schema}".stele_bodies (log, position, salt, claims, payload)
      SELECT the_log, expected_size + n, b.salt, b.claims, b.payload
      FROM unnest(salts, stele_commit.claims, payloads) WITH ORDINALITY AS b (salt, claims, payload, n)
      WHERE b.salt IS NOT NULL;
    INSERT INTO "${schema}".stele_streams (log, key, revision, position)
      SELECT the_log, s.key, s.revision, expected_size + n
      FROM unnest(streams, revisions) WITH ORDINALITY AS s (key, revision, n);
    INSERT INTO "${schema}".stele_claims (log, key, position, expires)
      SELECT the_log, c.key, c.position, c.expires
      FROM unnest(claim_keys, claim_positions, claim_expires) AS c (key, position, expires);
    IF cardinality(view_names) > 0 THEN
      UPDATE "${schema}".stele_views AS v SET position = head_size
        WHERE v.position = expected_size AND v.name = ANY (view_names)
          AND v.version = view_versions[array_position(view_names, v.name)];
      GET DIAGNOSTICS moved = ROW_COUNT;
      IF moved = cardinality(view_names) THEN
        moved_views := view_names;
      ELSIF or_fail THEN
        RAISE EXCEPTION 'a view of log % is not where it was', the_log USING ERRCODE = 'ST001';
      ELSE
        SELECT array_agg(v.name) INTO moved_views FROM "${schema}".stele_views AS v
          WHERE v.position = head_size AND v.name = ANY (view_names)
            AND v.version = view_versions[array_position(view_names, v.name)];
      END IF;
    END IF;
  END IF;
  IF cardinality(tile_levels) > 0 THEN
    INSERT INTO "${schema}".stele_tiles (log, level, number, hashes)
      SELECT the_log, t.level, t.number, t.hashes
      FROM unnest(tile_levels, tile_numbers, tile_hashes) AS t (level, number, hashes)
      ON CONFLICT DO NOTHING;
  END IF;
  IF checkpoint_note IS NOT NULL THEN
    INSERT INTO "${schema}".stele_checkpoints (log, size, number, note)
      SELECT the_log, checkpoint_size, coalesce(max(c.number), 0) + 1, checkpoint_note
      FROM "${schema}".stele_checkpoints AS c WHERE c.log = the_log AND c.size = checkpoint_size;
  END IF;
END
$body$;

-- ---- what goes, goes here: as stele_eraser, whoever calls ----

CREATE FUNCTION "${schema}".stele_erase(the_log integer, first bigint, last bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = "${schema}", pg_temp AS $body$
DECLARE
  erased bigint;
BEGIN
  DELETE FROM "${schema}".stele_bodies AS b
    WHERE b.log = the_log AND b.position BETWEEN first AND last;
  GET DIAGNOSTICS erased = ROW_COUNT;
  RETURN erased;
END
$body$;

CREATE FUNCTION "${schema}".stele_trim(the_log integer, up_to bigint)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = "${schema}", pg_temp AS $body$
DECLARE
  trimmed bigint;
BEGIN
  IF up_to >= (SELECT l.size FROM "${schema}".stele_logs AS l WHERE l.number = the_log) THEN
    RAISE EXCEPTION 'trimming up to % would leave nothing of log %', up_to, the_log
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  DELETE FROM "${schema}".stele_claims AS c
    USING "${schema}".stele_events AS e,
      LATERAL generate_series(0, octet_length(e.keys) / 16 - 1) AS n
    WHERE e.log = the_log AND e.position <= up_to AND c.log = the_log AND c.position = e.position
      AND c.key = substr(e.keys, n * 16 + 1, 16) AND c.expires;
  DELETE FROM "${schema}".stele_bodies AS b WHERE b.log = the_log AND b.position <= up_to;
  DELETE FROM "${schema}".stele_events AS e WHERE e.log = the_log AND e.position <= up_to;
  GET DIAGNOSTICS trimmed = ROW_COUNT;
  RETURN trimmed;
END
$body$;

-- ---- times of views are microseconds since the epoch, to the microsecond ----

CREATE FUNCTION "${schema}".stele_time(micros bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_timestamp(0) + (micros / 1000000) * interval '1 second'
  + (micros % 1000000) * interval '1 microsecond';

CREATE FUNCTION "${schema}".stele_micros(moment timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (extract(epoch FROM moment) * 1000000)::bigint;

-- ---- who may do what ----

GRANT USAGE ON SCHEMA "${schema}" TO stele_reader, stele_writer, stele_eraser;
GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO stele_reader, stele_writer;
GRANT INSERT ON "${schema}".stele_logs, "${schema}".stele_events, "${schema}".stele_bodies,
  "${schema}".stele_claims, "${schema}".stele_streams, "${schema}".stele_tiles,
  "${schema}".stele_checkpoints, "${schema}".stele_views TO stele_writer;
GRANT UPDATE (size, link) ON "${schema}".stele_logs TO stele_writer;
GRANT UPDATE, DELETE ON "${schema}".stele_views TO stele_writer;
GRANT SELECT, DELETE ON "${schema}".stele_events, "${schema}".stele_bodies,
  "${schema}".stele_claims TO stele_eraser;
GRANT SELECT ON "${schema}".stele_logs TO stele_eraser;
REVOKE EXECUTE ON FUNCTION "${schema}".stele_erase, "${schema}".stele_trim, "${schema}".stele_commit
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "${schema}".stele_commit TO stele_writer;
GRANT CREATE ON SCHEMA "${schema}" TO stele_eraser;
ALTER FUNCTION "${schema}".stele_erase OWNER TO stele_eraser;
ALTER FUNCTION "${schema}".stele_trim OWNER TO stele_eraser;
REVOKE CREATE ON SCHEMA "${schema}" FROM stele_eraser;
-- After the change of owner, which would hand this grant over too.
GRANT EXECUTE ON FUNCTION "${schema}".stele_erase, "${schema}".stele_trim TO CURRENT_USER;
