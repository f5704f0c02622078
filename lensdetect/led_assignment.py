"""Decides which of two unlabelled lights is the ring: the one that retroreflectors answer.

Pictures that nobody labelled are read in the order of ansim's own strobe. A recording made in another order
has ring and side the wrong way round: then strong round answers come under "side" alone, pose after pose,
and never under "ring" alone. Mirrors cannot do that: what a ball mirrors it mirrors of both lights, and a
flat one mirrors neither for long.
"""

from __future__ import annotations

from collections.abc import Sequence

from lensdetect.led_response import LedResponse

MIN_CYCLES = 4  # in which something was answered by one light alone
MIN_VOTES = 5
ONE_LIGHT_RATIO = 0.25  # the other light gives less than this share
DARK_RATIO = 0.15
STRONG_PX = 8.0  # in pixels of lit wall: far over what texture gives
ROUND_ASPECT = 1.6
LARGEST_PX = 450.0


def one_light_answers(answers: Sequence[LedResponse]) -> int:
    """Return the number of strong round answers under one light alone."""
    return sum(
        a.side_ratio < ONE_LIGHT_RATIO
        and a.off_ratio < DARK_RATIO
        and a.strength_px > STRONG_PX
        and a.aspect < ROUND_ASPECT
        and a.area_px < LARGEST_PX
        for a in answers
    )


class Polarity:
    """Votes of the cycles so far."""

    def __init__(self) -> None:
        self._as_read = self._other = self._cycles = 0

    def vote(self, *, as_read: int, other: int) -> bool:
        """Count one cycle's one-light answers both ways; return whether the lights must be swapped."""
        self._as_read += as_read
        self._other += other
        self._cycles += int(other > 0)
        return self._as_read == 0 and self._cycles >= MIN_CYCLES and self._other >= MIN_VOTES

    def forget(self) -> None:
        """Start again, after a swap."""
        self._as_read = self._other = self._cycles = 0
