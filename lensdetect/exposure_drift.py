"""Notices a camera that adjusts its own brightness, which makes every comparison of lights worthless.

A locked camera jumps where a light is switched and then stays. One that adjusts itself moves back after every
jump, towards the brightness it likes.
"""

from __future__ import annotations

import math
from collections import deque
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hw.types import LedState

WINDOW = 72  # pictures: six cycles of twelve
JUMP = 0.25  # change of ln brightness that is a switched light
FOLLOWS_SHARE = 0.5  # of the jump: a step larger than this is the next switch
SWITCH_SHARE = 0.75  # of the jump: back by so much in one picture is the light switched back
BACK_SHARE = 0.12  # of the jump that a locked camera does not take back within one state
MIN_JUMPS = 4
MOST_JUMPS_BACK = 0.6  # of the jumps must be taken back
EXPOSURE_SPREAD = 1.05  # longest over shortest exposure that is still locked
MIN_EXPOSURES = 12
BLACK_DN = 1.0


class ExposureDrift:
    """Mean brightness and exposure of recent pictures."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, LedState | None]] = deque(maxlen=WINDOW)  # ln brightness, light
        self._exposures_us: deque[int] = deque(maxlen=WINDOW)

    def forget(self) -> None:
        """Begin anew, for another camera or picture size."""
        self._looks.clear()
        self._exposures_us.clear()

    def push(self, mean_dn: float, *, exposure_us: int | None, led: LedState | None) -> None:
        """Take the next picture; ``mean_dn`` is its mean brightness in DN, ``led`` its light where known."""
        self._looks.append((math.log(mean_dn + BLACK_DN), led))
        if exposure_us:
            self._exposures_us.append(exposure_us)

    def drifts(self) -> bool:
        """Return whether the camera adjusts itself."""
        if len(self._exposures_us) >= MIN_EXPOSURES:
            shortest, longest = min(self._exposures_us), max(self._exposures_us)
            if longest > EXPOSURE_SPREAD * shortest:
                return True
        back = self._taken_back()
        return len(back) >= MIN_JUMPS and float(np.mean(back > BACK_SHARE)) > MOST_JUMPS_BACK

    def _taken_back(self) -> NDArray[np.float64]:
        """Return, for each switched light, which share of its jump the next two pictures took back.

        Notes
        -----
        An exposure that overlaps the switch gives a second step of the same sign, never one back. Where
        states are one or two pictures long, the next switch comes that soon: it is told by its label, else by
        being nearly as large as the jump.
        """
        looks = list(self._looks)
        steps = [(b - a, led == before) for (a, before), (b, led) in pairwise(looks)]
        shares = []
        for (early, _), (jump, _), (first, same), (second, still) in zip(
            steps, steps[1:], steps[2:], steps[3:], strict=False
        ):
            if abs(jump) < JUMP or abs(early) > FOLLOWS_SHARE * abs(jump) or not same:
                continue
            back, further = -first / jump, -second / jump
            if back < SWITCH_SHARE and further > -FOLLOWS_SHARE:
                shares.append(back + (further if still and further < FOLLOWS_SHARE else 0.0))
        return np.array(shares, np.float64)
