"""The self-test over the real driver and the real pyrtlsdr, with a dongle that fails on command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from firmware.diag.checks import Check, Result, Unit, run_checks
from firmware.i18n.catalog import Catalog
from hw.config import HwConfig
from tests.firmware.diag.test_machine import SetClock
from tests.hw.pi.conftest import Faults, faults, full_library, use_library

__all__ = ["faults", "full_library", "use_library"]  # fixtures

AWAY = "sim:empty-room?unplug=wifi@0&unplug=ble@0&unplug=lens@0"
OTHERS = ("monitor", "ble", "camera", "display", "buttons", "buzzer", "battery")


def dongle_checks(tmp_path: Path) -> dict[str, Check]:
    config = HwConfig(backend=dict.fromkeys(OTHERS, AWAY))
    unit = Unit(disk=tmp_path, clock=SetClock(), supply=dict)
    return {c.name: c for c in run_checks("pi", config, unit=unit) if c.name.startswith("sdr")}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"read": -7}, "stalled"),
        ({"read": -4}, "unplugged"),
        ({"constant": 128}, "garbage"),
        ({"open": -6}, "busy"),
    ],
)
def test_a_fault_shows_its_reason_and_heals(
    fault: dict[str, int],
    reason: str,
    faults: Faults,
    full_library: Path,
    use_library: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    use_library(full_library)
    faults.set(**fault)
    told = dongle_checks(tmp_path)["sdr"]
    assert (told.result, told.reason) == (Result.FAIL, reason)
    assert len(told.remedy_text(Catalog("en"))) > len("Unplug it.")
    faults.set()
    assert dongle_checks(tmp_path)["sdr"].result is Result.PASS


def test_a_gain_that_does_nothing_is_found(
    faults: Faults,
    full_library: Path,
    use_library: Callable[[Path], None],
    tmp_path: Path,
) -> None:
    use_library(full_library)
    found = dongle_checks(tmp_path)  # the stand-in counts bytes, whatever its gain
    assert found["sdr.gain"].result is Result.FAIL
    assert found["sdr.drops"].numbers["short_reads"] == 0
