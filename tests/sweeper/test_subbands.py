"""The two ways to listen for television, and what the raster tests make of them."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.comb import find_comb
from sweeper.field_sides import side_ratio
from sweeper.subbands import in_phase, sub_bands
from tests.sweeper.air import RATE_HZ, heard


def test_bands_that_pulse_together_are_counted_once() -> None:
    """Rows are uncorrelated and of unit variance, also where one event fills them all."""
    rng = np.random.default_rng(1)
    gate = np.repeat(rng.random(6000) < 0.1, 40)
    noise = (rng.standard_normal(240_000) + 1j * rng.standard_normal(240_000)) * (0.1 + 2 * gate)
    rows = sub_bands(noise.astype(np.complex64), rate_hz=RATE_HZ).rows
    assert rows.shape == (8, 30_000)
    assert np.cov(rows) == pytest.approx(np.eye(8), abs=0.01)


def test_the_video_is_what_is_in_phase_with_the_carrier() -> None:
    """A carrier at any frequency, modulated by a known tone: the row is the tone, up to its sign."""
    n = np.arange(240_000)
    tone = np.cos(2 * np.pi * 15_625 / RATE_HZ * n)
    turn = np.exp(2j * np.pi * (123_456.7 / RATE_HZ * n + 0.3))
    x = ((1 + 0.2 * tone) * turn).astype(np.complex64)
    channels = in_phase(x, rate_hz=RATE_HZ)
    assert channels is not None
    assert channels.rate_hz == RATE_HZ / 4
    row = channels.rows[0]
    wanted = tone[: len(row) * 4].reshape(-1, 4).mean(axis=1)
    assert abs(np.corrcoef(row, wanted)[0, 1]) > 0.99


@pytest.mark.parametrize("name", [None, "cofdm", "dvb-t", "lte"])
def test_no_carrier_no_phase(name: str | None) -> None:
    assert in_phase(heard(name, snr_db=20), rate_hz=RATE_HZ) is None


@pytest.mark.parametrize("name", ["pal-vsb", "ntsc-vsb"])
def test_weak_am_video_is_heard_in_phase(name: str) -> None:
    channels = in_phase(heard(name, snr_db=-10, offset_hz=0.2e6), rate_hz=RATE_HZ)
    assert channels is not None
    comb = find_comb(channels)
    assert comb.standard == name[:-4]
    assert comb.nats > 25


@pytest.mark.parametrize("name", ["supply-noise", "supply-carrier", "supply-ringing"])
def test_a_supply_has_the_lines_but_its_lines_are_alike(name: str) -> None:
    """What is the same in every line speaks against a picture, the more the stronger it is."""
    channels = sub_bands(heard(name, snr_db=20), rate_hz=RATE_HZ)
    comb = find_comb(channels)
    assert comb.bare > 50
    side = side_ratio(channels, line_hz=comb.line_hz, half_lines=625 if comb.standard == "pal" else 525)
    assert side is not None
    assert side < 0


def test_the_sides_need_two_frames() -> None:
    channels = sub_bands(heard("pal-fm", snr_db=10, seconds=0.07), rate_hz=RATE_HZ)
    comb = find_comb(channels)
    assert comb.nats > 50
    assert (
        side_ratio(channels, line_hz=comb.line_hz, half_lines=625 if comb.standard == "pal" else 525) is None
    )
