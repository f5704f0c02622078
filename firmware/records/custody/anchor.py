"""Keeps an anchor outside the store: how many entries its unit has signed, and the last one's hash.

A chain inside a store cannot show that the whole store was put back to an earlier state, emptied or deleted.
A second file elsewhere can: it only ever grows, and it is signed, so that nobody without the key writes one.
Whoever puts the whole disk back puts this file back too; against that only what left the unit helps: the
hash printed on a report, or in its QR code.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_state_path

from firmware.log import get_logger
from firmware.records.custody.atomic_files import replace
from firmware.records.custody.errors import KeyTrouble, RecordsError, clear_errors
from firmware.records.custody.hash_chain import HEAD_DOMAIN, canonical, parse_head, sign_head
from firmware.records.custody.unit_key import UnitKey, fingerprint, owner_only, signature_holds

FOLDER_VARIABLE = "ANSIM_ANCHORS"
SUFFIX = ".head"
LARGEST_BYTES = 4096
QR_MARK, QR_WORDS = "ANSIM1", 5  # mark, record, entry, hash, key
log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The last entry that a unit is known to have signed."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The entry that a printed report names: its hash, and from a QR code the key's fingerprint too."""

    hash: str = ""
    fingerprint: str = ""

    def pins(self, fingerprint_found: str) -> bool:
        """Say whether the report names this key."""
        return bool(self.fingerprint) and self.fingerprint == fingerprint_found


def read_expected(text: str) -> Expected:
    """Read the hash that a report prints, in groups or not, or the whole text of its QR code.

    Raises
    ------
    KeyTrouble
        If it is neither.
    """
    words = text.lower().split()
    if len(words) == QR_WORDS and words[0] == QR_MARK.lower():
        read = Expected(hash=words[3], fingerprint=words[4])
    else:
        read = Expected(hash="".join(words))
    if not re.fullmatch("[0-9a-f]{64}", read.hash) or not re.fullmatch("(?:[0-9a-f]{32})?", read.fingerprint):
        raise KeyTrouble(
            "This is not the hash of an entry",
            hint="Give the 64 digits that stand on page one of a report, or the text of its QR code.",
        )
    return read


class AnchorFolder:
    """One small signed file for each unit key, outside every store."""

    def __init__(self, folder: Path | None = None) -> None:
        chosen = os.environ.get(FOLDER_VARIABLE, "")
        self.folder = folder or (Path(chosen) if chosen else user_state_path("ansim") / "anchors")

    def read(self, public: bytes) -> Anchor | None:
        """Return the anchor of the store of this public key; None where there is no signed one."""
        try:
            with self._path(public).open("rb") as stream:
                fields = json.loads(stream.read(LARGEST_BYTES))
            head, signature = str(fields["head"]).encode("ascii"), bytes.fromhex(fields["signature"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        if not signature_holds(public, signature, HEAD_DOMAIN + head):
            return None
        seq, last = parse_head(head)
        return Anchor(seq=seq, hash=last) if seq > 0 else None

    def raise_to(self, key: UnitKey, *, seq: int, last: str) -> None:
        """Note that entry ``seq`` was signed; never goes back, and never stops whoever stores a record."""
        known = self.read(key.public)
        if known is not None and known.seq >= seq:
            return
        head, signature = sign_head(key, seq=seq, last=last)
        path = self._path(key.public)
        try:
            owner_only(self.folder)
            with clear_errors(path):
                replace(path, canonical({"head": head.decode("ascii"), "signature": signature.hex()}))
        except RecordsError as error:
            log.warning("the last entry is not noted outside the store", why=error.what)

    def _path(self, public: bytes) -> Path:
        return self.folder / f"{fingerprint(public)}{SUFFIX}"
