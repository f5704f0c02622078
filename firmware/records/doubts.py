"""Finds doubts about the times of entries in a whole chain: they are not altered, and not proved either.

A signature says what the unit wrote, not that its clock was right. So a record whose own times do not fit
the time at which it was signed, or that was signed by a clock nobody had set, is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from firmware.records.custody.hash_chain import Entry

DoubtWord = Literal["unsynchronised", "span"]
STORED_WITHIN_NS = 7 * 86_400 * 10**9  # a record that waits for room on the disk is stored within days
CLOCK_STEP_NS = 60 * 10**9  # between the end of a scan and its stamp the clock may be set by so much
DOUBTS_MOST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A doubt about the time of one entry."""

    seq: int
    word: DoubtWord


def doubts_of(entries: Iterable[Entry]) -> Iterator[Doubt]:
    """Yield the doubts about the times of some entries, at most `DOUBTS_MOST`.

    Parameters
    ----------
    entries : iterable of Entry
        With their bodies, as far as those are kept.
    """
    left = DOUBTS_MOST
    for entry in entries:
        for word in _words_of(entry):
            if left <= 0:
                return
            left -= 1
            yield Doubt(seq=entry.row, word=word)


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
