"""Tests a slice for analog television: the comb at the line rate, and the fields that modulate it.

FM video sweeps in and out of a narrow slice once a line, AM video carries its syncs outright. The slice is
listened to in narrow bands and, where a carrier stands in it, in phase with that (`sweeper.subbands`). In
either there must be lines at multiples of the line rate (`sweeper.comb`), and between them those of the
fields, because no picture is the same in every line (`sweeper.field_sides`). A supply that switches at the
line rate has the first only. Where both are found, the vertical blanking is searched for in the power and in
the frequency of the slice (`sweeper.vertical_blanking`): the picture hangs on it, and where the lines are
strong, or at a rate of their own, they are no video without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.comb import LINE_HZ, Comb, StandardName, find_comb, is_nominal, nearest_standard
from sweeper.demodulate import Way, demodulate
from sweeper.field_sides import side_ratio
from sweeper.line_clock import even_places, follow_lines
from sweeper.pulses import peakedness
from sweeper.subbands import SIDE_BAND_HZ, Channels, in_phase, sub_bands
from sweeper.vertical_blanking import SHAPES, FieldTest, find_fields

__all__ = ["LINE_HZ", "PROMISING_COMB", "StandardName", "VideoTest", "find_video"]

FloatArray = NDArray[np.float32]
ComplexArray = NDArray[np.complex64]
SMOOTH_HZ = 90e3  # Gaussian: half a cell of the vertical test
FIELD_RATE_HZ = 300e3  # then 19 samples a line hold its 16 cells

COMB_NEEDED = 16.0  # nats: exp(-16) · 122 tries = 1.4e-5 a slice over noise, before the structure is asked
SIDE_NEEDED, SIDE_LEAST = 12.0, 7.0  # nats of the sides, where the comb is just there, and at the least
SIDE_EASE = 1 / 8  # of the comb's surplus: chance combs of pilots and packets are weak, video's is strong
SIDE_SHARE = 0.08  # of the comb: video of 150 nats and more had a fifth at the least, what leaks has little
# Nats: fields this clear are those of a picture, and the lines among them may be weak. Other rates must not
# explain the lines as well, though: those of a supply one field rate off do.
SURE_SIDE = 300.0
AGAINST = 3.0  # one row against eight, of which only a few hold what is mirrored
# Of 20 video transmissions tried at 0 to 30 dB, those with a comb this high had a blanking of a chance below
# 1e-80; a supply has none, whatever its lines are mirrored to.
STRONG_DB, BLANKING_LOG10_P = 35.0, -6.0
# Where a supply is strong or may have any rate its power reached 1e-13 in trials, and cameras at 10 dB had
# 1e-44 at the worst. Where its frequency is pulled, mains and all, a few reached 1e-83; the limit is beyond.
STRONG_LOG10_P, PULLED_LOG10_P = -30.0, -120.0
# Peakedness of a slice in whose noise a blanking may be hidden. Supplies whose lines and sides were as weak
# as those of a sender 13 dB below the noise stood far above it: steady ones have 1, ringing ones 3 and more.
IN_NOISE = (1.75, 2.5)
# Video of eight kinds at -5 to 20 dB had 0.12 at the most where the blanking was clear; a cordless telephone,
# whose slots repeat every 10 ms, looks like a 16 kHz camera and had 0.98.
TWIN_MOST = 0.5
# Cameras at rates of their own had 126 nats of lines and more at 5 dB; cordless telephones, GSM and remote
# controls that passed for one had 61 at the most.
STRAY_COMB = 90.0
# Cameras at rates of their own had 18 dB at the least, at 5 to 25 dB; a remote control whose packets came
# again every 262 of its "lines" had 7.
CONTRAST_LEAST_DB = 13.0
CLEAR_LOG10_P = -150.0  # of a blanking: nothing else need be tried
NO_BLANKING = 3.0  # nats against video
CLEARER = 1.3  # times the vertical test of the samples as they came
SHORTEST_S = 0.004  # shorter looks hold too few lines
PROMISING_COMB = 11.0  # nats: worth a longer look, less than one look in a thousand over noise
# Half lines a field that the lines' sides tell apart, and those that only the blanking does.
SIDE_SHAPES: dict[StandardName, tuple[int, ...]] = {"pal": (625, 525), "ntsc": (525, 625)}
FAST_LINES_HZ, FAST_SHAPES = 15_850.0, (640, 625, 525)
ALIKE = {625: (625, 624, 626), 525: (525, 524, 526), 640: (640,)}


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTest:
    """The result of the line-rate test of one slice.

    ``comb`` and ``side`` are log likelihood ratios in nats; ``side`` is None where the look was too short
    or no comb was there, ``fields`` (the vertical blanking) where there is no video. ``score`` is the
    probability of video, video and not being equally likely beforehand. ``half_lines`` a field and ``way``
    (power or frequency) say how the blanking was found; ``places`` are the samples at equal steps of the line
    clock, where that wanders. ``contrast_db`` is that of the comb (`sweeper.comb.Comb`),
    ``peaked`` that of the slice (`sweeper.pulses`).
    """

    standard: StandardName
    line_hz: float
    comb: float
    comb_db: float
    side: float | None
    fields: FieldTest | None
    score: float
    half_lines: int = 625
    way: Way = "power"
    contrast_db: float | None = None
    peaked: float = 2.0
    places: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)

    @property
    def is_comb(self) -> bool:
        """True where the lines are there, whatever makes them."""
        return self.comb >= COMB_NEEDED

    @property
    def structure(self) -> float:
        """The margin of the structure test over its threshold, nats."""
        easy = max(SIDE_NEEDED - SIDE_EASE * max(self.comb - COMB_NEEDED, 0.0), SIDE_LEAST)
        needed = max(easy, SIDE_SHARE * self.comb)
        return -needed if self.side is None else self.side - needed

    @property
    def is_nominal(self) -> bool:
        """True where line rate and fields are steady and those of one standard, within the error of crystals.

        PAL 0.7 % fast has the line rate of NTSC, and NTSC as much slow that of PAL.
        """
        own = ALIKE[SIDE_SHAPES[nearest_standard(self.line_hz)][0]]
        return self.places is None and is_nominal(self.line_hz) and self.half_lines in own

    @property
    def lacks_blanking(self) -> bool:
        """True where the vertical blanking is not there, and could not be missed or may not be.

        Lines this strong show it; and a rate that no standard has needs it, and strong lines too, because
        supplies and digital frames have any rate.
        """
        if self.fields is None:
            return not self.is_nominal
        if not self.is_nominal and self._is_frames:
            return True
        if self.is_nominal and self.comb_db < STRONG_DB and self._is_in_noise:
            return False
        if self.way == "frequency":
            return self.fields.log10_p > PULLED_LOG10_P
        strong = self.comb_db >= STRONG_DB
        return self.fields.log10_p > (STRONG_LOG10_P if strong or not self.is_nominal else BLANKING_LOG10_P)

    @property
    def _is_in_noise(self) -> bool:
        """True where the slice's power is scattered as noise is: a blanking may be hidden in that."""
        low, high = IN_NOISE
        return low <= self.peaked <= high

    @property
    def _is_frames(self) -> bool:
        """True where packets or time slots could be what repeats, seen from a rate of its own."""
        dull = self.contrast_db is not None and self.contrast_db < CONTRAST_LEAST_DB
        repeats = self.fields is not None and self.fields.twin > TWIN_MOST
        return dull or repeats or self.comb < STRAY_COMB

    @property
    def is_candidate(self) -> bool:
        """True where the lines and their sides are there, and the blanking is still to be tested."""
        return self.is_comb and self.structure >= 0

    @property
    def is_video(self) -> bool:
        """True where the lines and the fields that belong to them are there."""
        return self.is_candidate and not self.lacks_blanking

    @property
    def is_too_short(self) -> bool:
        """True where television's line rate was seen in a look too short for the fields."""
        return self.is_comb and self.side is None


