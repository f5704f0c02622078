"""What is known at a site, for whoever is about to inspect it: the wiring from the records to the engine."""

from __future__ import annotations

from pathlib import Path

from firmware.log import get_logger
from firmware.records.compare.allowlist import Recogniser
from firmware.records.custody.errors import RecordsError
from firmware.records.database import DATABASE_FILE
from firmware.records.reader import RecordReader, open_reader
from firmware.sensor import Observation
from firmware.settings.records_config import RecordsConfig
from firmware.verdict.evidence.model import Evidence

log = get_logger(__name__)


def recogniser_at(site: str, *, folder: Path, config: RecordsConfig) -> Recogniser | None:
    """Return what sets the evidence of a site's known things to zero; None where nothing is known there."""
    if not site or not (folder / DATABASE_FILE).is_file():
        return None
    try:
        with open_reader(folder, config=config) as reader:
            known = reader.known(site)
            return Recogniser(known, reader.key) if known else None
    except RecordsError as error:
        log.warning("what was declared harmless here cannot be read, so everything counts", why=error.what)
        return None


class SiteAllowlist:
    """What is known where the handheld is now; empty until a site is entered. Safe to ask from any thread."""

    def __init__(self) -> None:
        self._known: Recogniser | None = None

    def enter(self, site: str, store: RecordReader) -> None:
        """Take what is known at a site, and forget the one before."""
        known = store.known(site) if site else ()
        self._known = Recogniser(known, store.key) if known else None

    def __call__(self, observation: Observation, evidence: Evidence) -> Evidence:
        """Return the evidence as it counts here."""
        known = self._known
        return evidence if known is None else known(observation, evidence)
