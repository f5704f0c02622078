"""Finds doubts about the entries of a whole chain: they are not altered, and not proved either.

A signature says what the unit wrote, not that its clock was right. So a record whose own times do not fit
the time at which it was signed, or that was signed by a clock nobody had set, is named. So is an inspection
that was begun and has no record: it may have been left, or its result left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from firmware.records.custody.hash_chain import Entry

DoubtWord = Literal["unsynchronised", "span", "abandoned", "unfinished"]
STORED_WITHIN_NS = 7 * 86_400 * 10**9  # a record that waits for room on the disk is stored within days
CLOCK_STEP_NS = 60 * 10**9  # between the end of a scan and its stamp the clock may be set by so much
DOUBTS_MOST = 1000
EVENT_MARK = b'"kind":"event"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A doubt about one entry."""

    seq: int
    word: DoubtWord


def doubts_of(entries: Iterable[Entry]) -> Iterator[Doubt]:
    """Yield the doubts about some entries, at most `DOUBTS_MOST`.

    Parameters
    ----------
    entries : iterable of Entry
        With their bodies, as far as those are kept.
    """
    return islice(_all_doubts(entries), DOUBTS_MOST)


def _all_doubts(entries: Iterable[Entry]) -> Iterator[Doubt]:
    begun: dict[str, int] = {}  # record that has not come yet: number of the entry
    for entry in entries:
        for word in _words_of(entry):
            yield Doubt(seq=entry.row, word=word)
        fields = entry.fields()
        if fields.get("kind") == "inspection":
            begun.pop(fields["id"], None)
        elif entry.body is not None and EVENT_MARK in entry.body:
            event = _parsed(entry.body)
            record = str(event.get("record", ""))
            if event.get("event") == "begun":
                begun[record] = entry.row
            elif event.get("event") == "abandoned":
                begun.pop(record, None)
                yield Doubt(seq=entry.row, word="abandoned")
    for seq in begun.values():
        yield Doubt(seq=seq, word="unfinished")


def _words_of(entry: Entry) -> Iterator[DoubtWord]:
    fields = entry.fields()
    if fields.get("kind") != "inspection":
        return
    if fields.get("synchronised") is False:
        yield "unsynchronised"
    if entry.body is not None and not _fits(_parsed(entry.body), int(fields["utc_ns"])):
        yield "span"


def _fits(body: dict[str, Any], stamp_ns: int) -> bool:
    """Say whether an inspection ended shortly before it was signed; a replayed one has its own time."""
    if body.get("provenance") == "replayed":
        return True
    try:
        started_ns, ended_ns = (int(body["span"][k]) for k in ("started_utc_ns", "ended_utc_ns"))
    except (KeyError, TypeError, ValueError):
        return False
    late_ns = stamp_ns - ended_ns
    return started_ns <= ended_ns and -CLOCK_STEP_NS <= late_ns <= STORED_WITHIN_NS


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}
