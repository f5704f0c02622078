"""Is there analog television in this slice? The comb at the line rate, and the fields that modulate it.

FM video sweeps in and out of a narrow slice once a line, AM video carries its syncs outright: either way the
power ``|x|²`` repeats with the lines, whatever the offset from the carrier. Three tests of that power:

* **comb**: lines at multiples of the line rate (this alone is also what a supply switching there gives);
* **sides**: lines at odd multiples of the field rate around them, because no picture is the same in every
  line; what the mains modulates onto a supply lies at even multiples;
* **blanking**: the vertical pulses, see `sweeper.fields`.

Video is the comb and one of the other two. Each test is a sum of log likelihood ratios, so that noise passes
a threshold of T nats with a chance of at most exp(-T) (Wald), whatever the number of lines summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.fields import SHAPES, FieldTest, find_fields

FloatArray = NDArray[np.float32]
StandardName = Literal["pal", "ntsc"]
LINE_HZ: dict[StandardName, float] = {"pal": 15_625.0, "ntsc": 4.5e6 / 286}  # ITU-R BT.470

HARMONICS = 36  # up to 0.57 MHz: later ones carry little after the slice's filter
PPM_REACH, PPM_STEP = 120.0, 4.0  # crystals of cheap cameras; 4 ppm is half a bin at the last harmonic
WINDOW_HZ = 750.0  # each side, for the local background
OWN_HZ = (
    215.0  # each side: the field lines of video are strong up to the fourth; DVB-T pilots lie 223 Hz apart
)
LONE_PEAK = 10.0  # over the mean: 300 bins of noise have one in a hundred windows, other lines often
LINE_CAP, SIDE_CAP = 12.0, 9.0  # one line may not speak for all: ratios to the background are capped
LINE_PRIOR, LINE_SHARE = 8.0, 0.35  # expected excess of a line, and the share of lines that have it
SIDE_HARMONICS = 17  # 0 … 16: the power itself and the first lines
SIDE_ORDERS = np.arange(3, 27, 2)  # odd multiples of the field rate
SIDE_PRIOR = (
    6.0  # expected excess at the third order; falls with order and harmonic like a picture's spectrum
)
CONTROL_FROM, CONTROL_TO = 0.2, 0.45  # of the field rate: between its lines, where only background is
MIN_FIELDS = 4
SMOOTH_HZ = 90e3  # Gaussian: half a cell of the vertical test
SIDE_SLOPE = 3.0  # the low orders count for no more than this many times the high ones

COMB_NEEDED = 16.0  # nats: exp(-16) · 122 tries = 1.4e-5 a slice over noise, before the structure is asked
SIDE_NEEDED = 9.0  # nats: 1e-4, asked only where the comb is
HIGH_FROM, HIGH_NEEDED = (
    7,
    1.5,
)  # these many nats from the seventh order on: a ripple is smooth, a picture is not
SURE_SIDE = 120.0  # nats: fields this clear are those of a picture, and the lines among them may be weak
STRONG_COMB, SIDE_A_COMB = 60.0, 0.15  # nats: the stronger the comb, the stronger its sides have to be
BLANKING_NEEDED = -14.0  # decimal logarithm of the chance; the sides must not contradict it (0 nats)
PROMISING_COMB = 11.0  # nats: worth a longer look, about one look in a thousand over noise


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTest:
    """What the line-rate test says of one slice.

    ``comb`` and ``side`` are log likelihood ratios in nats, ``fields`` the search for the vertical blanking;
    both None where the look was too short or no comb was there. ``score`` is the probability of video,
    video and not being equally likely beforehand.
    """

    standard: StandardName
    line_hz: float
    comb: float
    comb_db: float
    side: float | None
    fields: FieldTest | None
    score: float

    @property
    def is_comb(self) -> bool:
        """The lines are there, whatever makes them."""
        return self.comb >= COMB_NEEDED

    @property
    def structure(self) -> float:
        """How far the better of the two structure tests is beyond what is needed, in nats."""
        if self.side is None or self.fields is None:
            return -SIDE_NEEDED
        side = self.side - SIDE_A_COMB * max(0.0, self.comb - STRONG_COMB)
        blanking = (BLANKING_NEEDED - self.fields.log10_p) * float(np.log(10))
        return max(side - SIDE_NEEDED, min(blanking, side))

    @property
    def is_video(self) -> bool:
        """The lines are there and the fields that belong to them."""
        return self.is_comb and self.structure >= 0


def envelope(samples: NDArray[np.complex64]) -> FloatArray:
    """Return |x|² averaged over pairs, shape (n // 2,).

    The mean of the samples is taken off first: a receiver's offset would leak the signal itself into it.
    """
    n = len(samples) // 2 * 2
    x = (samples[:n] - samples[:n].mean()).view(np.float32)
    x *= x
    power = x[0::4] + x[1::4]
    power += x[2::4]
    power += x[3::4]
    return np.asarray(power, np.float32)


def find_video(samples: NDArray[np.complex64], *, rate_hz: float) -> VideoTest:
    """Look for PAL and NTSC in one slice and return the better one.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        10 ms or more; the fields are looked for from 80 ms on.
    rate_hz : float
        Sample rate, at least 1.2 MS/s for all harmonics.

    Notes
    -----
    The comb is always tested, the structure only where a comb is: it costs ten times as much.
    """
    power = envelope(samples)
    rate_hz /= 2
    mean = float(power.mean())
    power -= np.float32(mean)
    transform = scipy.fft.rfft(power, workers=1)
    spectrum = np.asarray(transform.real**2 + transform.imag**2, np.float32)
    combs = [_find_comb(spectrum, rate_hz / len(power), name) for name in LINE_HZ]
    comb, bare_comb, comb_db, line_hz, standard = max(combs, key=lambda c: max(c[0], c[1] / 3))
    side, fields = None, None
    if max(comb, bare_comb - COMB_NEEDED) >= PROMISING_COMB:
        side = _side_ratio(power, rate_hz=rate_hz, line_hz=line_hz, standard=standard)
        comb = bare_comb if side is not None and side >= SURE_SIDE else comb
        smooth = _smooth(transform, len(power), rate_hz)
        fields = find_fields(smooth, rate_hz=rate_hz, line_hz=line_hz, standard=standard)
    bare = VideoTest(
        standard=standard, line_hz=line_hz, comb=comb, comb_db=comb_db, side=side, fields=fields, score=0.0
    )
    lean = min(comb - COMB_NEEDED, 3.0 + bare.structure if side is None else bare.structure)
    score = float(1 / (1 + np.exp(-np.clip(lean + 1.0, -9.0, 9.0))))
    return VideoTest(
        standard=standard, line_hz=line_hz, comb=comb, comb_db=comb_db, side=side, fields=fields, score=score
    )


def _smooth(transform: NDArray[np.complex64], count: int, rate_hz: float) -> FloatArray:
    """Power without what is faster than the cells it will be laid out in: it would beat with them."""
    hz = np.arange(len(transform), dtype=np.float32) * np.float32(rate_hz / count)
    shaped = transform * np.exp(-0.5 * (hz / np.float32(SMOOTH_HZ)) ** 2)
    return np.asarray(scipy.fft.irfft(shaped, n=count, workers=1), np.float32)


def log_ratio(ratio: FloatArray, *, excess: FloatArray | float, share: float) -> FloatArray:
    """Return ln p(ratio | line) / p(ratio | noise) of periodogram ratios.

    Over noise a ratio to the background is exponential with mean 1; with a line of expected ``excess`` it
    is exponential with mean ``1 + excess``. A ``share`` of the places is expected to hold a line.
    """
    gain = np.exp(ratio * (excess / (1 + excess))) / (1 + excess)
    return np.asarray(np.log1p(share * (gain - 1)), np.float32)


def _find_comb(
    spectrum: FloatArray, bin_hz: float, standard: StandardName
) -> tuple[float, float, float, float, StandardName]:
    """Best comb of one standard: log ratios against other lines and against noise, dB, line rate."""
    nominal = LINE_HZ[standard]
    reach = round(WINDOW_HZ / bin_hz)
    orders = np.arange(1, HARMONICS + 1)
    orders = orders[orders * nominal / bin_hz < len(spectrum) - reach - 1]
    if len(orders) == 0:
        return 0.0, 0.0, 0.0, nominal, standard
    middle = np.round(orders * nominal / bin_hz).astype(np.int64)
    noise, background = _background(spectrum[middle[:, None] + np.arange(-reach, reach + 1)], bin_hz)
    lines = nominal * (1 + np.arange(-PPM_REACH, PPM_REACH + 1, PPM_STEP) * 1e-6)
    index = np.round(lines[:, None] * orders / bin_hz).astype(np.int64)
    ratio = spectrum[index] / (noise + np.float32(1e-30))
    capped = np.minimum(ratio, np.float32(LINE_CAP))
    bare = log_ratio(capped, excess=LINE_PRIOR, share=LINE_SHARE).sum(axis=1)
    lone = np.minimum(ratio * (noise / (background + np.float32(1e-30))), np.float32(LINE_CAP))
    combs = log_ratio(lone, excess=LINE_PRIOR, share=LINE_SHARE).sum(axis=1)
    best = int(np.argmax(combs + bare / 3))
    comb_db = 10 * np.log10(max(float(np.median(ratio[best, :8])), 1e-3))
    return float(combs[best]), float(bare[best]), float(comb_db), float(lines[best]), standard


def _background(around: FloatArray, bin_hz: float) -> tuple[FloatArray, FloatArray]:
    """Return the noise, and what a line has to stand out from, in each window around a harmonic.

    Over noise that is the mean. Where other lines stand in the window (time slots, pilots, bits), a line
    rate must not be one among equals: then it is a third of the strongest other.
    """
    reach = around.shape[1] // 2
    near = round(OWN_HZ / bin_hz) + 1
    others = np.concatenate([around[:, : reach - near], around[:, reach + near + 1 :]], axis=1)
    rank = others.shape[1] // 2
    ordered = np.partition(others, rank, axis=1)
    mean = ordered[:, rank] / np.float32(np.log(2))
    strongest = ordered[:, rank:].max(axis=1)
    structured = strongest > LONE_PEAK * mean
    background = np.where(structured, np.maximum(mean, strongest / 3), mean)
    return np.asarray(mean, np.float32), np.asarray(background, np.float32)


def _side_ratio(power: FloatArray, *, rate_hz: float, line_hz: float, standard: StandardName) -> float | None:
    """Log ratio of the lines at odd multiples of the field rate, against what lies between them.

    The power is cut to whole fields, so that every multiple of the field rate falls on a bin and what the
    mains put onto even multiples leaks nowhere.
    """
    field_hz = 2 * line_hz / SHAPES[standard].half_lines
    fields = int(len(power) / rate_hz * field_hz)
    if fields < MIN_FIELDS:
        return None
    whole = power[: round(fields / field_hz * rate_hz)]
    transform = scipy.fft.rfft(whole - whole.mean(), workers=1)
    spectrum = np.asarray(transform.real**2 + transform.imag**2, np.float32)
    harmonics = np.arange(SIDE_HARMONICS)
    orders = np.concatenate([-SIDE_ORDERS[::-1], SIDE_ORDERS])
    places = np.round((harmonics[:, None] * line_hz / field_hz + orders) * fields).astype(np.int64)
    between = np.arange(int(np.ceil(CONTROL_FROM * fields)), int(CONTROL_TO * fields) + 1)
    control = spectrum[np.abs(places[:, :, None] + np.concatenate([-between, between]))].mean(axis=2)
    control = (control + np.roll(control, 1, axis=1) + np.roll(control, -1, axis=1)) / 3
    ratio = np.minimum(spectrum[np.abs(places)] / (control + np.float32(1e-30)), np.float32(SIDE_CAP))
    excess = SIDE_PRIOR / ((np.abs(orders) / 3) ** 1.5 * (1 + harmonics[:, None]) ** 0.7)
    logs = log_ratio(ratio, excess=excess.astype(np.float32), share=0.8)
    logs[0, : len(SIDE_ORDERS)] = 0  # the mirror of the other half
    total, high = float(logs.sum()), float(logs[:, np.abs(orders) >= HIGH_FROM].sum())
    return min(total, SIDE_NEEDED + SIDE_SLOPE * (high - HIGH_NEEDED))
