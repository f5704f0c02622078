"""Is there analog television in this slice? The comb at the line rate, and the fields that modulate it.

FM video sweeps in and out of a narrow slice once a line, AM video carries its syncs outright. The slice is
listened to in narrow bands and, where a carrier stands in it, in phase with that (`sweeper.subbands`). In
either there must be lines at multiples of the line rate, and between them those of the fields, because no
picture is the same in every line (`sweeper.comb`). A supply that switches at the line rate has the first
only. Where video is found, its vertical blanking is searched for (`sweeper.vertical_blanking`):
the picture hangs on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from sweeper.comb import LINE_HZ, StandardName, find_comb, side_ratio
from sweeper.subbands import SIDE_BAND_HZ, Channels, in_phase, sub_bands
from sweeper.vertical_blanking import FieldTest, find_fields

__all__ = ["LINE_HZ", "PROMISING_COMB", "StandardName", "VideoTest", "envelope", "find_video"]

FloatArray = NDArray[np.float32]
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
NO_BLANKING = 3.0  # nats against video
PROMISING_COMB = 11.0  # nats: worth a longer look, less than one look in a thousand over noise


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTest:
    """What the line-rate test says of one slice.

    ``comb`` and ``side`` are log likelihood ratios in nats; ``side`` is None where the look was too short
    or no comb was there, ``fields`` (the vertical blanking) where there is no video. ``score`` is the
    probability of video, video and not being equally likely beforehand.
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
        """How far the structure test is beyond what is needed, in nats."""
        easy = max(SIDE_NEEDED - SIDE_EASE * max(self.comb - COMB_NEEDED, 0.0), SIDE_LEAST)
        needed = max(easy, SIDE_SHARE * self.comb)
        return -needed if self.side is None else self.side - needed

    @property
    def lacks_blanking(self) -> bool:
        """The lines are so strong that the vertical blanking could not be missed, and it is not there."""
        return (
            self.fields is not None and self.comb_db >= STRONG_DB and self.fields.log10_p > BLANKING_LOG10_P
        )

    @property
    def is_video(self) -> bool:
        """The lines are there and the fields that belong to them."""
        return self.is_comb and self.structure >= 0 and not self.lacks_blanking


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


def find_video(
    samples: NDArray[np.complex64], *, rate_hz: float, fine: FloatArray | None = None
) -> VideoTest:
    """Look for PAL and NTSC in one slice and return the better one.

    Parameters
    ----------
    samples : ndarray, shape (n,), complex64
        10 ms or more; the fields are looked for from 80 ms on.
    rate_hz : float
        Sample rate; 2.4 MS/s gives eight bands.
    fine : ndarray, optional
        `sweeper.spectrum.Spectrum.fine` of these samples, where there is one: it need not be measured again.

    Notes
    -----
    The bands' comb is always tested, the carrier only where one stands in the slice, and the sides only where
    a comb is. Where both ways hear lines, what one of them holds against a picture counts against the other:
    pulses that overload the receiver mirror their lines to anywhere in the power of a band, in phase with
    their carrier hardly.
    """
    bands = sub_bands(samples, rate_hz=rate_hz)
    found = _test(bands, lambda: sub_bands(samples, rate_hz=rate_hz, band_hz=SIDE_BAND_HZ))
    channels = in_phase(samples, rate_hz=rate_hz, fine=fine)
    if channels is not None:
        second = _test(channels, lambda: channels)
        found = _against(found, second) if found.is_video else max(found, second, key=_lean)
    if not found.is_video:
        return found
    found = replace(found, fields=_vertical(samples, found, rate_hz=rate_hz))
    return replace(found, score=_score(found))


def _test(channels: Channels, for_sides: Callable[[], Channels]) -> VideoTest:
    """Comb and, where that is promising, sides of one way to listen."""
    comb = find_comb(channels)
    side = None
    if max(comb.nats, comb.bare - COMB_NEEDED) >= PROMISING_COMB:
        side = side_ratio(for_sides(), comb)
    sure = side is not None and side >= SURE_SIDE and comb.nats >= 0
    test = VideoTest(
        standard=comb.standard,
        line_hz=comb.line_hz,
        comb=comb.bare if sure else comb.nats,
        comb_db=comb.height_db,
        side=side,
        fields=None,
        score=0.0,
    )
    return replace(test, score=_score(test))


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
    """The weaker of what both tests have beyond what is needed, in nats."""
    if test.lacks_blanking:
        return -NO_BLANKING
    return min(test.comb - COMB_NEEDED, 3.0 + test.structure if test.side is None else test.structure)


def _vertical(samples: NDArray[np.complex64], found: VideoTest, *, rate_hz: float) -> FieldTest | None:
    """Where the vertical blanking is, without what is faster than the cells: it would beat with them."""
    power = envelope(samples)
    power -= power.mean()
    count, rate_hz = len(power), rate_hz / 2
    slower = max(1, int(rate_hz / FIELD_RATE_HZ))
    transform = scipy.fft.rfft(power, workers=1)[: count // slower // 2 + 1]
    hz = np.arange(len(transform), dtype=np.float32) * np.float32(rate_hz / count)
    transform *= np.exp(-0.5 * (hz / np.float32(SMOOTH_HZ)) ** 2)
    smooth = np.asarray(scipy.fft.irfft(transform, n=count // slower, workers=1), np.float32)
    rate_hz *= len(smooth) / count
    return find_fields(
        smooth / np.float32(slower), rate_hz=rate_hz, line_hz=found.line_hz, standard=found.standard
    )
