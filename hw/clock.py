"""Clocks: the one of the system, and one that a test or a recording moves."""

from __future__ import annotations

import time


class SystemClock:
    """Monotonic time since the clock was made, optionally running ``speed`` times faster."""

    def __init__(self, *, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be positive, got {speed}")
        self._speed = speed
        self._start_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        """Return ns since the start."""
        return round((time.monotonic_ns() - self._start_ns) * self._speed)

    def sleep_until(self, t_ns: int) -> None:
        """Sleep until the clock shows ``t_ns``; return at once if it has passed."""
        left_ns = t_ns - self.now_ns()
        if left_ns > 0:
            time.sleep(left_ns / self._speed * 1e-9)


class ManualClock:
    """A clock that jumps where a real one sleeps. It never runs backwards."""

    def __init__(self, t_ns: int = 0) -> None:
        self._t_ns = t_ns

    def now_ns(self) -> int:
        """Return the time it was last moved to, in ns."""
        return self._t_ns

    def sleep_until(self, t_ns: int) -> None:
        """Jump to ``t_ns``; a time in the past changes nothing."""
        self._t_ns = max(self._t_ns, t_ns)
