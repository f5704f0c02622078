"""Tells a device in this room from one next door, by the strongest level heard here and by its rise.

A device next door is not excused: it is listed, and worth what its own sign says. One whose level nobody
told is taken for near. What was near once stays near for this inspection: going to the other end of the room
does not carry a camera out of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from firmware.verdict.evidence.likelihoods import Proximity


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelSpan:
    """The weakest and the strongest (smoothed) level of one device during one inspection."""

    low_dbm: float
    high_dbm: float


def hear(before: LevelSpan | None, level_dbm: float | None) -> LevelSpan | None:
    """Return the span of levels after one more report.

    Parameters
    ----------
    before : LevelSpan or None
        The span so far.
    level_dbm : float or None
        The reported level, dBm; None and NaN tell nothing.

    Returns
    -------
    LevelSpan or None
        dBm; None while no level was reported.
    """
    if level_dbm is None or level_dbm != level_dbm:
        return before
    if before is None:
        return LevelSpan(low_dbm=level_dbm, high_dbm=level_dbm)
    return replace(before, low_dbm=min(before.low_dbm, level_dbm), high_dbm=max(before.high_dbm, level_dbm))


def is_near(heard: LevelSpan | None, rule: Proximity) -> bool:
    """Say whether a device may be in this room: strong enough, or it rose as only a near one does."""
    if heard is None or heard.high_dbm >= rule.near_dbm:
        return True
    rose = heard.high_dbm - heard.low_dbm >= rule.rise_db
    return rose and heard.high_dbm >= rule.rise_from_dbm
