"""Connects the records to the engine: gives it the allowlist of the site that is inspected."""

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
    """Return the recogniser of a site's known things; None where nothing is known there."""
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
    """The allowlist of the site where the handheld is, empty before one is entered. Safe on any thread."""

    def __init__(self) -> None:
        self._known: Recogniser | None = None

    def enter(self, site: str, store: RecordReader) -> None:
        """Load the allowlist of a site, and forget the one before."""
        known = store.known(site) if site else ()
        self._known = Recogniser(known, store.key) if known else None

    def __call__(self, observation: Observation, evidence: Evidence) -> Evidence:
        """Return the evidence as it counts here."""
        known = self._known
        return evidence if known is None else known(observation, evidence)
