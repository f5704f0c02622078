"""Self-tests of the unit itself: what is planted on its disk, clock and supply is what they say."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from firmware.diag import machine
from firmware.diag.machine import Unit, machine_checks
from firmware.diag.model import Check, Result
from firmware.i18n.catalog import Catalog
from firmware.records.database import DATABASE_FILE
from firmware.records.store import RecordStore
from hw.config import CameraConfig

NOW_NS = 1_800_000_000 * 10**9


@dataclass
class SetClock:
    now_ns: int = NOW_NS
    by_network: bool = True

    def utc_ns(self) -> int:
        return self.now_ns

    def up_ns(self) -> int:
        return 1

    def boot(self) -> str:
        return "b"

    def trusted(self) -> bool:
        return self.by_network


def names(unit: Unit) -> dict[str, Check]:
    return {check.name: check for check in machine_checks(unit)}


def test_a_folder_that_is_not_there_yet_is_measured_where_it_will_be(tmp_path: Path) -> None:
    check = machine.disk(tmp_path / "not" / "yet")
    assert check.said.params["folder"] == str(tmp_path)
    assert check.numbers["free_bytes"] > 0


@pytest.mark.parametrize(
    ("free", "result"), [(10**7, Result.FAIL), (10**9, Result.WARN), (10**11, Result.PASS)]
)
def test_a_full_disk(free: int, result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda _folder: usage)
    assert machine.disk(tmp_path).result is result


def test_the_board_says_what_was_chosen_for_it(tmp_path: Path) -> None:
    camera = CameraConfig(width_px=640, height_px=360, rate_hz=10.0)
    check = names(Unit(disk=tmp_path, board="Raspberry Pi Zero 2 W", camera=camera, clock=SetClock()))[
        "board"
    ]
    words = str(Catalog("en").say(check.said))
    assert words == "Raspberry Pi Zero 2 W: 10 pictures a second of 640×360"
    assert "board" not in names(Unit(disk=tmp_path, clock=SetClock()))


def test_the_clock() -> None:
    assert machine.wall_clock(SetClock()).result is Result.PASS
    assert machine.wall_clock(SetClock(by_network=False)).result is Result.WARN
    assert machine.wall_clock(SetClock(now_ns=0)).result is Result.FAIL


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({}, {}),
        ({"temperature_c": 50.0}, {"temperature": Result.PASS}),
        ({"temperature_c": 79.0}, {"temperature": Result.WARN}),
        ({"under_voltage": 1.0, "throttled": 1.0}, {"supply": Result.FAIL}),
        ({"under_voltage": 0.0, "throttled": 1.0}, {"supply": Result.WARN}),
        ({"under_voltage": 0.0, "throttled": 0.0}, {"supply": Result.PASS}),
    ],
)
def test_heat_and_supply(numbers: dict[str, float], expected: dict[str, Result]) -> None:
    assert {check.name: check.result for check in machine.supply(numbers)} == expected


def test_the_supply_is_only_asked_on_real_devices(tmp_path: Path) -> None:
    hot = Unit(disk=tmp_path, clock=SetClock(), supply=lambda: {"temperature_c": 90.0})
    assert "temperature" not in names(hot)


def test_whole_records_pass_and_changed_ones_fail(tmp_path: Path) -> None:
    with RecordStore(tmp_path):
        pass
    assert names(Unit(disk=tmp_path, records=tmp_path, clock=SetClock()))["records"].result is Result.PASS
    with sqlite3.connect(tmp_path / DATABASE_FILE) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("CREATE TABLE intruder (x)")
    db.close()
    check = names(Unit(disk=tmp_path, records=tmp_path, clock=SetClock()))["records"]
    assert check.result is Result.FAIL
    assert check.remedy is not None
    assert check.remedy.key == "check.remedy.records"


def test_records_that_are_rubbish_fail_and_none_are_left_out(tmp_path: Path) -> None:
    assert "records" not in names(Unit(disk=tmp_path, records=tmp_path, clock=SetClock()))
    (tmp_path / DATABASE_FILE).write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    assert names(Unit(disk=tmp_path, records=tmp_path, clock=SetClock()))["records"].result is Result.FAIL


def test_records_of_somebody_else_are_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(_path: Path) -> bool:
        raise PermissionError(13, "closed")

    monkeypatch.setattr(Path, "is_file", closed)
    check = names(Unit(disk=tmp_path, records=tmp_path, clock=SetClock()))["records"]
    assert (check.result, check.remedy is not None and check.remedy.key) == (
        Result.WARN, "check.remedy.owner",
    )  # fmt: skip
