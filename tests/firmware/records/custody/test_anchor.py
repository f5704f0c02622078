"""A store that was put back, emptied, replaced or rewritten: what a check says, by what was known outside."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from firmware.records.bundle import verify_file
from firmware.records.custody.anchor import AnchorFolder, Expected, read_expected
from firmware.records.custody.errors import KeyTrouble
from firmware.records.custody.unit_key import UnitKey
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.firmware.records.rooms import FakeClock, inspection
from tests.firmware.records.test_store import filled

SMALL = RecordsConfig(free_least_bytes=0)
KEY = UnitKey(bytes(range(32)))


@pytest.fixture
def anchors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "anchors"))
    return tmp_path / "anchors"


def closed(folder: Path, count: int) -> Path:
    with filled(folder, count) as store:
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "records.db"


def delete_all(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        rules = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in rules:
            db.execute(f"DROP TRIGGER {name}")
        for table in ("bodies", "entries", "head", "uses", "removals"):
            db.execute(f"DELETE FROM {table}")  # noqa: S608
        for _, sql in rules:
            db.execute(sql)


def put_back(folder: Path, early: Path) -> None:
    shutil.copy(early, folder / "records.db")


def remove(folder: Path, early: Path) -> None:
    (folder / "records.db").unlink()


def empty(folder: Path, early: Path) -> None:
    delete_all(folder / "records.db")


ROLLBACKS = {"put back": put_back, "emptied": empty, "deleted": remove}


@pytest.mark.parametrize("name", ROLLBACKS)
def test_what_was_signed_and_is_gone_is_missed_and_no_number_is_signed_twice(
    tmp_path: Path, anchors: Path, name: str
) -> None:
    folder = tmp_path / "records"
    shutil.copy(closed(folder, 3), tmp_path / "early.db")
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        for n in (4, 5):
            store.append(inspection(store.key, f"room-{n:04d}"))
        signed = {e.row: e.hash for e in store.entries()}
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ROLLBACKS[name](folder, tmp_path / "early.db")
    lost = {"put back": {4, 5}}.get(name, {1, 2, 3, 4, 5})
    if name != "deleted":
        assert {int(t.where) for t in verify_file(folder / "records.db").troubles} == lost
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        entry = store.append(inspection(store.key, "room-9999"))
        assert entry.row == 7  # 6 says what is missing
        rows = {e.row: e for e in store.entries()}
        event = json.loads(rows[6].body or b"{}")
        assert (event["event"], event["details"]["known"]) == ("store-behind", 5)
        assert rows[6].fields()["prev"] == signed[5]
        assert all(e.hash == signed[row] for row, e in rows.items() if row < 6)
        assert {f.seq for f in store.verify().faults} == lost


def test_a_store_behind_its_anchor_has_no_declaration_that_counts(tmp_path: Path, anchors: Path) -> None:
    folder = tmp_path / "records"
    early = closed(folder, 2)
    shutil.copy(early, tmp_path / "early.db")
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        store.append(inspection(store.key, "room-0003"))
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    put_back(folder, tmp_path / "early.db")
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        assert store.known(None) == ()


def rewritten(tmp_path: Path, path: Path) -> Path:
    """Make the same store anew with the unit's own key, one inspection less."""
    other = tmp_path / "rewritten"
    other.mkdir()
    shutil.copy(path.with_name("unit.key"), other)
    return closed(other, 2)


def replaced(tmp_path: Path, path: Path) -> Path:
    return closed(tmp_path / "evil", 3)


def earlier(tmp_path: Path, path: Path) -> Path:
    (tmp_path / "early").mkdir()
    shutil.copy(path.with_name("unit.key"), tmp_path / "early")
    shutil.copy(tmp_path / "early.db", tmp_path / "early" / "records.db")
    return tmp_path / "early" / "records.db"


def emptied(tmp_path: Path, path: Path) -> Path:
    delete_all(path)
    return path


def untouched(tmp_path: Path, path: Path) -> Path:
    return path


TABLE: dict[Callable[[Path, Path], Path], tuple[str, str, str]] = {
    untouched: ("consistent", "consistent", "whole"),
    earlier: ("consistent", "consistent", "altered"),
    emptied: ("consistent", "consistent", "altered"),
    replaced: ("consistent", "altered", "altered"),
    rewritten: ("consistent", "consistent", "altered"),
}


@pytest.mark.parametrize("attack", TABLE)
def test_the_table_of_the_format_page_holds(
    tmp_path: Path, anchors: Path, monkeypatch: pytest.MonkeyPatch, attack: Callable[[Path, Path], Path]
) -> None:
    """Checked on another machine, which has no file outside the store."""
    folder = tmp_path / "records"
    shutil.copy(closed(folder, 3), tmp_path / "early.db")
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        public, paper = store.key.public, store.append(inspection(store.key, "room-0004")).hash
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "other-machine-1"))
    path = attack(tmp_path, folder / "records.db")
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "other-machine-2"))
    checks = (
        verify_file(path),
        verify_file(path, public=public),
        verify_file(path, public=public, expect=Expected(hash=paper)),
    )
    assert tuple(c.standing for c in checks) == TABLE[attack]
    assert [c.pinned for c in checks] == [False, True, True]


def test_the_file_outside_only_grows_and_believes_its_own_key_alone(anchors: Path) -> None:
    folder = AnchorFolder()
    folder.raise_to(KEY, seq=5, last="5" * 64)
    folder.raise_to(KEY, seq=3, last="3" * 64)
    known = folder.read(KEY.public)
    assert known is not None
    assert (known.seq, known.hash) == (5, "5" * 64)
    path = next(anchors.iterdir())
    path.write_bytes(path.read_bytes().replace(b"5" * 64, b"6" * 64))
    assert folder.read(KEY.public) is None


def test_no_room_for_the_file_outside_stops_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "file" / "anchors"))
    with filled(tmp_path / "records", 2) as store:
        check = store.verify()
    assert (check.whole, check.anchored) == (True, 0)


def test_paper_is_read_in_groups_or_as_the_qr_code() -> None:
    digits = "0123456789abcdef" * 4
    grouped = " ".join(digits[i : i + 4] for i in range(0, 64, 4)).upper()
    assert read_expected(grouped) == Expected(hash=digits)
    code = f"ANSIM1 ROOM-0001 3 {digits.upper()} {'AB' * 16}"
    assert read_expected(code) == Expected(hash=digits, fingerprint="ab" * 16)
    for wrong in ("", "xyz", digits[:-1], f"ANSIM1 R 3 {digits} zz"):
        with pytest.raises(KeyTrouble):
            read_expected(wrong)
