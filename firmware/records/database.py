"""Opens the SQLite file of the store so that a commit is on the disk when it returns."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.resources import files
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from firmware.records.custody.anchor import Anchor
from firmware.records.custody.errors import StoreDamaged, clear_errors
from firmware.records.custody.hash_chain import (
    GAP_LISTED,
    ChainCheck,
    ChainFault,
    Entry,
    verify_chain,
    verify_head,
)

DATABASE_FILE = "records.db"
APPLICATION_ID = 0x616E736D  # "ansm"
SCHEMA_VERSION = 1
JOURNAL_LIMIT_BYTES = 8 << 20
FOLLOWS = "entries_follow"  # the rule of the table that numbers have no gap
TABLES = ("entries", "bodies", "uses", "removals", "head")
READ_MOST_S = 600.0  # of one open file; 100,000 entries take seconds
STEPS_A_LOOK = 100_000  # of SQLite's machine between two looks at the time: some milliseconds
FAULTS_MOST = 10_000  # that one check names
PRAGMAS_WRITING = (
    "PRAGMA auto_vacuum=INCREMENTAL",  # before the first table: removed bodies give their room back
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA fullfsync=ON",
    "PRAGMA secure_delete=ON",  # removed bodies are overwritten, not just forgotten
    f"PRAGMA journal_size_limit={JOURNAL_LIMIT_BYTES}",
)
PRAGMAS = ("PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON", "PRAGMA foreign_keys=ON")


def open_for_writing(path: Path, *, busy_wait_s: float) -> sqlite3.Connection:
    """Open the store's database, making it where there is none.

    Parameters
    ----------
    path : Path
        The database's file.
    busy_wait_s : float
        How long to wait for another writer, s.

    Returns
    -------
    Connection
        Closed again where anything fails.

    Raises
    ------
    RecordsError
        What `clear_errors` makes of the error of SQLite or of the disk.
    """
    with clear_errors(path):
        # typer and the handheld use one store from more than one thread, one at a time
        db = sqlite3.connect(path, timeout=busy_wait_s, isolation_level=None, check_same_thread=False)
        try:
            for pragma in (*PRAGMAS, *PRAGMAS_WRITING):
                db.execute(pragma)
            _make_schema(db, path)
        except BaseException:
            db.close()
            raise
        return db


def _make_schema(db: sqlite3.Connection, path: Path) -> None:
    if _is_ours(db, path):
        return
    with transaction(db):
        if not _is_ours(db, path):  # another process may have made it meanwhile
            for statement in _statements():
                db.execute(statement)
            db.execute(f"PRAGMA application_id={APPLICATION_ID}")
            db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")


def _statements() -> Iterator[str]:
    text = (files("firmware.records") / "schema.sql").read_text(encoding="utf-8")
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _is_ours(db: sqlite3.Connection, path: Path) -> bool:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    application = db.execute("PRAGMA application_id").fetchone()[0]
    if version == 0 and application == 0 and not db.execute("SELECT 1 FROM sqlite_master").fetchone():
        return False
    if application != APPLICATION_ID or version != SCHEMA_VERSION:
        raise StoreDamaged(
            f"{path} is not a store of records of this version", hint="Move it away; a new one is made."
        )
    return True


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Commit everything done inside, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


@contextmanager
def without_order(db: sqlite3.Connection) -> Iterator[None]:
    """Inside an open transaction, let an entry leave a gap before it: what is missing was signed once."""
    rule = db.execute("SELECT sql FROM sqlite_master WHERE name = ?", (FOLLOWS,)).fetchone()[0]
    db.execute(f"DROP TRIGGER {FOLLOWS}")
    yield
    db.execute(rule)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database, perhaps a stranger's or on a read-only disk, without ever writing to it."""
    if not path.is_file():
        raise StoreDamaged(f"There are no records at {path}", hint="Name the folder with --records.")
    with clear_errors(path), _connected(path) as db:
        for pragma in PRAGMAS:
            db.execute(pragma)
        db.set_progress_handler(_deadline(READ_MOST_S), STEPS_A_LOOK)
        _is_ours(db, path)
        _refuse_views(db, path)
        yield db


def _deadline(seconds: float) -> Callable[[], bool]:
    """Return what stops a query of a hostile file that would never end."""
    until_s = time.monotonic() + seconds
    return lambda: time.monotonic() > until_s


