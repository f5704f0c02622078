"""Exports one inspection as one file: reports in both languages, tables, attachments, and the proof.

The clear addresses of suspicious devices come along only as ``evidence.json``, and only when asked for by
name: it is for the police, not for the notice board.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass

from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.records.build_record import salt_purpose
from firmware.records.bundle import HAND_OVERS, NEIGHBOURS, RESOLUTIONS, make_bundle
from firmware.records.compare.diff import FOUND, PlaceDifference, ScanDiff, against_corridor, compare
from firmware.records.custody.errors import AttachmentTrouble, NoSuchRecord, RecordAltered
from firmware.records.custody.hash_chain import Entry, canonical
from firmware.records.model import Attachment
from firmware.records.queries import StoredRecord
from firmware.records.reader import RecordReader
from firmware.records.resolutions import Resolved, as_lines
from firmware.report.document import Dossier, draw_report
from firmware.report.tables import findings_csv, heard_csv, resolutions_csv

EVIDENCE = "evidence.json"
CUBICLES_MOST = 50  # with a find, set in full in the report of a whole site; the list names every one


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A bundle and what is in it."""

    name: str
    content: bytes
    entry_hash: str
    fingerprint: str
    without: tuple[str, ...] = ()  # attachments that are gone or altered


def dossier_of(store: RecordReader, stored: StoredRecord) -> Dossier:
    """Gather what a report is drawn from; an attachment that is gone or altered is left out."""
    said = tuple(one for _, one in store.resolutions(stored.inspection.id))
    photos = (one.picture for one in said if one.picture is not None)
    pictures = _contents(store, (*stored.inspection.attachments, *photos))
    return Dossier(
        record=stored.inspection,
        entry=stored.entry,
        pictures=pictures,
        comparison=_comparison(store, stored),
        corridor=_corridor(store, stored),
        cubicles=tuple(dossier_of(store, s) for s in _found_at(store, stored)),
        resolutions=said,
        hand_overs=tuple(one for _, one in store.hand_overs(stored.inspection.id)),
    )


def _contents(store: RecordReader, attachments: Sequence[Attachment]) -> dict[str, bytes]:
    """Return the contents of attachments by SHA-256, as far as they are still what was stored."""
    contents = {}
    for attachment in attachments:
        try:
            contents[attachment.sha256] = store.attachments.get(attachment.sha256)
        except AttachmentTrouble:
            continue
    return contents


def _found_at(store: RecordReader, stored: StoredRecord) -> list[StoredRecord]:
    """Return the records of a site's places with a find, as far as they are still kept."""
    names = [v.record for v in stored.inspection.visits if v.level in FOUND]
    return [s for name in names[:CUBICLES_MOST] if (s := _kept(store, name)) is not None]


def _kept(store: RecordReader, name: str) -> StoredRecord | None:
    """Return another record that a report draws on; None where it is gone or is not what was signed."""
    try:
        return store.stored(name)
    except (NoSuchRecord, RecordAltered):
        return None


def _comparison(store: RecordReader, stored: StoredRecord) -> ScanDiff | None:
    if stored.inspection.kind == "site":
        return None
    before = store.earlier(stored.inspection, before=stored.entry.row)
    return compare(before[0].inspection, stored.inspection) if before else None


def _corridor(store: RecordReader, stored: StoredRecord) -> PlaceDifference | None:
    record = stored.inspection
    if record.kind in {"corridor", "site"} or not record.place.site:
        return None
    reference = store.latest_corridor(record.place.site, before=stored.entry.row)
    return None if reference is None else against_corridor(reference.inspection, record)


def export(
    store: RecordReader, name: str, *, languages: Sequence[Language] = LANGUAGES, evidence: bool = False
) -> Exported:
    """Return the bundle of one record.

    Parameters
    ----------
    store : RecordStore
        Where it lies.
    name : str
        Its id, or the unambiguous beginning of it.
    languages : sequence of str
        One report each.
    evidence : bool
        Whether the clear addresses of suspicious devices go along.

    Raises
    ------
    RecordsError
        If there is no such record, or the addresses do not open with this unit's key.
    """
    stored = store.stored(name)
    record, entry = stored.inspection, stored.entry
    dossier = dossier_of(store, stored)
    parts = {f"report-{lang}.pdf": draw_report(dossier, catalog_for(lang)) for lang in languages}
    parts |= {"findings.csv": findings_csv(record), "heard.csv": heard_csv(record)}
    later = [
        pair for name in (record.id, *(v.record for v in record.visits)) for pair in store.resolutions(name)
    ]
    parts |= _resolved(later)
    handed = store.hand_overs(record.id)
    parts |= {HAND_OVERS: as_lines(entry for entry, _ in handed)} if handed else {}
    photos = [said.picture for _, said in later if said.picture is not None]
    files = (*record.attachments, *photos)
    contents = _contents(store, files)
    for attachment in files:
        if attachment.sha256 in contents:
            end = mimetypes.guess_extension(attachment.media_type) or ".bin"
            parts[f"attachments/{attachment.sha256}{end}"] = contents[attachment.sha256]
    for visit in record.visits:
        held = _kept(store, visit.record)
        if held is not None and held.entry.body is not None:
            parts[f"records/{visit.record}.json"] = held.entry.body
    if evidence:
        parts[EVIDENCE] = _evidence(store, stored)
    around = store.entries(first=max(1, entry.row - NEIGHBOURS), last=entry.row + NEIGHBOURS)
    return Exported(
        name=f"ansim-{record.id}.zip",
        content=make_bundle(store.key, entry, around, parts),
        entry_hash=entry.hash,
        fingerprint=store.key.fingerprint,
        without=tuple(a.name for a in files if a.sha256 not in contents),
    )


def _resolved(later: Sequence[tuple[Entry, Resolved]]) -> dict[str, bytes]:
    """Return what was said of the alarms, as signed entries and as a table; nothing without any."""
    if not later:
        return {}
    return {
        RESOLUTIONS: as_lines(entry for entry, _ in later),
        "resolutions.csv": resolutions_csv([said for _, said in later]),
    }


def _evidence(store: RecordReader, stored: StoredRecord) -> bytes:
    """Return the clear addresses, and the salts by which anybody can hold them against the record."""
    record = stored.inspection
    clear: dict[str, str] = json.loads(store.key.unseal(record.sealed)) if record.sealed else {}
    salts = {
        name: store.key.salt(salt_purpose(record.id, name)) for name in clear if name in record.commitments
    }
    evidence: dict[str, object] = {"record": record.id, "entry": stored.entry.hash, "addresses": clear}
    return canonical(evidence | ({"salts": salts} if salts else {}))
