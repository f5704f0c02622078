"""The store of records: what `append` has returned is on the disk, signed, and stays.

::

    folder/  unit.key            the unit's secret, mode 0600
             records.db          SQLite, WAL, synchronous=FULL: headers, bodies, signatures, head
             attachments/ab/ab…  files under the SHA-256 of their content

One entry is one transaction. Killed at any instant, the store reopens with every entry that was returned.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from firmware.records.attachments import AttachmentFolder, sweep_leftovers
from firmware.records.compare.allowlist import Declaration, StandingDeclaration, in_force
from firmware.records.custody.errors import (
    AttachmentTrouble,
    KeyTrouble,
    StoreDamaged,
    StoreFull,
    clear_errors,
    full,
)
from firmware.records.custody.hash_chain import (
    START,
    ChainCheck,
    ChainFault,
    Entry,
    EntryKind,
    canonical,
    entry_hash,
    parse_header,
    seal_entry,
    sign_head,
)
from firmware.records.custody.unit_key import UnitKey, load_or_make_unit_key, owner_only
from firmware.records.custody.wall_clock import MachineClock, WallClock, stamp_after
from firmware.records.database import (
    DATABASE_FILE,
    as_blob,
    check_database,
    open_for_writing,
    read_entries,
    transaction,
)
from firmware.records.model import Attachment, Inspection
from firmware.records.queries import (
    Listed,
    StoredRecord,
    earlier_records,
    find_record,
    latest_corridor,
    list_declarations,
    list_records,
)
from firmware.records.retention import Kept, plan_removals, tombstone_body
from firmware.settings.records_config import RecordsConfig

NEWEST = 1 << 62  # above every entry's number


class RecordStore:
    """One unit's records, opened for writing. Use as a context manager.

    Raises
    ------
    RecordsError
        From any method, one leaf for each cause: full, read-only, busy, damaged, wrong key.
    """

    def __init__(
        self, folder: Path, *, config: RecordsConfig | None = None, clock: WallClock | None = None
    ) -> None:
        self.folder = folder
        self._config = config or RecordsConfig()
        self._clock = clock or MachineClock()
        self.attachments = AttachmentFolder(folder, self._config)
        owner_only(folder)
        self._path = folder / DATABASE_FILE
        fresh = not self._path.exists()
        self._db = open_for_writing(self._path, busy_wait_s=self._config.busy_wait_s)
        try:
            last = self._last_header()
            self.key = self._own_key(fresh=fresh or not last)
            self._refuse_other_key(last)
        except BaseException:
            self._db.close()
            raise
        sweep_leftovers(folder)

    def __enter__(self) -> RecordStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._db.close()

    def append(self, inspection: Inspection) -> Entry:
        """Store one record; it is signed and on the disk when this returns.

        Raises
        ------
        StoreFull
            If the disk or the store's limits take no more, even after retention.
        AttachmentTrouble
            If an attachment it names was never stored.
        """
        body = canonical(inspection.as_json())
        self._refuse_missing(inspection.attachments)
        self._make_room(len(body) + attached_bytes(inspection), len(body))
        with clear_errors(self._path), transaction(self._db):
            return self._insert("inspection", inspection.id, body, inspection)

    def declare(self, declaration: Declaration) -> Entry:
        """Append what somebody declared harmless, or took back; raises as `append`."""
        body = declaration.body()
        self._make_room(len(body), len(body))
        with clear_errors(self._path), transaction(self._db):
            return self._insert("known", declaration.id, body, None, site=declaration.site)

    def known(self, site: str | None) -> tuple[StandingDeclaration, ...]:
        """Return what counts as harmless at a site, oldest first; None: at every site."""
        with clear_errors(self._path):
            return in_force(list_declarations(self._db, site))

    def apply_retention(self, *, clock_is_right: bool = False) -> Entry | None:
        """Remove the bodies that are due; return the tombstone that says so.

        Age counts only when the clock was set by the network, or a person says that it is right: a unit
        that starts in the year 2099 must not throw its records away.
        """
        return self._remove(self._due(0, aging=clock_is_right or self._clock.trusted()))

    def stored(self, name: str) -> StoredRecord:
        """Return the record of this id, or of its unambiguous beginning."""
        with clear_errors(self._path):
            return find_record(self._db, name)

    def listed(self) -> tuple[Listed, ...]:
        """Return one line for each inspection, oldest first."""
        with clear_errors(self._path):
            return list_records(self._db)

    def earlier(
        self, inspection: Inspection, *, most: int = 1, before: int = NEWEST
    ) -> tuple[StoredRecord, ...]:
        """Return the latest other inspections of the same place, the newest first; ``before`` an entry."""
        with clear_errors(self._path):
            return earlier_records(self._db, inspection, most=most, before=before)

    def latest_corridor(self, site: str, *, before: int = NEWEST) -> StoredRecord | None:
        """Return the newest corridor reference of a site; ``before`` an entry."""
        with clear_errors(self._path):
            return latest_corridor(self._db, site, before=before)

    def entries(self, *, first: int = 1, last: int = -1) -> Iterator[Entry]:
        """Yield stored entries in order."""
        with clear_errors(self._path):
            yield from read_entries(self._db, first=first, last=last)

    def verify(self) -> ChainCheck:
        """Look at the whole store: chain, head, index and attachments."""
        with clear_errors(self._path):
            check = check_database(self._db, self.key.public)
            used = self._db.execute("SELECT seq, sha256 FROM uses ORDER BY seq, sha256").fetchall()
        faults = [f for f in (self._attachment_fault(*row) for row in used) if f is not None]
        return ChainCheck(entries=check.entries, head=check.head, faults=(*check.faults, *faults))

    def _own_key(self, *, fresh: bool) -> UnitKey:
        if not fresh and not (self.folder / "unit.key").exists():
            raise KeyTrouble(
                f"The key that signed the records in {self.folder} is gone",
                hint="Put its backup back, or move the records away to begin a new chain.",
            )
        return load_or_make_unit_key(self.folder)

    def _refuse_other_key(self, last: Mapping[str, Any]) -> None:
        if last and last["key"] != self.key.fingerprint:
            raise KeyTrouble(
                f"The records in {self.folder} were signed by another unit's key",
                hint="Put that key back, or use another folder.",
            )

    def _refuse_missing(self, attachments: tuple[Attachment, ...]) -> None:
        for attachment in attachments:
            if not self.attachments.holds(attachment):
                raise AttachmentTrouble(f"The attachment {attachment.name!r} was never stored")

    def _last_header(self) -> Mapping[str, Any]:
        with clear_errors(self._path):
            row = self._db.execute("SELECT header FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        if row is None:
            return {}
        fields = parse_header(as_blob(row[0]))
        if not fields:
            raise StoreDamaged(
                f"The last entry of {self._path} is not readable", hint="Run `ansim report verify` on it."
            )
        return fields

    def _insert(
        self, kind: EntryKind, name: str, body: bytes, about: Inspection | None, *, site: str = ""
    ) -> Entry:
        """Add one entry inside a transaction that is already open."""
        row = self._db.execute("SELECT seq, header FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        seq, prev, last = (
            (0, START, {}) if row is None else (row[0], entry_hash(row[1]), parse_header(row[1]))
        )
        stamp = stamp_after(self._clock, last)
        size_bytes = len(body) + attached_bytes(about)
        entry = seal_entry(key=self.key, seq=seq + 1, kind=kind, name=name, body=body, prev=prev, stamp=stamp)
        self._db.execute(
            "INSERT INTO entries (seq, id, header, signature) VALUES (?, ?, ?, ?)",
            (entry.row, name, entry.header, entry.signature),
        )
        self._db.execute(
            "INSERT INTO bodies (seq, body, size_bytes, utc_ns, kind, site, room, cubicle, level) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                entry.row,
                body,
                size_bytes,
                stamp.utc_ns,
                *_index_words(kind, about, site),
            ),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO uses (seq, sha256, size_bytes) VALUES (?, ?, ?)",
            [(entry.row, a.sha256, a.size_bytes) for a in (about.attachments if about else ())],
        )
        self._write_head(entry)
        return entry

    def _write_head(self, entry: Entry) -> None:
        head, signature = sign_head(self.key, seq=entry.row, last=entry.hash)
        self._db.execute(
            "INSERT INTO head (one, seq, head, signature) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE "
            "SET seq = excluded.seq, head = excluded.head, signature = excluded.signature",
            (entry.row, head, signature),
        )

    def _make_room(self, coming_bytes: int, body_bytes: int) -> None:
        """Refuse what cannot be kept, before anything is written."""
        if body_bytes > self._config.record_most_bytes:
            raise StoreFull(f"The record has {body_bytes:,} bytes, more than one record may have")
        with clear_errors(self._path):
            count = self._db.execute("SELECT COALESCE(MAX(seq), 0) FROM entries").fetchone()[0]
            free_bytes = shutil.disk_usage(self.folder).free
        if count + 2 > self._config.most_entries:  # one for it, one for a tombstone
            raise StoreFull(
                f"{self.folder} holds {count:,} entries, as many as one store may have",
                hint="Export what is needed and begin a new folder with --records.",
            )
        if free_bytes < self._config.free_least_bytes + body_bytes:
            raise full(self.folder)
        due = self._due(coming_bytes, aging=self._clock.trusted())
        self._remove(due)
        if due.still_over_bytes > 0:
            raise StoreFull(
                f"{self.folder} is at its limit, {self._config.most_bytes:,} bytes; the rest has finds in it",
                hint="Export those inspections, then raise records.most_bytes or begin a new folder.",
            )

    def _due(self, coming_bytes: int, *, aging: bool) -> Kept:
        now_utc_ns = self._clock.utc_ns() if aging else 0
        with clear_errors(self._path):
            return plan_removals(self._db, self._config, now_utc_ns=now_utc_ns, coming_bytes=coming_bytes)

    def _remove(self, due: Kept) -> Entry | None:
        if not due.removed:
            return None
        with clear_errors(self._path):
            with transaction(self._db):
                last = self._db.execute("SELECT MAX(seq) FROM entries").fetchone()[0]
                name = f"retention-{last + 1}"
                entry = self._insert("tombstone", name, tombstone_body(due), None)
                rows = [(seq, entry.row) for seq, _ in due.removed]
                self._db.executemany("INSERT INTO removals (seq, tombstone) VALUES (?, ?)", rows)
                self._db.executemany("DELETE FROM bodies WHERE seq = ?", [r[:1] for r in rows])
                self._db.executemany("DELETE FROM uses WHERE seq = ?", [r[:1] for r in rows])
            self._db.execute("PRAGMA incremental_vacuum")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            used = {row[0] for row in self._db.execute("SELECT sha256 FROM uses")}
        self.attachments.remove(due.attachments - used)
        self.attachments.sweep(used)
        return entry

    def _attachment_fault(self, seq: int, digest: str) -> ChainFault | None:
        try:
            self.attachments.get(digest)
        except AttachmentTrouble as trouble:
            return ChainFault(seq=seq, word=trouble.word, part="attachment")
        return None


def attached_bytes(about: Inspection | None) -> int:
    """Return the size of a record's attachments, each counted once."""
    return sum({a.sha256: a.size_bytes for a in (about.attachments if about else ())}.values())


def _index_words(kind: EntryKind, about: Inspection | None, site: str) -> tuple[str, str, str, str, str]:
    """Return the words beside a body by which it is found again."""
    if about is None:
        return (kind, site, "", "", "")
    return (about.kind, about.place.site, about.place.room, about.place.cubicle, about.level)
