"""Finds where the next record begins behind damage, and looks at each byte of a chunk once.

A file may be damaged at every second record. So what one search has found out about the bytes behind its
result serves the next search, and the windows grow.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
# Returns the places of sound records in a range of the chunk, and those that only the next chunk can judge.
Look = Callable[[int, int], tuple[Ints, Ints]]

FIRST_BYTES, WINDOW_BYTES = 1024, 65_536
NOWHERE = np.zeros(0, dtype=np.int64)


class Resync:
    """Searches one chunk from left to right for sound records.

    Parameters
    ----------
    look
        Takes the first place and the one behind the last, and returns two rising arrays: places where a
        record begins for sure, and places of which only what follows the chunk can tell.
    end
        Behind the last place where the header of a record fits into the chunk.
    """

    def __init__(self, look: Look, end: int) -> None:
        self.end = end
        self._look = look
        self._low = self._high = 0
        self._sure = NOWHERE
        self._perhaps: list[Ints] = []
        self._window = FIRST_BYTES

    def sure(self, at: int) -> int | None:
        """Return the first place from ``at`` on where a record begins for sure, None where there is none."""
        if not self._low <= at <= self._high:
            self._low = self._high = at
            self._sure = NOWHERE
        while True:
            number = int(np.searchsorted(self._sure, at))
            if number < len(self._sure):
                return int(self._sure[number])
            if self._high >= self.end:
                return None
            self._low, self._high = self._high, min(self._high + self._window, self.end)
            self._window = min(2 * self._window, WINDOW_BYTES)
            self._sure, perhaps = self._look(self._low, self._high)
            if len(perhaps):
                self._perhaps.append(perhaps)

    def perhaps(self, at: int) -> int | None:
        """Return the first place from ``at`` on, of those looked at, of which the next chunk can tell."""
        for places in self._perhaps:
            number = int(np.searchsorted(places, at))
            if number < len(places):
                return int(places[number])
        return None
