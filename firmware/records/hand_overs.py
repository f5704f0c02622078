"""Hand-overs of a record (ISO/IEC 27037, chain of custody): signed entries that stand beside it.

References
----------
ISO/IEC 27037:2012, Guidelines for identification, collection, acquisition and preservation of digital
evidence, clause 6.1: who had the evidence, when, where, and why it changed hands.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from firmware.records.build_record import clean
from firmware.records.custody.hash_chain import Entry, verify_entry
from firmware.records.events import Event

NAME_MARK = "handed-over-"  # with which the ids of these entries begin
MARK = b'"event":"handed-over"'
WORDS_MOST = 200  # characters of a name, a place or a reason
FIELDS = ("from", "to", "reason", "at", "what")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """One hand-over; ``original`` is the unit with its store, else it was a working copy.

    ``utc_ns`` is the time of its entry (UTC, ns), 0 before there is one.
    """

    record: str
    giver: str
    receiver: str
    reason: str
    place: str = ""
    original: bool = False
    utc_ns: int = 0


def hand_over_event(said: HandOver) -> Event:
    """Return the entry that says that a record changed hands.

    Raises
    ------
    ValueError
        If it is not said who handed it over, to whom, or what for.
    """
    values = (said.giver, said.receiver, said.reason, said.place)
    giver, receiver, reason, place = (clean(value, most=WORDS_MOST) for value in values)
    if not (giver and receiver and reason):
        raise ValueError("a hand-over needs who, to whom and what for")
    what = "original" if said.original else "working-copy"
    details = {"from": giver, "to": receiver, "reason": reason, "at": place, "what": what}
    return Event(event="handed-over", record=said.record, details=details)


def hand_over_entries(entries: Iterable[Entry], public: bytes | None) -> tuple[tuple[Entry, HandOver], ...]:
    """Return every hand-over with its entry, oldest first; unverifiable ones do not count.

    Parameters
    ----------
    entries : iterable of Entry
        With their bodies.
    public : bytes or None
        The unit's public key, 32 raw bytes; None where there is none to verify with.
    """
    if public is None:
        return ()
    speaking = (e for e in entries if e.body is not None and MARK in e.body)
    found = ((e, _read(e)) for e in speaking if verify_entry(e, public) is None)
    return tuple((entry, one) for entry, one in found if one is not None)


def _read(entry: Entry) -> HandOver | None:
    try:
        said: dict[str, Any] = json.loads(entry.body or b"")
        words = {name: str(said["details"][name]) for name in FIELDS}
        if said["event"] != "handed-over" or words["what"] not in {"original", "working-copy"}:
            return None
        return HandOver(
            record=str(said["record"]),
            giver=words["from"],
            receiver=words["to"],
            reason=words["reason"],
            place=words["at"],
            original=words["what"] == "original",
            utc_ns=int(entry.fields().get("utc_ns", 0)),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