def _refuse_views(db: sqlite3.Connection, path: Path) -> None:
    """Refuse a file in which a name that is read is not a plain table: a view may have no end."""
    kinds = dict(db.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
    odd = [name for name in TABLES if kinds.get(name) != "table"]
    virtual = db.execute("SELECT 1 FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'").fetchone()
    if odd or virtual:
        raise StoreDamaged(
            f"{path} does not have the tables of a store", hint="It was made or changed by another program."
        )


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect for reading, or to a copy where the folder has no room for the shared memory of WAL."""
    db = _try(path, "mode=ro")
    if db is not None:
        with closing(db):
            yield db
        return
    log = path.with_name(f"{path.name}-wal")
    if not log.is_file() or not log.stat().st_size:
        with closing(_open(path, "immutable=1")) as still:
            yield still
        return
    with TemporaryDirectory(prefix="ansim-") as folder:  # the last records are in the log alone
        copies = [Path(shutil.copyfile(p, Path(folder) / p.name)) for p in (path, log)]
        with closing(_open(copies[0], "mode=rw")) as copied:
            yield copied


def _try(path: Path, mode: str) -> sqlite3.Connection | None:
    db = _open(path, mode)
    try:
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        db.close()
        return None
    return db


def _open(path: Path, mode: str) -> sqlite3.Connection:
    name = f"file:{quote(str(path.absolute()))}?{mode}"
    return sqlite3.connect(name, uri=True, isolation_level=None, check_same_thread=False)


ENTRY = (
    "SELECT e.seq, e.header, e.signature, b.body FROM entries AS e LEFT JOIN bodies AS b ON b.seq = e.seq "
)
INDEX_DIFFERS = (
    "SELECT e.seq FROM (SELECT seq, id, CAST(header AS TEXT) AS h FROM entries) AS e LEFT JOIN "
    "(SELECT *, CAST(body AS TEXT) AS j FROM bodies) AS b ON b.seq = e.seq WHERE "
    "e.id IS NOT json_extract(e.h, '$.id') OR (b.seq IS NOT NULL AND ("
    "b.kind IS NOT COALESCE(json_extract(b.j, '$.kind'), '') OR "
    "b.site IS NOT COALESCE(json_extract(b.j, '$.place.site'), '') OR "
    "b.room IS NOT COALESCE(json_extract(b.j, '$.place.room'), '') OR "
    "b.cubicle IS NOT COALESCE(json_extract(b.j, '$.place.cubicle'), '') OR "
    "b.level IS NOT COALESCE(json_extract(b.j, '$.verdict.level'), '') OR "
    "b.size_bytes IS NOT LENGTH(b.body) + "
    "COALESCE((SELECT SUM(u.size_bytes) FROM uses AS u WHERE u.seq = b.seq), 0) OR "
    "b.utc_ns IS NOT CAST(json_extract(e.h, '$.utc_ns') AS INTEGER))) ORDER BY e.seq"
)
USED_BY_BODIES = (
    "SELECT DISTINCT b.seq, json_extract(a.value, '$.sha256'), json_extract(a.value, '$.size_bytes') "
    "FROM bodies AS b, json_each(CAST(b.body AS TEXT), '$.attachments') AS a"
)


def read_entries(db: sqlite3.Connection, *, first: int = 1, last: int = -1) -> Iterator[Entry]:
    """Yield stored entries in the order of their rows; ``last`` below 0 means to the end."""
    until = last if last >= 0 else (1 << 62)
    for row in db.execute(ENTRY + "WHERE e.seq BETWEEN ? AND ? ORDER BY e.seq", (first, until)):
        yield _entry(row)


def read_entry(db: sqlite3.Connection, seq: int) -> Entry | None:
    """Return one stored entry."""
    row = db.execute(ENTRY + "WHERE e.seq = ?", (seq,)).fetchone()
    return None if row is None else _entry(row)


def _entry(row: tuple[int, object, object, object]) -> Entry:
    seq, header, signature, body = row
    kept = None if body is None else as_blob(body)
    return Entry(row=seq, header=as_blob(header), signature=as_blob(signature), body=kept)


def as_blob(value: object) -> bytes:
    """Return a column as bytes; empty where a damaged page has made another type of it."""
    return value if isinstance(value, bytes) else b""


def read_what_is_left(db: sqlite3.Connection) -> Iterator[Entry]:
    """Yield every entry that can still be read, one by one, past pages that the disk lost."""
    seq, failures = 0, 0
    while failures < FAULTS_MOST:
        try:
            row = db.execute("SELECT MIN(seq) FROM entries WHERE seq > ?", (seq,)).fetchone()
            if row is None or row[0] is None:
                return
            if int(row[0]) <= seq:  # a torn tree answers with a row that it was not asked for
                seq, failures = seq + 1, failures + 1
                continue
            seq = int(row[0])
            yield read_entry_left(db, seq)
        except sqlite3.DatabaseError:
            seq, failures = seq + 1, failures + 1


def read_entry_left(db: sqlite3.Connection, seq: int) -> Entry:
    """Return an entry; a body that cannot be read counts as altered, not as removed."""
    try:
        entry = read_entry(db, seq)
        if entry is not None:
            return entry
    except sqlite3.DatabaseError:
        pass
    row = db.execute("SELECT header, signature FROM entries WHERE seq = ?", (seq,)).fetchone()
    # a torn tree may list a number and not find its row: an entry without a header is altered, too
    header, signature = (b"", b"") if row is None else row
    return _entry((seq, header, signature, b""))


def check_database(db: sqlite3.Connection, public: bytes, *, anchor: Anchor | None = None) -> ChainCheck:
    """Verify a database: pages, rules, chain, head, index, and the anchor outside of it.

    Parameters
    ----------
    db : Connection
        A store's database, perhaps damaged or hostile.
    public : bytes
        The unit's public key, 32 raw bytes.
    anchor : Anchor, optional
        The last entry that the unit is known to have signed.

    Returns
    -------
    ChainCheck
        With at most `FAULTS_MOST` faults; ``anchored`` is the anchor's entry where it is in the chain.
    """
    damaged = _damaged(db)
    faults = [ChainFault(seq=0, word="altered", part="pages")] if damaged else []
    if _rules(db) != _rules_as_made():
        faults.append(ChainFault(seq=0, word="altered", part="rules"))
    watched = _AnchorWatch(read_what_is_left(db) if damaged else read_entries(db), anchor)
    check = verify_chain(watched, public)
    faults += [*check.faults, *watched.faults()]
    if not faults:
        faults += [*_head_faults(db, check, public), *_index_faults(db)]
    return ChainCheck(
        entries=check.entries,
        head=check.head,
        faults=tuple(faults[:FAULTS_MOST]),
        anchored=watched.agrees_at,
    )


def _damaged(db: sqlite3.Connection) -> bool:
    try:
        return any(row[0] != "ok" for row in islice(db.execute("PRAGMA integrity_check(1)"), 2))
    except sqlite3.DatabaseError:
        return True


class _AnchorWatch:
    """Passes entries on and holds them against what is known outside the store."""

    def __init__(self, entries: Iterator[Entry], anchor: Anchor | None) -> None:
        self._entries, self._anchor = entries, anchor
        self._last = 0
        self.agrees_at = 0

    def __iter__(self) -> Iterator[Entry]:
        for entry in self._entries:
            self._last = entry.row
            if self._anchor is not None and entry.row == self._anchor.seq and entry.hash == self._anchor.hash:
                self.agrees_at = entry.row
            yield entry

    def faults(self) -> list[ChainFault]:
        """Return the differences between the entries and the anchor of their unit."""
        anchor = self._anchor
        if anchor is None or self.agrees_at:
            return []
        if anchor.seq > self._last:
            lost = range(self._last + 1, min(anchor.seq, self._last + GAP_LISTED) + 1)
            return [ChainFault(seq=n, word="missing", part="anchor") for n in lost]
        return [ChainFault(seq=anchor.seq, word="unexplained", part="anchor")]


def _rules(db: sqlite3.Connection) -> list[tuple[str, str]]:
    return list(db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))


def _rules_as_made() -> list[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for statement in _statements():
            db.execute(statement)
        return _rules(db)


def _head_faults(db: sqlite3.Connection, check: ChainCheck, public: bytes) -> tuple[ChainFault, ...]:
    row = db.execute("SELECT head, signature, seq FROM head").fetchone()
    if row is None:
        return (ChainFault(seq=0, word="missing", part="head"),) if check.entries else ()
    return verify_head(as_blob(row[0]), as_blob(row[1]), check, public) or (
        () if row[2] == check.entries else (ChainFault(seq=check.entries, word="altered", part="head"),)
    )


def _index_faults(db: sqlite3.Connection) -> Iterator[ChainFault]:
    """Columns and tables beside the bodies are copies for searching: they must say what the bodies say."""
    for (seq,) in db.execute(INDEX_DIFFERS):
        yield ChainFault(seq=seq, word="altered", part="index")
    used = {tuple(row) for row in db.execute("SELECT seq, sha256, size_bytes FROM uses")}
    for seq, *_ in sorted(used ^ {tuple(row) for row in db.execute(USED_BY_BODIES)}, key=repr):
        yield ChainFault(seq=seq, word="altered", part="index")
    gone = {seq for (seq,) in db.execute("SELECT seq FROM removals")}
    without = {seq for (seq,) in db.execute("SELECT seq FROM entries EXCEPT SELECT seq FROM bodies")}
    for seq in sorted(gone ^ without, key=repr):
        yield ChainFault(seq=seq, word="altered", part="index")
