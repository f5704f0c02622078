"""What was built into a simulated unit is measured; bad conditions are refused by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.types import Frame, LedState
from lensdetect.calibrate import calibrate
from lensdetect.calibration import Calibration, load_calibration
from lensdetect.errors import BadCalibration, BadConditions
from tests.lensdetect.eyes import DeafLeds, ListCamera

LEVELS = {"off": 3.0, "ring": 80.0, "side": 64.0}


class Bench(DeafLeds):
    """A unit before a wall: lights that follow after 8 ms, two hot pixels."""

    def __init__(self, change: Callable[[np.ndarray, LedState, int], np.ndarray] | None = None) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.rng = np.random.default_rng(1)
        self.now: LedState = "off"
        self.before: LedState = "off"
        self.switched_ns = -(10**9)
        self.change = change or (lambda picture, state, i: picture)
        self.count = 0

    def set(self, state: LedState) -> None:
        super().set(state)
        self.before, self.now, self.switched_ns = self.now, state, self.clock.now_ns()

    def picture(self) -> np.ndarray:
        rows = np.arange(120)
        lit = (self.clock.now_ns() + rows / 120 * 33.3e6) > self.switched_ns + 8e6
        level = np.where(lit, LEVELS[self.now], LEVELS[self.before])[:, None] * np.ones((1, 160))
        level = level + self.rng.normal(0, 0.8, level.shape)
        level[30, 40] += 90
        level[90, 100] += 60
        return self.change(level, self.now, self.count)


class BenchCamera(ListCamera):
    def __init__(self, bench: Bench) -> None:
        super().__init__([])
        self.bench = bench

    def read(self) -> Frame:
        bench = self.bench
        t_ns = bench.clock.now_ns()
        pixels = np.clip(bench.picture(), 0, 255).astype(np.uint8)
        bench.count += 1
        bench.clock.sleep_until(t_ns + 33_333_333)
        return Frame(seq=bench.count, t_ns=t_ns, exposure_us=4000, led=None, pixels=pixels)


def run(change: Callable[[np.ndarray, LedState, int], np.ndarray] | None = None) -> Calibration:
    bench = Bench(change)
    return calibrate(camera=BenchCamera(bench), leds=bench, clock=bench.clock, unit="unit 7")


def test_what_was_built_in_is_measured() -> None:
    found = run()
    assert set(found.hot_pixels) == {(40, 30), (100, 90)}
    assert found.ring_over_side == pytest.approx(77 / 61, rel=0.02)
    assert found.latency_ms == pytest.approx(8.0, abs=4.0)
    assert found.dark_dn == pytest.approx(2.6, abs=0.6)


def test_it_comes_back_from_its_file() -> None:
    found = run()
    assert load_calibration(found.as_toml()) == found


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p, state, i: np.minimum(p, 6.0), "light_does_not_reach"),
        (lambda p, state, i: p + 100.0, "too_bright"),
        (lambda p, state, i: p * 3.5, "too_close"),
        (lambda p, state, i: np.full_like(p, 50.0), "frozen"),
        (lambda p, state, i: p * (1.0 + 0.05 * i), "moved"),
        (lambda p, state, i: p * np.linspace(0.1, 1.6, 160)[None, :], "uneven"),
    ],
)
def test_bad_conditions_are_refused(
    change: Callable[[np.ndarray, LedState, int], np.ndarray], reason: str
) -> None:
    with pytest.raises(BadConditions) as caught:
        run(change)
    assert caught.value.reason in ({reason, "latency"} if reason in {"frozen"} else {reason})


def test_the_lights_are_off_after_a_refusal() -> None:
    bench = Bench(lambda p, state, i: np.minimum(p, 6.0))
    with pytest.raises(BadConditions):
        calibrate(camera=BenchCamera(bench), leds=bench, clock=bench.clock)
    assert bench.asked[-1] == "off"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BadCalibration):
        load_calibration(text)


@pytest.mark.parametrize("beam", [1.0, 1.4])
def test_the_distance_is_measured_and_corrected_by_a_tape(beam: float) -> None:
    """Lamps of a narrower beam shade the wall more than the formula says: the tape puts that right."""
    u = (np.arange(160) - 79.5) / (80 / np.tan(np.radians(31)))
    q = 1 + u[None, :] ** 2

    def shaded(picture: np.ndarray, state: LedState, i: int) -> np.ndarray:
        over = np.exp(beam * 3 * (0.045 / 0.5) * u[None, :] / q) if state == "side" else 1.0
        return np.asarray(LEVELS["off"] + (picture - LEVELS["off"]) * over)

    bench = Bench(shaded)
    found = calibrate(camera=BenchCamera(bench), leds=bench, clock=bench.clock, true_wall_m=0.5)
    assert found.wall_m == pytest.approx(0.5 / beam, rel=0.06)
    assert load_calibration(found.as_toml()).distance_factor == pytest.approx(beam, rel=0.06)


def test_without_a_tape_nothing_is_corrected() -> None:
    found = load_calibration(run().as_toml())
    assert (found.wall_m, found.distance_factor) == (None, None)  # lamps that shade nothing
    with pytest.raises(BadCalibration, match="wall at"):
        load_calibration(found.as_toml() + "wall_m = 90.0\n")
