"""ansim-verify: checks a bundle (.zip) or a store (records.db) of ansim without ansim.

    python ansim_verify.py FILE [--key unit.pem] [--expect HASH] [--revoked keys.txt]

One file, Python's standard library and `cryptography`; it reads and never writes. What it checks, and the
format, is described in ``firmware/records/FORMAT.md``. It shares no code with ansim on purpose: two programs
that agree are worth more than one that is asked twice.

Exit code 0: whole, by a key and a hash that you knew; of a bundle the key is enough. 11: nothing contradicts
itself, but the key or the number of entries is only what the file says. 1: altered. 2: not used rightly.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import re
import sqlite3
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

ENTRY_DOMAINS = {"ansim-entry-1": b"ansim entry 1\0", "ansim-entry-2": b"ansim entry 2\0"}
HEAD_DOMAIN, BUNDLE_DOMAIN = b"ansim head 1\0", b"ansim bundle 1\0"
START = "0" * 64
KEYS_1 = {"format", "seq", "kind", "id", "prev", "body_sha256", "body_bytes", "utc_ns", "up_ns", "boot",
          "clock", "key"}  # fmt: skip
KEYS = {"ansim-entry-1": KEYS_1, "ansim-entry-2": KEYS_1 | {"synchronised", "clock_source"}}
EXACT_MOST = (1 << 53) - 1
TROUBLES_MOST, LIST_MOST = 1000, 1 << 20  # named one by one; bytes of a key or a list of keys
BESIDE = ("resolutions.jsonl", "hand-overs.jsonl")  # whole entries that stand beside the record
WHOLE, ALTERED, USAGE, INCONCLUSIVE = 0, 1, 2, 11


class NotVerifiable(Exception):
    """The file is neither a bundle nor a store."""


@dataclass(frozen=True)
class Header:
    """One entry of the chain, as it is signed."""

    raw: bytes
    signature: bytes
    fields: dict[str, Any]
    body: bytes | None = None

    @property
    def hash(self) -> str:
        """The name by which the next entry knows it."""
        return sha256(ENTRY_DOMAINS.get(self.fields.get("format", ""), b"") + self.raw)

    @property
    def seq(self) -> int:
        """Its number."""
        return int(self.fields.get("seq", 0))


@dataclass
class Findings:
    """The result of a check."""

    troubles: list[str] = field(default_factory=list)
    entries: int = 0
    head: str = ""
    hashes: set[str] = field(default_factory=set)

    def say(self, text: str) -> None:
        """Note one fault."""
        if len(self.troubles) < TROUBLES_MOST:
            self.troubles.append(text)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of some bytes as hex."""
    return hashlib.sha256(content).hexdigest()


def canonical(value: Any, *, first: bool) -> bytes:
    """Return the canonical text of JSON values: of format 1 sorted ASCII, of format 2 RFC 8785."""
    if first:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    return _rfc8785(value).encode()


