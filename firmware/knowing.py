"""What is known at a site, for whoever is about to inspect it: the wiring from the records to the engine."""

from __future__ import annotations

from pathlib import Path

from firmware.records.config import RecordsConfig
from firmware.records.known import Recogniser
from firmware.records.store import RecordStore


def recogniser_at(site: str, *, folder: Path, config: RecordsConfig) -> Recogniser | None:
    """Return what sets the evidence of a site's known things to zero; None where nothing is known there."""
    if not site:
        return None
    with RecordStore(folder, config=config) as store:
        known = store.known(site)
        return Recogniser(known, store.key) if known else None