def find_video(samples: ComplexArray, *, rate_hz: float, fine: FloatArray | None = None) -> VideoTest:
    """Look for television of any line rate near PAL's and NTSC's in one slice and return the best.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        10 ms or more; the fields are looked for from 80 ms on. A shorter look gives no evidence.
    rate_hz : float
        Sample rate; 2.4 MS/s gives eight bands.
    fine : ndarray, optional
        `sweeper.spectrum.Spectrum.fine` of these samples, where there is one: it need not be measured again.

    Returns
    -------
    VideoTest

    Notes
    -----
    The bands' comb is always tested, the carrier only where one stands in the slice, and the sides only where
    a comb is. Where both ways hear lines, what one of them holds against a picture counts against the other:
    pulses that overload the receiver mirror their lines to anywhere in the power of a band, in phase with
    their carrier hardly. Lines that are smeared are straightened first (`sweeper.line_clock`).
    """
    if len(samples) < SHORTEST_S * rate_hz:
        return nothing_heard()
    bands = sub_bands(samples, rate_hz=rate_hz)
    found, comb = _listen(samples, bands, rate_hz=rate_hz, fine=fine)
    if comb.smeared:
        straight = _straightened(samples, bands, rate_hz=rate_hz)
        if straight is not None and straight.is_video and _clearer(straight, found):
            return straight
    return found


