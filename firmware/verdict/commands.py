"""Commands to the engine, the same from buttons, browser, terminal and replayed sessions.

``t_ns`` is the time at which it was asked, 0 for "now".
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware.verdict.alarm_latch import Resolution
from firmware.verdict.minimum import Minimum
from firmware.verdict.model import Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class EndInspection:
    """End the inspection of this place: its last verdict stands until the next one begins."""

    t_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginInspection:
    """Begin the inspection of the next place; means nothing while one is running."""

    t_ns: int = 0
    place: str = ""
    minimum: Minimum | None = None  # what the place needs; None: as the one before
    alarm: Alarm | None = None  # that the place had shown before the power failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescan:
    """End the inspection that runs, and begin it anew."""

    t_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveAlarm:
    """Resolve an alarm: looked and harmless (with a reason), found, or it could not be told."""

    resolution: Resolution
    reason: str = ""
    t_ns: int = 0


EngineCommand = EndInspection | BeginInspection | Rescan | ResolveAlarm
