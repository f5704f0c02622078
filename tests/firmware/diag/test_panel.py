"""Self-tests of the screen, the buttons and the battery."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.diag import panel
from firmware.diag.model import Check, Result
from hw.clock import ManualClock
from hw.sim.panel import SimBattery, SimDisplay
from hw.types import ButtonPress
from tests.firmware.diag.benches import BenchButtons, bench


def ended(check: Check | None) -> tuple[Result, str]:
    assert check is not None
    return check.result, check.remedy.key if check.remedy else ""


WELL = (Result.PASS, "")


@pytest.mark.parametrize("mode", ["RGB", "1"])
def test_the_test_card_fits_the_screen(mode: Any) -> None:
    clock, screen = ManualClock(), SimDisplay(size=(128, 64), mode=mode)
    assert ended(panel.display(bench(screen, clock))) == WELL
    card = screen.latest
    assert card is not None
    corners = [card.convert("RGB").getpixel(at) for at in ((0, 0), (127, 0), (0, 63), (127, 63))]
    assert corners == [(255, 255, 255)] * 4


def test_buttons_are_felt_one_by_one() -> None:
    clock = ManualClock()
    presses = [
        ButtonPress(t_ns=i * 10**9, button=b)  # type: ignore[arg-type]
        for i, b in enumerate(("up", "down", "ok", "back"))
    ]
    every = panel.buttons(bench(BenchButtons(clock, presses), clock, press_s=10.0))
    assert ended(every) == WELL
    clock = ManualClock()
    three = panel.buttons(bench(BenchButtons(clock, presses[:3]), clock, press_s=10.0))
    assert ended(three) == (Result.WARN, "check.remedy.buttons")
    assert three.said.params["missing"] == "back"


@pytest.mark.parametrize(
    ("level", "expected"),
    [(0.9, WELL), (0.1, (Result.WARN, "check.remedy.charge")), (None, (Result.WARN, "check.remedy.gauge"))],
)
def test_the_battery(level: float | None, expected: tuple[Result, str]) -> None:
    assert ended(panel.battery(bench(SimBattery(level=level), ManualClock()))) == expected
