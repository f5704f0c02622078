"""Makes and verifies bundles: one exported inspection with hashes, its chain and a signature.

::

    manifest.json     format, record, entry hash, unit key, SHA-256 and size of every other part
    manifest.sig      Ed25519 over it, hex          public-key.pem   the unit's public key
    inspection.json   the record: byte for byte the body that was signed when it was stored
    chain.jsonl       headers and signatures of it and its neighbours, without their bodies
    records/…         of a whole site: the record of every place, likewise
    resolutions.jsonl what was said later of the alarms: whole entries, with header, signature and body
    …                 reports, tables, attachments, and the evidence where it was asked for

The public key inside proves only that one unit made all of it. That it was *your* unit is known by
comparing its fingerprint with the one the unit shows (``ansim report key``), or by ``--key``.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from firmware.records.attachments import AttachmentFolder
from firmware.records.custody.anchor import AnchorFolder, Expected
from firmware.records.custody.deterministic_zip import pack, unpack
from firmware.records.custody.errors import BundleUnreadable, KeyTrouble
from firmware.records.custody.hash_chain import (
    LARGEST,
    ChainFault,
    Entry,
    canonical,
    sha256,
    verify_chain,
)
from firmware.records.custody.unit_key import (
    UnitKey,
    fingerprint,
    public_pem,
    read_public_pem,
    signature_holds,
)
from firmware.records.database import check_database, read_what_is_left, reading
from firmware.records.doubts import Doubt, doubts_of
from firmware.records.hand_overs import hand_over_entries
from firmware.records.reader import attachment_faults, keys_beside
from firmware.records.resolutions import from_lines, resolved_entries
from firmware.settings.records_config import RecordsConfig

FORMAT = "ansim-bundle-1"
DOMAIN = b"ansim bundle 1\0"
MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public-key.pem"
INSPECTION, CHAIN = "inspection.json", "chain.jsonl"
SELF = frozenset({MANIFEST, SIGNATURE})
RECORDS = "records/"  # the places of a whole site, byte for byte as they were signed
ATTACHMENTS = "attachments/"
RESOLUTIONS, HAND_OVERS = "resolutions.jsonl", "hand-overs.jsonl"
TROUBLES_MOST = 1000  # that are named one by one
Standing = Literal["altered", "consistent", "whole"]
NEIGHBOURS = 50  # entries before and after whose headers go along
SQLITE_MARK = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong: ``where`` is a part's name or an entry's number."""

    where: str
    word: str  # altered, missing, added, reordered, wrong-key, unexplained, contradicts, revoked
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """The result of verifying a file, and how much it proves.

    ``pinned`` is True where the key was known beforehand, from elsewhere than beside the evidence.
    ``anchored`` is the last entry that something outside the file agrees with; 0 where nothing was given.
    """

    what: str  # bundle or store
    fingerprint: str
    pinned: bool
    entries: int
    head: str
    record: str
    troubles: tuple[Trouble, ...]
    anchored: int = 0
    doubts: tuple[Doubt, ...] = ()

    @property
    def whole(self) -> bool:
        """True where nothing is wrong in what lies there; `standing` says how much that proves."""
        return not self.troubles

    @property
    def standing(self) -> Standing:
        """The standing: altered; consistent in itself, as a rewritten store is too; or whole by an anchor."""
        if self.troubles:
            return "altered"
        return "whole" if self.pinned and self.anchored else "consistent"


