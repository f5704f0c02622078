"""The chain of custody: each entry names the one before it by SHA-256 and is signed by the unit.

::

    header = canonical JSON (RFC 8785) of `HEADER_KEYS`: number, id, prev, body_sha256, times, clock, key …
    hash   = SHA-256("ansim entry 2" NUL header)          prev of the next entry
    signed = Ed25519("ansim entry 2" NUL header)

The body hangs on the header by its hash, so retention can remove a body and the chain stays whole; the
entry of kind ``tombstone`` then says which bodies were removed and why. The signed head says how many
entries there are, so that a cut-off end is missed too. That the whole store was put back to an earlier
state shows only against something outside it: `firmware.records.custody.anchor`, or the hash on a report.

Format 1 (``ansim-entry-1``: sorted ASCII JSON, no ``synchronised`` and ``clock_source``) is still read.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from firmware.records.custody.canonical_json import canonical_json
from firmware.records.custody.unit_key import UnitKey, fingerprint, signature_holds

FORMAT, FORMAT_1 = "ansim-entry-2", "ansim-entry-1"  # what is written; what is still read
DOMAIN, DOMAIN_1 = b"ansim entry 2\0", b"ansim entry 1\0"
MARK_1 = b'"format":"ansim-entry-1"'
HEAD_DOMAIN = b"ansim head 1\0"
LARGEST = 1 << 63  # a header holds no larger number: SQLite could not
START = "0" * 64  # what the first entry names as the one before it
GAP_LISTED = 1000  # missing entries in one gap that are named one by one
HEADER_KEYS_1 = frozenset(
    {
        "format",
        "seq",
        "kind",
        "id",
        "prev",
        "body_sha256",
        "body_bytes",
        "utc_ns",
        "up_ns",
        "boot",
        "clock",
        "key",
    }
)
HEADER_KEYS = HEADER_KEYS_1 | {"synchronised", "clock_source"}
NUMBERS = ("seq", "body_bytes", "utc_ns", "up_ns")  # of a header; large ones are decimal text in format 2

EntryKind = Literal["inspection", "tombstone", "known", "event"]
ClockWord = Literal["steady", "back", "ahead", "unset"]
FaultWord = Literal["altered", "missing", "reordered", "wrong-key", "unexplained"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The time of an entry: by the wall clock, and since start, which nobody can set."""

    utc_ns: int
    up_ns: int
    boot: str
    clock: ClockWord
    synchronised: bool = False  # whether the wall's time is known to come from somewhere
    source: str = ""  # from where: "network", or nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One stored entry. ``row`` is where it stood; ``body`` is None where retention removed it."""

    row: int
    header: bytes
    signature: bytes
    body: bytes | None

    @property
    def hash(self) -> str:
        """The name by which the next entry knows this one."""
        return entry_hash(self.header)

    def fields(self) -> Mapping[str, Any]:
        """Return the header's fields; empty if it is not a header any more."""
        return parse_header(self.header)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """One thing that is wrong, and with which entry."""

    seq: int
    word: FaultWord
    part: str  # header, body, signature, entry, head, index, anchor, clock, span, attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """The result of verifying a chain."""

    entries: int
    head: str
    faults: tuple[ChainFault, ...]
    anchored: int = field(default=0, compare=False)  # up to this entry something outside the store agrees

    @property
    def whole(self) -> bool:
        """True where nothing is wrong; that nothing was put back is sure only up to `anchored`."""
        return not self.faults


def canonical(value: Any) -> bytes:
    """Return the canonical JSON of format 1: sorted keys, no spaces, ASCII; NaN and infinities as null."""
    text = json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode("ascii")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bool | str | int) or value is None:
        return value
    number = float(value)
    return number if math.isfinite(number) else None


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes as hex."""
    return hashlib.sha256(content).hexdigest()


def entry_hash(header: bytes) -> str:
    """Return the hash that stands for an entry."""
    return sha256(domain_of(header) + header)


def domain_of(header: bytes) -> bytes:
    """Return the prefix of a header when it is hashed and signed, so that formats never mix."""
    return DOMAIN_1 if MARK_1 in header else DOMAIN


def parse_header(header: bytes) -> dict[str, Any]:
    """Return the header's fields, numbers as numbers; empty if these bytes are not a canonical header."""
    try:
        fields = json.loads(header)
        if not isinstance(fields, dict):
            return {}
        first = fields.get("format") == FORMAT_1
        if fields.keys() != (HEADER_KEYS_1 if first else HEADER_KEYS):
            return {}
        if not first and fields["format"] != FORMAT:
            return {}
        if (canonical if first else canonical_json)(fields) != header:
            return {}
        numbers = {name: _whole(fields[name]) for name in NUMBERS}
    except (ValueError, TypeError, RecursionError):
        return {}
    typed = all(isinstance(fields[k], str) for k in fields.keys() - {*NUMBERS, "synchronised"})
    return {**fields, **numbers} if typed else {}


