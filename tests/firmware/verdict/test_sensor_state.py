"""What the engine believes of a device that lied: not at once, and never what it says of its own deafness."""

from __future__ import annotations

import pytest

from firmware.verdict.engine import SensorLost, SensorStarted, Tick
from firmware.verdict.model import Level, Verdict
from firmware.verdict.sensor_state import DOUBTED, HEAL_NS, NOT_HEARING
from hw.errors import Reason
from hw.types import SENSOR_NAMES, DeviceHealth
from tests.firmware.sensors import S, clean_room, engine_for, step

HEAL_S = HEAL_NS / S


class Scan:
    """A scan that goes on for every sensor but the camera, which is driven by hand."""

    def __init__(self) -> None:
        self.engine = engine_for()
        self.all_step(30.0)
        assert self.verdict(30.0).level is Level.NOTHING_FOUND

    def all_step(self, t_s: float) -> None:
        for name in SENSOR_NAMES:
            self.engine.handle(step(name, clean_room()[name], t_s=t_s, share=0.9))

    def lens_lost(self, t_s: float, reason: str) -> None:
        self.engine.handle(SensorLost(sensor="lens", t_ns=round(t_s * S), reason=reason, hint=""))

    def lens_started(self, t_s: float) -> None:
        self.engine.handle(SensorStarted(sensor="lens", t_ns=round(t_s * S)))

    def verdict(self, t_s: float) -> Verdict:
        self.engine.handle(Tick(t_ns=round(t_s * S)))
        return self.engine.snapshot().verdict


def test_a_camera_that_freezes_again_and_again_stays_failed_while_it_seems_to_work() -> None:
    scan = Scan()
    for t_s in range(31, 60, 2):
        scan.lens_lost(t_s, Reason.FROZEN)
        scan.lens_started(t_s + 0.5)
        scan.all_step(t_s + 1.5)
        verdict = scan.verdict(t_s + 1.6)
        assert verdict.level is Level.INCONCLUSIVE
        assert verdict.failed == ("lens",)


@pytest.mark.parametrize("reason", sorted(DOUBTED))
def test_a_device_that_lied_is_believed_again_once_it_has_worked_for_a_while(reason: str) -> None:
    scan = Scan()
    scan.lens_lost(31.0, reason)
    scan.lens_started(32.0)
    scan.all_step(32.0 + HEAL_S - 0.5)
    assert scan.verdict(32.0 + HEAL_S - 0.4).failed == ("lens",)
    scan.all_step(32.0 + HEAL_S + 0.1)
    assert scan.verdict(32.0 + HEAL_S + 0.2).level is Level.NOTHING_FOUND


def test_a_device_that_was_pulled_out_is_believed_at_its_first_step() -> None:
    scan = Scan()
    scan.lens_lost(31.0, Reason.UNPLUGGED)
    assert scan.verdict(31.1).failed == ("lens",)
    scan.lens_started(32.0)
    scan.all_step(32.1)
    assert scan.verdict(32.2).level is Level.NOTHING_FOUND


@pytest.mark.parametrize("reason", sorted(NOT_HEARING))
def test_a_radio_that_says_it_is_deaf_has_failed_whatever_it_had_covered(reason: str) -> None:
    scan = Scan()
    scan.all_step(31.0)
    scan.engine.handle(
        step("wifi", [], t_s=31.0, share=0.9, health=DeviceHealth(ok=False, reason=reason, hint=""))
    )
    verdict = scan.verdict(31.1)
    assert verdict.level is Level.INCONCLUSIVE
    assert verdict.failed == ("wifi",)
    scan.all_step(32.0)
    assert scan.verdict(32.1).level is Level.NOTHING_FOUND
