"""Converts an inspection to names and back, so that it survives an interruption and changes of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmware.inspection.state import Checkpoint, InspectionState


def progress_of(walk: InspectionState) -> Checkpoint:
    """Return the progress of the inspection, by names of site, room and cubicle."""
    return Checkpoint(
        site=walk.plan.name,
        operator=walk.operator,
        walk=walk.walk,
        visit=walk.visit,
        stage="corridor" if walk.stage == "corridor" else "cubicle",
        room=walk.room_plan.name,
        cubicle=walk.cubicle_name,
        marks=walk.marks,
        done=walk.done,
    )


def resumed(walk: InspectionState, progress: Checkpoint) -> InspectionState | None:
    """Return the inspection at the place where it was interrupted; None where the plan lacks that place."""
    site = _index([p.name for p in walk.plans], progress.site)
    if site is None:
        return None
    room = _index([r.name for r in walk.plans[site].room], progress.room)
    if room is None:
        return None
    cubicle = _index(walk.plans[site].room[room].cubicles, progress.cubicle)
    if cubicle is None:
        return None
    return replace(
        walk, stage=progress.stage, selected=0, site=site, operator=progress.operator, room=room,
        cubicle=cubicle, walk=progress.walk, visit=progress.visit, marks=dict(progress.marks),
        done=progress.done, resume=None, export="", exported="",
    )  # fmt: skip


def _index(names: Sequence[str], name: str) -> int | None:
    return names.index(name) if name in names else None
