"""A wide look is split into slices that are what a narrow receiver would have given."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hw.types import IqBlock
from sweeper.errors import BadSamples
from sweeper.wide_looks import OVERLAP, split_wide

RATE_HZ, CENTER_HZ = 20e6, 5800e6
COUNT = 1_020_000


def noise(seed: int = 1, count: int = COUNT, level: float = 0.01) -> NDArray[np.complex64]:
    rng = np.random.default_rng(seed)
    return np.asarray(
        level * rng.standard_normal((count, 2), dtype=np.float32).view(np.complex64)[:, 0], np.complex64
    )


def tone(offset_hz: float, level: float = 0.1, count: int = COUNT) -> NDArray[np.complex64]:
    turns = offset_hz / RATE_HZ * np.arange(count) % 1.0
    return np.asarray(level * np.exp(2j * np.pi * turns), np.complex64)


def block(samples: NDArray[np.complex64], center_hz: float = CENTER_HZ, rate_hz: float = RATE_HZ) -> IqBlock:
    return IqBlock(
        t_ns=1000, center_hz=center_hz, rate_hz=rate_hz, gain_db=30.0, samples=samples, clipped_share=0.01
    )


@pytest.mark.parametrize("offset_hz", [-6.9e6, -3.1e6, 0.4e6, 2.0e6, 6.5e6])
def test_a_tone_keeps_its_frequency_its_level_and_its_phase(offset_hz: float) -> None:
    look = split_wide(block(noise(level=1e-4) + tone(offset_hz)))
    assert look is not None
    heard = look.loud[0]
    assert heard.rate_hz == 2.4e6
    assert abs(heard.center_hz - CENTER_HZ - offset_hz) <= 2.4e6 * 5 / 6 / 2
    here_hz = CENTER_HZ + offset_hz - heard.center_hz
    steady = 0.1 * np.exp(2j * np.pi * (here_hz / 2.4e6 * np.arange(len(heard.samples)) % 1.0))
    turn = np.vdot(steady, heard.samples) / np.vdot(steady, steady)
    assert abs(turn) == pytest.approx(1.0, abs=1e-3)
    assert np.abs(heard.samples - turn * steady).max() < 2e-3  # no row begins with a phase of its own
    assert heard.t_ns == 1000 + round(OVERLAP / 2 / RATE_HZ * 1e9)
    assert (heard.gain_db, heard.clipped_share) == (30.0, 0.01)


def test_slices_lie_side_by_side_and_noise_is_shared_among_them() -> None:
    look = split_wide(block(noise()))
    assert look is not None
    centres = np.sort([part.center_hz for part in (*look.loud, *look.quiet)])
    assert len(centres) == 7
    assert np.diff(centres) == pytest.approx(2.0e6)
    assert len(look.loud) == 1  # always one, and no more where nothing stands out
    for part in (*look.loud, *look.quiet):
        assert np.mean(np.abs(part.samples) ** 2) == pytest.approx(2e-4 * 0.12 * 0.92, rel=0.05)


def test_a_look_at_one_of_its_slices_has_the_same_slices() -> None:
    look = split_wide(block(noise()))
    assert look is not None
    centres = {part.center_hz for part in (*look.loud, *look.quiet)}
    again = split_wide(block(noise(), center_hz=max(centres)))
    assert again is not None
    assert max(centres) in {part.center_hz for part in (*again.loud, *again.quiet)}
    assert len(centres & {part.center_hz for part in (*again.loud, *again.quiet)}) == 4


def test_two_senders_are_two_loud_slices_the_stronger_first() -> None:
    look = split_wide(block(noise() + tone(-3.8e6, 0.02) + tone(4.0e6, 0.1)))
    assert look is not None
    assert [round((part.center_hz - CENTER_HZ) / 1e6) for part in look.loud] == [4, -4]


def test_the_converters_offset_is_in_no_slice() -> None:
    look = split_wide(block(noise() + np.complex64(0.3 + 0.2j)))
    assert look is not None
    middle = next(p for p in (*look.loud, *look.quiet) if p.center_hz == CENTER_HZ)
    assert np.mean(np.abs(middle.samples) ** 2) == pytest.approx(2e-4 * 0.12 * 0.92, rel=0.05)


@pytest.mark.parametrize(
    ("center_hz", "rate_hz"), [(0.0, 20e6), (1200e6, 20e6), (5800e6, 2.4e6), (5800e6, 4.7e6)]
)
def test_other_looks_are_left_as_they_are(center_hz: float, rate_hz: float) -> None:
    assert split_wide(block(noise(), center_hz=center_hz, rate_hz=rate_hz)) is None


@pytest.mark.parametrize("count", [0, 1, 7999, 799_999])
def test_a_look_in_which_samples_were_lost_is_none(count: int) -> None:
    with pytest.raises(BadSamples) as caught:
        split_wide(block(noise(count=count)))
    assert caught.value.reason == "too_short"
