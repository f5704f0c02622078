"""Reads one unit's records without writing, and hands out nothing that it has not verified.

Every entry is held against its signature, its body against the entry, and the columns by which it was found
against its body. A disk that is full or read-only makes no difference here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from firmware.log import get_logger
from firmware.records.attachments import AttachmentFolder
from firmware.records.custody.anchor import AnchorFolder
from firmware.records.custody.errors import (
    AttachmentTrouble,
    KeySealed,
    KeyTrouble,
    RecordsError,
    clear_errors,
)
from firmware.records.custody.hash_chain import ChainCheck, ChainFault, Entry
from firmware.records.custody.unit_key import (
    KEY_FILE,
    UnitKey,
    load_public_key,
    load_unit_key,
    read_public_pem,
)
from firmware.records.database import DATABASE_FILE, check_database, read_entries, reading
from firmware.records.declarations import StandingDeclaration, in_force
from firmware.records.hand_overs import HandOver
from firmware.records.model import Inspection
from firmware.records.queries import (
    Listed,
    StoredRecord,
    earlier_records,
    find_hand_overs,
    find_record,
    find_resolutions,
    latest_corridor,
    list_declarations,
    list_records,
)
from firmware.records.resolutions import Resolved
from firmware.settings.records_config import RecordsConfig

NEWEST = 1 << 62  # above every entry's number
PUBLIC_KEY_FILE = "public-key.pem"
log = get_logger(__name__)


class RecordReader:
    """Answers queries on one unit's records. ``public`` None: there is no key to verify with."""

    def __init__(
        self,
        folder: Path,
        db: sqlite3.Connection,
        *,
        public: bytes | None,
        key: UnitKey | None = None,
        config: RecordsConfig | None = None,
    ) -> None:
        self.folder = folder
        self.public = public
        self.attachments = AttachmentFolder(folder, config or RecordsConfig())
        self.anchors = AnchorFolder()
        self._key = key
        self._path = folder / DATABASE_FILE
        self._db = db

    @property
    def key(self) -> UnitKey:
        """The unit's key.

        Raises
        ------
        KeyTrouble
            If it does not lie beside the records.
        """
        if self._key is None and (self.folder / KEY_FILE).is_file():
            self._key = load_unit_key(self.folder)  # says that it is sealed
        if self._key is None:
            raise KeyTrouble(
                f"There is no unit key beside the records in {self.folder}",
                hint="Export on the unit that made the record, or put the key's backup back.",
            )
        return self._key

    def stored(self, name: str) -> StoredRecord:
        """Return the record of this id, or of its unambiguous beginning.

        Raises
        ------
        NoSuchRecord
            If there is none, or more than one.
        RecordAltered
            If it is not what the unit signed.
        """
        with clear_errors(self._path):
            return find_record(self._db, name, public=self.public)

    def listed(self, *, most: int | None = None) -> tuple[Listed, ...]:
        """Return one line for each inspection, oldest first; ``most`` keeps the newest."""
        with clear_errors(self._path):
            return list_records(self._db, public=self.public, most=most)

    def earlier(
        self, inspection: Inspection, *, most: int = 1, before: int = NEWEST
    ) -> tuple[StoredRecord, ...]:
        """Return the latest other inspections of the same place, the newest first; ``before`` an entry."""
        with clear_errors(self._path):
            return earlier_records(self._db, inspection, most=most, before=before, public=self.public)

    def latest_corridor(self, site: str, *, before: int = NEWEST) -> StoredRecord | None:
        """Return the newest corridor reference of a site; ``before`` an entry."""
        with clear_errors(self._path):
            return latest_corridor(self._db, site, before=before, public=self.public)

    def known(self, site: str | None) -> tuple[StandingDeclaration, ...]:
        """Return the declarations in force at a site, oldest first; None: at every site.

        Only what hangs on an unbroken, signed chain counts: a declaration that cannot be verified, and every
        one before a gap, is left out and said in the log.
        """
        if self.public is None:
            return ()
        with clear_errors(self._path):
            found = list_declarations(
                self._db, site, public=self.public, anchor=self.anchors.read(self.public)
            )
        if found.refused or found.broken:
            log.warning(
                "declarations that cannot be verified do not count",
                refused=found.refused, broken_at=found.broken, hint="ansim report verify",
            )  # fmt: skip
        return in_force(found.entries)

    def resolutions(self, name: str) -> tuple[tuple[Entry, Resolved], ...]:
        """Return what was said of a record's alarm, with its entries, oldest first."""
        with clear_errors(self._path):
            found = find_resolutions(self._db, public=self.public)
        return tuple((entry, one) for entry, one in found if one.record == name)

    def hand_overs(self, name: str) -> tuple[tuple[Entry, HandOver], ...]:
        """Return the hand-overs of a record, with their entries, oldest first."""
        with clear_errors(self._path):
            found = find_hand_overs(self._db, public=self.public)
        return tuple((entry, one) for entry, one in found if one.record == name)

    def entries(self, *, first: int = 1, last: int = -1) -> Iterator[Entry]:
        """Yield stored entries in order."""
        with clear_errors(self._path):
            yield from read_entries(self._db, first=first, last=last)

    def verify(self) -> ChainCheck:
        """Verify the whole store: chain, head, index, attachments, and the anchor outside of it."""
        public = self.key.public if self.public is None else self.public
        with clear_errors(self._path):
            check = check_database(self._db, public, anchor=self.anchors.read(public))
            used = self._db.execute("SELECT DISTINCT seq, sha256 FROM uses ORDER BY seq, sha256").fetchall()
        faults = attachment_faults(self.attachments, used)
        return ChainCheck(
            entries=check.entries,
            head=check.head,
            faults=(*check.faults, *faults),
            anchored=check.anchored,
        )


def attachment_faults(folder: AttachmentFolder, used: list[tuple[int, str]]) -> Iterator[ChainFault]:
    """Yield the entries whose attachments are gone or altered."""
    for seq, digest in used:
        try:
            folder.get(str(digest))
        except AttachmentTrouble as trouble:
            yield ChainFault(seq=seq, word=trouble.word, part="attachment")


@contextmanager
def open_reader(folder: Path, *, config: RecordsConfig | None = None) -> Iterator[RecordReader]:
    """Open the records of a folder for reading alone; the disk may be full or read-only.

    Raises
    ------
    StoreDamaged
        If there are none, or the file is not a store.
    """
    with reading(folder / DATABASE_FILE) as db:
        key, public = keys_beside(folder)
        yield RecordReader(folder, db, public=public, key=key, config=config)


def keys_beside(folder: Path) -> tuple[UnitKey | None, bytes | None]:
    """Return the unit's key and public key, as far as they lie beside the records: never a pin."""
    if (folder / KEY_FILE).is_file():
        public = load_public_key(folder)
        with suppress(KeySealed):
            return load_unit_key(folder), public
        return None, public
    with suppress(OSError, RecordsError):
        return None, read_public_pem((folder / PUBLIC_KEY_FILE).read_bytes())
    return None, None
