"""The simulated receiver: levels, determinism, eight bits, faults."""

from __future__ import annotations

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import BadKit, DeviceLost
from hw.protocols import Sdr
from hw.sim.facets import RfFacet
from hw.sim.rf_emitters import emitter_loop
from hw.sim.scene import Pose, Scene, Thing
from hw.sim.sdr import SLICES_BYTES, SimSdr, free_space_loss_db, open_sdr, quantise

CONFIG = HwConfig()


def scene(*, distance_m: float = 2.0, facet: RfFacet | None = None, seed: int = 0) -> Scene:
    things = () if facet is None else (Thing(id="tx", position_m=(0, 1, distance_m), rf=facet),)
    return Scene(
        id="t",
        title_en="t",
        title_ko="t",
        expect=("check",),
        seed=seed,
        path=(Pose(t_s=0, position_m=(0, 1, 0)),),
        things=things,
    )


def level_db(sdr: SimSdr, *, center_hz: float, gain_db: float = 15.0) -> float:
    sdr.tune(center_hz=center_hz, gain_db=gain_db)
    block = sdr.read(count=48_000)
    x = block.samples[4800:] - block.samples[4800:].mean()
    return float(10 * np.log10(np.mean(np.abs(x) ** 2)))


def test_is_an_sdr_and_tells_what_it_gives() -> None:
    clock = ManualClock()
    with SimSdr(scene(), config=CONFIG, clock=clock) as sdr:
        assert isinstance(sdr, Sdr)
        sdr.tune(center_hz=433e6, gain_db=20.0)
        before = clock.now_ns()
        block = sdr.read(count=24_000)
        assert block.t_ns == before == 5_000_000
        assert clock.now_ns() == before + 10_000_000
        assert (block.center_hz, block.gain_db, block.rate_hz) == (433e6, 20.0, 2.4e6)
        assert block.samples.dtype == np.complex64
        assert len(block.samples) == 24_000


def test_samples_are_bytes_of_a_dongle() -> None:
    sdr = SimSdr(scene(), config=CONFIG, clock=ManualClock())
    codes = sdr.read(count=5000).samples.view(np.float32) * 127.5 + 127.5
    assert np.abs(codes - np.rint(codes)).max() < 1e-4
    assert codes.min() >= 0
    assert codes.max() <= 255


def test_level_falls_with_distance_as_in_free_space() -> None:
    facet = RfFacet(waveform="carrier", center_hz=900e6, power_dbm=-3.0)
    near, far = (
        SimSdr(scene(distance_m=d, facet=facet), config=CONFIG, clock=ManualClock()) for d in (1.0, 8.0)
    )
    fall = level_db(near, center_hz=900.3e6) - level_db(far, center_hz=900.3e6)
    assert fall == pytest.approx(18.06, abs=0.5)
    assert free_space_loss_db(1.0, hz=900e6) == pytest.approx(31.5, abs=0.1)


def test_a_broadcast_does_not_care_where_the_hand_is() -> None:
    facet = RfFacet(waveform="fm-broadcast", center_hz=91.9e6, power_dbm=50.0, far_away=True)
    levels = [
        level_db(SimSdr(scene(distance_m=d, facet=facet), config=CONFIG, clock=ManualClock()), center_hz=92e6)
        for d in (0.5, 4.0)
    ]
    assert levels[0] == pytest.approx(levels[1], abs=0.2)


def test_too_strong_a_signal_clips_and_says_so() -> None:
    facet = RfFacet(waveform="carrier", center_hz=900e6, power_dbm=20.0)
    sdr = SimSdr(scene(facet=facet), config=CONFIG, clock=ManualClock())
    sdr.tune(center_hz=900.2e6, gain_db=40.0)
    assert sdr.read(count=10_000).clipped_share > 0.2
    sdr.tune(center_hz=900.2e6, gain_db=1.0)
    assert sdr.read(count=10_000).clipped_share < 0.001


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    facet = RfFacet(waveform="analog-video", center_hz=1160e6)
    blocks = []
    for seed in (3, 3, 4):
        sdr = SimSdr(scene(facet=facet, seed=seed), config=CONFIG, clock=ManualClock())
        sdr.tune(center_hz=1161e6)
        blocks.append(sdr.read(count=20_000).samples)
    assert np.array_equal(blocks[0], blocks[1])
    assert not np.array_equal(blocks[0], blocks[2])


def test_nothing_is_heard_of_what_lies_outside_the_slice() -> None:
    facet = RfFacet(waveform="lte", center_hz=879e6, power_dbm=0.0)
    silent = level_db(SimSdr(scene(), config=CONFIG, clock=ManualClock()), center_hz=900e6)
    beside = level_db(SimSdr(scene(facet=facet), config=CONFIG, clock=ManualClock()), center_hz=900e6)
    inside = level_db(SimSdr(scene(facet=facet), config=CONFIG, clock=ManualClock()), center_hz=880e6)
    assert beside == pytest.approx(silent, abs=0.2)
    assert inside > silent + 10


def test_a_pulled_plug_is_a_lost_device() -> None:
    sdr = open_sdr(target="empty-room?unplug=rf@0.02-0.05", config=CONFIG, clock=(clock := ManualClock()))
    sdr.read(count=48_000)
    assert clock.now_ns() == 20_000_000
    assert not sdr.health().ok
    with pytest.raises(DeviceLost):
        sdr.read(count=100)
    clock.sleep_until(60_000_000)
    assert sdr.health().ok
    sdr.close()
    sdr.close()
    with pytest.raises(DeviceLost):
        sdr.read(count=100)


def test_no_such_scene() -> None:
    with pytest.raises(BadKit):
        open_sdr(target="no-such-room", config=CONFIG, clock=ManualClock())


def test_quantise_counts_what_hits_the_ends() -> None:
    samples, clipped = quantise(np.array([0, 2, -2j, 0.1], np.complex64))
    assert clipped == pytest.approx(2 / 8)
    assert samples[1].real == 1.0
    assert samples[2].imag == -1.0


@pytest.mark.parametrize("order", [1, 2, 3])
def test_an_overloads_product_falls_by_its_order(order: int) -> None:
    facet = RfFacet(waveform="carrier", center_hz=500.3e6, power_dbm=-30.0, receiver_order=order)
    with SimSdr(scene(facet=facet, distance_m=1.0), config=CONFIG, clock=ManualClock()) as sdr:
        levels = [level_db(sdr, center_hz=500e6, gain_db=gain_db) for gain_db in (29.7, 24.7)]
    assert levels[0] - levels[1] == pytest.approx(5.0 * order, abs=0.5)


def test_what_it_keeps_ready_is_bounded_by_its_bytes_and_made_anew_the_same() -> None:
    facet = RfFacet(waveform="fm-broadcast", center_hz=92e6, power_dbm=60.0, bandwidth_hz=2e5, far_away=True)
    sdr = SimSdr(scene(facet=facet), config=CONFIG, clock=ManualClock())
    loop = emitter_loop(facet, seed=0, name="tx")
    first = sdr._slice("tx", loop, 0.0).copy()
    for step in range(1, 6):
        sdr._slice("tx", loop, step * 1e5)
        assert sum(part.nbytes for part in sdr._slices.values()) <= SLICES_BYTES
    assert ("tx", 0.0) not in sdr._slices
    assert np.array_equal(sdr._slice("tx", loop, 0.0), first)
