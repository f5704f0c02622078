"""Self-tests of the camera and its lights on devices with one fault each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from firmware.diag import camera_checks
from firmware.diag.model import Check, DiagBench, Result
from hw.clock import ManualClock
from tests.firmware.diag.benches import BenchEye, bench

Run = Callable[[DiagBench], Check | None]


def look(run: Run, **faults: Any) -> Check | None:
    clock = ManualClock()
    device = BenchEye(clock, **faults)
    check = run(bench((device, device), clock))
    assert device.lit == "off"  # no test leaves a light on
    return check


def ended(check: Check | None) -> tuple[Result, str]:
    assert check is not None
    return check.result, check.remedy.key if check.remedy else ""


WELL = (Result.PASS, "")


def test_an_eye_that_is_well() -> None:
    for _name, run in camera_checks.PROBES:
        assert ended(look(run)) == WELL
    ring = look(camera_checks.ring)
    assert ring is not None
    assert ring.numbers["off_dn"] == pytest.approx(6, abs=1)
    assert ring.numbers["on_dn"] == pytest.approx(66, abs=1)


@pytest.mark.parametrize(
    ("run", "faults", "expected"),
    [
        (camera_checks.fresh, {"frozen": True}, (Result.FAIL, "hint.stalled")),
        (camera_checks.fresh, {"dark_dn": 1.0, "ring_dn": 0.0}, (Result.FAIL, "hint.covered")),
        (camera_checks.frame_time, {"interval_ms": 33.3}, (Result.WARN, "check.remedy.frame_time")),
        (camera_checks.frame_time, {"gap_at": 9}, (Result.WARN, "check.remedy.frame_time")),
        (camera_checks.dark_level, {"dark_dn": 170.0}, (Result.WARN, "check.remedy.bright")),
        (camera_checks.ring, {"ring_dn": 0.0}, (Result.FAIL, "check.remedy.hand")),
        (camera_checks.ring, {"ring_dn": 300.0}, (Result.WARN, "check.remedy.near")),
        (camera_checks.side, {"side_dn": 1.0}, (Result.FAIL, "check.remedy.hand")),
        (camera_checks.side, {"lights": ("off", "ring")}, (Result.WARN, "check.remedy.no_light")),
        (camera_checks.sync, {"ring_dn": 0.0}, (Result.FAIL, "check.remedy.hand")),
        (camera_checks.sync, {"late_frames": (1, 1, 6, 1)}, (Result.WARN, "check.remedy.sync")),
    ],
)
def test_an_eye_with_a_fault(run: Run, faults: dict[str, Any], expected: tuple[Result, str]) -> None:
    assert ended(look(run, **faults)) == expected


def test_the_light_is_timed() -> None:
    check = look(camera_checks.sync, late_frames=(3,))
    assert check is not None
    assert check.numbers["frames"] == 4  # the fourth picture is the first with light
    assert check.numbers["latency_ms"] == pytest.approx(3.5 * 1000 / 60, abs=1)