def nothing_heard() -> VideoTest:
    """Return the test of a look that says nothing of video: too short, or not asked."""
    return VideoTest(
        standard="pal",
        line_hz=LINE_HZ["pal"],
        comb=0.0,
        comb_db=0.0,
        side=None,
        fields=None,
        score=float(1 / (1 + np.exp(9.0))),
    )


def _clearer(straight: VideoTest, found: VideoTest) -> bool:
    """Say whether straightening has made a picture clearer: a steady one gains nothing by it."""
    if not found.is_video or found.fields is None or straight.fields is None:
        return True
    return straight.fields.chi2 > CLEARER * found.fields.chi2


def _listen(
    samples: ComplexArray, bands: Channels, *, rate_hz: float, fine: FloatArray | None
) -> tuple[VideoTest, Comb]:
    """Ask both ways to listen, and for the blanking where they hear a picture."""
    comb = find_comb(bands)
    found = _test(comb, lambda: sub_bands(samples, rate_hz=rate_hz, band_hz=SIDE_BAND_HZ))
    channels = in_phase(samples, rate_hz=rate_hz, fine=fine)
    if channels is not None:
        second = _test(find_comb(channels), lambda: channels)
        found = _against(found, second) if found.is_candidate else max(found, second, key=_lean)
    if found.is_candidate:
        found = _with_fields(samples, found, rate_hz=rate_hz)
    return found, comb


def _straightened(samples: ComplexArray, bands: Channels, *, rate_hz: float) -> VideoTest | None:
    """Follow a wandering line rate and ask the tests of the samples at equal steps of its clock."""
    phase = follow_lines(bands)
    if phase is None:
        return None
    places, lines = even_places(phase, len(samples))
    steady = samples[places]
    found, _ = _listen(steady, sub_bands(steady, rate_hz=rate_hz), rate_hz=rate_hz, fine=None)
    if abs(found.line_hz / (lines * rate_hz) - 1) > 1e-3:
        return None
    found = replace(found, places=places)
    return replace(found, score=_score(found))


