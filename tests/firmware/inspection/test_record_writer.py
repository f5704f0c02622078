"""The clerk: what was handed over is on the disk in order, whatever the disk and the power do."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from firmware.inspection.checkpoint import FILE, load_progress, save_progress
from firmware.inspection.record_writer import KeepJob, RecordWriter, ResolveJob, trouble_key
from firmware.inspection.state import (
    AlarmSigned,
    Checkpoint,
    Export,
    InspectionState,
    Keep,
    NotStored,
    Recalled,
    RecordStored,
    ReportExported,
    Resolve,
    Save,
)
from firmware.inspection.state_machine import InspectionMachine
from firmware.inspection.visit_records import VisitFindings
from firmware.records.custody.errors import StoreBusy, StoreDamaged, StoreFull, StoreUnwritable
from firmware.records.database import DATABASE_FILE
from firmware.records.model import Place
from firmware.records.reader import open_reader
from firmware.records.save_scan import span_until_now
from firmware.records.store import RecordStore
from firmware.settings.settings import load_settings
from firmware.verdict.model import Alarm, Level
from hw.types import Frame
from tests.firmware.inspection.presser import NOW, PLAN, SNAPSHOT
from tests.firmware.records.rooms import FakeClock, inspection

KEPT = Alarm(level=Level.CHECK, t_ns=0, probability=0.2, rule="", subjects=())
ALARMED = replace(SNAPSHOT, verdict=replace(SNAPSHOT.verdict, level=Level.CHECK, alarm=KEPT))
ROOT = Path(__file__).parents[3]
PROGRESS = Checkpoint(
    site="S",
    operator="7",
    walk="w-1",
    visit=3,
    stage="cubicle",
    room="R",
    cubicle="3",
    marks={"place.bin": "found"},
)


DAMAGED = ["", "{", "[]", '{"site": 3}', json.dumps({**asdict(PROGRESS), "stage": "moon"})]


def writer_at(folder: Path, *more: str) -> RecordWriter:
    settings = load_settings(overrides=(f"records.folder={folder}", *more))
    return RecordWriter(folder, settings=settings, kit="sim:x", simulated=True, threaded=False)


def job(record: str, cubicle: str = "1") -> KeepJob:
    place = Place(site="S", room="R", cubicle=cubicle)
    keep = Keep(record=record, kind="cubicle", place=place)
    return KeepJob(keep=keep, findings=VisitFindings(snapshot=SNAPSHOT, span=span_until_now(20.0)))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_any_instant_the_walk_never_stands_farther_than_its_records(
    tmp_path: Path, seed: int
) -> None:
    command = [sys.executable, "-m", "tests.firmware.inspection.presser", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as child:
        while (at := load_progress(tmp_path)) is None or at.visit < 2:
            assert child.poll() is None
            time.sleep(0.002)
        time.sleep(random.Random(seed).uniform(0.0, 0.25))
        child.kill()
    progress = load_progress(tmp_path)
    assert progress is not None
    with RecordStore(tmp_path) as store:
        assert store.verify().whole
        kept = [row.id for row in store.listed()]
    assert kept == [f"{NOW.fresh_id}-{n:03d}" for n in range(len(kept))]
    assert len(kept) - 1 <= progress.visit <= len(kept)
    with writer_at(tmp_path) as writer:
        told = writer.take()[0]
    assert isinstance(told, Recalled)
    again = InspectionMachine({}).press(InspectionState(plans=(PLAN,), resume=told.progress), "ok", NOW).state
    assert (again.stage, again.visit) == ("cubicle", len(kept))
    assert again.cubicle_name == str(len(kept))  # the corridor is one of the records


def test_the_same_place_is_never_stored_twice(tmp_path: Path) -> None:
    with writer_at(tmp_path) as writer:
        writer.submit(job("walk-000"))
        writer.submit(job("walk-000"))
        assert [type(t) for t in writer.take()] == [RecordStored, RecordStored]
    with RecordStore(tmp_path) as store:
        assert len(store.listed()) == 1


def test_what_finds_no_room_waits_bounded_and_is_stored_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware.inspection.record_writer.WAITING_MOST", 4)
    with writer_at(tmp_path, f"records.free_least_bytes={1 << 40}") as writer:
        for n in range(9):
            writer.submit(job(f"walk-{n:03d}"))
        told = writer.take()
        assert {type(t) for t in told} == {NotStored}
        assert {t.trouble for t in told if isinstance(t, NotStored)} == {"walk.store.full"}
        assert len(writer._waiting) == 4
        writer._settings = load_settings(overrides=("records.free_least_bytes=0",))
        writer.submit(job("walk-999"))
        assert {type(t) for t in writer.take()} == {RecordStored}
    with RecordStore(tmp_path) as store:
        assert store.listed()[-1].id == "walk-999"


def test_what_is_over_its_time_goes_when_the_handheld_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, folder = FakeClock(), tmp_path / "records"
    monkeypatch.setattr("firmware.records.store.MachineClock", lambda: clock)
    with writer_at(folder):
        assert not folder.exists()  # a start alone makes no store
    with RecordStore(folder) as store:
        quiet, alarmed = (inspection(store.key, name, level=Level.NOTHING_FOUND) for name in ("q-1", "a-1"))
        store.append(quiet)
        store.append(replace(alarmed, verdict={**alarmed.verdict, "alarm": {"level": "check"}}))
    for days, left in ((364, ["q-1", "a-1"]), (2, ["a-1"]), (5000, ["a-1"])):
        clock.go(days * 86_400)
        with writer_at(folder):
            pass
        with open_reader(folder) as records:
            assert sorted(row.id for row in records.listed()) == sorted(left)


def test_a_store_that_cannot_be_opened_does_not_keep_the_handheld_from_going_on(tmp_path: Path) -> None:
    save_progress(tmp_path, PROGRESS)
    (tmp_path / DATABASE_FILE).write_bytes(b"no store")
    with writer_at(tmp_path) as writer:
        assert [type(told) for told in writer.take()] == [Recalled]


def test_a_record_still_finds_room_where_other_jobs_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load_settings(overrides=(f"records.folder={tmp_path}",))
    monkeypatch.setattr("firmware.inspection.record_writer.JOBS_MOST", 3)
    writer = RecordWriter(tmp_path, settings=settings, kit="sim:x", simulated=True)
    writer._jobs.maxsize = 5
    for n in range(9):  # nobody works yet: a disk that hangs
        writer.submit(replace_progress(n))
    assert writer._jobs.qsize() == 3
    for n in range(3):
        writer.submit(job(f"walk-{n:03d}"))
    assert [t.record for t in writer.take() if isinstance(t, NotStored)] == ["walk-002"]
    with writer:
        pass
    assert [t.visited.record for t in writer.take() if isinstance(t, RecordStored)] == [
        "walk-000",
        "walk-001",
    ]
    with RecordStore(tmp_path) as store:
        assert [row.id for row in store.listed()] == ["walk-000", "walk-001"]


def replace_progress(visit: int) -> Save:
    return Save(progress=replace(PROGRESS, visit=visit))


def test_a_place_that_may_not_be_written_is_said_and_nothing_is_raised(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with writer_at(blocked / "records") as writer:
        writer.submit(job("walk-000"))
        writer.submit(Save(progress=PROGRESS))
        told = writer.take()
    assert [type(t) for t in told] == [NotStored]


def test_every_trouble_of_the_store_has_words() -> None:
    errors = [StoreFull("x"), StoreUnwritable("x"), StoreBusy("x"), StoreDamaged("x")]
    keys = [trouble_key(error) for error in errors]
    assert len(set(keys)) == 4


def test_an_export_without_any_record_is_said(tmp_path: Path) -> None:
    with writer_at(tmp_path) as writer:
        writer.submit(Export(inspection_id="w-1", site="S", operator="", done=()))
        told = writer.take()
    assert [type(t) for t in told] == [ReportExported]
    assert isinstance(told[0], ReportExported)
    assert told[0].trouble


def test_progress_comes_back_as_it_was_and_is_forgotten(tmp_path: Path) -> None:
    save_progress(tmp_path, PROGRESS)
    assert load_progress(tmp_path) == PROGRESS
    save_progress(tmp_path, None)
    save_progress(tmp_path, None)
    assert load_progress(tmp_path) is None


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_progress_file_is_no_walk_and_no_error(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    assert load_progress(tmp_path) is None


def test_compared_with_the_last_inspection_of_the_same_cubicle(tmp_path: Path) -> None:
    with writer_at(tmp_path) as writer:
        for record, cubicle in (("walk-001", "1"), ("walk-002", "2"), ("next-001", "1")):
            writer.submit(job(record, cubicle))
        compared = [t.visited.compared for t in writer.take() if isinstance(t, RecordStored)]
    assert compared == [False, False, True]


def test_a_place_that_was_begun_and_left_without_a_record_shows_in_the_chain(tmp_path: Path) -> None:
    with writer_at(tmp_path) as writer:
        writer.submit(Save(progress=PROGRESS))
        writer.submit(Save(progress=PROGRESS))
        writer.submit(job("w-1-003"))
        writer.submit(Save(progress=replace(PROGRESS, visit=4)))
        writer.submit(Save(progress=None))
    with RecordStore(tmp_path) as store:
        bodies = [json.loads(e.body or b"{}") for e in store.entries()]
        events = [(b.get("event", b["kind"]), b.get("record", b.get("id"))) for b in bodies]
        assert store.verify().whole
        assert len(store.listed()) == 1
    assert events == [
        ("started", ""),
        ("begun", "w-1-003"),
        ("cubicle", "w-1-003"),
        ("begun", "w-1-004"),
        ("abandoned", "w-1-004"),
    ]


def test_an_answer_is_signed_with_the_picture_that_was_asked_for(tmp_path: Path) -> None:
    frame = Frame(seq=1, t_ns=0, exposure_us=None, led=None, pixels=np.full((6, 8), 90, np.uint8))
    alarmed = replace(job("walk-001"), findings=replace(job("walk-001").findings, snapshot=ALARMED))
    with writer_at(tmp_path) as writer:
        for one in (alarmed, job("walk-002")):
            writer.submit(one)
        writer.take()
        for record in ("walk-001", "walk-002"):
            resolve = Resolve(record=record, resolution="found", with_picture=True)
            writer.submit(ResolveJob(resolve=resolve, frame=frame))
        told = [t.trouble for t in writer.take() if isinstance(t, AlarmSigned)]
    assert told == ["", "resolve.no_alarm_here"]
    with RecordStore(tmp_path) as store:
        ((_, said),) = store.resolutions("walk-001")
        assert said.picture is not None
        assert store.attachments.get(said.picture.sha256).startswith(b"\x89PNG")
        assert store.verify().whole
