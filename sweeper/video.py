"""Is there analog television in this slice? The comb at the line rate, and the fields that modulate it.

FM video sweeps in and out of a narrow slice once a line, AM video carries its syncs outright: either way the
power ``|x|²`` repeats with the lines, whatever the offset from the carrier. Its spectrum has lines at
multiples of the line rate, and around each of them lines at multiples of the field rate, because no picture
is the same in every line and every field has its vertical blanking. A supply that switches at the line rate
has the first and not the second; what the mains modulates onto it lies at even multiples of the field rate,
so only odd multiples are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
StandardName = Literal["pal", "ntsc"]
LINE_HZ: dict[StandardName, float] = {"pal": 15_625.0, "ntsc": 4.5e6 / 286}  # ITU-R BT.470
HALF_LINES = {"pal": 625, "ntsc": 525}  # half lines a field: the field rate is 2·line rate / this
HARMONICS = 36  # up to 0.57 MHz: later ones carry little after the slice's filter
PPM_REACH, PPM_STEP = 120.0, 4.0  # crystals of cheap cameras; 4 ppm is half a bin at the last harmonic
WINDOW_HZ = 1500.0  # each side, for the local background
BACKGROUND_QUANTILE = 0.9  # of the window: bursts make combs of their own, a median would not see them
LINE_CAP, SIDE_CAP = 12.0, 8.0  # one line may not speak for all: ratios to the background are capped
SIDE_HARMONICS = 8
SIDE_ORDERS = np.array([3, 5, 7, 9, 11, 13, 15, 17, 19, 21])  # odd multiples of the field rate
COMB_NEEDED = 75.0  # capped sum over 36 exponential values: 1e-7 a slice over noise, with the search
SIDE_NEEDED_SIGMA = 4.5
RESOLVE_HZ = 11.0  # a look must be long enough to tell field lines (50 Hz apart) from what is between
CONTROL_SHARES = np.array([-0.4, -0.3, -0.2, 0.2, 0.3, 0.4])  # of the field rate: between its lines


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTest:
    """What the line-rate test says of one slice.

    ``comb`` is the capped sum over the harmonics (36 expected over noise), ``side_sigma`` the excess between
    them in standard deviations (None where the look was too short), ``score`` the probability of video,
    video and not being equally likely beforehand.
    """

    standard: StandardName
    line_hz: float
    comb: float
    comb_db: float
    side_sigma: float | None
    score: float

    @property
    def is_comb(self) -> bool:
        """The lines are there, whatever makes them."""
        return self.comb >= COMB_NEEDED

    @property
    def is_video(self) -> bool:
        """The lines are there and the fields between them."""
        return self.is_comb and self.side_sigma is not None and self.side_sigma >= SIDE_NEEDED_SIGMA


def envelope_spectrum(samples: NDArray[np.complex64]) -> FloatArray:
    """Return ``|rfft(|x|²)|²`` after averaging pairs, shape (n // 4 + 1,).

    The mean of the samples is taken off first: a receiver's offset would leak the signal itself into it.
    """
    n = len(samples) // 2 * 2
    x = samples[:n] - samples[:n].mean()
    power = x.real**2 + x.imag**2
    pairs = power[0::2] + power[1::2]
    pairs -= pairs.mean()
    transform = scipy.fft.rfft(pairs, workers=1)
    return np.asarray(transform.real**2 + transform.imag**2, np.float32)


def find_video(samples: NDArray[np.complex64], *, rate_hz: float) -> VideoTest:
    """Look for PAL and NTSC in one slice and return the better one.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        10 ms or more; the fields are told apart from 35 ms on.
    rate_hz : float
        Sample rate, at least 1.2 MS/s for all harmonics.
    """
    power = envelope_spectrum(samples)
    bin_hz = rate_hz / (len(samples) // 2 * 2)
    tests = [_test_standard(power, bin_hz, name) for name in LINE_HZ]
    return max(tests, key=lambda t: (t.comb, t.standard))


def _test_standard(power: FloatArray, bin_hz: float, standard: StandardName) -> VideoTest:
    nominal = LINE_HZ[standard]
    orders = np.arange(1, HARMONICS + 1)
    reach = round(WINDOW_HZ / bin_hz)
    last = len(power) - reach - 1
    orders = orders[orders * nominal / bin_hz < last]
    middle = np.round(orders * nominal / bin_hz).astype(np.int64)
    around = power[middle[:, None] + np.arange(-reach, reach + 1)]
    background = np.quantile(around, BACKGROUND_QUANTILE, axis=1) / -np.log(1 - BACKGROUND_QUANTILE)
    background = background.astype(np.float32) + np.float32(1e-30)
    ppm = np.arange(-PPM_REACH, PPM_REACH + PPM_STEP / 2, PPM_STEP)
    lines = nominal * (1 + ppm * 1e-6)
    index = np.round(lines[:, None] * orders / bin_hz).astype(np.int64)
    ratio = power[index] / background
    combs = np.minimum(ratio, LINE_CAP).sum(axis=1)
    best = int(np.argmax(combs))
    side = _side_excess(power, bin_hz, lines[best], HALF_LINES[standard])
    comb = float(combs[best]) * HARMONICS / max(len(orders), 1)
    return VideoTest(
        standard=standard,
        line_hz=float(lines[best]),
        comb=comb,
        comb_db=float(10 * np.log10(np.maximum(np.median(ratio[best][:8]), 1e-3))),
        side_sigma=side,
        score=_score(comb, side),
    )


def _side_excess(power: FloatArray, bin_hz: float, line_hz: float, half_lines: int) -> float | None:
    """Excess at odd multiples of the field rate over what lies between them, in standard deviations."""
    if bin_hz > RESOLVE_HZ:
        return None
    field_hz = 2 * line_hz / half_lines
    orders = np.arange(1, SIDE_HARMONICS + 1)
    sides = np.concatenate([-SIDE_ORDERS, SIDE_ORDERS])
    side_hz = orders[:, None] * line_hz + sides * field_hz
    control_hz = side_hz[:, :, None] + CONTROL_SHARES * field_hz
    control = power[np.round(control_hz / bin_hz).astype(np.int64)].mean(axis=2)
    control = (control + np.roll(control, 1, axis=1) + np.roll(control, -1, axis=1)) / 3 + 1e-30
    ratio = np.minimum(power[np.round(side_hz / bin_hz).astype(np.int64)] / control, SIDE_CAP)
    return float((ratio.mean() - 1) * np.sqrt(ratio.size))


def _score(comb: float, side: float | None) -> float:
    """Probability from the two numbers; either alone is not enough."""
    if side is None:
        lean = min((comb - COMB_NEEDED) / 12, 0.8)
    else:
        lean = min((comb - COMB_NEEDED) / 6, 1.5 * (side - SIDE_NEEDED_SIGMA), 9.0)
    return float(1 / (1 + np.exp(-np.clip(lean - 0.5, -9, 9))))
