"""Resolutions of alarms: signed entries of the chain that stand beside a record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from firmware.records.custody.hash_chain import Entry, verify_entry
from firmware.records.events import Event

Resolution = Literal["harmless", "found", "unclear"]
REASON_MOST = 400
MARK = b'"event":"resolved"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One resolution of a record's alarm, with the time of its entry (UTC, ns)."""

    record: str
    resolution: Resolution
    reason: str
    utc_ns: int


def resolution_event(record: str, resolution: Resolution, reason: str) -> Event:
    """Return the entry that resolves the alarm of a record.

    Raises
    ------
    ValueError
        If an alarm is to be harmless without a reason.
    """
    said = reason.strip()[:REASON_MOST]
    if resolution == "harmless" and not said:
        raise ValueError("harmless needs a reason")
    return Event(event="resolved", record=record, details={"resolution": resolution, "reason": said})


def resolutions_of(entries: Iterable[Entry], record: str, public: bytes | None) -> tuple[Resolved, ...]:
    """Return the resolutions of a record's alarm, oldest first; unverifiable ones do not count."""
    if public is None:
        return ()
    speaking = (e for e in entries if e.body is not None and MARK in e.body)
    found = (_read(e, record) for e in speaking if verify_entry(e, public) is None)
    return tuple(one for one in found if one is not None)


def _read(entry: Entry, record: str) -> Resolved | None:
    try:
        said = json.loads(entry.body or b"")
        details = said["details"]
        if said["event"] != "resolved" or said["record"] != record:
            return None
        if details["resolution"] not in get_args(Resolution):
            return None
        utc_ns = int(entry.fields().get("utc_ns", 0))
        return Resolved(
            record=record, resolution=details["resolution"], reason=str(details["reason"]), utc_ns=utc_ns
        )
    except (ValueError, KeyError, TypeError):
        return None
