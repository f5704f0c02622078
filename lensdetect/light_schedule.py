"""Labels pictures with the light that was on, by the commands given; pictures tell only the delay.

Brightness alone cannot label pictures in a bright room, nor tell the ring from the side light. The commands
are known: what is not known is the delay from command to picture, which follows from many pictures at once.
"""

from __future__ import annotations

import math
from collections import deque
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hw.types import LedState
from lensdetect.frame_stats import FrameStats

WINDOW = 72  # pictures by which the delay is found: six cycles of twelve
FEWEST = 36
RENEWED_EVERY = 6  # pictures
EARLIEST_FRAMES, LATEST_FRAMES, STEP_FRAMES = -1.0, 8.0, 0.25  # delays that are tried
LIKENESS = 0.7  # correlation of brightness and commands from which the delay is believed
KEPT_LIKENESS = 0.5  # of a delay that was believed before
ALIKE = 0.005  # difference of correlation that says nothing
MAINS_HZ = (100.0, 120.0)  # how room light breathes at 50 and 60 Hz
READOUT_SHARE = 0.6  # of the time between pictures that a rolling shutter reads out in
EDGE_SHARE = 0.05  # of the exposure that may lie beyond a switch
COMMANDS_KEPT = 256
Commanded = LedState | Literal["edge"]


class LightSchedule:
    """The commands of the lights, and the brightness of recent pictures."""

    def __init__(self) -> None:
        self._commands: deque[tuple[int, LedState]] = deque(maxlen=COMMANDS_KEPT)
        self._seen: deque[tuple[int, float, float]] = deque(maxlen=WINDOW)  # ns, s of exposure, DN
        self._since = 0
        self.delay_s: float | None = None

    def command(self, state: LedState, t_ns: int) -> None:
        """Take note of what shines from ``t_ns`` on, in ns of the session."""
        self._commands.append((t_ns, state))

    def label(self, look: FrameStats) -> Commanded | None:
        """Return the light of a picture, ``edge`` where it was switched meanwhile, None while nobody knows.

        Parameters
        ----------
        look : FrameStats
            The next picture, with its time and exposure.

        Notes
        -----
        Brightness is fitted by the share of each exposure that was commanded to be lit, for each delay, after
        the mean, a slow drift and the breathing of room light are taken off both. The delay whose correlation
        is the highest is believed where that is over `LIKENESS`.
        """
        exposure_s = (look.frame.exposure_us or 0) * 1e-6
        self._seen.append((look.frame.t_ns, exposure_s, look.mean_dn))
        self._since += 1
        if len(self._seen) >= FEWEST and (self._since >= RENEWED_EVERY or self.delay_s is None):
            self._since = 0
            self._find_delay()
        if self.delay_s is None:
            return None
        return self._state_during(look.frame.t_ns * 1e-9 - self.delay_s, self._open_s(exposure_s))

    def _period_s(self) -> float:
        times = np.array([t for t, _, _ in self._seen], np.float64)
        return float(np.median(np.diff(times))) * 1e-9 if len(times) > 1 else 0.0

    def _open_s(self, exposure_s: float) -> float:
        """Return how long any row of a picture was exposed."""
        return exposure_s + READOUT_SHARE * max(0.0, self._period_s() - exposure_s)

    def _find_delay(self) -> None:
        period_s = self._period_s()
        if period_s <= 0 or len({state != "off" for _, state in self._commands}) < 2:
            self.delay_s = None
            return
        frames = np.arange(EARLIEST_FRAMES, LATEST_FRAMES + STEP_FRAMES / 2, STEP_FRAMES)
        likeness = self._likeness(frames * period_s)
        best = int(np.argmax(likeness))
        believed = KEPT_LIKENESS if self.delay_s is not None else LIKENESS
        if likeness[best] < believed:
            self.delay_s = None
            return
        near = np.abs(frames - frames[best]) <= 1.0
        alike = near & (likeness > likeness[best] - ALIKE)  # short exposures do not tell within a frame
        self.delay_s = float(frames[alike].mean()) * period_s

    def _likeness(self, delays_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the correlation of brightness with the commands, for each delay, shape (delays,)."""
        seen = np.array(self._seen, np.float64)
        times, open_s = seen[:, 0] * 1e-9, self._open_s(float(np.median(seen[:, 1])))
        lit = self._lit_share(times - delays_s[:, None], open_s)
        waves = [f(2 * math.pi * hz * times) for hz in MAINS_HZ for f in (np.cos, np.sin)]
        plain, _ = np.linalg.qr(np.stack([np.ones_like(times), times - times.mean(), *waves], axis=1))
        bright = seen[:, 2] - plain @ (plain.T @ seen[:, 2])
        lit = lit - (lit @ plain) @ plain.T
        size = np.linalg.norm(lit, axis=1) * float(np.linalg.norm(bright))
        return np.asarray(lit @ bright / np.maximum(size, 1e-9))

    def _lit_share(self, starts_s: NDArray[np.float64], open_s: float) -> NDArray[np.float64]:
        """Return which share of exposures that begin then was commanded to be lit, any shape."""
        edges = np.array([t for t, _ in self._commands], np.float64) * 1e-9
        lit = np.array([state != "off" for _, state in self._commands], np.float64)
        spent = np.concatenate([[0.0], np.cumsum(np.diff(edges) * lit[:-1])])
        last = edges[-1] + 10.0
        edges, spent = np.append(edges, last), np.append(spent, spent[-1] + 10.0 * lit[-1])
        before, after = np.interp(starts_s, edges, spent), np.interp(starts_s + open_s, edges, spent)
        return np.asarray((after - before) / max(open_s, 1e-6))

    def _state_during(self, start_s: float, open_s: float) -> Commanded | None:
        """Return what was commanded all through an exposure."""
        slack_s = EDGE_SHARE * open_s
        first, last = self._state_at(start_s + slack_s), self._state_at(start_s + open_s - slack_s)
        return first if first == last or first is None else "edge"

    def _state_at(self, t_s: float) -> LedState | None:
        state: LedState | None = None
        for t_ns, commanded in self._commands:
            if t_ns * 1e-9 > t_s:
                break
            state = commanded
        return state
