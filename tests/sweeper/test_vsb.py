"""ATSC is known by its pilot, in any band; nothing else is."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from sweeper.spectrum import measure_spectrum
from sweeper.vsb import CHANNEL_HZ, MAX_CHANNELS, Pilot, Pilots, find_pilot
from tests.sweeper.air import MAKERS, RATE_HZ, heard, loop

CENTER_HZ = 563e6
PILOT_OFFSET_HZ = -3e6 + 309_440.0


def pilot_of(
    name: str | None, *, offset_hz: float, snr_db: float, seed: int = 1, seconds: float = 0.025
) -> Pilot | None:
    samples = heard(name, snr_db=snr_db, offset_hz=offset_hz, seconds=seconds, seed=seed)
    return find_pilot(measure_spectrum(samples, center_hz=CENTER_HZ + offset_hz, rate_hz=RATE_HZ))


@pytest.mark.parametrize("shift_hz", [-0.45e6, 0.1e6, 0.5e6])
@pytest.mark.parametrize("snr_db", [8.0, 20.0])
def test_the_pilot_is_found_where_it_is(shift_hz: float, snr_db: float) -> None:
    for seed in range(3):
        found = pilot_of("atsc", offset_hz=PILOT_OFFSET_HZ + shift_hz, snr_db=snr_db, seed=seed)
        assert found is not None
        assert found.hz == pytest.approx(CENTER_HZ + PILOT_OFFSET_HZ, abs=2.5e3)
        assert found.low_hz == pytest.approx(CENTER_HZ - 3e6, abs=3e3)
        assert 15 < found.line_db < 26


def test_slices_without_the_pilot_have_none() -> None:
    for offset_hz in (-1e6, 0.0, 1e6, 2.5e6):
        assert pilot_of("atsc", offset_hz=offset_hz, snr_db=20) is None


@pytest.mark.parametrize("name", [None, *(n for n in MAKERS if n != "atsc")])
def test_nothing_else_has_one(name: str | None) -> None:
    reach_hz = 5e6 if name is None else loop(name).half_width_hz + 0.9e6
    for offset_hz in (hz for hz in (-3.8e6, -0.7e6, 0.6e6) if abs(hz) < reach_hz):
        assert pilot_of(name, offset_hz=offset_hz, snr_db=20) is None


def test_a_carrier_beside_multicarrier_is_no_pilot() -> None:
    for place_hz in (-0.9e6, -0.5e6, -0.1e6, 0.05e6, 0.1e6, 0.15e6, 0.2e6, 0.3e6, 0.4e6, 0.9e6):
        x = heard("dvb-t", snr_db=20, offset_hz=-3.8e6, seconds=0.025)
        turns = place_hz / RATE_HZ * np.arange(len(x))
        x = x + np.complex64(0.1) * np.exp(2j * np.pi * turns).astype(np.complex64)
        assert find_pilot(measure_spectrum(x, center_hz=CENTER_HZ, rate_hz=RATE_HZ)) is None


@pytest.mark.parametrize("rate_hz", [0.25e6, 2.4e6, 8e6, 10e6, 20e6, 61e6])
def test_a_look_of_any_width_is_asked_without_a_warning(rate_hz: float) -> None:
    x = heard("carrier", snr_db=20, seconds=0.025)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find_pilot(measure_spectrum(x, center_hz=CENTER_HZ, rate_hz=rate_hz)) is None


def test_the_table_is_bounded_and_asks_do_not_last() -> None:
    pilots = Pilots()
    asked = [pilots.ask(563e6) for _ in range(6)]
    assert [a is not None for a in asked] == [True] * 3 + [False] * 3
    assert asked[0] == pytest.approx(560.62e6, abs=0.01e6)
    for i in range(3 * MAX_CHANNELS):
        pilots.note(Pilot(hz=1e8 + i * CHANNEL_HZ, line_db=20, step_db=20))
        pilots.ask(1e8 + i * CHANNEL_HZ)
    assert len(pilots) == 2 * MAX_CHANNELS
    last = Pilot(hz=5e8, line_db=20, step_db=20)
    pilots.note(last)
    assert pilots.at(5e8 + 5e6) == last
    assert pilots.at(5e8 - 0.4e6) != last
