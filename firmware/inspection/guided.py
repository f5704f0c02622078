"""Leads one person through the guided scan: its steps, then what is short of the minimum, then the result."""

from __future__ import annotations

from dataclasses import replace

from firmware.inspection.checklists import guided_steps
from firmware.inspection.leaving import finish_personal
from firmware.inspection.state import InspectionState, Moment, Transition

DONE_STEP = 1.0  # of a guided step's progress


def is_beyond_steps(walk: InspectionState) -> bool:
    """Say whether every step is done, and the page asks for what is still short of the minimum."""
    return walk.step >= len(guided_steps())


def guided_ok(walk: InspectionState, now: Moment) -> Transition:
    """Go to the next step; after the last one, end, or ask why it should end before enough was looked at."""
    if is_beyond_steps(walk) and now.still_short:
        return Transition(replace(walk, stage="early", leaving="personal", ending=False, selected=0))
    return _further(walk, now)


def guided_moment(walk: InspectionState, now: Moment) -> Transition:
    """Go on by itself where a step is done by what was really covered."""
    if is_beyond_steps(walk):
        return Transition(walk) if now.still_short else finish_personal(walk, now)
    progress = guided_steps()[walk.step].progress(now.coverage)
    return Transition(walk) if progress is None or progress < DONE_STEP else _further(walk, now)


def _further(walk: InspectionState, now: Moment) -> Transition:
    further = replace(walk, step=walk.step + 1, selected=0)
    if not is_beyond_steps(further) or now.still_short:
        return Transition(further)
    return finish_personal(walk, now)
