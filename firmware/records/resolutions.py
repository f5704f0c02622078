"""Resolutions of alarms: signed entries of the chain that stand beside a record."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import TypeAdapter

from firmware.records.custody.hash_chain import Entry, canonical, verify_entry
from firmware.records.events import Event
from firmware.records.model import Attachment

Resolution = Literal["harmless", "found", "unclear"]
ListedResolution = Literal["", "open", "harmless", "found", "unclear"]
REASON_MOST = 400
MARK = b'"event":"resolved"'
NAME_MARK = "resolved-"  # with which the ids of these entries begin
ALARM_LEVELS = frozenset({"check", "likely_camera"})
_ATTACHMENTS = TypeAdapter(tuple[Attachment, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One resolution of a record's alarm, with the time of its entry (UTC, ns).

    ``reason`` is text, or the message key of a reason that was chosen by buttons.
    """

    record: str
    resolution: Resolution
    reason: str
    utc_ns: int
    picture: Attachment | None = None


def resolution_event(
    record: str, resolution: Resolution, reason: str, *, picture: Attachment | None = None
) -> Event:
    """Return the entry that resolves the alarm of a record.

    Raises
    ------
    ValueError
        If an alarm is to be harmless without a reason.
    """
    said = reason.strip()[:REASON_MOST]
    if resolution == "harmless" and not said:
        raise ValueError("harmless needs a reason")
    return Event(
        event="resolved",
        record=record,
        details={"resolution": resolution, "reason": said},
        attachments=() if picture is None else (picture,),
    )


def resolved_entries(entries: Iterable[Entry], public: bytes | None) -> tuple[tuple[Entry, Resolved], ...]:
    """Return every resolution with its entry, oldest first; unverifiable ones do not count."""
    if public is None:
        return ()
    speaking = (e for e in entries if e.body is not None and MARK in e.body)
    found = ((e, _read(e)) for e in speaking if verify_entry(e, public) is None)
    return tuple((entry, one) for entry, one in found if one is not None)


def resolutions_said(entries: Iterable[Entry]) -> tuple[Resolved, ...]:
    """Return the resolutions among entries that were verified before."""
    return tuple(one for one in map(_read, entries) if one is not None)


def came_of_alarm(verdict: object, said: Iterable[Resolved]) -> ListedResolution:
    """Return what came of a record's alarm: the last thing said of it, ``open``, or nothing without one.

    Parameters
    ----------
    verdict : object
        The verdict of the record, as its JSON has it.
    said : iterable of Resolved
        What was said after the record, oldest first.
    """
    fields = verdict if isinstance(verdict, dict) else {}
    kept = fields.get("alarm")
    alarm = kept if isinstance(kept, dict) else {}
    if not alarm and str(fields.get("level", "")) not in ALARM_LEVELS:
        return ""
    words: list[Resolution] = [w for w in get_args(Resolution) if w == alarm.get("resolution")]
    return next(reversed([*words, *(one.resolution for one in said)]), "open")


def _read(entry: Entry) -> Resolved | None:
    try:
        said: dict[str, Any] = json.loads(entry.body or b"")
        details = said["details"]
        if said["event"] != "resolved" or details["resolution"] not in get_args(Resolution):
            return None
        pictures = _ATTACHMENTS.validate_python(said.get("attachments", ()))
        return Resolved(
            record=str(said["record"]),
            resolution=details["resolution"],
            reason=str(details["reason"]),
            utc_ns=int(entry.fields().get("utc_ns", 0)),
            picture=pictures[0] if pictures else None,
        )
    except (ValueError, KeyError, TypeError):
        return None


def as_lines(entries: Iterable[Entry]) -> bytes:
    """Return entries as the part of a bundle: a line with header, signature and body for each one."""
    return b"".join(
        canonical(
            {
                "header": entry.header.decode("utf-8"),
                "signature": entry.signature.hex(),
                "body": (entry.body or b"").decode("utf-8"),
            }
        )
        + b"\n"
        for entry in entries
    )


def from_lines(part: bytes) -> tuple[Entry, ...]:
    """Read the entries of a bundle's part, nothing of them verified yet.

    Raises
    ------
    ValueError
        If a line is not an entry.
    """
    try:
        return tuple(_entry(json.loads(line)) for line in part.splitlines())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not an entry") from error


def _entry(fields: dict[str, Any]) -> Entry:
    header, body = (str(fields[name]).encode("utf-8") for name in ("header", "body"))
    row = json.loads(header)["seq"]
    if isinstance(row, bool) or not isinstance(row, int):
        raise ValueError("a header without a number")
    return Entry(row=row, header=header, signature=bytes.fromhex(fields["signature"]), body=body)
