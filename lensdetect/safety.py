"""Plans the strobe so that it stays within the limits of the light guard, before any light is lit.

The guard (`hw.light_guard`) keeps a strobe that asks for too much dark, picture by picture. A strobe that
is planned within its limits is never refused: dark states are added until the lights may burn for all of the
time that is asked of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, groupby

from hw.config import LightConfig
from hw.light_guard import AVERAGE_LIMIT_W_SR, PEAK_LIMIT_W_SR, SafeLeds, UnsafeLight, intensities_w_sr
from hw.types import LedState

__all__ = ["AVERAGE_LIMIT_W_SR", "PEAK_LIMIT_W_SR", "SafeLeds", "UnsafeLight", "plan_strobe"]

MOST_DARK = 12  # dark states a cycle beyond which a strobe is too slow to be of use


def plan_strobe(states: Sequence[LedState], *, state_s: float, lights: LightConfig) -> tuple[LedState, ...]:
    """Return the states of one strobe cycle, in order, with as many dark ones as the limits ask for.

    Parameters
    ----------
    states : sequence of LedState
        What one cycle must hold, with one ``off``.
    state_s : float
        How long each state lasts, in s.
    lights : LightConfig
        How strong the lights are, and the limits.

    Returns
    -------
    tuple of LedState
        One cycle, dark states included.

    Raises
    ------
    UnsafeLight
        No strobe of these lights is within the limits.

    Notes
    -----
    The mean intensity of a cycle of ``n`` states is ``ΣI/n``. A window that is no whole number of cycles
    holds up to one state more of the strongest light than that. The longest time without a dark moment is
    the longest run of lit states, around the end of the cycle. Dark states first lengthen the one there is
    (the cycle stays easy to tell by its only gap), then go between all the lights.
    """
    for count in range(1, MOST_DARK + 1):
        dark: tuple[LedState, ...] = tuple("off" for _ in range(count))
        joined: list[tuple[LedState, ...]] = [dark if s == "off" else (s,) for s in states]
        together: tuple[LedState, ...] = tuple(chain.from_iterable(joined))
        lit: list[tuple[LedState, ...]] = [(s, *dark) for s in states if s != "off"]
        apart: tuple[LedState, ...] = tuple(chain.from_iterable(lit))
        for plan in (together, apart):
            if _within(plan, state_s=state_s, lights=lights):
                return plan
    raise UnsafeLight(
        "The lights are too strong, or each state lasts too long, for any strobe",
        hint="Lower their current and their figures (lens.lights), or lens.frames_per_state.",
    )


def _within(plan: Sequence[LedState], *, state_s: float, lights: LightConfig) -> bool:
    intensity = intensities_w_sr(lights)
    margin = 1 + state_s / lights.window_s
    mean_w_sr = sum(intensity[s] for s in plan) / len(plan)
    lit_share = sum(s != "off" for s in plan) / len(plan)
    runs = [len(list(run)) for lit, run in groupby(chain(plan, plan), key=lambda s: s != "off") if lit]
    return (
        mean_w_sr * margin <= AVERAGE_LIMIT_W_SR
        and lit_share * margin <= lights.max_duty
        and max(runs, default=0) * state_s <= lights.max_on_s
    )
