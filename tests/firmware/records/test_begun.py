"""A scan that was begun leaves a signed entry, and another one where it ends without a record."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from firmware.records.begun import RUNNING, Begun, begin_scan, sign_left
from firmware.records.custody.errors import RecordsError, full
from firmware.records.doubts import doubts_of
from firmware.records.model import Place
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.firmware.records.rooms import inspection

CONFIG = RecordsConfig(free_least_bytes=0)
PLACE = Place(site="Station", room="3F", cubicle="2")


def events(folder: Path) -> list[tuple[str, str]]:
    with RecordStore(folder, config=CONFIG) as store:
        bodies = [json.loads(e.body or b"{}") for e in store.entries()]
        assert store.verify().whole
    return [(b.get("event", b["kind"]), b.get("record", b.get("id"))) for b in bodies]


def doubts(folder: Path) -> list[tuple[int, str]]:
    with RecordStore(folder, config=CONFIG) as store:
        return [(d.seq, d.word) for d in doubts_of(store.entries()) if d.word != "unsynchronised"]


def cut(folder: Path) -> None:
    """Begin a scan in a process of its own and kill it."""
    with begin_scan(folder, place=PLACE, config=CONFIG, tell=lambda _: None):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_scan_with_a_record_is_begun_and_nothing_more(tmp_path: Path) -> None:
    with begin_scan(tmp_path, place=PLACE, config=CONFIG, tell=lambda _: None) as begun:
        assert (1, "unfinished") in doubts(tmp_path)
        with RecordStore(tmp_path, config=CONFIG) as store:
            store.append(inspection(store.key, begun.record))
    assert events(tmp_path) == [("begun", begun.record), ("cubicle", begun.record)]
    assert "unfinished" not in {word for _, word in doubts(tmp_path)}
    assert not list((tmp_path / RUNNING).iterdir())


def test_one_without_a_record_is_said_to_be_left(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        begin_scan(tmp_path, place=PLACE, config=CONFIG, tell=lambda _: None) as begun,
    ):
        raise KeyboardInterrupt
    assert events(tmp_path) == [("begun", begun.record), ("abandoned", begun.record)]
    assert doubts(tmp_path) == [(2, "abandoned")]


def test_the_next_start_says_that_one_was_killed_and_leaves_a_running_one_alone(tmp_path: Path) -> None:
    child = multiprocessing.get_context("spawn").Process(target=cut, args=(tmp_path,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    [(_, killed)] = events(tmp_path)
    told: list[Begun] = []
    with (
        begin_scan(tmp_path, place=PLACE, config=CONFIG, tell=told.append) as first,
        begin_scan(tmp_path, place=PLACE, config=CONFIG, tell=told.append) as second,
    ):
        said = events(tmp_path)
    assert [one.left for one in told] == [(killed,), ()]
    assert said == [
        ("begun", killed), ("abandoned", killed), ("begun", first.record), ("begun", second.record)
    ]  # fmt: skip


def test_a_stranger_file_names_nothing(tmp_path: Path) -> None:
    with RecordStore(tmp_path, config=CONFIG) as store:
        (tmp_path / RUNNING).mkdir()
        (tmp_path / RUNNING / "<b>x").touch()
        (tmp_path / RUNNING / "20261201-000000-ab").symlink_to(tmp_path / "unit.key")
        assert sign_left(store) == ()
        assert not list(store.entries())


def test_a_full_disk_is_told_and_the_scan_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise full(tmp_path)

    monkeypatch.setattr(RecordStore, "note", refuse)
    told: list[Begun] = []
    with begin_scan(tmp_path, place=PLACE, config=CONFIG, tell=told.append) as begun:
        pass
    assert told == [begun]
    assert isinstance(begun.trouble, RecordsError)
