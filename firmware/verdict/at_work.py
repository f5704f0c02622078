"""Follows which sensors are at work now, also after a place was ended: its verdict stands, homing goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from hw.types import SENSOR_NAMES, SensorName

WorkState = Literal["starting", "running", "away", "over"]
STALLED = "status.stalled"
NS_PER_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """The present work of one sensor.

    ``away`` is lost, or never there; it is opened again and again. ``over`` is for good: its recording has
    ended, or the run. ``reason`` is a message key or a `hw.errors.Reason`. ``starts`` counts how often it was
    made anew, each time with new numbers for what it sees.
    """

    state: WorkState = "starting"
    reason: str = ""
    last_ns: int = 0
    starts: int = 0


class AtWorkLog:
    """Takes in what the sensors tell, in every phase of an inspection."""

    def __init__(self, expected: Iterable[SensorName], *, stall_s: float) -> None:
        there = frozenset(expected)
        self._now = {n: AtWork(state="starting" if n in there else "away") for n in SENSOR_NAMES}
        self._stall_ns = round(stall_s * NS_PER_S)

    def note(self, sensor: SensorName, state: WorkState, t_ns: int, reason: str = "") -> None:
        """Take in what a sensor has told at ``t_ns``, session time in ns."""
        before = self._now[sensor]
        starts = before.starts + (state == "starting")
        last_ns = t_ns if state in {"running", "starting"} else before.last_ns
        self._now[sensor] = AtWork(state=state, reason=reason, last_ns=last_ns, starts=starts)

    def end(self) -> None:
        """Note that the run is over: no sensor works any more."""
        self._now = {name: replace(work, state="over") for name, work in self._now.items()}

    def at(self, t_ns: int) -> Mapping[SensorName, AtWork]:
        """Return what each sensor is doing at ``t_ns``; one whose step takes too long has stalled."""
        return {n: self._stalled(work, t_ns) for n, work in self._now.items()}

    def _stalled(self, work: AtWork, t_ns: int) -> AtWork:
        late = work.state == "running" and t_ns > work.last_ns + self._stall_ns
        return replace(work, state="away", reason=STALLED) if late else work
