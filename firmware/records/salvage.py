"""Salvages a damaged store: moves what can still be read into a new one, entry by entry, as it was signed.

The damaged file is kept beside it under a name that says so. Numbers and signatures stay, so that what is
missing shows as a gap, and the next entry says that this was done.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from firmware.records.custody.errors import StoreDamaged, clear_errors
from firmware.records.custody.hash_chain import Entry, parse_header, removed_by, verify_entry
from firmware.records.database import (
    as_blob,
    open_for_writing,
    read_what_is_left,
    reading,
    transaction,
    without_order,
)

CHECKED_MOST_BYTES = 64 << 20  # a larger store is not looked through at every opening: `verify` does it
SIDE_FILES = ("", "-wal", "-shm")
HEAD_BYTES = 100  # of an SQLite database
DAMAGE_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """The result of a salvage: how many entries, the last one, and where the damaged file lies now."""

    entries: int
    last: Entry | None
    kept_as: Path


def is_damaged(path: Path) -> bool:
    """Say whether a store's file is damaged: its pages, its beginning, or the header of its last entry.

    False for a file that is no store of ours, such as another program's database.
    """
    if not path.is_file() or path.stat().st_size > CHECKED_MOST_BYTES:
        return False
    try:
        with reading(path) as db:
            if any(row[0] != "ok" for row in db.execute("PRAGMA integrity_check(1)")):
                return True
            last = db.execute("SELECT header FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
            return last is not None and not parse_header(as_blob(last[0]))
    except StoreDamaged as error:
        cause = error.__cause__
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        return isinstance(cause, sqlite3.DatabaseError) and code in DAMAGE_CODES


def salvage(path: Path, public: bytes, *, busy_wait_s: float) -> Salvaged:
    """Make a new store of what can still be read and verified of a damaged one.

    Parameters
    ----------
    path : Path
        The store's database.
    public : bytes
        The unit's public key: only what it signed is taken over.
    busy_wait_s : float
        Time to wait for another writer, s.

    Returns
    -------
    Salvaged
        What was saved, and where the damaged file lies now.

    Raises
    ------
    StoreDamaged
        If the new store cannot be written.

    Notes
    -----
    Where not even the tables can be read, nothing is saved; the damaged file lies beside the new store, which
    goes on after the last number that is known outside it.
    """
    left = _read_left(path, public)
    kept_as = _set_aside(path)
    with (
        clear_errors(path),
        closing(open_for_writing(path, busy_wait_s=busy_wait_s)) as fresh,
        transaction(fresh),
        without_order(fresh),
    ):
        for entry in left:
            _take_over(fresh, entry)
        _note_removals(fresh, left)
    return Salvaged(entries=len(left), last=left[-1] if left else None, kept_as=kept_as)


def _read_left(path: Path, public: bytes) -> list[Entry]:
    """Return the sound entries; of a file that lost its end, with the lost pages as empty ones."""
    with suppress(StoreDamaged), reading(path) as db:
        return list(_sound(read_what_is_left(db), public))
    with TemporaryDirectory(prefix="ansim-salvage-") as folder:
        for end in SIDE_FILES[:2]:
            side = path.with_name(path.name + end)
            if side.is_file():
                shutil.copyfile(side, Path(folder) / side.name)
        copy = Path(folder) / path.name
        with suppress(StoreDamaged):
            _fill_up(copy)
            with reading(copy) as db:
                return list(_sound(read_what_is_left(db), public))
    return []


def _fill_up(copy: Path) -> None:
    """Add empty pages until a database is as long as its header says (SQLite file format, section 1.3)."""
    with clear_errors(copy), copy.open("r+b") as file:
        head = file.read(HEAD_BYTES)
        if len(head) < HEAD_BYTES:
            raise StoreDamaged(f"{copy} has lost its header")
        page, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
        file.truncate(max(copy.stat().st_size, min(page * pages, CHECKED_MOST_BYTES)))


def _sound(entries: Iterable[Entry], public: bytes) -> Iterator[Entry]:
    """Yield what is still as it was signed; an entry whose body alone is lost comes without it."""
    for entry in entries:
        if verify_entry(entry, public) is None:
            yield entry
        elif verify_entry(replace(entry, body=None), public) is None:
            yield replace(entry, body=None)


def _set_aside(path: Path) -> Path:
    number = 1
    while (target := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    with clear_errors(path):
        for end in SIDE_FILES:
            side = path.with_name(path.name + end)
            if side.exists():
                side.rename(target.with_name(target.name + end))
    return target


def _take_over(db: sqlite3.Connection, entry: Entry) -> None:
    fields = parse_header(entry.header)
    db.execute(
        "INSERT INTO entries (seq, id, header, signature) VALUES (?, ?, ?, ?)",
        (entry.row, fields["id"], entry.header, entry.signature),
    )
    if entry.body is None:
        return
    body = json.loads(entry.body)
    place, verdict = body.get("place", {}), body.get("verdict", {})
    uses = {a["sha256"]: a["size_bytes"] for a in body.get("attachments", ())}
    db.execute(
        "INSERT INTO bodies (seq, body, size_bytes, utc_ns, kind, site, room, cubicle, level) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.row,
            entry.body,
            len(entry.body) + sum(uses.values()),
            fields["utc_ns"],
            body.get("kind", ""),
            *(place.get(word, "") for word in ("site", "room", "cubicle")),
            verdict.get("level", ""),
        ),
    )
    db.executemany(
        "INSERT INTO uses (seq, sha256, size_bytes) VALUES (?, ?, ?)",
        [(entry.row, digest, size) for digest, size in uses.items()],
    )


def _note_removals(db: sqlite3.Connection, entries: list[Entry]) -> None:
    bodiless = {e.row for e in entries if e.body is None}
    rows = [
        (seq, entry.row)
        for entry in entries
        for start, end in removed_by(entry)
        for seq in sorted(bodiless)
        if start <= seq <= end
    ]
    db.executemany("INSERT OR IGNORE INTO removals (seq, tombstone) VALUES (?, ?)", rows)
