"""What an overloaded receiver makes itself is told by the gain; what is on the air stays what it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.sim.sdr import open_sdr
from sweeper.config import SweeperConfig
from sweeper.gain_step_test import MAX_HOPS, GainLooks
from sweeper.model import OVERLOAD
from sweeper.plan import MAX_GAIN_TESTS, Planner
from sweeper.sweeper import Sweeper
from sweeper.views import CELLS, HopLevels

HOP_HZ = 500e6
HIGH_DB, LOW_DB = 29.7, 19.7
SCENE = """
id = "overload"
title_en = "x"
title_ko = "x"
truth = "analog-low"
expect = ["check"]
duration_s = 30.0
[room]
width_m = 2.0
height_m = 2.4
depth_m = 1.2
[[path]]
t_s = 0.0
position_m = [1.0, 1.2, 0.6]
[[things]]
id = "sender"
position_m = [1.0, 1.2, 3.6]
camera = true
rf = {{ waveform = "{waveform}", center_hz = {hz}, power_dbm = -15.0, receiver_order = {order} }}
"""


def levels(power: np.ndarray, *, t_s: float, clipped: bool = False) -> HopLevels:
    db = np.asarray(10 * np.log10(power), np.float32)
    return HopLevels(
        t_ns=round(t_s * 1e9),
        center_hz=HOP_HZ,
        width_hz=2e6,
        mean_db=db,
        peak_db=db,
        floor_db=float(db.min()),
        clipped=clipped,
    )


def looks(
    *, signal_db: float, order: int, floor_falls: bool, cells: slice, fades: tuple[float, ...] = ()
) -> GainLooks:
    """Five looks, gain taken off; the floor is 0 dB at the high gain, the signal so far above it."""
    kept = GainLooks()
    rng = np.random.default_rng(1)
    for i, gain_db in enumerate((HIGH_DB, LOW_DB, HIGH_DB, LOW_DB, HIGH_DB)):
        less_db = HIGH_DB - gain_db
        power = np.full(CELLS, 1.0 if floor_falls else 10 ** (less_db / 10))
        fade_db = fades[i] if fades else 0.0
        power[cells] += 10 ** ((signal_db - (order - 1) * less_db - fade_db) / 10)
        power *= rng.gamma(400, 1 / 400, CELLS)
        kept.add(levels(power, t_s=i * 0.03), gain_db=gain_db)
    return kept


def order(kept: GainLooks, cells: slice) -> float | None:
    low_hz = HOP_HZ - 1e6 + cells.start * 2e6 / CELLS
    return kept.order(HOP_HZ, low_hz, low_hz + (cells.stop - cells.start) * 2e6 / CELLS)


@pytest.mark.parametrize("floor_falls", [True, False])
@pytest.mark.parametrize("cells", [slice(20, 30), slice(0, CELLS)])
@pytest.mark.parametrize("signal_db", [20.0, 35.0])
def test_a_product_falls_faster_than_the_gain_and_a_transmission_does_not(
    signal_db: float, cells: slice, floor_falls: bool
) -> None:
    real, second, third = (
        order(looks(signal_db=signal_db, order=n, floor_falls=floor_falls, cells=cells), cells)
        for n in (1, 2, 3)
    )
    assert real is not None
    assert real < 1.2
    assert second is not None
    assert third is not None
    assert third >= 1.5
    assert second > real + 0.3


@given(
    signal_db=st.floats(-10, 40),
    floor_falls=st.booleans(),
    first=st.integers(0, 50),
    width=st.integers(1, 64),
    fade_db=st.floats(-30, 30),
    faded=st.integers(0, 4),
)
def test_no_transmission_is_ever_called_a_product_for_one_fade(
    signal_db: float, floor_falls: bool, first: int, width: int, fade_db: float, faded: int
) -> None:
    cells = slice(first, min(first + width, CELLS))
    fades = tuple(fade_db if i == faded else 0.0 for i in range(5))
    kept = looks(signal_db=signal_db, order=1, floor_falls=floor_falls, cells=cells, fades=fades)
    found = order(kept, cells)
    assert found is None or found < 1.5


def test_too_few_looks_clipped_ones_and_ones_far_apart_say_nothing() -> None:
    whole = slice(0, CELLS)
    kept = GainLooks()
    assert kept.order(HOP_HZ, 0, 1e9) is None
    for i, gain_db in enumerate((HIGH_DB, LOW_DB, HIGH_DB, LOW_DB)):
        kept.add(levels(np.full(CELLS, 1.0), t_s=i), gain_db=gain_db)
    assert order(kept, whole) is None
    kept.add(levels(np.full(CELLS, 1.0), t_s=60.0), gain_db=HIGH_DB)
    assert order(kept, whole) is None
    for i, gain_db in enumerate((HIGH_DB, LOW_DB) * 3):
        kept.add(levels(np.full(CELLS, 1.0), t_s=i * 0.03, clipped=gain_db == HIGH_DB), gain_db=gain_db)
    assert order(kept, whole) is None


def test_it_is_bounded() -> None:
    kept = GainLooks()
    for i in range(3 * MAX_HOPS):
        one = levels(np.full(CELLS, 1.0), t_s=i)
        kept.add(
            HopLevels(**{n: getattr(one, n) for n in one.__slots__} | {"center_hz": 1e8 + i}), gain_db=1.0
        )
    assert len(kept) == MAX_HOPS


def test_the_plan_drops_the_gain_twice_once_a_round() -> None:
    planner = Planner((5e8, 6e8), config=SweeperConfig())
    for _ in range(5):
        planner.drop_gain(5e8, gain_db=29.7, by_db=10.0)
    for i in range(3 * MAX_GAIN_TESTS):
        planner.drop_gain(6e8 + i, gain_db=29.7, by_db=10.0)
    hops = [planner.take() for _ in range(4 * MAX_GAIN_TESTS + 1)]
    assert [round(h.gain_db, 1) for h in hops[:4]] == [19.7, 29.7] * 2
    assert {h.center_hz for h in hops[:4]} == {5e8}
    assert hops[-1].center_hz == 5e8  # the round goes on
    assert hops[-1].gain_db == 29.7
    low = Planner((5e8,), config=SweeperConfig(gain_db=5.0))
    low.drop_gain(5e8, gain_db=5.0, by_db=10.0)
    assert low.take().gain_db == 5.0  # there is no room below


def sweep(folder: Path, *, waveform: str, hz: float, order: int, tests_gain: bool) -> Sweeper:
    scene = folder / f"overload-{order}.toml"  # a scene once read is kept
    scene.write_text(SCENE.format(waveform=waveform, hz=hz, order=order))
    clock = ManualClock()
    near = ((hz - 3e6, hz + 3e6),)
    config = SweeperConfig(ranges_hz=near, gain_drop_test=tests_gain)
    sweeper = Sweeper(
        sdr=open_sdr(target=str(scene), config=HwConfig(), clock=clock), clock=clock, config=config
    )
    while clock.now_ns() < 1e9:
        sweeper.step()
    return sweeper


@pytest.mark.parametrize(("waveform", "hz"), [("analog-video", 1_240e6), ("cofdm", 345e6)])
def test_an_overload_is_no_camera_and_a_camera_is_no_overload(
    tmp_path: Path, waveform: str, hz: float
) -> None:
    untested = sweep(tmp_path, waveform=waveform, hz=hz, order=3, tests_gain=False)
    assert max(e.scores["camera"] for e in untested.observations()) > 0.5
    product = sweep(tmp_path, waveform=waveform, hz=hz, order=3, tests_gain=True)
    assert max(e.scores["camera"] for e in product.observations()) < 0.1
    told = [e for e in product.observations() if e.service == OVERLOAD and e.bandwidth_hz > 4e6]
    assert [e.kind for e in told] == ["self-noise"]
    assert told[0].measures["gain_order"] >= 1.5
    camera = sweep(tmp_path, waveform=waveform, hz=hz, order=1, tests_gain=True)
    best = max(camera.observations(), key=lambda e: e.scores["camera"])
    assert best.scores["camera"] > 0.5
    assert best.measures["gain_order"] < 1.25
