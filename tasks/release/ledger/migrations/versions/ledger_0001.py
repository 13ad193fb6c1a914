"""The ledger, which the database itself keeps append-only, and leases, which are renewed in place."""

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE ledger (
  number   INTEGER PRIMARY KEY,
  model    TEXT NOT NULL,
  kind     TEXT NOT NULL,
  at       TEXT NOT NULL,
  content  TEXT NOT NULL,
  fence    INTEGER,
  closes   INTEGER UNIQUE REFERENCES ledger (number),
  previous TEXT NOT NULL UNIQUE,
  digest   TEXT NOT NULL UNIQUE,
  UNIQUE (model, fence)
);
CREATE INDEX ledger_of_model ON ledger (model, number);
CREATE TABLE lease (
  model   TEXT NOT NULL,
  purpose TEXT NOT NULL,
  fence   INTEGER NOT NULL,
  holder  TEXT NOT NULL,
  expires TEXT NOT NULL,
  PRIMARY KEY (model, purpose)
)
"""

# INSERT OR REPLACE deletes without firing SQLite's DELETE triggers, so what may be inserted is checked as well.
_SQLITE = """
CREATE TRIGGER ledger_never_updated BEFORE UPDATE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
---
CREATE TRIGGER ledger_never_deleted BEFORE DELETE ON ledger
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
---
CREATE TRIGGER ledger_only_grows BEFORE INSERT ON ledger
  WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM ledger)
    OR NEW.previous IS NOT coalesce((SELECT digest FROM ledger ORDER BY number DESC LIMIT 1), printf('%064d', 0))
  BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""

_POSTGRESQL = """
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
---
CREATE FUNCTION ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM ledger)
       OR NEW.previous IS DISTINCT FROM
          coalesce((SELECT digest FROM ledger ORDER BY number DESC LIMIT 1), repeat('0', 64))
    THEN RAISE EXCEPTION 'the ledger is append-only'; END IF;
    RETURN NEW;
  END $$
---
CREATE TRIGGER ledger_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
---
CREATE TRIGGER ledger_only_grows BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION ledger_only_grows()
"""


def upgrade() -> None:
    for statement in _TABLES.split(";"):
        op.execute(statement)
    for statement in (_SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL).split("---"):
        op.execute(statement)
