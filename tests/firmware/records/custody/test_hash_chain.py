"""Every change of a chain is found, and the entry that was changed is named."""

# ruff: noqa: S608 (table names are this file's own)

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.bundle import verify_file
from firmware.records.custody.errors import BundleUnreadable, RecordsError
from firmware.records.custody.hash_chain import Entry, Stamp, as_ranges, canonical, seal_entry, verify_chain
from firmware.records.custody.unit_key import UnitKey
from tests.firmware.records.test_store import filled

KEY, OTHER = UnitKey(bytes(range(32))), UnitKey(bytes(range(1, 33)))
STAMP = Stamp(utc_ns=1, up_ns=1, boot="b", clock="steady")
START = "0" * 64


def chain(count: int, key: UnitKey = KEY) -> list[Entry]:
    entries: list[Entry] = []
    for n in range(1, count + 1):
        prev = entries[-1].hash if entries else START
        body = canonical({"n": n})
        entries.append(
            seal_entry(key=key, seq=n, kind="inspection", name=f"n{n}", body=body, prev=prev, stamp=STAMP)
        )
    return entries


def found(entries: list[Entry]) -> list[tuple[int, str]]:
    return [(f.seq, f.word) for f in verify_chain(entries, KEY.public).faults]


def test_a_whole_chain_is_whole() -> None:
    entries = chain(5)
    check = verify_chain(entries, KEY.public)
    assert check.whole
    assert (check.entries, check.head) == (5, entries[-1].hash)


def test_a_missing_entry_is_named() -> None:
    entries = chain(5)
    assert found(entries[:2] + entries[3:]) == [(3, "missing")]
    assert found(entries[2:]) == [(1, "missing"), (2, "missing")]


def test_swapped_entries_are_named() -> None:
    entries = chain(4)
    a, b = replace(entries[1], row=3), replace(entries[2], row=2)
    assert found([entries[0], b, a, entries[3]])[:2] == [(2, "reordered"), (3, "reordered")]


def test_another_units_entry_is_named() -> None:
    entries = chain(3)
    forged = seal_entry(
        key=OTHER, seq=2, kind="inspection", name="n2", body=b"{}", prev=entries[0].hash, stamp=STAMP
    )
    assert (2, "wrong-key") in found([entries[0], forged, entries[2]])
    assert {word for _, word in found(chain(3, OTHER))} == {"wrong-key"}


def test_an_entry_that_was_rewritten_with_the_units_own_key_breaks_the_link() -> None:
    entries = chain(3)
    again = seal_entry(
        key=KEY, seq=2, kind="inspection", name="n2", body=b'{"n":9}', prev=entries[0].hash, stamp=STAMP
    )
    assert found([entries[0], again, entries[2]]) == [(3, "unexplained")]


def test_a_body_may_only_be_missing_if_a_tombstone_says_so() -> None:
    entries = chain(3)
    entries[0] = replace(entries[0], body=None)
    assert found(entries) == [(1, "missing")]
    stone = canonical({"kind": "tombstone", "removed": [[1, 1]]})
    entries.append(
        seal_entry(key=KEY, seq=4, kind="tombstone", name="t", body=stone, prev=entries[2].hash, stamp=STAMP)
    )
    assert found(entries) == []
    entries[1] = replace(entries[1], body=None)
    assert found(entries) == [(2, "missing")]


def test_every_bit_of_every_part_of_an_entry_counts() -> None:
    entries = chain(3)
    middle = entries[1]
    for part in ("header", "signature", "body"):
        whole: bytes = getattr(middle, part)
        for i in range(len(whole)):
            changed = bytearray(whole)
            changed[i] ^= 1 << (i % 8)
            tampered = [entries[0], replace(middle, **{part: bytes(changed)}), entries[2]]
            assert 2 in {seq for seq, _ in found(tampered)}, (part, i)


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_garbage_for_headers_is_a_fault_and_never_an_error(headers: list[bytes]) -> None:
    entries = [Entry(row=n + 1, header=h, signature=b"x", body=b"{}") for n, h in enumerate(headers)]
    check = verify_chain(entries, KEY.public)
    assert len(check.faults) >= len(headers)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_canonical_json_is_ascii_and_reads_back_the_same(value: object) -> None:
    text = canonical({"v": value})
    assert text.isascii()
    assert canonical(json.loads(text)) == text


@given(st.sets(st.integers(1, 60)))
def test_ranges_hold_exactly_the_numbers(numbers: set[int]) -> None:
    ranges = as_ranges(sorted(numbers))
    assert {n for a, b in ranges for n in range(a, b + 1)} == numbers
    assert all(b + 1 < c for (_, b), (c, _) in pairwise(ranges))