def make_bundle(key: UnitKey, entry: Entry, around: Iterable[Entry], parts: Mapping[str, bytes]) -> bytes:
    """Return the zip file of one record.

    Parameters
    ----------
    key : UnitKey
        Signs the manifest.
    entry : Entry
        The entry that holds the record, with its body.
    around : iterable of Entry
        The entries from `NEIGHBOURS` before to `NEIGHBOURS` after it, in order.
    parts : mapping
        Reports, tables and attachments by file name.
    """
    every = {
        **parts,
        INSPECTION: entry.body or b"",
        CHAIN: b"".join(_chain_line(e) for e in around),
        PUBLIC_KEY: public_pem(key.public),
    }
    manifest = canonical(
        {
            "format": FORMAT,
            "record": entry.fields()["id"],
            "seq": entry.row,
            "entry": entry.hash,
            "key": key.fingerprint,
            "parts": {name: {"sha256": sha256(c), "bytes": len(c)} for name, c in every.items()},
        }
    )
    every |= {MANIFEST: manifest, SIGNATURE: key.sign(DOMAIN + manifest).hex().encode("ascii")}
    return pack(every)


def _chain_line(entry: Entry) -> bytes:
    return canonical({"header": entry.header.decode("utf-8"), "signature": entry.signature.hex()}) + b"\n"


def verify_file(path: Path, *, public: bytes | None = None, expect: Expected | None = None) -> Checked:
    """Verify a bundle or a store, and name each altered part or entry.

    Parameters
    ----------
    path : Path
        A bundle, or a store's database.
    public : bytes, optional
        The public key that should have signed it, 32 raw bytes. Without it a store is checked with the key
        beside it and a bundle with the key inside, and then ``pinned`` is False.
    expect : Expected, optional
        What a report on paper says of an entry: it must be here.

    Returns
    -------
    Checked
        With at most `TROUBLES_MOST` troubles.

    Raises
    ------
    BundleUnreadable
        If it is neither, or too damaged to be opened.
    """
    if path.exists() and not path.is_file():
        raise BundleUnreadable(f"{path} is not a file", hint="Give a bundle (.zip) or a store (records.db).")
    try:
        with path.open("rb") as stream:
            mark = stream.read(len(SQLITE_MARK))
    except OSError as error:
        raise BundleUnreadable(f"{path} cannot be read: {error.strerror}", hint="Check the path.") from error
    verify = _verify_store if mark == SQLITE_MARK else _verify_bundle
    return verify(path, public, expect or Expected())


def without_revoked(checked: Checked, listed: str) -> Checked:
    """Return the check with one more trouble where the key stands in a list of revoked ones.

    Parameters
    ----------
    checked : Checked
        What was found without the list.
    listed : str
        A fingerprint at the beginning of each line, whatever follows it; other lines say nothing.
    """
    gone = {line.split()[0].lower() for line in listed.splitlines() if line.strip()}
    if checked.fingerprint not in gone:
        return checked
    return replace(checked, troubles=(Trouble(where=PUBLIC_KEY, word="revoked"), *checked.troubles))


def _verify_store(path: Path, public: bytes | None, expect: Expected) -> Checked:
    known = public if public is not None else _key_beside(path)
    with reading(path) as db:
        anchor = AnchorFolder().read(known)
        check = check_database(db, known, anchor=anchor)
        faults = [*check.faults, *_attachment_faults(path, db)]
        found = _entry_of_hash(db, expect.hash) if expect.hash else 0
        doubts = tuple(doubts_of(read_what_is_left(db)))
    troubles = [_trouble(f) for f in faults]
    if expect.hash and not found:
        troubles.append(Trouble(where=expect.hash, word="missing", part="anchor"))
    return Checked(
        what="store",
        fingerprint=fingerprint(known),
        pinned=public is not None or expect.pins(fingerprint(known)),
        entries=check.entries,
        head=check.head,
        record="",
        troubles=tuple((troubles + _expected_key(expect, known))[:TROUBLES_MOST]),
        anchored=max(check.anchored, found),
        doubts=doubts,
    )


def _attachment_faults(path: Path, db: sqlite3.Connection) -> list[ChainFault]:
    try:
        used = db.execute("SELECT DISTINCT seq, sha256 FROM uses ORDER BY seq, sha256").fetchall()
    except sqlite3.DatabaseError:
        return [ChainFault(seq=0, word="altered", part="index")]
    return list(attachment_faults(AttachmentFolder(path.parent, RecordsConfig()), used))


