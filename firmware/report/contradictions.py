"""Compares the reports and tables of a bundle with its record: one key may have signed both.

The signature of a bundle says that one unit made all its parts, not that they agree. So the table is made
again from the record and compared, and clear addresses are held against the salted hashes in the record.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from firmware.records.build_record import commitment
from firmware.records.bundle import INSPECTION, RESOLUTIONS, TROUBLES_MOST, Checked, Trouble, verify_file
from firmware.records.custody.anchor import Expected
from firmware.records.custody.deterministic_zip import unpack
from firmware.records.custody.errors import RecordsError
from firmware.records.model import Inspection, read_inspection
from firmware.records.resolutions import from_lines, resolutions_said
from firmware.report.export import EVIDENCE
from firmware.report.pdf_words import facts_missing_in
from firmware.report.tables import findings_csv, heard_csv, joint_csv, resolutions_csv

FINDINGS, HEARD, RESOLVED = "findings.csv", "heard.csv", "resolutions.csv"
WORD = "contradicts"


def verify_exported(path: Path, *, public: bytes | None = None, expect: Expected | None = None) -> Checked:
    """Verify a bundle or a store, and a bundle's tables, addresses and reports against its record.

    Raises as `firmware.records.bundle.verify_file`.
    """
    checked = verify_file(path, public=public, expect=expect)
    if checked.what != "bundle" or checked.troubles:
        return checked
    parts, _ = unpack(path)
    try:
        record = read_inspection(parts[INSPECTION])
    except RecordsError:
        return replace(checked, troubles=(Trouble(where=INSPECTION, word="altered", part="body"),))
    found = tuple(contradictions(parts, record, entry_hash=checked.head))
    return replace(checked, troubles=found[:TROUBLES_MOST])


def contradictions(parts: Mapping[str, bytes], record: Inspection, *, entry_hash: str) -> Iterator[Trouble]:
    """Yield the parts of a bundle that contradict its record.

    Parameters
    ----------
    parts : mapping
        The bundle's parts by name.
    record : Inspection
        The record that is signed in the chain.
    entry_hash : str
        The hash of its entry.
    """
    for name, made in _tables(parts, record).items():
        if name in parts and not same_table(parts[name], made):
            yield Trouble(where=name, word=WORD)
    if EVIDENCE in parts and not _same_addresses(parts[EVIDENCE], record, entry_hash):
        yield Trouble(where=EVIDENCE, word=WORD)
    for name in sorted(parts):
        if name.startswith("report-") and name.endswith(".pdf"):
            lang = name.removeprefix("report-").removesuffix(".pdf")
            if facts_missing_in(parts[name], record, entry_hash=entry_hash, lang=lang):
                yield Trouble(where=name, word=WORD)


def _tables(parts: Mapping[str, bytes], record: Inspection) -> dict[str, bytes]:
    """Return the tables as record and resolutions have them; without a table of the heard, the old form."""
    findings = findings_csv(record) if HEARD in parts else joint_csv(record)
    said = resolutions_said(from_lines(parts.get(RESOLUTIONS, b"")))
    return {FINDINGS: findings, HEARD: heard_csv(record), RESOLVED: resolutions_csv(said)}


def same_table(held: bytes, made: bytes) -> bool:
    """Say whether two tables agree in every column that both have; another version may have more columns."""
    one, other = _rows(held), _rows(made)
    if one is None or other is None or len(one) != len(other):
        return False
    shared = [name for name in (other[0] if other else {}) if not one or name in one[0]]
    return all(a.get(name) == b.get(name) for a, b in zip(one, other, strict=True) for name in shared) and (
        not other or bool(shared)
    )


def _rows(content: bytes) -> list[dict[str, Any]] | None:
    try:
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error):
        return None


def _same_addresses(content: bytes, record: Inspection, entry_hash: str) -> bool:
    """Hold clear addresses against the record's commitments, which records of before do not have."""
    try:
        said = json.loads(content)
        addresses, salts = dict(said["addresses"]), dict(said.get("salts", {}))
        if said["record"] != record.id or said["entry"] != entry_hash:
            return False
        if not record.commitments:
            return not addresses or bool(record.sealed)
        bound = {name: commitment(str(address), str(salts.get(name))) for name, address in addresses.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return False
    return bound == dict(record.commitments)
