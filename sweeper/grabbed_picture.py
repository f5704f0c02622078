"""Tells a synchronised picture from what a video grabber shows without one.

Without a signal a grabber gives a plain colour, a fixed board ("no signal"), its last picture again and
again, or snow; without line lock the lines are torn, without field lock the picture rolls. A synchronised
picture of a real camera hangs together from line to line and from picture to picture, and yet no two pictures
of it are the same: its noise came over the air.

=================  =====================================================================================
plain colour       hardly any contrast
board, freeze      each picture is exactly the one before, or the one of an empty channel
snow               neighbouring pixels have nothing to do with each other
torn lines         neighbouring lines have not
rolling            the next picture has not
=================  =====================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sweeper.comb import StandardName

LEAST_PICTURES = 4
LEAST_CONTRAST = 8.0  # of 255, standard deviation
LEAST_LIKENESS = 0.8  # correlation of neighbours: lines, pixels, pictures
MOST_LIKE_BLANK = 0.9  # correlation with the picture of an empty channel
LEAST_CHANGE = 0.05  # of 255, mean: a codec passes at least that of an analog picture's noise
LINES_PAL = {288, 576}
THINNED = 2  # every second pixel says enough
PROVEN_SCORE = 0.97  # of a picture that passes all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class GrabTest:
    """Measures of some pictures of one channel: correlations -1…1, contrast and change of 255."""

    lines: float
    pixels: float
    pictures: float
    blank: float
    contrast: float
    change: float
    count: int
    unlocked: bool

    @property
    def is_picture(self) -> bool:
        """Whether it is a synchronised picture of something that moves or at least is noisy."""
        return (
            not self.unlocked
            and self.count >= LEAST_PICTURES
            and self.contrast >= LEAST_CONTRAST
            and min(self.lines, self.pixels, self.pictures) >= LEAST_LIKENESS
            and self.blank < MOST_LIKE_BLANK
            and self.change >= LEAST_CHANGE
        )


def measure_grab(
    pictures: Sequence[NDArray[np.uint8]], *, blank: NDArray[np.uint8] | None = None, unlocked: bool = False
) -> GrabTest:
    """Measure pictures that follow each other.

    Parameters
    ----------
    pictures : sequence of ndarray of uint8, shape (height, width)
        Of one channel; those of another size than the first are left out.
    blank : ndarray of uint8, optional
        A picture of a channel on which nothing sends.
    unlocked : bool
        The grabber's decoder says that no signal holds it.

    Returns
    -------
    GrabTest
        Medians over the pictures; of the likeness from picture to picture the least.
    """
    alike = [p[::THINNED, ::THINNED].astype(np.float64) for p in pictures if p.shape == pictures[0].shape]
    pairs = list(pairwise(alike))
    empty = None
    if blank is not None and pictures and blank.shape == pictures[0].shape:
        empty = blank[::THINNED, ::THINNED].astype(np.float64)
    return GrabTest(
        lines=_median(_likeness(p[:-1], p[1:]) for p in alike),
        pixels=_median(_likeness(p[:, :-1], p[:, 1:]) for p in alike),
        # The least of them: a picture that rolls is now and then nearly where it was.
        pictures=min((_likeness(a, b) for a, b in pairs), default=0.0),
        blank=0.0 if empty is None else _median(_likeness(p, empty) for p in alike),
        contrast=_median(float(np.std(p)) for p in alike),
        change=_median(float(np.mean(np.abs(a - b))) for a, b in pairs),
        count=len(alike),
        unlocked=unlocked,
    )


def standard_of(picture: NDArray[np.uint8]) -> StandardName:
    """Return the standard by the number of lines that the grabber gives.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width)
        A picture as the grabber gave it.

    Returns
    -------
    StandardName
        PAL has 576 lines, or 288 a field.
    """
    return "pal" if picture.shape[0] in LINES_PAL else "ntsc"


def _median(values: Iterable[float]) -> float:
    told = list(values)
    return float(np.median(told)) if told else 0.0


def _likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Correlation of two arrays, 0 where one is plain."""
    a, b = one - one.mean(), other - other.mean()
    power = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / power) if power > 0 else 0.0
