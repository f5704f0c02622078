"""Compares a sweep with one from another place, hop by hop, to find what is stronger here.

A corridor swept first is the reference, the cubicle swept next is compared with it. Broadcasts are the same
in both; what rises by more than a wall's worth is local. A baseline learned in the same place would have
learned the camera as normal; one from another place has not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from sweeper.views import HopLevels

RISE_DB = 10.0  # 3 m to 0.5 m gives 15.6 dB in free space; fading of a broadcast indoors stays below
OVER_FLOOR_DB = 6.0  # what rises must also stand over this sweep's floor
NEAR_CENTER_HZ = 1e3  # hops of the same plan
GAP_CELLS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalRise:
    """A stretch that is stronger here than at the reference."""

    low_hz: float
    high_hz: float
    rise_db: float
    level_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceComparison:
    """The local rises, and where and why the comparison could not be made."""

    local: tuple[LocalRise, ...]
    compared: int
    missing_hz: tuple[float, ...]  # hops of this sweep that the reference does not have
    clipped_hz: tuple[float, ...]  # hops that were overloaded in either

    @property
    def complete(self) -> bool:
        """True where every hop could be compared."""
        return not self.missing_hz and not self.clipped_hz


def compare(
    reference: Iterable[HopLevels], here: Iterable[HopLevels], *, rise_db: float = RISE_DB
) -> ReferenceComparison:
    """Compare two sweeps hop by hop.

    Parameters
    ----------
    reference, here : iterable of HopLevels
        From `sweeper.views.SweepMemory.hops`; levels have the gain taken off, so the gains may differ.
    rise_db : float
        A cell is local that rises by this much over the reference's strongest level nearby.

    Returns
    -------
    ReferenceComparison
        The rises, strongest first, and the hops (Hz) that were missing or overloaded.
    """
    known = {round(h.center_hz / NEAR_CENTER_HZ): h for h in reference}
    local: list[LocalRise] = []
    missing: list[float] = []
    clipped: list[float] = []
    compared = 0
    for hop in here:
        other = known.get(round(hop.center_hz / NEAR_CENTER_HZ))
        if other is None:
            missing.append(hop.center_hz)
            continue
        if hop.clipped or other.clipped:
            clipped.append(hop.center_hz)
        compared += 1
        local.extend(_rises(other, hop, rise_db))
    local.sort(key=lambda r: -r.rise_db)
    return ReferenceComparison(
        local=tuple(local), compared=compared, missing_hz=tuple(missing), clipped_hz=tuple(clipped)
    )


def _rises(reference: HopLevels, here: HopLevels, rise_db: float) -> list[LocalRise]:
    before = np.maximum(reference.mean_db, reference.floor_db)
    before = np.maximum(before, np.maximum(np.roll(before, 1), np.roll(before, -1)))
    rise = here.mean_db - before
    cells = np.flatnonzero((rise >= rise_db) & (here.mean_db >= here.floor_db + OVER_FLOOR_DB))
    if len(cells) == 0:
        return []
    frequency, step = here.frequency_hz, here.width_hz / len(here.mean_db)
    groups = np.split(cells, np.flatnonzero(np.diff(cells) > GAP_CELLS) + 1)
    return [
        LocalRise(
            low_hz=float(frequency[g[0]] - step / 2),
            high_hz=float(frequency[g[-1]] + step / 2),
            rise_db=float(rise[g].max()),
            level_db=float(here.mean_db[g].max()),
        )
        for g in groups
    ]
