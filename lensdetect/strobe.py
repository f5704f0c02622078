"""Tells which light was on: from labels, else from the commands given, else from the pictures.

Frames are gathered into *runs* of one state; frames that overlap an edge of the light are dropped. Without
labels dark runs are ``off``; a lit run twice as long as a dark one holds two states. The strobe of ansim goes
ring, off, side, so after the dark comes the side light and then the ring.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hw.types import LedState
from lensdetect.frame_stats import FrameStats
from lensdetect.light_schedule import Commanded
from lensdetect.order_stats import median

WINDOW = 72  # frames over which bright and dark are told apart
MIN_WINDOW = 6
MIN_LIT_RATIO = 1.2  # lit pictures are at least this much brighter, or the light does nothing
MIN_LIT_STEP_DN = 1.5
HALF_LIT = 0.45  # a lit band has at least this much of the light of the brightest one
MIN_STEP_SHARE = 0.7  # light over room light, below which flicker could pass for an edge
SURE_RUN = 3  # frames in a run from which one can be spared
MAX_RUN = 48  # longer runs are cut: the light is stuck, or the strobe is stopped
KEPT_RUNS = 8
BLACK_DN = 1.0
Bands = NDArray[np.float64]
EXCHANGED: Mapping[str, LedState] = MappingProxyType({"ring": "side", "side": "ring"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LitRun:
    """Consecutive clean frames in one state."""

    state: LedState
    looks: tuple[FrameStats, ...]

    @property
    def middle_ns(self) -> int:
        """Return the time of its middle frame."""
        return self.looks[len(self.looks) // 2].frame.t_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """Ring pictures with the nearest pictures in the other states.

    ``sides`` are those under the side light just before and just after, where there are any.
    """

    rings: tuple[FrameStats, ...]
    off: FrameStats | None
    side: FrameStats | None
    red: FrameStats | None
    labelled: bool
    side2: FrameStats | None = None
    commanded: bool = False  # labelled by the commands that were given
    sides: tuple[FrameStats, ...] = ()


class Strobe:
    """Groups frames into strobe cycles."""

    def __init__(self, *, rings_per_cycle: int, has_side: bool = True, has_side2: bool = False) -> None:
        self._rings_per_cycle, self._has_side, self._has_side2 = rings_per_cycle, has_side, has_side2
        self._window: deque[float] = deque(maxlen=WINDOW)  # brightness alone: pictures would be 70 MB
        self._pending: list[FrameStats] = []
        self._pending_state: str | None = None
        self._off_length = 0
        self._bands: dict[str, Bands] = {}
        self._runs: deque[LitRun] = deque(maxlen=KEPT_RUNS)
        self._fresh: list[LitRun] = []
        self._used: int | None = None  # seq of the last ring frame that was handed out
        self._labelled = self._commanded = self._swapped = False
        self._labels_seen = 0  # frames ago that a label was last seen, counted down
        self._lit_order: tuple[LedState, ...] = ("side", "red", "ring")
        self.dropped: Counter[str] = Counter()

    def push(self, look: FrameStats, *, commanded: Commanded | None = None) -> list[Cycle]:
        """Take one frame; return the cycles it completes.

        Parameters
        ----------
        look : FrameStats
            The frame; a label of its own goes before everything else.
        commanded : LedState, "edge" or None
            The light by the commands that were given, where the delay of the pictures is known.
        """
        self._window.append(look.mean_dn)
        state: str | None = look.frame.led
        self._labels_seen = WINDOW if state is not None else max(0, self._labels_seen - 1)
        self._labelled = self._labels_seen > 0
        self._commanded = commanded is not None and not self._labelled
        if commanded == "edge" and self._commanded:
            self.dropped["led_edge"] += 1
            return []
        if state is None and not self._labelled:
            state = self._guess(look) if commanded is None else self._as_wired(commanded)
        if state is None:
            self.dropped["label_missing" if self._labelled else "led_unclear"] += 1
            return []
        if state == self._pending_state and len(self._pending) < MAX_RUN:
            self._pending.append(look)
            return []
        done = self._close_run()
        self._pending_state, self._pending = state, [look]
        return self._assemble(final=False) if done else []

    def _as_wired(self, commanded: Commanded) -> str:
        """Return the light that truly answers to a command."""
        return EXCHANGED.get(commanded, commanded) if self._swapped else commanded

    def flush(self) -> list[Cycle]:
        """Hand out what is complete enough at the end of a recording."""
        self._close_run()
        self._pending, self._pending_state = [], None
        return self._assemble(final=True)

    def take_runs(self) -> list[LitRun]:
        """Return the runs completed since this was last asked, in order of time."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def modulation(self) -> float | None:
        """Return how much brighter lit pictures are than dark ones lately (ratio), None if unknown."""
        if len(self._window) < MIN_WINDOW:
            return None
        dark, lit = self._levels()
        return (lit + BLACK_DN) / (dark + BLACK_DN)

    def _levels(self) -> tuple[float, float]:
        means = np.sort(self._window)
        return float(np.mean(means[: max(1, len(means) // 6)])), float(np.mean(means[-(len(means) // 3) :]))

    def _guess(self, look: FrameStats) -> str | None:
        if len(self._window) < MIN_WINDOW:
            return None
        dark, lit = self._levels()
        if lit - dark < MIN_LIT_STEP_DN or (lit + BLACK_DN) / (dark + BLACK_DN) < MIN_LIT_RATIO:
            return None
        if look.mean_dn <= 0.5 * (dark + lit):
            return "off"
        # Where each of three lights begins shows in no brightness: only labels and commands tell.
        return None if self._has_side2 else "lit"

    def _close_run(self) -> bool:
        """Turn the pending frames into runs; True if a run was added."""
        if not self._pending:
            return False
        looks, state = self._pending, self._pending_state
        if state != "lit":
            return self._add(looks, state)  # type: ignore[arg-type]
        parts = max(1, round(len(looks) / self._off_length)) if self._off_length else 2
        first, middle, last = self._lit_order
        if parts == 1 or len(looks) < 2 or not self._has_side:
            return self._add(looks, "ring")
        if parts == 2 or len(looks) < 3:
            cut = split_point(looks)
            return self._add(looks[:cut], first) | self._add(looks[cut:], last)
        third = len(looks) // 3
        added = self._add(looks[:third], first) | self._add(looks[third:-third], middle)
        return added | self._add(looks[-third:], last)

    def swap_lights(self) -> None:
        """Take from now on for the ring what was taken for the side light; known runs change their names."""
        self._lit_order = (self._lit_order[2], self._lit_order[1], self._lit_order[0])
        self._swapped = not self._swapped
        renamed = [LitRun(state=EXCHANGED.get(r.state, r.state), looks=r.looks) for r in self._runs]
        self._runs = deque(renamed, maxlen=KEPT_RUNS)
        self._bands["ring"], self._bands["side"] = self._bands["side"], self._bands["ring"]

    def _add(self, looks: list[FrameStats], state: LedState) -> bool:
        if state == "off":
            self._off_length = len(looks)
        lit = state != "off"
        clean = clean_frames(
            looks,
            lit=lit,
            dark_bands=self._bands.get("off"),
            lit_bands=self._bands.get(state if lit else "ring"),
        )
        middle = looks[len(looks) // 2]
        self._bands[state] = middle.bands_dn
        self.dropped["led_edge"] += len(looks) - len(clean)
        if clean:
            self._runs.append(LitRun(state=state, looks=tuple(clean)))
            self._fresh.append(self._runs[-1])
        return bool(clean)

    def _assemble(self, *, final: bool) -> list[Cycle]:
        """Hand out each ring run once, when its neighbours on both sides are known."""
        cycles = []
        for i, run in enumerate(self._runs):
            if run.state != "ring" or (self._used is not None and run.looks[-1].frame.seq <= self._used):
                continue
            later = {r.state for r in list(self._runs)[i + 1 :]}
            if not (final or len(later - {"ring"}) >= 2 or "ring" in later):
                continue
            self._used = run.looks[-1].frame.seq
            cycles.append(self._cycle(run))
        return cycles

    def _cycle(self, run: LitRun) -> Cycle:
        rings = run.looks[-self._rings_per_cycle :]
        return Cycle(
            rings=rings,
            off=self._nearest("off", run),
            side=self._nearest("side", run),
            red=self._nearest("red", run),
            side2=self._nearest("side2", run),
            labelled=self._labelled,
            commanded=self._commanded,
            sides=self._sides(run),
        )

    def _sides(self, run: LitRun) -> tuple[FrameStats, ...]:
        looks = [look for r in self._runs if r.state == "side" for look in r.looks]
        before = [look for look in looks if look.frame.t_ns < run.middle_ns][-1:]
        return (*before, *[look for look in looks if look.frame.t_ns > run.middle_ns][:1])

    def _nearest(self, state: LedState, run: LitRun) -> FrameStats | None:
        at = run.middle_ns
        looks = [look for r in self._runs if r.state == state for look in r.looks]
        return min(looks, key=lambda look: abs(look.frame.t_ns - at), default=None)


def split_point(looks: Sequence[FrameStats]) -> int:
    """Return the index at which a lit run changes from one light to the other.

    The cut is where brightness steps most, if one step stands out near the middle; else the middle.
    """
    n = len(looks)
    logs = np.array([np.log(look.bands_dn + BLACK_DN) for look in looks])
    steps = np.abs(np.diff(logs, axis=0)).mean(axis=1)
    middle = n // 2
    if n < 4:
        return middle
    near = range(max(1, n // 3), min(n - 1, n - n // 3) + 1)
    best = max(near, key=lambda k: steps[k - 1])
    return best if steps[best - 1] > 3 * median(steps) + 0.01 else middle


def clean_frames(
    looks: Sequence[FrameStats], *, lit: bool, dark_bands: Bands | None, lit_bands: Bands | None
) -> list[FrameStats]:
    """Return the frames of a run that are evenly in its state.

    ``dark_bands`` and ``lit_bands`` are what the bands gave lately with the light off and on. A frame that
    overlaps an edge of the light has some bands near one and some near the other. Where light and dark differ
    by less than room light flickers this cannot be seen: then the first frame of a long run goes.
    """
    if dark_bands is None or lit_bands is None:
        return list(looks[1:]) if len(looks) >= SURE_RUN else list(looks)
    step = lit_bands - dark_bands
    if median(step) < MIN_STEP_SHARE * median(dark_bands) + MIN_LIT_STEP_DN:
        return list(looks[1:]) if len(looks) >= SURE_RUN else list(looks)
    clean = []
    for look in looks:
        share = (look.bands_dn - dark_bands) / np.maximum(step, 1.0)
        even = share.min() > HALF_LIT * max(1.0, share.max()) if lit else share.max() < 1 - HALF_LIT
        if even:
            clean.append(look)
    return clean or list(looks[len(looks) // 2 :][:1])
