"""Self-tests of the unit itself, without a device: disk, clock, heat, supply, records, calibration."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from firmware.diag.calibration_checks import calibration_checks
from firmware.diag.model import Check, failed, passed, warned
from firmware.records.bundle import verify_file
from firmware.records.custody.errors import RecordsError
from firmware.records.custody.wall_clock import NOT_BEFORE_NS, MachineClock, WallClock
from firmware.records.database import DATABASE_FILE
from hw.config import CameraConfig
from hw.pi.power import HOT_C, supply_numbers

FREE_BYTES_WARN = 2_000_000_000  # an hour of inspections with pictures
# Records refuse below their own limit; the log and the system need some too.
FREE_BYTES_FAIL = 50_000_000
WARM_C = HOT_C - 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Paths of the unit's data, None where it keeps none; ``self_noise`` is the profile of its own lines."""

    disk: Path
    records: Path | None = None
    calibrations: Path | None = None
    self_noise: str | None = None
    is_pi: bool = False
    board: str = ""  # model of a Raspberry Pi
    camera: CameraConfig = field(default_factory=CameraConfig)
    clock: WallClock = field(default_factory=MachineClock)
    supply: Callable[[], dict[str, float]] = supply_numbers


def machine_checks(unit: Unit) -> Iterator[Check]:
    """Yield the checks of the unit itself."""
    yield disk(unit.disk)
    yield wall_clock(unit.clock)
    if unit.board:
        yield board(unit.board, unit.camera)
    numbers = unit.supply() if unit.is_pi else {}
    yield from supply(numbers)
    if unit.records is not None:
        yield from _stored(unit.records)
    if unit.calibrations is not None:
        yield from calibration_checks(
            unit.calibrations,
            now_ns=unit.clock.utc_ns(),
            expected=unit.is_pi,
            self_noise=unit.self_noise,
            temperature_c=numbers.get("temperature_c"),
        )


def _stored(folder: Path) -> Iterator[Check]:
    """Look at the records where there are any; somebody else's may be closed to this user."""
    try:
        there = (folder / DATABASE_FILE).is_file()
    except PermissionError:
        yield warned("records", "check.remedy.owner", "not_measured")
        return
    if there:
        yield records(folder)


def board(name: str, camera: CameraConfig) -> Check:
    """Say which pictures the lens sensor asks for on this board."""
    return passed(
        "board",
        board=name,
        width_px=float(camera.width_px),
        height_px=float(camera.height_px),
        rate_hz=camera.rate_hz,
    )


def disk(folder: Path) -> Check:
    """Check that there is room to record, and that it may be written to."""
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    free = float(shutil.disk_usage(there).free)
    said: dict[str, float | str] = {"folder": str(there), "free_gb": free / 1e9, "free_bytes": free}
    if free < FREE_BYTES_FAIL:
        return failed("disk", "check.remedy.disk", **said)
    if not os.access(there, os.W_OK):
        return warned("disk", "check.remedy.read_only", **said)
    if free < FREE_BYTES_WARN:
        return warned("disk", "check.remedy.disk", **said)
    return passed("disk", **said)


def wall_clock(clock: WallClock) -> Check:
    """Check that the clock was set: records name the time, and calibrations grow old by it."""
    if clock.utc_ns() < NOT_BEFORE_NS:
        return failed("clock", "check.remedy.clock", "clock.never", synchronised=0.0)
    if not clock.trusted():
        return warned("clock", "check.remedy.clock_sync", "clock.alone", synchronised=0.0)
    return passed("clock", synchronised=1.0)


def supply(numbers: dict[str, float]) -> Iterator[Check]:
    """Check temperature, supply voltage and throttling; numbers that the firmware does not give are left out.

    Parameters
    ----------
    numbers : dict of str to float
        From `hw.pi.power.supply_numbers`: temperature in °C, voltage and throttling flags, by name.

    Yields
    ------
    Check
        One for the temperature and one for the supply, where their numbers are there.
    """
    celsius = numbers.get("temperature_c")
    if celsius is not None:
        hot = celsius >= WARM_C
        make = warned("temperature", "hint.overheated", temperature_c=celsius)
        yield make if hot else passed("temperature", temperature_c=celsius)
    if "under_voltage" in numbers:
        flags = {k: numbers[k] for k in ("under_voltage", "throttled") if k in numbers}
        if flags["under_voltage"]:
            yield failed("supply", "hint.under_voltage", "supply.low", **flags)
        elif flags.get("throttled"):
            yield warned("supply", "hint.overheated", "supply.slow", **flags)
        else:
            yield passed("supply", **flags)


def records(folder: Path) -> Check:
    """Check that every stored record is as it was signed, and that none is missing."""
    try:
        found = verify_file(folder / DATABASE_FILE)
    except RecordsError as error:
        return failed("records", "check.remedy.records", "words", text=str(error))
    said = {"entries": float(found.entries), "faults": float(len(found.troubles))}
    if not found.whole:
        return failed("records", "check.remedy.records", **said)
    return passed("records", **said)
