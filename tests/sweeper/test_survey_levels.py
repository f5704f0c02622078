"""Steady energy that is no Wi-Fi, told from Wi-Fi, hopping, ovens and counters that lie."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.survey_levels import (
    RAISED_DB,
    AirtimeDwell,
    ChannelBaseline,
    ChannelLevel,
    find_energy,
    is_implausible,
    measure_channel,
    watched,
)

CHANNELS_HZ = tuple(2407e6 + 5e6 * n for n in range(1, 14))


def dwells(
    center_hz: float,
    *,
    energy: float = 0.01,
    frames: float | None = 0.02,
    noise_dbm: int | None = -95,
    count: int = 6,
    time_ms: int = 200,
) -> list[AirtimeDwell]:
    """Some dwells in which so much of the time is energy without frames, and so much frames."""
    busy = None if frames is None and energy < 0 else round((energy + (frames or 0.0)) * time_ms)
    return [
        AirtimeDwell(
            t_ns=n * 1_000_000_000,
            center_hz=center_hz,
            time_ms=time_ms,
            busy_ms=busy,
            frames_ms=None if frames is None else round(frames * time_ms),
            noise_dbm=noise_dbm,
        )
        for n in range(count)
    ]


def band(**special: dict[str, object]) -> list[ChannelLevel]:
    """All channels of 2.4 GHz; ``special`` says by channel number what is different there."""
    found = []
    for number, center_hz in enumerate(CHANNELS_HZ, start=1):
        how = special.get(f"ch{number}", {})
        found.append(measure_channel(dwells(center_hz, **how)))  # type: ignore[arg-type]
    return found


STRONG: dict[str, object] = {"energy": 1.0, "frames": 0.0}


def test_an_ordinary_band_holds_nothing() -> None:
    assert find_energy(band(), {}) == ()


def test_channels_that_are_busy_without_a_frame_are_one_sender() -> None:
    (found,) = find_energy(band(ch3=STRONG, ch4=STRONG, ch5=STRONG), {})
    assert (found.low_hz, found.high_hz) == (2412e6, 2442e6)
    assert (found.channels, found.busy, found.silent) == (3, True, True)
    assert found.energy_share == pytest.approx(1.0)
    assert found.watched_ms == 3600


@pytest.mark.parametrize(
    "what",
    [
        {"energy": 0.02, "frames": 0.95},  # a network at its limit
        {"energy": 0.93, "frames": 0.03},  # so much beside frames that are heard all the same
        {"energy": 0.5, "frames": 0.0},  # an oven
        {"energy": 0.15, "frames": 0.0},  # hopping
        {"energy": 1.0, "frames": None},  # a driver that counts no frames: busy may be anything
    ],
)
def test_what_is_no_steady_sender_is_not_taken_for_one(what: dict[str, object]) -> None:
    assert find_energy(band(ch6=what), {}) == ()


def test_one_pause_in_a_dwell_of_many_is_no_steady_sender() -> None:
    rows = dwells(2437e6, energy=1.0, frames=0.0, count=10)
    half = [*rows[:7], *dwells(2437e6, energy=0.3, frames=0.0, count=3)]
    assert not measure_channel(half).steady
    assert measure_channel(rows).steady


def test_a_floor_that_rises_on_some_channels_is_a_sign_and_on_all_of_them_none() -> None:
    up: dict[str, object] = {"noise_dbm": -70, "frames": 0.0}
    (found,) = find_energy(band(ch6=up, ch7=up), {})
    assert found.raised_db == 25.0
    assert not found.busy
    assert found.noise_dbm == -70.0
    everywhere = band(**{f"ch{n}": up for n in range(1, 14)})
    assert find_energy(everywhere, {}) == ()
    assert find_energy(band(ch6={**up, "frames": 0.2}), {}) == ()  # its frames are heard: no carrier over it


def test_against_a_baseline_a_channel_must_stand_out_from_it() -> None:
    usual = {2437e6: ChannelBaseline(noise_dbm=-72.0, energy_share=0.8)}
    noisy = band(ch6={"noise_dbm": -70, "frames": 0.0})
    assert find_energy(noisy, {}) != ()
    assert find_energy(noisy, usual) == ()
    louder = band(ch6={"noise_dbm": -72 + int(RAISED_DB), "frames": 0.0})
    assert find_energy(louder, usual)[0].raised_db == RAISED_DB
    busy = band(ch6={"energy": 0.95, "frames": 0.0})
    assert find_energy(busy, {}) != ()
    assert find_energy(busy, usual) == ()


def test_counters_that_call_every_channel_busy_are_not_believed() -> None:
    lying = band(**{f"ch{n}": STRONG for n in range(1, 12)})
    assert is_implausible(lying)
    assert find_energy(lying, {}) == ()
    assert not is_implausible(band(ch1=STRONG, ch2=STRONG))


def test_a_channel_is_judged_after_half_a_second_and_three_dwells() -> None:
    assert not watched(dwells(2437e6, count=2, time_ms=1000))
    assert not watched(dwells(2437e6, count=3, time_ms=100))
    assert watched(dwells(2437e6, count=3, time_ms=200))


def test_shares_never_leave_their_range() -> None:
    rng = np.random.default_rng(5)
    for _ in range(200):
        busy, frames = (int(n) for n in rng.integers(0, 400, 2))
        dwell = AirtimeDwell(
            t_ns=0, center_hz=2437e6, time_ms=200, busy_ms=busy, frames_ms=frames, noise_dbm=None
        )
        assert dwell.energy_share is not None
        assert 0.0 <= dwell.energy_share <= 1.0
        assert 0.0 <= (measure_channel([dwell]).energy_share or 0.0) <= 1.0