def _entry_of_hash(db: sqlite3.Connection, wanted: str) -> int:
    """Return the number of the entry with this hash, 0 where there is none."""
    return next((e.row for e in read_what_is_left(db) if e.hash == wanted), 0)


def _expected_key(expect: Expected, public: bytes) -> list[Trouble]:
    if expect.fingerprint and not expect.pins(fingerprint(public)):
        return [Trouble(where=PUBLIC_KEY, word="wrong-key")]
    return []


def _key_beside(path: Path) -> bytes:
    public = keys_beside(path.parent)[1]
    if public is None:
        raise KeyTrouble(
            f"There is no key beside {path} to verify it with", hint="Give the unit's public key with --key."
        )
    return public


def _verify_bundle(path: Path, public: bytes | None, expect: Expected) -> Checked:
    parts, exact = unpack(path)
    for name in (MANIFEST, SIGNATURE, PUBLIC_KEY, INSPECTION, CHAIN):
        if name not in parts:
            raise BundleUnreadable(
                f"{path} has no {name}: it is not a bundle of ansim, or a part was removed"
            )
    known = public if public is not None else read_public_pem(parts[PUBLIC_KEY])
    manifest = _manifest(parts[MANIFEST])
    troubles = [*_manifest_troubles(parts, manifest, known), *_part_troubles(parts, manifest)]
    entries, own, more = _chain_troubles(parts, manifest, known)
    troubles += [*more, *_attachment_troubles(parts), *_beside_troubles(parts, known)]
    troubles += _expected_key(expect, known)
    found = next((e.row for e in entries if expect.hash and e.hash == expect.hash), 0)
    if expect.hash and not found:
        troubles.append(Trouble(where=expect.hash, word="missing", part="anchor"))
    if not exact and not troubles:
        troubles.append(Trouble(where=path.name, word="altered", part="container"))
    bodies = [] if own is None else [replace(own, body=parts[INSPECTION])]
    return Checked(
        what="bundle",
        fingerprint=fingerprint(known),
        pinned=public is not None or expect.pins(fingerprint(known)),
        entries=len(entries),
        head=own.hash if own else "",
        record=str(manifest.get("record", "")),
        troubles=tuple(troubles[:TROUBLES_MOST]),
        anchored=found,
        doubts=tuple(doubts_of(bodies)),
    )


def _attachment_troubles(parts: Mapping[str, bytes]) -> list[Trouble]:
    """Hold the bundle against its own entries: every attachment that they name must be there, and be it."""
    held = {
        name.removeprefix(ATTACHMENTS).split(".")[0]: name for name in parts if name.startswith(ATTACHMENTS)
    }
    bodies = [parts[INSPECTION]]
    try:
        bodies += [entry.body or b"" for entry in from_lines(parts.get(RESOLUTIONS, b""))]
        named = [str(a["sha256"]) for body in bodies for a in json.loads(body).get("attachments", ())]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []  # an entry that is not one is said of itself
    troubles = []
    for digest in dict.fromkeys(named):
        if digest not in held:
            troubles.append(Trouble(where=f"{ATTACHMENTS}{digest}", word="missing", part="attachment"))
        elif sha256(parts[held[digest]]) != digest:
            troubles.append(Trouble(where=held[digest], word="altered", part="attachment"))
    return troubles


def _beside_troubles(parts: Mapping[str, bytes], public: bytes) -> list[Trouble]:
    """Hold what stands beside a record against its signatures: entries of this unit, of a record in here."""
    own = {str(_manifest(parts[MANIFEST]).get("record", ""))}
    own |= {n.removeprefix(RECORDS).removesuffix(".json") for n in parts if n.startswith(RECORDS)}
    troubles = []
    for part, read in ((RESOLUTIONS, _resolved_records), (HAND_OVERS, _handed_records)):
        if part not in parts:
            continue
        try:
            entries = from_lines(parts[part])
        except ValueError:
            troubles.append(Trouble(where=part, word="altered"))
            continue
        records = read(entries, public)
        if len(records) != len(entries) or not own.issuperset(records):
            troubles.append(Trouble(where=part, word="altered", part="signature"))
    return troubles


