"""Plans which records are removed, by age and by space on the disk; a find only where a person asks.

A find is whatever had an alarm, also where its word fell after the answer. An inspection without one goes
after ``keep_days``. When room is short, the oldest without a find go first. One with a find stays: only a
person who asks for it lets it go, after ``keep_found_days``. What was
said of an alarm, with its photo, goes with its record and never before.

Age is counted in time that the unit lived through, not in what a clock says (`lived_ns`): a clock that is
set years ahead, by mistake or by a forged answer of a time server, makes nothing old.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from firmware.records.custody.canonical_json import canonical_json
from firmware.records.custody.hash_chain import as_ranges, parse_header
from firmware.records.custody.wall_clock import NOT_BEFORE_NS
from firmware.settings.records_config import RecordsConfig
from firmware.verdict.model import Level

NS_PER_DAY = 86_400 * 10**9
FOUND = frozenset({Level.CHECK.value, Level.LIKELY_CAMERA.value})
STEP_MOST_NS = 30 * NS_PER_DAY  # between two starts that the wall clock alone bridges
ENTRY_OVERHEAD_BYTES = 1024  # header, signature, index and page slack of one entry, rounded up
ANSWERS = (
    "SELECT seq, json_extract(CAST(body AS TEXT), '$.record') FROM bodies "
    "WHERE kind = 'event' AND json_valid(CAST(body AS TEXT)) "
    "AND json_extract(CAST(body AS TEXT), '$.event') = 'resolved'"
)
ALARM = (
    "SELECT 1 FROM bodies WHERE seq = ? AND json_valid(CAST(body AS TEXT)) "
    "AND json_extract(CAST(body AS TEXT), '$.verdict.alarm') IS NOT NULL"
)
Why = Literal["age", "room"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The decision of retention: ``removed`` are (entry, reason) pairs."""

    removed: tuple[tuple[int, Why], ...]
    attachments: frozenset[str]
    still_over_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One stored inspection as the plan sees it."""

    seq: int
    utc_ns: int
    found: bool
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The present time: by the wall clock and since start, and whether the wall clock is trusted.

    ``vouched`` is what a person said: that the clock is right, and so age is what it says. ``aging`` False:
    nobody knows the time, nothing is old. ``finds``: a person asked that finds go too.
    """

    utc_ns: int = 0
    up_ns: int = 0
    boot: str = ""
    aging: bool = False
    vouched: bool = False
    finds: bool = False


NOBODY_KNOWS = Now()


def plan_removals(
    db: sqlite3.Connection, config: RecordsConfig, *, now: Now = NOBODY_KNOWS, coming_bytes: int
) -> Kept:
    """Return the records that are due for removal; changes nothing.

    Parameters
    ----------
    db : Connection
        The store's database.
    config : RecordsConfig
        How long, and how much.
    now : Now
        The moment at which age is asked.
    coming_bytes : int
        Room that is needed, bytes.
    """
    taken_bytes, oldest_utc_ns = _taken(db)
    over = taken_bytes + coming_bytes - config.most_bytes
    shortest = min(config.keep_days, config.keep_found_days)
    if over <= 0 and (not now.aging or now.utc_ns - oldest_utc_ns <= shortest * NS_PER_DAY):
        return Kept(removed=(), attachments=frozenset(), still_over_bytes=0)
    return _plan(db, config, now=now, over_bytes=over)


def _plan(db: sqlite3.Connection, config: RecordsConfig, *, now: Now, over_bytes: int) -> Kept:
    holdings = _holdings(db)
    ages_ns = _ages_ns(db, holdings, now)
    removed: dict[int, Why] = {
        h.seq: "age"
        for h in holdings
        if is_old(h, config, age_ns=ages_ns.get(h.seq, 0), finds=now.finds)
        and is_old(_with_alarm(db, h), config, age_ns=ages_ns.get(h.seq, 0), finds=now.finds)
    }
    over = over_bytes - sum(h.size_bytes for h in holdings if h.seq in removed)
    for holding in holdings:
        if over <= 0:
            break
        if holding.seq not in removed and not _with_alarm(db, holding).found:
            removed[holding.seq] = "room"
            over -= holding.size_bytes
    removed |= _answers_to(db, removed)
    return Kept(
        removed=tuple(sorted(removed.items())),
        attachments=_attachments(db, removed),
        still_over_bytes=max(0, over),
    )


def _ages_ns(db: sqlite3.Connection, holdings: list[Holding], now: Now) -> dict[int, int]:
    """Return the age of every inspection, ns; empty where nobody knows the time."""
    if not now.aging:
        return {}
    if now.vouched:
        times = {h.seq: h.utc_ns for h in holdings}
        return {s: now.utc_ns - t for s, t in times.items() if min(t, now.utc_ns) >= NOT_BEFORE_NS}
    lived = lived_ns(_headers(db))
    if not lived:
        return {}
    last_seq, last = next(reversed(lived.items()))
    since_ns = _step_ns(last, {"utc_ns": now.utc_ns, "up_ns": now.up_ns, "boot": now.boot})
    total_ns = last["lived_ns"] + since_ns
    return {h.seq: total_ns - lived[h.seq]["lived_ns"] for h in holdings if h.seq in lived and last_seq}


