"""One exported inspection that any machine can check: parts, their hashes, the chain around it, a signature.

::

    manifest.json     format, record, entry hash, unit key, SHA-256 and size of every other part
    manifest.sig      Ed25519 over it, hex          public-key.pem   the unit's public key
    inspection.json   the record: byte for byte the body that was signed when it was stored
    chain.jsonl       headers and signatures of it and its neighbours, without their bodies
    records/…         of a whole site: the record of every place, likewise
    …                 reports, tables, attachments, and the evidence where it was asked for

The public key inside proves only that one unit made all of it. That it was *your* unit is known by
comparing its fingerprint with the one the unit shows (``ansim report key``), or by ``--key``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.records.custody.deterministic_zip import pack, unpack
from firmware.records.custody.errors import BundleUnreadable, KeyTrouble
from firmware.records.custody.hash_chain import ChainFault, Entry, canonical, sha256, verify_chain
from firmware.records.custody.unit_key import (
    UnitKey,
    fingerprint,
    load_unit_key,
    public_pem,
    read_public_pem,
    signature_holds,
)
from firmware.records.database import check_database, reading

FORMAT = "ansim-bundle-1"
DOMAIN = b"ansim bundle 1\0"
MANIFEST, SIGNATURE, PUBLIC_KEY = "manifest.json", "manifest.sig", "public-key.pem"
INSPECTION, CHAIN = "inspection.json", "chain.jsonl"
SELF = frozenset({MANIFEST, SIGNATURE})
RECORDS = "records/"  # the places of a whole site, byte for byte as they were signed
NEIGHBOURS = 50  # entries before and after whose headers go along
SQLITE_MARK = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong: ``where`` is a part's name or an entry's number."""

    where: str
    word: str  # altered, missing, added, reordered, wrong-key, unexplained
    part: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What came of verifying a file. ``pinned`` is True where the key was known beforehand."""

    what: str  # bundle or store
    fingerprint: str
    pinned: bool
    entries: int
    head: str
    record: str
    troubles: tuple[Trouble, ...]

    @property
    def whole(self) -> bool:
        """True where nothing is wrong."""
        return not self.troubles


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
    return canonical({"header": entry.header.decode("ascii"), "signature": entry.signature.hex()}) + b"\n"


def verify_file(path: Path, *, public: bytes | None = None) -> Checked:
    """Tell whole from altered, and say which part or entry.

    Parameters
    ----------
    path : Path
        A bundle, or a store's database.
    public : bytes, optional
        The public key that should have signed it, 32 raw bytes. A store without it is checked with the
        unit key beside it; a bundle with the key inside, and then ``pinned`` is False.

    Raises
    ------
    BundleUnreadable
        If it is neither, or too damaged to be opened.
    """
    try:
        with path.open("rb") as stream:
            mark = stream.read(len(SQLITE_MARK))
    except OSError as error:
        raise BundleUnreadable(f"{path} cannot be read: {error.strerror}", hint="Check the path.") from error
    return _verify_store(path, public) if mark == SQLITE_MARK else _verify_bundle(path, public)


def _verify_store(path: Path, public: bytes | None) -> Checked:
    known = public if public is not None else _key_beside(path)
    with reading(path) as db:
        check = check_database(db, known)
    return Checked(
        what="store",
        fingerprint=fingerprint(known),
        pinned=True,
        entries=check.entries,
        head=check.head,
        record="",
        troubles=tuple(_trouble(f) for f in check.faults),
    )


def _key_beside(path: Path) -> bytes:
    pem = path.parent / PUBLIC_KEY
    if pem.is_file():
        return read_public_pem(pem.read_bytes())
    try:
        return load_unit_key(path.parent).public
    except KeyTrouble as error:
        raise KeyTrouble(
            f"There is no key beside {path} to verify it with", hint="Give the unit's public key with --key."
        ) from error


def _verify_bundle(path: Path, public: bytes | None) -> Checked:
    parts, exact = unpack(path)
    for name in (MANIFEST, SIGNATURE, PUBLIC_KEY, INSPECTION, CHAIN):
        if name not in parts:
            raise BundleUnreadable(
                f"{path} has no {name}: it is not a bundle of ansim, or a part was removed"
            )
    known = public if public is not None else read_public_pem(parts[PUBLIC_KEY])
    manifest = _manifest(parts[MANIFEST])
    troubles = [*_manifest_troubles(parts, manifest, known), *_part_troubles(parts, manifest)]
    entries, head, more = _chain_troubles(parts, manifest, known)
    troubles += more
    if not exact and not troubles:
        troubles.append(Trouble(where=path.name, word="altered", part="container"))
    return Checked(
        what="bundle",
        fingerprint=fingerprint(known),
        pinned=public is not None,
        entries=entries,
        head=head,
        record=str(manifest.get("record", "")),
        troubles=tuple(troubles),
    )


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
    troubles = [Trouble(where=name, word="missing") for name in sorted(listed.keys() - parts.keys())]
    for name in sorted(parts.keys() - SELF):
        said = listed.get(name)
        if said is None:
            troubles.append(Trouble(where=name, word="added"))
        elif not isinstance(said, dict) or said.get("sha256") != sha256(parts[name]):
            troubles.append(Trouble(where=name, word="altered"))
    return troubles


def _chain_troubles(
    parts: Mapping[str, bytes], manifest: Mapping[str, Any], public: bytes
) -> tuple[int, str, list[Trouble]]:
    """Check the record against its signed entry, and the entry against its neighbours."""
    try:
        entries = [_entry(line) for line in parts[CHAIN].splitlines()]
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0, "", [Trouble(where=CHAIN, word="altered")]
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
    return len(entries), own.hash if own else "", troubles


def _entry(line: bytes) -> Entry:
    fields = json.loads(line)
    header = str(fields["header"]).encode("ascii")
    row = json.loads(header).get("seq")
    if not isinstance(row, int):
        raise ValueError("a header without a number")
    return Entry(row=row, header=header, signature=bytes.fromhex(fields["signature"]), body=None)


def _trouble(fault: ChainFault) -> Trouble:
    return Trouble(where=str(fault.seq), word=fault.word, part=fault.part)