def _test(comb: Comb, for_sides: Callable[[], Channels]) -> VideoTest:
    """Sides of one way to listen, where its comb is promising."""
    side, half_lines = None, SIDE_SHAPES[comb.standard][0]
    if max(comb.nats, comb.bare - COMB_NEEDED) >= PROMISING_COMB:
        side, half_lines = _best_sides(for_sides(), comb)
    sure = side is not None and side >= SURE_SIDE and comb.nats >= 0
    test = VideoTest(
        standard="ntsc" if half_lines == 525 else "pal",
        line_hz=comb.line_hz,
        comb=comb.bare if sure else comb.nats,
        comb_db=comb.height_db,
        side=side,
        fields=None,
        score=0.0,
        half_lines=half_lines,
        contrast_db=comb.contrast_db,
    )
    return replace(test, score=_score(test))


def _best_sides(channels: Channels, comb: Comb) -> tuple[float | None, int]:
    """Return the sides of the field rate that has most of them, and its half lines a field."""
    shapes = FAST_SHAPES if comb.line_hz > FAST_LINES_HZ else SIDE_SHAPES[comb.standard]
    heard: list[tuple[float, int]] = []
    for half_lines in shapes:
        side = side_ratio(channels, line_hz=comb.line_hz, half_lines=half_lines)
        if side is not None:
            heard.append((side, half_lines))
        # A standard's rate with the fields of that standard: no other is asked.
        if comb.is_nominal and (side is None or side >= SIDE_LEAST):
            break
    return max(heard, key=lambda each: each[0], default=(None, shapes[0]))


def _against(found: VideoTest, second: VideoTest) -> VideoTest:
    """Take off the sides what the other way to listen holds against them."""
    if found.side is None or second.side is None or second.side >= 0:
        return found
    less = replace(found, side=found.side + AGAINST * second.side)
    return replace(less, score=_score(less))


def _score(test: VideoTest) -> float:
    """Probability of video at even odds: as sure as the weaker of the tests, and never quite sure."""
    return float(1 / (1 + np.exp(-np.clip(_lean(test) + 1.0, -9.0, 9.0))))


def _lean(test: VideoTest) -> float:
    """Return the smaller margin of both tests over their thresholds, in nats."""
    if test.is_candidate and test.fields is not None and test.lacks_blanking:
        return -NO_BLANKING
    return min(test.comb - COMB_NEEDED, 3.0 + test.structure if test.side is None else test.structure)


def _with_fields(samples: ComplexArray, found: VideoTest, *, rate_hz: float) -> VideoTest:
    """Search power and frequency for the blanking of the shapes that the sides leave open."""
    best = found = replace(found, peaked=peakedness(samples))
    for way in ("power", "frequency"):
        smooth, smooth_hz = _smoothed(demodulate(samples, way), rate_hz=rate_hz / 2)
        for half_lines in ALIKE[found.half_lines]:
            fields = find_fields(smooth, rate_hz=smooth_hz, line_hz=found.line_hz, shape=SHAPES[half_lines])
            if fields is not None and (best.fields is None or fields.chi2 > best.fields.chi2):
                best = replace(found, fields=fields, half_lines=half_lines, way=way)
            if best.fields is not None and best.fields.log10_p < CLEAR_LOG10_P:
                return replace(best, score=_score(best))
    return replace(best, score=_score(best))


def _smoothed(signal: FloatArray, *, rate_hz: float) -> tuple[FloatArray, float]:
    """Return a signal without what is faster than the cells, which would beat with them, and its rate."""
    signal = signal - signal.mean()
    count = len(signal)
    slower = max(1, int(rate_hz / FIELD_RATE_HZ))
    transform = scipy.fft.rfft(signal, workers=1)[: count // slower // 2 + 1]
    hz = np.arange(len(transform), dtype=np.float32) * np.float32(rate_hz / count)
    transform *= np.exp(-0.5 * (hz / np.float32(SMOOTH_HZ)) ** 2)
    smooth = np.asarray(scipy.fft.irfft(transform, n=count // slower, workers=1), np.float32)
    return smooth / np.float32(slower), rate_hz * len(smooth) / count
