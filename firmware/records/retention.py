"""What may go, and when: by age, and by room on the disk; finds stay longest.

An inspection without a find goes after ``keep_days``, one with a find after ``keep_found_days``. When room
is short, the oldest without a find go first; those with a find never go for room, the store says it is full.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from firmware.records.custody.hash_chain import as_ranges, canonical
from firmware.records.custody.wall_clock import NOT_BEFORE_NS
from firmware.settings.records_config import RecordsConfig
from firmware.verdict.fusion import Level

NS_PER_DAY = 86_400 * 10**9
FOUND = frozenset({Level.CHECK.value, Level.LIKELY_CAMERA.value})
ENTRY_OVERHEAD_BYTES = 1024  # header, signature, index and page slack of one entry, rounded up
Why = Literal["age", "room"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What retention decided: ``removed`` are (entry, why)."""

    removed: tuple[tuple[int, Why], ...]
    attachments: frozenset[str]
    still_over_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One inspection's place in the plan."""

    seq: int
    utc_ns: int
    found: bool
    size_bytes: int


def plan_removals(
    db: sqlite3.Connection, config: RecordsConfig, *, now_utc_ns: int, coming_bytes: int
) -> Kept:
    """Return what is due; nothing is changed. ``now_utc_ns`` 0: nobody knows, nothing is old."""
    taken_bytes, oldest_utc_ns = _taken(db)
    over = taken_bytes + coming_bytes - config.most_bytes
    shortest = min(config.keep_days, config.keep_found_days)
    if over <= 0 and now_utc_ns - oldest_utc_ns <= shortest * NS_PER_DAY:
        return Kept(removed=(), attachments=frozenset(), still_over_bytes=0)
    return _plan(db, config, now_utc_ns=now_utc_ns, over_bytes=over)


def _plan(db: sqlite3.Connection, config: RecordsConfig, *, now_utc_ns: int, over_bytes: int) -> Kept:
    holdings = _holdings(db)
    removed: dict[int, Why] = {h.seq: "age" for h in holdings if is_old(h, config, now_utc_ns=now_utc_ns)}
    over = over_bytes - sum(h.size_bytes for h in holdings if h.seq in removed)
    for holding in holdings:
        if over <= 0:
            break
        if not holding.found and holding.seq not in removed:
            removed[holding.seq] = "room"
            over -= holding.size_bytes
    return Kept(
        removed=tuple(sorted(removed.items())),
        attachments=_attachments(db, removed),
        still_over_bytes=max(0, over),
    )


def is_old(holding: Holding, config: RecordsConfig, *, now_utc_ns: int) -> bool:
    """Say whether an inspection's time is over; times from a clock that was never set are not trusted."""
    if min(holding.utc_ns, now_utc_ns) < NOT_BEFORE_NS:
        return False
    days = config.keep_found_days if holding.found else config.keep_days
    return now_utc_ns - holding.utc_ns > days * NS_PER_DAY


def tombstone_body(due: Kept) -> bytes:
    """Return the body of the entry that says what was removed and why."""
    whys: tuple[Why, ...] = ("age", "room")
    reasons = {why: as_ranges([seq for seq, w in due.removed if w == why]) for why in whys}
    return canonical(
        {
            "kind": "tombstone",
            "removed": as_ranges([seq for seq, _ in due.removed]),
            "reasons": {why: ranges for why, ranges in reasons.items() if ranges},
        }
    )


def _holdings(db: sqlite3.Connection) -> list[Holding]:
    rows = db.execute(
        "SELECT seq, utc_ns, level, size_bytes FROM bodies "
        "WHERE kind NOT IN ('tombstone', 'known') ORDER BY seq"
    )
    return [
        Holding(seq=seq, utc_ns=utc_ns, found=level in FOUND, size_bytes=size)
        for seq, utc_ns, level, size in rows
    ]


def _taken(db: sqlite3.Connection) -> tuple[int, int]:
    """Return the room that is taken, bytes, and the oldest inspection's time; both from an index alone."""
    count = db.execute("SELECT COALESCE(MAX(seq), 0) FROM entries").fetchone()[0]
    size, oldest = db.execute(
        "SELECT COALESCE(SUM(size_bytes), 0), COALESCE(MIN(utc_ns), ?) FROM bodies INDEXED BY bodies_keep",
        (1 << 62,),
    ).fetchone()
    return int(count) * ENTRY_OVERHEAD_BYTES + int(size), int(oldest)


def _attachments(db: sqlite3.Connection, removed: dict[int, Why]) -> frozenset[str]:
    rows = db.execute("SELECT seq, sha256 FROM uses").fetchall()
    return frozenset(digest for seq, digest in rows if seq in removed)