COLUMNS = [
    ("entries", "header"), ("entries", "signature"), ("entries", "id"), ("bodies", "body"),
    ("bodies", "level"),
    ("bodies", "site"), ("bodies", "room"), ("bodies", "cubicle"), ("bodies", "kind"), ("bodies", "utc_ns"),
    ("head", "head"), ("head", "signature"), ("head", "seq"), ("uses", "sha256"), ("bodies", "size_bytes"),
]  # fmt: skip


def closed_store(folder: Path) -> Path:
    store = filled(folder)
    kept = store.attachments.put(b"picture", name="p.png", media_type="image/png")
    from tests.firmware.records.rooms import inspection

    store.append(inspection(store.key, "room-0004", attachments=(kept,)))
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return folder / "records.db"


def edit(path: Path, work: Callable[[sqlite3.Connection], None]) -> None:
    """Change a database as somebody would who takes the triggers off first and puts them back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rules = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in rules:
            db.execute(f"DROP TRIGGER {name}")
        work(db)
        for _, sql in rules:
            db.execute(sql)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_change_of_any_column_is_found(tmp_path: Path, table: str, column: str) -> None:
    path = closed_store(tmp_path)
    assert verify_file(path).whole

    def work(db: sqlite3.Connection) -> None:
        value = db.execute(f"SELECT {column} FROM {table} LIMIT 1").fetchone()[0]
        if isinstance(value, int):
            changed: object = value + 1
        else:
            changed = value[:-1] + (b"~" if isinstance(value, bytes) else "~")
        first = db.execute(f"SELECT rowid FROM {table} LIMIT 1") if table != "uses" else None
        if first is None:
            db.execute("UPDATE uses SET sha256 = ?", (changed,))
        else:
            db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (changed, first.fetchone()[0]))

    edit(path, work)
    checked = verify_file(path)
    assert not checked.whole


@pytest.mark.parametrize("seq", [1, 2, 4])
def test_a_deleted_entry_is_found_even_the_last(tmp_path: Path, seq: int) -> None:
    path = closed_store(tmp_path)

    def work(db: sqlite3.Connection) -> None:
        for table in ("uses", "bodies", "entries"):
            db.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))

    edit(path, work)
    assert str(seq) in {t.where for t in verify_file(path).troubles}


def test_a_removed_rule_is_found(tmp_path: Path) -> None:
    path = closed_store(tmp_path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TRIGGER bodies_fixed")
    assert [t.part for t in verify_file(path).troubles] == ["rules"]


def rows_of(path: Path) -> object:
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as db:
        tables = ("entries", "bodies", "uses", "removals", "head")
        return [db.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall() for t in tables]


def test_a_changed_byte_of_the_file_is_found_or_changes_nothing_that_is_stored(tmp_path: Path) -> None:
    """Some bytes of a database file hold nothing; all others must be missed. 400 places, seeded."""
    path = closed_store(tmp_path / "store")
    raw, whole = path.read_bytes(), rows_of(path)
    rng, seen = random.Random(7), 0
    for at in sorted({*range(0, 100, 3), *(rng.randrange(len(raw)) for _ in range(400))}):
        changed = bytearray(raw)
        changed[at] ^= 1 << rng.randrange(8)
        copy = tmp_path / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        shutil.copy(path.with_name("unit.key"), copy)
        (copy / "records.db").write_bytes(changed)
        try:
            missed = verify_file(copy / "records.db").whole
        except RecordsError:
            missed = False
        seen += not missed
        if missed:
            assert rows_of(copy / "records.db") == whole, at
    assert seen > 100


def test_what_is_neither_bundle_nor_store_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"x", b"PK\x03\x04rubbish", b"SQLite format 3\0" + b"\0" * 500):
        path = tmp_path / "odd.zip"
        path.write_bytes(content)
        with pytest.raises(RecordsError):
            verify_file(path, public=KEY.public)
    with pytest.raises(BundleUnreadable):
        verify_file(tmp_path / "nowhere.zip")


@pytest.mark.parametrize("value", [7, 2**62, -1, 1.5, "text", None])
def test_a_page_that_turns_a_blob_into_something_else_is_a_fault(tmp_path: Path, value: object) -> None:
    """One changed byte can make a length of a number; nothing may be allocated by it."""
    path = closed_store(tmp_path)

    def work(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE loose (seq INTEGER PRIMARY KEY, id, header, signature)")
        db.execute("INSERT INTO loose SELECT * FROM entries")
        db.execute("UPDATE loose SET header = ?1, signature = ?1 WHERE seq = 2", (value,))
        db.execute("DROP TABLE entries")
        db.execute("ALTER TABLE loose RENAME TO entries")

    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        work(db)
    troubles = verify_file(path).troubles
    assert {("0", "rules"), ("2", "header")} <= {(t.where, t.part) for t in troubles}