def _whole(value: object) -> int:
    """Return a whole number of a header; text only where it must be text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError("not a whole number")
    number = int(value)
    if not 0 <= abs(number) < LARGEST or (isinstance(value, str) and str(number) != value):
        raise ValueError("not a whole number of a header")
    return number


def seal_entry(
    *, key: UnitKey, seq: int, kind: EntryKind, name: str, body: bytes, prev: str, stamp: Stamp
) -> Entry:
    """Make and sign the entry that follows the one whose hash is ``prev``."""
    header = canonical_json(
        {
            "format": FORMAT,
            "seq": seq,
            "kind": kind,
            "id": name,
            "prev": prev,
            "body_sha256": sha256(body),
            "body_bytes": len(body),
            "utc_ns": stamp.utc_ns,
            "up_ns": stamp.up_ns,
            "boot": stamp.boot,
            "clock": stamp.clock,
            "synchronised": stamp.synchronised,
            "clock_source": stamp.source,
            "key": key.fingerprint,
        }
    )
    return Entry(row=seq, header=header, signature=key.sign(DOMAIN + header), body=body)


def sign_head(key: UnitKey, *, seq: int, last: str) -> tuple[bytes, bytes]:
    """Return the head (how many entries, and the last one's hash) and its signature."""
    head = canonical({"seq": seq, "hash": last})
    return head, key.sign(HEAD_DOMAIN + head)


def verify_entry(entry: Entry, public: bytes) -> ChainFault | None:
    """Verify one entry by itself: its signature by this unit, and its body against the signed hash."""
    fields = entry.fields()
    if not fields:
        return ChainFault(seq=entry.row, word="altered", part="header")
    if fields["key"] != fingerprint(public):
        return ChainFault(seq=entry.row, word="wrong-key", part="header")
    if not signature_holds(public, entry.signature, domain_of(entry.header) + entry.header):
        return ChainFault(seq=entry.row, word="altered", part="signature")
    return verify_body(entry)


def verify_body(entry: Entry) -> ChainFault | None:
    """Verify one entry without a key: its body against the hash in its header."""
    fields = entry.fields()
    if not fields:
        return ChainFault(seq=entry.row, word="altered", part="header")
    if entry.body is not None and sha256(entry.body) != fields["body_sha256"]:
        return ChainFault(seq=entry.row, word="altered", part="body")
    if fields["seq"] != entry.row:
        return ChainFault(seq=entry.row, word="reordered", part="entry")
    return None


def verify_chain(
    entries: Iterable[Entry], public: bytes, *, first: int = 1, bodies: bool = True
) -> ChainCheck:
    """Verify a whole chain, in the order in which it is stored.

    Parameters
    ----------
    entries : iterable of Entry
        In the order of their rows.
    public : bytes
        The unit's public key, 32 raw bytes.
    first : int
        Number of the first entry that should be there (above 1 for a window of a chain).
    bodies : bool
        Whether every body should be there, unless a tombstone says otherwise.
    """
    faults: list[ChainFault] = []
    removed: list[tuple[int, int]] = []
    without_body: list[int] = []
    expected, prev, count = first, START if first == 1 else "", 0
    for entry in entries:
        faults += [ChainFault(seq=n, word="missing", part="entry") for n in _gap(expected, entry.row)]
        fault = verify_entry(entry, public) or _link_fault(entry, expected, prev)
        if fault is not None:
            faults.append(fault)
        elif entry.body is None:
            without_body.append(entry.row)
        else:
            removed += removed_by(entry)
        expected, prev, count = entry.row + 1, entry.hash, count + 1
    if bodies:
        unsaid = [n for n in without_body if not any(a <= n <= b for a, b in removed)]
        faults += [ChainFault(seq=n, word="missing", part="body") for n in unsaid]
    return ChainCheck(entries=count, head=prev or START, faults=tuple(sorted(faults, key=lambda f: f.seq)))


def _gap(expected: int, row: int) -> range:
    return range(expected, min(row, expected + GAP_LISTED))


def _link_fault(entry: Entry, expected: int, prev: str) -> ChainFault | None:
    """Compare with the entry before; after a gap there is none to compare with."""
    if entry.row < expected:
        return ChainFault(seq=entry.row, word="reordered", part="entry")
    if entry.row == expected and prev and entry.fields()["prev"] != prev:
        return ChainFault(seq=entry.row, word="unexplained", part="prev")
    return None


def removed_by(entry: Entry) -> list[tuple[int, int]]:
    """Return the ranges of entries whose bodies this tombstone removed; nothing for any other entry."""
    if entry.body is None or entry.fields().get("kind") != "tombstone":
        return []
    try:
        return [(int(start), int(end)) for start, end in json.loads(entry.body)["removed"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []  # signed nonsense removes nothing


def verify_head(head: bytes, signature: bytes, check: ChainCheck, public: bytes) -> tuple[ChainFault, ...]:
    """Compare the signed head with the chain that was found, to notice a removed end."""
    if not signature_holds(public, signature, HEAD_DOMAIN + head):
        return (ChainFault(seq=check.entries, word="altered", part="head"),)
    seq, last = parse_head(head)
    if seq > check.entries and not check.faults:
        lost = range(check.entries + 1, min(seq, check.entries + GAP_LISTED) + 1)
        return tuple(ChainFault(seq=n, word="missing", part="entry") for n in lost)
    if last != check.head and not check.faults:
        return (ChainFault(seq=check.entries, word="unexplained", part="head"),)
    return ()


def parse_head(head: bytes) -> tuple[int, str]:
    """Return the number and the hash of a head; 0 and nothing where it is none."""
    try:
        fields = json.loads(head)
        return int(fields["seq"]), str(fields["hash"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0, ""


def as_ranges(numbers: Sequence[int]) -> list[list[int]]:
    """Return sorted numbers as ``[first, last]`` pairs."""
    ranges: list[list[int]] = []
    for n in sorted(numbers):
        if ranges and n == ranges[-1][1] + 1:
            ranges[-1][1] = n
        else:
            ranges.append([n, n])
    return ranges
