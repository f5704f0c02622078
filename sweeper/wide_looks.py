"""Splits a wide look above 2 GHz into the slices that the television tests were made for.

At 20 MS/s one look holds several senders of 2.4 or 5.8 GHz. It is transformed once, in overlapping rows; each
slice is a few of the bins, transformed back (overlap-save), so that any number of slices costs little more
than one. Slices in which nothing stands out are only noted: television is looked for where there is power.

References
----------
Borgerding, "Turning overlap-save into a multiband mixing, downsampling filter bank", IEEE Signal Processing
Magazine 23 (2006), pp. 158-161.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import overload

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from hw.types import IqBlock
from sweeper.errors import BadSamples
from sweeper.plan import HIGH_FROM_HZ, USABLE_SHARE
from sweeper.spectrum import MIN_SAMPLES, check_samples
from sweeper.wide_rates import ROW, slice_bins, slice_places

ComplexArray = NDArray[np.complex64]
OVERLAP = ROW // 8  # 50 µs at 20 MS/s: a slice's filter rings for 10
LEAST_LOOK_S = 0.04  # shorter looks, where samples were lost, hold too few lines to be called a look
OFFSET_BINS = 2  # each side of the tuned frequency: the converter's offset
LOUD_DB = 0.5  # over the quietest slice: half a million samples tell a tenth of that from noise
POWER_ROWS = 4  # every fourth row says where the power is


class LoudSlices(Sequence[IqBlock]):
    """Slices that are made as each is asked for: of a short look most are passed over."""

    def __init__(self, block: IqBlock, rows: ComplexArray, places: Sequence[int], bins: int) -> None:
        self._block, self._rows, self._places, self._bins_each = block, rows, tuple(places), bins
        self.centers_hz = tuple(block.center_hz + place * block.rate_hz / ROW for place in places)
        self.rate_hz = block.rate_hz * bins / ROW
        self.samples_each = len(rows) * (bins - bins * OVERLAP // ROW)  # samples of each

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, number: int) -> IqBlock: ...

    @overload
    def __getitem__(self, number: slice) -> tuple[IqBlock, ...]: ...

    def __getitem__(self, number: int | slice) -> IqBlock | tuple[IqBlock, ...]:
        places = self._places[number]
        if isinstance(places, int):
            return _slice(self._block, self._rows, places, self._bins_each)
        return tuple(_slice(self._block, self._rows, place, self._bins_each) for place in places)


@dataclass(frozen=True, slots=True, kw_only=True)
class WideLook:
    """The slices of a wide look by falling power: those to be tested, and the beginning of the quiet ones."""

    loud: LoudSlices
    quiet: tuple[IqBlock, ...]


def split_wide(block: IqBlock) -> WideLook | None:
    """Split a wide look above `HIGH_FROM_HZ`; None for any other look.

    Parameters
    ----------
    block : IqBlock
        One look.

    Returns
    -------
    WideLook or None
        Its slices, their centres the same in all looks that are tuned to one of them.

    Raises
    ------
    BadSamples
        The look is so short that it says nothing of television, or no receiver gives its samples.
    """
    bins = slice_bins(block.rate_hz)
    if bins == ROW or block.center_hz < HIGH_FROM_HZ:
        return None
    if len(block.samples) < max(LEAST_LOOK_S * block.rate_hz, ROW):
        raise BadSamples(f"{len(block.samples)} samples are too short a look", reason="too_short")
    check_samples(block.samples, rate_hz=block.rate_hz)
    rows = _rows(block.samples)
    spectrum = _mean_power(rows[::POWER_ROWS])
    powers = {place: _power(spectrum, place, bins) for place in slice_places(block.rate_hz)}
    order = sorted(powers, key=lambda place: -powers[place])
    least = powers[order[-1]] * 10 ** (LOUD_DB / 10)
    loud = [place for place in order if place == order[0] or powers[place] > least]
    quiet = order[len(loud) :]
    # Of a quiet slice enough is made to see that the converter is not silent.
    few = rows[: -(-MIN_SAMPLES // (bins - bins * OVERLAP // ROW))]
    return WideLook(
        loud=LoudSlices(block, rows, loud, bins),
        quiet=tuple(_slice(block, few, place, bins) for place in quiet),
    )


def _rows(samples: ComplexArray) -> ComplexArray:
    """Transform overlapping rows, shape (rows, ROW), and leave the converter's offset out."""
    views = np.lib.stride_tricks.sliding_window_view(samples, ROW)[:: ROW - OVERLAP]
    rows = np.asarray(scipy.fft.fft(views, axis=1, workers=1), np.complex64)
    rows[:, :OFFSET_BINS] = 0
    rows[:, -OFFSET_BINS:] = 0
    return rows


def _bins(rows: ComplexArray, place: int, count: int) -> ComplexArray:
    """Return a copy of the bins around ``place``, ascending in frequency, shape (rows, count)."""
    first = (place - count // 2) % ROW
    if first + count <= ROW:
        return rows[:, first : first + count].copy()
    return np.concatenate((rows[:, first:], rows[:, : first + count - ROW]), axis=1)


def _mean_power(rows: ComplexArray) -> NDArray[np.float64]:
    """Power by bin, over some rows."""
    parts = rows.view(np.float32)
    sums = np.einsum("ij,ij->j", parts, parts)
    return np.asarray(sums[0::2] + sums[1::2], np.float64)


def _power(spectrum: NDArray[np.float64], place: int, count: int) -> float:
    wide = round(count * USABLE_SHARE)
    return float(np.take(spectrum, np.arange(place - wide // 2, place - wide // 2 + wide), mode="wrap").sum())


@lru_cache(maxsize=4)
def _filter(count: int) -> NDArray[np.float32]:
    """Return the amplitude of a slice's filter, ascending in frequency: flat, then falling to its edges."""
    away = np.abs(np.arange(count) - count // 2) / count
    fall = np.clip((0.5 - away) / (0.5 - USABLE_SHARE / 2), 0, 1)
    return np.asarray(np.sin(fall * np.pi / 2), np.float32)


def _slice(block: IqBlock, rows: ComplexArray, place: int, count: int) -> IqBlock:
    """Transform the bins of one slice back, and keep of every row what no neighbour row bends into."""
    part = _bins(rows, place, count)
    part *= _filter(count) * np.float32(count / ROW)
    inside = slice(OVERLAP // 2 * count // ROW, (ROW - OVERLAP // 2) * count // ROW)
    samples = scipy.fft.ifft(part, axis=1, workers=1, overwrite_x=True)[:, inside]
    turns = np.exp(-2j * np.pi * (place * (ROW - OVERLAP) * np.arange(len(rows)) / ROW % 1.0))
    # The bins begin with the lowest frequency, not with zero: every other sample has the other sign.
    signs = np.resize(np.array([1, -1]), samples.shape[1])
    samples = samples * (turns[:, None] * signs).astype(np.complex64)
    return replace(
        block,
        t_ns=block.t_ns + round(OVERLAP / 2 * 1e9 / block.rate_hz),
        center_hz=block.center_hz + place * block.rate_hz / ROW,
        rate_hz=block.rate_hz * count / ROW,
        samples=np.asarray(samples.ravel(), np.complex64),
        sample_format="cf32_le",
    )