def _resolved_records(entries: Iterable[Entry], public: bytes) -> list[str]:
    return [said.record for _, said in resolved_entries(entries, public)]


def _handed_records(entries: Iterable[Entry], public: bytes) -> list[str]:
    return [said.record for _, said in hand_over_entries(entries, public)]


def _manifest(raw: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    good = (
        isinstance(fields, dict) and fields.get("format") == FORMAT and isinstance(fields.get("parts"), dict)
    )
    return fields if good else {}


def _manifest_troubles(
    parts: Mapping[str, bytes], manifest: Mapping[str, Any], public: bytes
) -> list[Trouble]:
    try:
        signature = bytes.fromhex(parts[SIGNATURE].decode("ascii"))
    except ValueError:
        signature = b""
    if signature.hex().encode("ascii") != parts[SIGNATURE]:
        return [Trouble(where=SIGNATURE, word="altered")]
    if signature_holds(public, signature, DOMAIN + parts[MANIFEST]):
        return []
    other = bool(manifest) and manifest.get("key") != fingerprint(public)
    return [Trouble(where=MANIFEST, word="wrong-key" if other else "altered", part="signature")]


def _part_troubles(parts: Mapping[str, bytes], manifest: Mapping[str, Any]) -> list[Trouble]:
    listed = manifest.get("parts", {})
    gone = heapq.nsmallest(TROUBLES_MOST, listed.keys() - parts.keys())
    troubles = [Trouble(where=name, word="missing") for name in gone]
    for name in sorted(parts.keys() - SELF):
        said = listed.get(name)
        if said is None:
            troubles.append(Trouble(where=name, word="added"))
        elif not isinstance(said, dict) or said.get("sha256") != sha256(parts[name]):
            troubles.append(Trouble(where=name, word="altered"))
    return troubles


def _chain_troubles(
    parts: Mapping[str, bytes], manifest: Mapping[str, Any], public: bytes
) -> tuple[list[Entry], Entry | None, list[Trouble]]:
    """Check the record against its signed entry, and the entry against its neighbours."""
    try:
        entries = [_entry(line) for line in parts[CHAIN].splitlines()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return [], None, [Trouble(where=CHAIN, word="altered")]
    first = entries[0].row if entries else 1
    check = verify_chain(entries, public, first=first, bodies=False)
    troubles = [_trouble(f) for f in check.faults]
    headers = {e.fields().get("id"): e.fields() for e in entries}
    for name in sorted(n for n in parts if n.startswith(RECORDS)):
        said = headers.get(name.removeprefix(RECORDS).removesuffix(".json"), {})
        if said and said["body_sha256"] != sha256(parts[name]):
            troubles.append(Trouble(where=str(said["seq"]), word="altered", part="body"))
    own = next((e for e in entries if e.hash == manifest.get("entry")), None)
    if own is None:
        troubles.append(Trouble(where=CHAIN, word="missing", part=f"entry {manifest.get('seq', '?')}"))
    elif own.fields().get("body_sha256") != sha256(parts[INSPECTION]):
        troubles.append(Trouble(where=str(own.row), word="altered", part="body"))
    return entries, own, troubles


def _entry(line: bytes) -> Entry:
    fields = json.loads(line)
    header = str(fields["header"]).encode("utf-8")
    row = json.loads(header).get("seq")
    if isinstance(row, bool) or not isinstance(row, int) or not 0 < row < LARGEST:
        raise ValueError("a header without a number")
    return Entry(row=row, header=header, signature=bytes.fromhex(fields["signature"]), body=None)


def _trouble(fault: ChainFault) -> Trouble:
    return Trouble(where=str(fault.seq), word=fault.word, part=fault.part)
