"""From a finished scan to a signed record: the wiring between the senses' floor and the records."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from firmware.fusion import Verdict
from firmware.records.compose import Circumstances, Scanned, compose
from firmware.records.model import Place, Span
from firmware.records.store import RecordStore
from firmware.sensor import Observation
from firmware.settings import Settings
from hw.types import Counts, Coverage

PLACE_PARTS = 3


def place_of(text: str) -> Place:
    """Read ``site/room/cubicle``; the parts after the first may be left out."""
    parts = [part.strip() for part in text.split("/", PLACE_PARTS - 1)]
    site, room, cubicle = (*parts, "", "", "")[:PLACE_PARTS]
    return Place(site=site, room=room, cubicle=cubicle)


def span_until_now(lasted_s: float) -> Span:
    """Return the span of a scan that has just ended, by the wall clock."""
    ended_ns = time.time_ns()
    zone = datetime.now().astimezone()
    offset = zone.utcoffset()
    return Span(
        started_utc_ns=ended_ns - round(lasted_s * 1e9),
        ended_utc_ns=ended_ns,
        zone=zone.tzname() or "UTC",
        offset_s=0 if offset is None else round(offset.total_seconds()),
    )


def keep_scan(
    *,
    verdict: Verdict,
    observations: Sequence[Observation],
    coverages: Sequence[Coverage],
    counts: Sequence[Counts],
    span: Span,
    place: Place,
    kit: str,
    simulated: bool,
    settings: Settings,
    folder: Path,
) -> str:
    """Append one scan to the unit's records and return its id; signed and on the disk when this returns."""
    about = Circumstances(
        kind="scan",
        span=span,
        place=place,
        kit=kit,
        simulated=simulated,
        settings=settings.model_dump(mode="json"),
        versions={"ansim": version("ansim")},
        country=settings.country,
    )
    scanned = Scanned(verdict=verdict, observations=observations, coverages=coverages, counts=counts)
    with RecordStore(folder, config=settings.records) as store:
        record = compose(scanned, about, store.key)
        store.append(record)
        return record.id
