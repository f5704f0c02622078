"""Converts an inspection to names and back, so that it survives an interruption and changes of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmware.inspection.state import Checkpoint, InspectionState


def progress_of(state: InspectionState) -> Checkpoint:
    """Return the progress of the inspection, by names of site, room and cubicle."""
    return Checkpoint(
        site=state.plan.name,
        operator=state.operator,
        walk=state.inspection_id,
        visit=state.visit,
        stage="corridor" if state.stage == "corridor" else "cubicle",
        room=state.room_plan.name,
        cubicle=state.cubicle_name,
        marks=state.marks,
        done=state.done,
        alarm=state.alarm,
    )


def resumed(state: InspectionState, progress: Checkpoint) -> InspectionState | None:
    """Return the inspection at the place where it was interrupted; None where the plan lacks that place."""
    site = _index([p.name for p in state.plans], progress.site)
    if site is None:
        return None
    room = _index([r.name for r in state.plans[site].room], progress.room)
    if room is None:
        return None
    cubicle = _index(state.plans[site].room[room].cubicles, progress.cubicle)
    if cubicle is None:
        return None
    return replace(
        state, stage=progress.stage, selected=0, site=site, operator=progress.operator, room=room,
        cubicle=cubicle, inspection_id=progress.walk, visit=progress.visit, marks=dict(progress.marks),
        done=progress.done, resume=None, export="", exported="", alarm=progress.alarm,
    )  # fmt: skip


def _index(names: Sequence[str], name: str) -> int | None:
    return names.index(name) if name in names else None