def _rfc8785(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda k: k.encode("utf-16-be"))
        return "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_rfc8785(value[k])}" for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_rfc8785, value)) + "]"
    if isinstance(value, float):
        return _es6(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > EXACT_MOST:
        raise ValueError("an integer that a double cannot hold")
    return json.dumps(value, ensure_ascii=False)


def _es6(number: float) -> str:
    """Write a double as ECMAScript's Number::toString does."""
    if not math.isfinite(number):
        raise ValueError("not a JSON number")
    if number == 0:
        return "0"
    sign, digits, exponent = _digits(number)
    point = len(digits) + exponent
    if 0 < point <= 21:
        whole = digits[:point].ljust(point, "0")
        return sign + (f"{whole}.{digits[point:]}" if digits[point:] else whole)
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def _digits(number: float) -> tuple[str, str, int]:
    from decimal import Decimal

    parts = Decimal(repr(number)).normalize().as_tuple()
    return "-" if parts.sign else "", "".join(map(str, parts.digits)), int(parts.exponent)


def read_header(raw: bytes, signature: bytes, body: bytes | None = None) -> Header:
    """Return an entry; without fields where its bytes are not a canonical header."""
    try:
        fields = json.loads(raw)
        kind = fields["format"]
        good = fields.keys() == KEYS[kind] and canonical(fields, first=kind == "ansim-entry-1") == raw
        numbers = {k: int(fields[k]) for k in ("seq", "body_bytes", "utc_ns", "up_ns")}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Header(raw, signature, {}, body)
    return Header(raw, signature, {**fields, **numbers} if good else {}, body)


def fingerprint(public: bytes) -> str:
    """Return the short name of a public key."""
    return sha256(public)[:32]


def holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether a signature was made over a message by the owner of a key."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_pem(pem: bytes) -> bytes:
    """Return the 32 raw bytes of an Ed25519 public key."""
    try:
        key = load_pem_public_key(pem)
    except Exception as error:
        raise NotVerifiable("the public key cannot be read") from error
    if not isinstance(key, Ed25519PublicKey):
        raise NotVerifiable("the public key is not of the kind Ed25519")
    return key.public_bytes_raw()


def check_chain(
    entries: Iterable[tuple[int, Header]], public: bytes, found: Findings, *, whole: bool
) -> None:
    """Check signatures, order and links; ``whole``: from the first entry on, every body accounted for."""
    removed: list[tuple[int, int]] = []
    bodiless: list[int] = []
    expected, prev = (1, START) if whole else (0, "")
    for row, entry in entries:
        if expected and row != expected:
            found.say(
                f"entries {expected} to {row - 1}: missing" if row > expected else f"entry {row}: misplaced"
            )
            prev = ""
        trouble = _trouble_of(row, entry, public, prev)
        if trouble:
            found.say(f"entry {row}: {trouble}")
        elif entry.body is None:
            bodiless.append(row)
        elif entry.fields["kind"] == "tombstone":
            removed += _ranges(entry.body)
        expected, prev = row + 1, entry.hash
        found.entries, found.head = found.entries + 1, entry.hash
        found.hashes.add(entry.hash)
    for row in bodiless if whole else ():
        if not any(a <= row <= b for a, b in removed):
            found.say(f"entry {row}: its body is missing, and nothing says that it was removed")


def _trouble_of(row: int, entry: Header, public: bytes, prev: str) -> str:
    fields = entry.fields
    if not fields:
        return "its header was changed"
    domain = ENTRY_DOMAINS[fields["format"]]
    checks = (
        (fields["key"] == fingerprint(public), "signed by another key"),
        (holds(public, entry.signature, domain + entry.raw), "its signature does not hold"),
        (entry.body is None or sha256(entry.body) == fields["body_sha256"], "its body was changed"),
        (fields["seq"] == row, "it bears another number"),
        (not prev or fields["prev"] == prev, "it does not follow from the one before"),
    )
    return next((text for good, text in checks if not good), "")


def _ranges(body: bytes) -> list[tuple[int, int]]:
    try:
        return [(int(a), int(b)) for a, b in json.loads(body)["removed"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def check_bundle(path: Path, public: bytes | None) -> tuple[Findings, bytes]:
    """Check a bundle; return what was found and the key that it was checked with."""
    found, parts = Findings(), _unzip(path)
    try:
        key = public or read_pem(parts["public-key.pem"])
        manifest = json.loads(parts["manifest.json"])
        listed, signature = dict(manifest["parts"]), bytes.fromhex(parts["manifest.sig"].decode("ascii"))
        lines = [json.loads(line) for line in parts["chain.jsonl"].splitlines()]
        chain = [read_header(one["header"].encode(), bytes.fromhex(one["signature"])) for one in lines]
        record = json.loads(parts["inspection.json"])
        named = [str(a["sha256"]) for a in record.get("attachments", ())]
        said = [(n, json.loads(line)) for n in BESIDE for line in parts.get(n, b"").splitlines()]
        named += [str(a["sha256"]) for _, one in said for a in json.loads(one["body"]).get("attachments", ())]
        later = [
            (n, read_header(o["header"].encode(), bytes.fromhex(o["signature"]), o["body"].encode()))
            for n, o in said
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NotVerifiable(f"a part of the bundle is missing or cannot be read: {error}") from error
    if not holds(key, signature, BUNDLE_DOMAIN + parts["manifest.json"]):
        found.say("manifest.json: its signature does not hold with this key")
    _check_parts(parts, listed, found)
    check_chain(((e.seq, e) for e in chain), key, found, whole=False)
    for name, entry in later:
        trouble = _trouble_of(entry.seq, entry, key, "")
        if trouble:
            found.say(f"{name}, entry {entry.seq}: {trouble}")
    own = next((e for e in chain if e.hash == manifest.get("entry")), None)
    if own is None or own.fields.get("body_sha256") != sha256(parts["inspection.json"]):
        found.say("inspection.json: not the record that was signed")
    held = {n.removeprefix("attachments/").split(".")[0]: n for n in parts if n.startswith("attachments/")}
    for digest in named:
        if digest not in held or sha256(parts[held[digest]]) != digest:
            found.say(f"attachment {digest}: missing or changed")
    found.head = "" if own is None else own.hash
    return found, key


def _check_parts(parts: dict[str, bytes], listed: dict[str, Any], found: Findings) -> None:
    for name in sorted(listed.keys() - parts.keys())[:TROUBLES_MOST]:
        found.say(f"{name!a}: missing")
    for name in sorted(parts.keys() - {"manifest.json", "manifest.sig"}):
        said = listed.get(name)
        if not isinstance(said, dict):
            found.say(f"{name!a}: was added")
        elif said.get("sha256") != sha256(parts[name]):
            found.say(f"{name!a}: changed")


def _unzip(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if sum(i.file_size for i in infos) > path.stat().st_size or any(i.compress_type for i in infos):
                raise NotVerifiable("the zip claims more than it holds, or was packed again")
            if len({i.filename for i in infos}) != len(infos):
                raise NotVerifiable("the zip holds two parts of one name")
            return {i.filename: archive.read(i) for i in infos}
    except (OSError, ValueError, zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise NotVerifiable(f"the bundle cannot be read: {error}") from error


def check_store(path: Path, public: bytes | None) -> tuple[Findings, bytes]:
    """Check a store's database and the attachments beside it."""
    beside = path.parent / "public-key.pem"
    if public is None and not beside.is_file():
        raise NotVerifiable("there is no public key: give it with --key")
    key = public or read_pem(beside.read_bytes())
    found = Findings()
    try:
        db = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)
        kinds = dict(db.execute("SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"))
        if any(kinds.get(name) != "table" for name in ("entries", "bodies", "head")):
            raise NotVerifiable("the database does not have the tables of a store")
        bodies: list[bytes] = []
        check_chain(_stored(db, bodies), key, found, whole=True)
        head = db.execute("SELECT head, signature FROM head").fetchone()
    except sqlite3.Error as error:
        raise NotVerifiable(f"the database cannot be read: {error}") from error
    _check_head(head, key, found)
    for digest in dict.fromkeys(d for body in bodies for d in _attachments(body)):
        file = path.parent / "attachments" / digest[:2] / digest
        if not file.is_file() or sha256(file.read_bytes()) != digest:
            found.say(f"attachment {digest!a}: missing or changed")
    return found, key


def _stored(db: sqlite3.Connection, bodies: list[bytes]) -> Iterator[tuple[int, Header]]:
    query = (
        "SELECT e.seq, e.header, e.signature, b.body FROM entries AS e "
        "LEFT JOIN bodies AS b ON b.seq = e.seq ORDER BY e.seq"
    )
    for seq, header, signature, body in db.execute(query):
        raw, mark = (x if isinstance(x, bytes) else b"" for x in (header, signature))
        kept = None if body is None else body if isinstance(body, bytes) else b""
        if kept and b'"attachments":[{' in kept:
            bodies.append(kept)
        yield seq, read_header(raw, mark, kept)


def _attachments(body: bytes) -> list[str]:
    try:
        return [str(a["sha256"]) for a in json.loads(body).get("attachments", ())]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []


def _check_head(head: tuple[Any, Any] | None, public: bytes, found: Findings) -> None:
    if head is None:
        if found.entries:
            found.say("head: missing")
        return
    raw, signature = (x if isinstance(x, bytes) else b"" for x in head)
    try:
        fields = json.loads(raw)
        good = holds(public, signature, HEAD_DOMAIN + raw) and fields["hash"] == found.head
    except (ValueError, TypeError, KeyError, RecursionError):
        good = False
    if not good:
        found.say("head: it does not name the last entry, or its signature does not hold")


def expected(text: str) -> tuple[str, str]:
    """Return hash and fingerprint (or nothing) of what a report prints, or of its QR code."""
    words = text.lower().split()
    if len(words) == 5 and words[0] == "ansim1":
        return words[3], words[4]
    return "".join(words), ""


def main(arguments: list[str] | None = None) -> int:
    """Check one file, say what was found, and return the exit code."""
    parser = argparse.ArgumentParser(description="Checks a bundle or a store of ansim without ansim.")
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", type=Path, help="the unit's public key (PEM), known from elsewhere")
    parser.add_argument("--expect", default="", help="the hash on page one of a report, or its QR code")
    parser.add_argument("--revoked", type=Path, help="fingerprints of keys that no longer count, one a line")
    asked = parser.parse_args(arguments)
    paper_hash, paper_key = expected(asked.expect)
    try:
        public = read_pem(_bytes_of(asked.key, "--key takes the public key (PEM)")) if asked.key else None
        gone = _bytes_of(asked.revoked, "--revoked takes fingerprints") if asked.revoked else b""
        if not asked.file.is_file():  # a pipe or a device would be waited for without end
            raise NotVerifiable(f"{asked.file} is not a file: give a bundle (.zip) or a store (records.db)")
        with asked.file.open("rb") as stream:
            store = stream.read(16) == b"SQLite format 3\0"
        found, key = (check_store if store else check_bundle)(asked.file, public)
    except (NotVerifiable, OSError) as error:
        sys.stderr.write(f"ansim-verify: {ascii(str(error))[1:-1]}\n")
        return ALTERED
    if paper_hash and paper_hash not in found.hashes:
        found.say(f"{paper_hash!a}: the entry that the paper names is not here")
    if paper_key and paper_key != fingerprint(key):
        found.say("the paper names another key")
    if re.search(rf"^\s*{fingerprint(key)}(?!\S)", gone.decode("utf-8", "replace"), re.I | re.M):
        found.say("the key was revoked: what it signed no longer counts")
    return _report(found, key, store=store, pinned=bool(public or paper_key), anchored=bool(paper_hash))


def _bytes_of(file: Path, takes: str) -> bytes:
    if not file.is_file():
        raise NotVerifiable(f"{file} is not a file: {takes}")
    with file.open("rb") as source:
        return source.read(LIST_MOST)


def _report(found: Findings, key: bytes, *, store: bool, pinned: bool, anchored: bool) -> int:
    word = "ALTERED" if found.troubles else "WHOLE" if pinned and anchored else "CONSISTENT"
    out = [word if word != "CONSISTENT" else "CONSISTENT" + ("" if anchored else ", not anchored")]
    out += [f"  {trouble}" for trouble in found.troubles]
    out += [f"{found.entries} entries, hash {found.head}", f"unit key {fingerprint(key)}"]
    if not pinned:
        out.append("UNPINNED: the key came with the file; compare it with what the unit shows")
    sys.stdout.write("\n".join(out) + "\n")
    if found.troubles:
        return ALTERED
    return WHOLE if pinned and (anchored or not store) else INCONCLUSIVE


if __name__ == "__main__":
    raise SystemExit(main())
