CREATE TABLE "${schema}".notes (
  about text PRIMARY KEY,
  count integer NOT NULL,
  author text NOT NULL DEFAULT 'nobody'
);
