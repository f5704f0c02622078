"""Properties of a whole slice: its detection from edge to edge, its usable length, its wide signals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import scipy.fft

from sweeper.detect import Detection
from sweeper.ofdm import OfdmTest
from sweeper.plan import USABLE_SHARE
from sweeper.spectrum import BINS, Spectrum
from sweeper.video import VideoTest

LOUD_DB = 1.0  # a hop's floor this far over the receiver's own may be a signal that fills it
QUICK_PARTS = 16  # halves (the envelope) and eighths (the bands) of a look are whole numbers, and even ones
WIDE_PART_HZ = 0.5e6  # of a slice: a part of something wider
LEAST_EXCESS = 1e-3  # over the floor: −30 dB


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceMeasurement:
    """The measurements of one look, before it is named."""

    t_ns: int
    gain_db: float
    spectrum: Spectrum
    floor: float
    video: VideoTest
    ofdm: OfdmTest
    peaked: float


def is_loud(floor: float, found: tuple[Detection, ...], own_floor: float | None) -> bool:
    """Say whether something wide may be here: only then is the costly search for multicarrier worth it.

    Parameters
    ----------
    floor : float
        The hop's floor, linear power a bin.
    found : tuple of Detection
        What stands above it.
    own_floor : float or None
        The receiver's own floor, linear power a bin; None while unknown.

    Returns
    -------
    bool
        True too while the receiver's floor is unknown.
    """
    return own_floor is None or any_wide(found) or floor > own_floor * 10 ** (LOUD_DB / 10)


def any_wide(found: tuple[Detection, ...]) -> bool:
    """Say whether one of these fills a good part of the slice."""
    return any(d.bandwidth_hz >= WIDE_PART_HZ for d in found)


def from_edge_to_edge(part: Detection, low_hz: float, high_hz: float) -> Detection:
    """Return the whole of a signal of which one slice was heard.

    Parameters
    ----------
    part : Detection
        What was heard of it.
    low_hz, high_hz : float
        The signal's edges, Hz.

    Returns
    -------
    Detection
        Centre and widths from the edges; levels as in ``part``.
    """
    return replace(
        part,
        low_hz=low_hz,
        high_hz=high_hz,
        center_hz=(low_hz + high_hz) / 2,
        bandwidth_hz=high_hz - low_hz,
        width_10db_hz=high_hz - low_hz,
    )


@lru_cache(maxsize=16)
def quick_length(count: int) -> int:
    """Return the largest number of samples up to ``count`` whose halves and eighths are quick to transform.

    A transform of any length with a large factor costs up to ten times as much; four samples in a
    hundred are left out at most, usually far fewer.
    """
    parts = count // QUICK_PARTS
    while parts > 0 and scipy.fft.next_fast_len(parts) != parts:
        parts -= 1
    return QUICK_PARTS * parts


def whole_slice(spectrum: Spectrum, floor: float) -> Detection:
    """Return the detection that stands for everything in the slice, edge to edge.

    Parameters
    ----------
    spectrum : Spectrum
        One look.
    floor : float
        Linear power a bin.

    Returns
    -------
    Detection
        Over the usable share of the rate; its SNR (dB) is the mean excess over the floor, at least −30 dB.
    """
    usable = spectrum.usable(USABLE_SHARE)
    part = spectrum.mean[usable]
    width = len(part) * spectrum.bin_hz
    level = float(part.sum())
    # Samples without any noise have no floor to stand above.
    excess = max(level / (floor * len(part)) - 1, LEAST_EXCESS) if floor > 0 else LEAST_EXCESS
    return Detection(
        low_hz=spectrum.center_hz - width / 2,
        high_hz=spectrum.center_hz + width / 2,
        center_hz=spectrum.center_hz,
        bandwidth_hz=width,
        width_10db_hz=width,
        snr_db=float(10 * np.log10(excess)),
        level_dbfs=float(10 * np.log10(max(level, 1e-20))),
        duty=1.0,
        filled=len(part) <= BINS,
    )
