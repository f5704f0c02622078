"""Converts the time stamps of a capture, from several or corrected clocks and out of order, to one time line.

::

    stamps ─► clock of each record ─► times on one time line ─► sorted within `REORDER_NS`

Records of two interfaces, of a merged file or of a driver with several buffers do not come in order of
their stamps. What is out of order by up to `REORDER_NS` is sorted. A run of records that jumps and is
followed by the clock of before was stamped wrongly and stays where the file has it. Any other jump is
another clock, or the same one set anew: it gets an offset so that it goes on where the file stood, and the
way back is no time that passed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SECOND_NS = 1_000_000_000
STEP_NS = SECOND_NS  # interfaces that are read in turn swap places by less than this
REORDER_NS = 10 * SECOND_NS  # records are sorted that lie out of order by up to this
LONGEST_GAP_NS = 86_400 * SECOND_NS  # a pause longer than a day is a clock that was set, not silence
# A clock set back by d stays there for SETTLED times d; disorder jumps again before.
SETTLED = 10
LATEST_NS = 1 << 62  # leaves room to add a duration
STAMPS_NS = (-(1 << 61), 3 << 60)  # 1896 to 2079: differences fit 64 bits
MOST_CLOCKS = 8
# Jumps within which a clock that runs ahead is followed by the old one again.
LOOK_AHEAD = 8


@dataclass(slots=True)
class _Jump:
    """A run of records that begins with a step of the stamps."""

    stamp_ns: int
    latest_ns: int
    step_ns: int
    settled: bool  # no further step for `SETTLED` times its own length


class Timeline:
    """Converts the time stamps of a file into times since its first record.

    ``clocks`` is the number of clocks that were told apart, ``strays`` the number of runs that were stamped
    wrongly, ``disordered`` the number of steps backwards that sorting can mend.
    """

    def __init__(self) -> None:
        self.clocks = 0
        self.strays = 0
        self.disordered = 0
        self._offsets: list[int] = []  # time less stamp of each clock, the one used last at the end
        self._last_stamp_ns: int | None = None
        self._now_ns = 0  # the latest time so far

    def place(self, stamps_ns: Ints) -> Ints:
        """Return the times of the next records, by at most `REORDER_NS` out of order.

        Parameters
        ----------
        stamps_ns : ndarray of int64, shape (n,), ns
            Stamps in order of the file.

        Returns
        -------
        ndarray of int64, shape (n,), ns
            Since the first record of the file; records may lie before it by up to `REORDER_NS`.
        """
        if not len(stamps_ns):
            return stamps_ns
        stamps_ns = np.clip(stamps_ns, *STAMPS_NS)
        if self._last_stamp_ns is None:
            self._last_stamp_ns = int(stamps_ns[0])
            self._add_clock(self._last_stamp_ns)
        steps = np.diff(stamps_ns, prepend=self._last_stamp_ns)
        edges = np.unique(np.concatenate(([0], np.flatnonzero(np.abs(steps) > STEP_NS))))
        offsets = self._offsets_of(_jumps(stamps_ns, steps, edges))
        self._last_stamp_ns = int(stamps_ns[-1])
        lengths = np.diff(np.append(edges, len(stamps_ns)))
        return np.minimum(stamps_ns + np.repeat(offsets, lengths), LATEST_NS)

    def _offsets_of(self, jumps: list[_Jump]) -> Ints:
        offsets = np.empty(len(jumps), np.int64)
        for k, jump in enumerate(jumps):
            offset = self._offset(jump, jumps[k + 1 : k + 1 + LOOK_AHEAD])
            self._now_ns = min(max(self._now_ns, jump.latest_ns + offset), LATEST_NS)
            offsets[k] = offset
        return offsets

    def _offset(self, jump: _Jump, ahead: list[_Jump]) -> int:
        """Return the offset of the clock that stamped this run."""
        current = self._offsets[-1]
        if abs(jump.stamp_ns + current - self._now_ns) <= STEP_NS:
            return current
        if ahead and self._is_stray(jump, ahead[0], current):
            self.strays += 1
            return self._now_ns - jump.stamp_ns
        if -REORDER_NS <= jump.step_ns < -STEP_NS:
            if jump.settled:
                return self._add_clock(jump.stamp_ns)
            self.disordered += 1
            return current
        if abs(jump.step_ns) <= REORDER_NS:
            return current
        known = self._known(jump.stamp_ns)
        if known is not None:
            return known
        back = any(abs(j.stamp_ns + current - self._now_ns) <= REORDER_NS for j in ahead)
        if jump.step_ns < 0 or back or jump.step_ns > LONGEST_GAP_NS:
            return self._add_clock(jump.stamp_ns)
        return current

    def _is_stray(self, jump: _Jump, following: _Jump, current: int) -> bool:
        """Tell whether the clock of before goes on behind this run as if it had not been there."""
        since_ns = following.stamp_ns + current - self._now_ns
        there_and_back = (jump.step_ns < 0) is (following.step_ns > 0)
        return there_and_back and -STEP_NS <= since_ns <= STEP_NS + jump.latest_ns - jump.stamp_ns

    def _known(self, stamp_ns: int) -> int | None:
        """Return the known clock by which this stamp is now, None where there is none."""
        best = min(self._offsets, key=lambda offset: abs(stamp_ns + offset - self._now_ns))
        if abs(stamp_ns + best - self._now_ns) > REORDER_NS:
            return None
        self._offsets.remove(best)
        self._offsets.append(best)
        return best

    def _add_clock(self, stamp_ns: int) -> int:
        """Begin a clock whose first stamp means now."""
        self.clocks += 1
        self._offsets = [*self._offsets[1 - MOST_CLOCKS :], self._now_ns - stamp_ns]
        return self._offsets[-1]


def _jumps(stamps_ns: Ints, steps: Ints, edges: Ints) -> list[_Jump]:
    """Return the runs between steps of more than `STEP_NS`."""
    latest = np.maximum.reduceat(stamps_ns, edges)
    columns = (stamps_ns[edges], latest, steps[edges])
    runs = list(zip(*(c.tolist() for c in columns), strict=True))
    return [
        _Jump(
            stamp_ns=stamp,
            latest_ns=end,
            step_ns=step,
            settled=end - stamp >= SETTLED * abs(step),
        )
        for stamp, end, step in runs
    ]
