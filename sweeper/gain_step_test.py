"""Tells transmissions from the receiver's products: with 10 dB less gain these fall by 20 or 30 dB.

A front end that is driven too hard multiplies what it hears: sums and differences of strong senders stand
where nobody sends. They are told by the gain: a transmission falls dB for dB with it, a product of the
second order two for one, of the third three for one. Looks at one place with the gain high, low, high, low,
high in a row are compared; one low look may be a fade, two between three high ones are not.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sweeper.views import HopLevels

FloatArray = NDArray[np.float64]
GAIN_STEP_DB = 10.0
LEAST_STEP_DB = 6.0  # smaller steps cannot be told from fading
TOGETHER_NS = 1_000_000_000  # looks further apart saw another place: the inspector walks
PRODUCT_ORDER = 1.5  # half way between a transmission (1) and a product of the second order (2)
HEARD_DB = -3.0  # to the floor at the low gain: what a transmission must still reach there, to be missed
DEEPEST = 0.05  # of the floor: less cannot be told from nothing
OUTSIDE_CELLS = 8  # beside the signal, for the floor
FLOOR_QUANTILE = 0.3
MAX_HOPS, MAX_LOOKS = 64, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GainLook:
    """One look at a hop and the gain it was taken with."""

    gain_db: float
    levels: HopLevels


class GainLooks:
    """The last looks at the last hops, from which the order of a stretch is measured."""

    def __init__(self) -> None:
        self._hops: OrderedDict[float, deque[GainLook]] = OrderedDict()

    def add(self, levels: HopLevels, *, gain_db: float) -> None:
        """Remember one look."""
        looks = self._hops.setdefault(levels.center_hz, deque(maxlen=MAX_LOOKS))
        looks.append(GainLook(gain_db=gain_db, levels=levels))
        self._hops.move_to_end(levels.center_hz)
        if len(self._hops) > MAX_HOPS:
            self._hops.popitem(last=False)

    def __len__(self) -> int:
        """Return the number of hops that are remembered."""
        return len(self._hops)

    def order(self, center_hz: float, low_hz: float, high_hz: float) -> float | None:
        """Return by how many dB a stretch falls for each dB of gain; None where that was not measured.

        Parameters
        ----------
        center_hz : float
            The hop.
        low_hz, high_hz : float
            The stretch, which may reach beyond the slice.

        Notes
        -----
        The least of all pairs of neighbouring looks: a fade that hits one of them makes it smaller, and a
        product is believed only where every pair says so.
        """
        looks = self._hops.get(center_hz, ())
        return _order(tuple(looks), low_hz, high_hz)


def _order(looks: tuple[GainLook, ...], low_hz: float, high_hz: float) -> float | None:
    step_db = _step_db(looks)
    if step_db < LEAST_STEP_DB:
        return None
    falls: list[float] = []
    for low, high in ((1, 0), (1, 2), (3, 2), (3, 4)):
        fall = _fall_db(looks[high], looks[low], low_hz, high_hz)
        if fall is None:
            return None
        falls.append(fall)
    return 1.0 + min(falls) / step_db


def _step_db(looks: tuple[GainLook, ...]) -> float:
    """Gain between the high and the low looks; 0 where they are not high, low, high, low, high in a row."""
    gains = [look.gain_db for look in looks]
    if len(looks) < MAX_LOOKS or any(look.levels.clipped for look in looks):
        return 0.0
    if not (gains[0] == gains[2] == gains[4] and gains[1] == gains[3]):
        return 0.0
    together = looks[-1].levels.t_ns - looks[0].levels.t_ns <= TOGETHER_NS
    return gains[0] - gains[1] if together else 0.0


def _fall_db(high: GainLook, low: GainLook, low_hz: float, high_hz: float) -> float | None:
    """By how much the stretch fell beyond the gain, in dB; None where nothing could be missed."""
    strong, strong_floor = _level(high.levels, low_hz, high_hz)
    weak, weak_floor = _level(low.levels, low_hz, high_hz)
    if (
        strong_floor is None or weak_floor is None
    ):  # it fills the slice: with its noise it falls less, never more
        return float(10 * np.log10(strong / weak))
    over = strong - strong_floor
    if over <= 0 or 10 * np.log10(over / weak_floor) < HEARD_DB:
        return None
    return float(10 * np.log10(over / max(weak - weak_floor, DEEPEST * weak_floor)))


def _level(levels: HopLevels, low_hz: float, high_hz: float) -> tuple[float, float | None]:
    """Mean power of the stretch and of what is beside it (None where it fills the slice), gain taken off."""
    power: FloatArray = 10 ** (levels.mean_db.astype(np.float64) / 10)
    cell_hz = levels.width_hz / len(power)
    inside = (levels.frequency_hz > low_hz - cell_hz / 2) & (levels.frequency_hz < high_hz + cell_hz / 2)
    beside = (levels.frequency_hz < low_hz - 2 * cell_hz) | (levels.frequency_hz > high_hz + 2 * cell_hz)
    if not inside.any():
        inside[int(np.argmin(np.abs(levels.frequency_hz - (low_hz + high_hz) / 2)))] = True
    floor = float(np.quantile(power[beside], FLOOR_QUANTILE)) if beside.sum() >= OUTSIDE_CELLS else None
    return float(power[inside].mean()), floor
