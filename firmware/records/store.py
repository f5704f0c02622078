"""Stores records: each is signed and on the disk when `append` returns, and stays.

::

    folder/  unit.key            the unit's secret, mode 0600
             records.db          SQLite, WAL, synchronous=FULL: headers, bodies, signatures, head
             attachments/ab/ab…  files under the SHA-256 of their content

One entry is one transaction. Killed at any instant, the store reopens with every entry that was returned.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from firmware.log import get_logger
from firmware.records.attachments import sweep_leftovers
from firmware.records.custody.anchor import Anchor
from firmware.records.custody.canonical_json import canonical_json
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
    Entry,
    EntryKind,
    parse_header,
    seal_entry,
    sign_head,
)
from firmware.records.custody.unit_key import (
    KEY_FILE,
    UnitKey,
    load_or_make_unit_key,
    load_public_key,
    owner_only,
)
from firmware.records.custody.wall_clock import MachineClock, WallClock, stamp_after
from firmware.records.database import (
    DATABASE_FILE,
    as_blob,
    open_for_writing,
    read_entry,
    transaction,
    without_order,
)
from firmware.records.declarations import Declaration
from firmware.records.events import Event
from firmware.records.model import Attachment, Inspection
from firmware.records.reader import RecordReader
from firmware.records.retention import Kept, Now, plan_removals, tombstone_body
from firmware.records.salvage import Salvaged, is_damaged, salvage
from firmware.settings.records_config import RecordsConfig
from hw.closing import Closing

log = get_logger(__name__)


class RecordStore(RecordReader, Closing):
    """One unit's records, opened for writing. Use as a context manager.

    Raises
    ------
    RecordsError
        From any method, one leaf for each cause: full, read-only, busy, damaged, wrong key.
    """

    def __init__(
        self, folder: Path, *, config: RecordsConfig | None = None, clock: WallClock | None = None
    ) -> None:
        self._config = config or RecordsConfig()
        self._clock = clock or MachineClock()
        owner_only(folder)
        path = folder / DATABASE_FILE
        fresh = not path.exists()
        saved = self._salvage_if_damaged(folder, path)
        db = open_for_writing(path, busy_wait_s=self._config.busy_wait_s)
        super().__init__(folder, db, public=None, config=self._config)
        try:
            last = self._last_header()
            self._key = self._own_key(fresh=fresh or not last)
            self.public = self._key.public
            self._refuse_other_key(last)
        except BaseException:
            self._db.close()
            raise
        sweep_leftovers(folder)
        if saved is not None:
            details = {"entries": saved.entries, "kept_as": saved.kept_as.name}
            self.note(Event(event="salvaged", details=details))

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
        body = canonical_json(inspection.as_json())
        self._refuse_missing(inspection.attachments)
        self._make_room(len(body) + attached_bytes(inspection.attachments), len(body))
        return self._add("inspection", inspection.id, body, inspection, attachments=inspection.attachments)

    def declare(self, declaration: Declaration) -> Entry:
        """Append a declaration, or its withdrawal; raises as `append`."""
        body = declaration.body()
        self._make_room(len(body), len(body))
        return self._add("known", declaration.id, body, None, site=declaration.site)

    def note(self, event: Event) -> Entry:
        """Append an event: an inspection begun or given up, an alarm resolved; as `append`."""
        body = event.body()
        self._refuse_missing(event.attachments)
        self._make_room(len(body) + attached_bytes(event.attachments), len(body))
        return self._add("event", event.name(), body, None, attachments=event.attachments)

    def apply_retention(self, *, clock_is_right: bool = False, finds: bool = False) -> Entry | None:
        """Remove the bodies that are due; return the tombstone that says so.

        Parameters
        ----------
        clock_is_right : bool
            A person says so: then age is what the clock says. Otherwise only time that the unit is known
            to have lived through counts, and only where the clock was set by the network.
        finds : bool
            A person asks that inspections with a find go too, when their time is over.
        """
        aging = clock_is_right or self._clock.trusted()
        return self._remove(self._due(0, self._now(aging=aging, vouched=clock_is_right, finds=finds)))

    def _salvage_if_damaged(self, folder: Path, path: Path) -> Salvaged | None:
        """Save what is left of a store of which the disk lost a part, so that new records have a place."""
        if not (folder / KEY_FILE).is_file() or not is_damaged(path):
            return None
        saved = salvage(path, load_public_key(folder), busy_wait_s=self._config.busy_wait_s)
        log.error("the store was damaged", entries_saved=saved.entries, kept_as=str(saved.kept_as))
        return saved

    def _own_key(self, *, fresh: bool) -> UnitKey:
        if not fresh and not (self.folder / KEY_FILE).exists():
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

    def _add(
        self,
        kind: EntryKind,
        name: str,
        body: bytes,
        about: Inspection | None,
        *,
        site: str = "",
        attachments: tuple[Attachment, ...] = (),
    ) -> Entry:
        """Add one entry, durably, and note it outside the store."""
        with clear_errors(self._path):
            with transaction(self._db):
                self._say_what_is_missing()
                entry = self._insert(kind, name, body, about, site=site, attachments=attachments)
            self.anchors.raise_to(self.key, seq=entry.row, last=entry.hash)
        return entry

    def _say_what_is_missing(self) -> None:
        """Go on after the last number that was ever signed, so that no number is signed twice."""
        known = self.anchors.read(self.key.public)
        last = self._last_entry()
        own = 0 if last is None else last.row
        if known is None or own >= known.seq:
            return
        log.error("records are missing that this unit has signed", first=own + 1, last=known.seq)
        event = Event(
            event="store-behind",
            details={"found": own, "known": known.seq, "known_hash": known.hash},
            moment=f"{known.seq + 1}",
        )
        with without_order(self._db):
            self._insert("event", event.name(), event.body(), None, after=known)

    def _last_entry(self) -> Entry | None:
        row = self._db.execute("SELECT MAX(seq) FROM entries").fetchone()
        return None if row[0] is None else read_entry(self._db, row[0])

    def _insert(
        self,
        kind: EntryKind,
        name: str,
        body: bytes,
        about: Inspection | None,
        *,
        site: str = "",
        attachments: tuple[Attachment, ...] = (),
        after: Anchor | None = None,
    ) -> Entry:
        """Add one entry inside a transaction that is already open; ``after`` what is known outside."""
        before = self._last_entry()
        seq, prev = (0, START) if before is None else (before.row, before.hash)
        seq, prev = (seq, prev) if after is None else (after.seq, after.hash)
        stamp = stamp_after(self._clock, {} if before is None else before.fields())
        size_bytes = len(body) + attached_bytes(attachments)
        entry = seal_entry(key=self.key, seq=seq + 1, kind=kind, name=name, body=body, prev=prev, stamp=stamp)
        self._db.execute(
            "INSERT INTO entries (seq, id, header, signature) VALUES (?, ?, ?, ?)",
            (entry.row, name, entry.header, entry.signature),
        )
        self._db.execute(
            "INSERT INTO bodies (seq, body, size_bytes, utc_ns, kind, site, room, cubicle, level) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (entry.row, body, size_bytes, stamp.utc_ns, *_index_words(kind, about, site)),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO uses (seq, sha256, size_bytes) VALUES (?, ?, ?)",
            [(entry.row, a.sha256, a.size_bytes) for a in attachments],
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
        due = self._due(coming_bytes, self._now(aging=self._clock.trusted()))
        self._remove(due)
        if due.still_over_bytes > 0:
            raise StoreFull(
                f"{self.folder} is at its limit, {self._config.most_bytes:,} bytes; the rest has finds in it",
                hint="Export those inspections, then raise records.most_bytes or begin a new folder.",
            )

    def _now(self, *, aging: bool, vouched: bool = False, finds: bool = False) -> Now:
        return Now(
            utc_ns=self._clock.utc_ns(), up_ns=self._clock.up_ns(), boot=self._clock.boot(),
            aging=aging, vouched=vouched, finds=finds,
        )  # fmt: skip

    def _due(self, coming_bytes: int, now: Now) -> Kept:
        with clear_errors(self._path):
            return plan_removals(self._db, self._config, now=now, coming_bytes=coming_bytes)

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
            self.anchors.raise_to(self.key, seq=entry.row, last=entry.hash)
            self._db.execute("PRAGMA incremental_vacuum")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            used = {row[0] for row in self._db.execute("SELECT sha256 FROM uses")}
        self.attachments.remove(due.attachments - used)
        self.attachments.sweep(used)
        return entry


def attached_bytes(attachments: Iterable[Attachment]) -> int:
    """Return the size of an entry's attachments, bytes, each counted once."""
    return sum({a.sha256: a.size_bytes for a in attachments}.values())


def _index_words(kind: EntryKind, about: Inspection | None, site: str) -> tuple[str, str, str, str, str]:
    """Return the words beside a body by which it is found again."""
    if about is None:
        return (kind, site, "", "", "")
    return (about.kind, about.place.site, about.place.room, about.place.cubicle, about.level)
