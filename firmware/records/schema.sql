-- The store's tables. Headers and signatures are never changed or removed; a body goes only after a
-- tombstone entry has said so in the same transaction.
CREATE TABLE IF NOT EXISTS entries (
    seq       INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    header    BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS bodies (
    seq     INTEGER PRIMARY KEY REFERENCES entries (seq),
    body    BLOB NOT NULL,
    kind    TEXT NOT NULL,
    site    TEXT NOT NULL,
    room    TEXT NOT NULL,
    cubicle TEXT NOT NULL,
    level   TEXT NOT NULL,
    utc_ns  INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL -- of the body and its attachments
) STRICT;

CREATE TABLE IF NOT EXISTS uses (
    seq        INTEGER NOT NULL,
    sha256     TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (seq, sha256)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS removals (
    seq       INTEGER PRIMARY KEY,
    tombstone INTEGER NOT NULL REFERENCES entries (seq)
) STRICT;

CREATE TABLE IF NOT EXISTS head (
    one       INTEGER PRIMARY KEY CHECK (one = 1),
    seq       INTEGER NOT NULL,
    head      BLOB NOT NULL,
    signature BLOB NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS bodies_place ON bodies (site, room, cubicle, seq);
CREATE INDEX IF NOT EXISTS bodies_keep ON bodies (kind, utc_ns, level, size_bytes);

CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE DELETE ON entries
BEGIN SELECT RAISE (ABORT, 'append-only: entries are never removed'); END;
CREATE TRIGGER IF NOT EXISTS entries_fixed BEFORE UPDATE ON entries
BEGIN SELECT RAISE (ABORT, 'append-only: entries are never changed'); END;
CREATE TRIGGER IF NOT EXISTS entries_follow BEFORE INSERT ON entries
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE (ABORT, 'append-only: entries follow each other'); END;
CREATE TRIGGER IF NOT EXISTS bodies_fixed BEFORE UPDATE ON bodies
BEGIN SELECT RAISE (ABORT, 'append-only: bodies are never changed'); END;
CREATE TRIGGER IF NOT EXISTS bodies_stay BEFORE DELETE ON bodies
WHEN NOT EXISTS (SELECT 1 FROM removals WHERE removals.seq = OLD.seq)
BEGIN SELECT RAISE (ABORT, 'append-only: only retention removes a body'); END;
CREATE TRIGGER IF NOT EXISTS uses_fixed BEFORE UPDATE ON uses
BEGIN SELECT RAISE (ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS uses_stay BEFORE DELETE ON uses
WHEN NOT EXISTS (SELECT 1 FROM removals WHERE removals.seq = OLD.seq)
BEGIN SELECT RAISE (ABORT, 'append-only: only retention removes a use'); END;
CREATE TRIGGER IF NOT EXISTS removals_stay BEFORE DELETE ON removals
BEGIN SELECT RAISE (ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS removals_fixed BEFORE UPDATE ON removals
BEGIN SELECT RAISE (ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS head_stays BEFORE DELETE ON head
BEGIN SELECT RAISE (ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS head_grows BEFORE UPDATE ON head
WHEN NEW.seq <= OLD.seq
BEGIN SELECT RAISE (ABORT, 'append-only: the head only grows'); END;
