"""A lost page costs the entries on it and nothing else."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from firmware.records.bundle import verify_file
from firmware.records.custody.errors import RecordsError
from firmware.records.database import read_what_is_left
from firmware.records.reader import open_reader
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.firmware.records.rooms import FakeClock, inspection
from tests.firmware.records.test_store import filled

SMALL = RecordsConfig(free_least_bytes=0)
PAGE_BYTES = 4096
COUNT = 12


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    with filled(folder, COUNT) as store:
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def with_lost_page(whole: Path, folder: Path, page: int) -> Path:
    raw = bytearray((whole / "records.db").read_bytes())
    raw[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = bytes(PAGE_BYTES)
    return with_database(whole, folder, raw)


def with_database(whole: Path, folder: Path, raw: bytes | bytearray) -> Path:
    folder.mkdir()
    (folder / "records.db").write_bytes(raw)
    key = folder / "unit.key"
    key.write_bytes((whole / "unit.key").read_bytes())
    key.chmod(0o600)
    return folder


def pages(whole: Path) -> list[int]:
    count = (whole / "records.db").stat().st_size // PAGE_BYTES
    return sorted(random.Random(3).sample(range(2, count), min(16, count - 2)))


def test_any_lost_page_is_named_and_the_rest_is_still_read_and_stored_to(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = []
    for page in pages(whole):
        monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / f"anchors-{page}"))
        folder = with_lost_page(whole, tmp_path / str(page), page)
        try:
            assert not verify_file(folder / "records.db").whole, page
            with open_reader(folder) as reader:
                lines = reader.listed()
        except RecordsError:
            continue  # a page of the schema: nothing says what the tables are
        good = [line.id for line in lines if not line.fault]
        with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
            entry = store.append(inspection(store.key, "room-after"))
            assert entry.row > max((line.seq for line in lines), default=0)
            kept = {line.id for line in store.listed() if not line.fault}
            assert set(good) | {"room-after"} <= kept
            for name in good[:2]:
                store.stored(name)
            words = {(f.word, f.part) for f in store.verify().faults}
            assert words <= {("missing", "entry"), ("missing", "body"), ("altered", "body")}, words
            saved.append(len(good))
    assert len(saved) > len(pages(whole)) // 2
    assert max(saved) >= COUNT - 2


@pytest.mark.parametrize("pages_gone", [1, 2, 5])
def test_a_file_that_lost_its_end_is_saved_but_for_its_lost_pages(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pages_gone: int
) -> None:
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "anchors"))
    raw = (whole / "records.db").read_bytes()
    folder = with_database(whole, tmp_path / "s", raw[: -pages_gone * PAGE_BYTES])
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        store.append(inspection(store.key, "room-after"))
        kept = [line for line in store.listed() if not line.fault]
        assert COUNT - pages_gone < len(kept) <= COUNT + 1
    aside = folder / "records-damaged-1.db"
    assert aside.read_bytes() == raw[: -pages_gone * PAGE_BYTES]


def test_where_the_tables_cannot_be_read_the_file_is_kept_and_new_records_have_a_place(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "anchors"))
    raw = (whole / "records.db").read_bytes()
    folder = with_database(whole, tmp_path / "s", raw.replace(b"CREATE TABLE uses", b"CREATE TABBE uses"))
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        store.append(inspection(store.key, "room-after"))
        assert [line.id for line in store.listed()] == ["room-after"]
    assert (folder / "records-damaged-1.db").is_file()


def test_a_whole_store_is_left_as_it_is(whole: Path) -> None:
    with RecordStore(whole, config=SMALL, clock=FakeClock()) as store:
        assert store.verify().whole
    assert not list(whole.glob("records-damaged-*"))


def test_the_rules_of_the_table_are_back_after_it(whole: Path, tmp_path: Path) -> None:
    folder = with_lost_page(whole, tmp_path / "s", pages(whole)[-1])
    RecordStore(folder, config=SMALL, clock=FakeClock()).close()
    with closing(sqlite3.connect(folder / "records.db")) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO entries VALUES (99, 'x', x'00', x'00')")


class TornTree:
    """Answers as a database whose tree lists entry 1 and then 1 again, and finds no row for it."""

    def __init__(self) -> None:
        self.asked = 0

    def execute(self, query: str, _given: object) -> TornTree:
        self.query = query
        self.asked += 1
        return self

    def fetchone(self) -> tuple[int | None] | None:
        return (1,) if "MIN(seq)" in self.query else None


def test_a_torn_tree_that_lists_a_number_without_a_row_ends_and_stops_no_start() -> None:
    tree = TornTree()
    found = list(read_what_is_left(tree))  # type: ignore[arg-type]
    assert [(e.row, e.header) for e in found] == [(1, b"")]
    assert tree.asked < 10_010


@pytest.mark.parametrize("part", ["the beginning", "the last header"])
def test_what_no_page_check_finds_stops_no_start_either(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "anchors"))
    folder = tmp_path / "store"
    shutil.copytree(whole, folder)
    path = folder / "records.db"
    content = bytearray(path.read_bytes())
    if part == "the beginning":
        content[:PAGE_BYTES] = bytes(PAGE_BYTES)
    else:
        with open_reader(folder) as reader:
            last = list(reader.entries())[-1]
        content[content.index(last.header) + 3] ^= 1
    path.write_bytes(content)
    with RecordStore(folder, config=SMALL, clock=FakeClock()) as store:
        store.append(inspection(store.key, "after"))
        kinds = [e.fields()["kind"] for e in store.entries()]
    assert kinds[-2:] == ["event", "inspection"]
    assert (folder / "records-damaged-1.db").read_bytes() == bytes(content)
    assert len(kinds) == (2 if part == "the beginning" else COUNT + 1)