def lived_ns(headers: Iterable[Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """Return the operating time of the unit at each entry, beside the header's own times.

    Parameters
    ----------
    headers : iterable of mapping
        Signed headers in order; what is not readable any more is skipped.

    Notes
    -----
    Within one start of the machine the time since start counts, which nobody can set. Across a start the
    wall clock counts, but at most `STEP_MOST_NS`: a clock that jumped years ahead is worth a month once.
    A unit that lay in a drawer for a year so keeps its records longer, never shorter.
    """
    lived: dict[int, dict[str, Any]] = {}
    before: dict[str, Any] | None = None
    for fields in headers:
        step_ns = 0 if before is None else _step_ns(before, fields)
        total_ns = step_ns + (0 if before is None else before["lived_ns"])
        before = {**{k: fields[k] for k in ("utc_ns", "up_ns", "boot")}, "lived_ns": total_ns}
        lived[int(fields["seq"])] = before
    return lived


def _step_ns(before: Mapping[str, Any], after: Mapping[str, Any]) -> int:
    since_start_ns = int(after["up_ns"]) - int(before["up_ns"])
    if before["boot"] and before["boot"] == after["boot"] and since_start_ns >= 0:
        return since_start_ns
    if min(int(before["utc_ns"]), int(after["utc_ns"])) < NOT_BEFORE_NS:
        return 0
    return min(max(0, int(after["utc_ns"]) - int(before["utc_ns"])), STEP_MOST_NS)


def _headers(db: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    for (header,) in db.execute("SELECT header FROM entries ORDER BY seq"):
        fields = parse_header(header) if isinstance(header, bytes) else {}
        if fields:
            yield fields


def is_old(holding: Holding, config: RecordsConfig, *, age_ns: int, finds: bool) -> bool:
    """Say whether an inspection has passed its retention time; a find only where a person asked."""
    if holding.found:
        return finds and age_ns > config.keep_found_days * NS_PER_DAY
    return age_ns > config.keep_days * NS_PER_DAY


def tombstone_body(due: Kept) -> bytes:
    """Return the body of the entry that says what was removed and why."""
    whys: tuple[Why, ...] = ("age", "room")
    reasons = {why: as_ranges([seq for seq, w in due.removed if w == why]) for why in whys}
    return canonical_json(
        {
            "kind": "tombstone",
            "removed": as_ranges([seq for seq, _ in due.removed]),
            "reasons": {why: ranges for why, ranges in reasons.items() if ranges},
        }
    )


def _holdings(db: sqlite3.Connection) -> list[Holding]:
    rows = db.execute(
        "SELECT seq, utc_ns, level, size_bytes FROM bodies "
        "WHERE kind NOT IN ('tombstone', 'known', 'event') ORDER BY seq"
    )
    return [
        Holding(seq=seq, utc_ns=utc_ns, found=level in FOUND, size_bytes=size)
        for seq, utc_ns, level, size in rows
    ]


def _with_alarm(db: sqlite3.Connection, holding: Holding) -> Holding:
    """Return an inspection as a find where its record has an alarm; only what would go is read for it."""
    if holding.found or db.execute(ALARM, (holding.seq,)).fetchone() is None:
        return holding
    return replace(holding, found=True)


def _taken(db: sqlite3.Connection) -> tuple[int, int]:
    """Return the room that is taken, bytes, and the oldest inspection's time; both from an index alone."""
    count = db.execute("SELECT COALESCE(MAX(seq), 0) FROM entries").fetchone()[0]
    size, oldest = db.execute(
        "SELECT COALESCE(SUM(size_bytes), 0), COALESCE(MIN(utc_ns), ?) FROM bodies INDEXED BY bodies_keep",
        (1 << 62,),
    ).fetchone()
    return int(count) * ENTRY_OVERHEAD_BYTES + int(size), int(oldest)


def _answers_to(db: sqlite3.Connection, removed: Mapping[int, Why]) -> dict[int, Why]:
    """Return the entries that say what came of the alarms of removed records: they go with them."""
    if not removed:
        return {}
    names: dict[str, Why] = {
        name: removed[seq] for seq, name in db.execute("SELECT seq, id FROM entries") if seq in removed
    }
    return {seq: names[record] for seq, record in db.execute(ANSWERS) if record in names}


def _attachments(db: sqlite3.Connection, removed: dict[int, Why]) -> frozenset[str]:
    rows = db.execute("SELECT seq, sha256 FROM uses").fetchall()
    return frozenset(digest for seq, digest in rows if seq in removed)
