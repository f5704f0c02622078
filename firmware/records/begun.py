"""Signs that a scan was begun before it has a result, and that it was left where none came.

::

    begin ─► entry `begun` ─► scan ─► record of the same id
                               │
                               └ no record: entry `abandoned`, at the end or, after a kill, at the next start

A file in ``running/`` is locked while the scan runs. The system lets go of the lock however the process ends,
so a file that can be locked belongs to a scan that was cut. Without the file the entry `begun` stays alone in
the chain, and `firmware.records.doubts` names it.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from firmware.records.build_record import make_id
from firmware.records.custody.errors import NoSuchRecord, RecordsError, clear_errors
from firmware.records.custody.unit_key import owner_only
from firmware.records.events import Event
from firmware.records.model import Place
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig

ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{1,32}")
RUNNING = "running"  # folder beside the records: a locked file for each scan that runs
LEFT_MOST = 100  # files of cut scans that one start answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A scan that was begun: the id that its record will have, and the ids of scans that were cut before it.

    ``trouble`` says why nothing could be signed; the scan goes on.
    """

    record: str
    left: tuple[str, ...] = ()
    trouble: RecordsError | None = None


@contextmanager
def begin_scan(
    folder: Path, *, place: Place, config: RecordsConfig, tell: Callable[[Begun], None]
) -> Iterator[Begun]:
    """Sign that a scan begins; where no record of it was stored at the end, sign that it was left.

    Parameters
    ----------
    folder : Path
        Of the records.
    place : Place
        What is scanned.
    config : RecordsConfig
        Settings of the store.
    tell : callable
        Told once, before the scan, what was signed.

    Yields
    ------
    Begun
        Its ``record`` is the id under which the result is to be stored.
    """
    name, lock = make_id(time.time_ns()), -1
    left: tuple[str, ...] = ()
    trouble: RecordsError | None = None
    where = "/".join(part for part in (place.site, place.room, place.cubicle) if part)
    try:
        with RecordStore(folder, config=config) as store:
            left = sign_left(store)
            lock = _lock(folder / RUNNING, name)
            store.note(Event(event="begun", record=name, details={"place": where}))
    except RecordsError as error:
        trouble = error
    begun = Begun(record=name, left=left, trouble=trouble)
    try:
        tell(begun)
        yield begun
    finally:
        if lock >= 0:
            try:
                with suppress(RecordsError), RecordStore(folder, config=config) as store:
                    if trouble is None and not _is_stored(store, name):
                        store.note(Event(event="abandoned", record=name))
                    (folder / RUNNING / name).unlink(missing_ok=True)
            finally:
                os.close(lock)


def sign_left(store: RecordStore) -> tuple[str, ...]:
    """Sign of each scan that was cut that it was left; return the ids that its record would have had.

    Raises
    ------
    RecordsError
        If the disk takes no more.
    """
    left: list[str] = []
    with clear_errors(store.folder):
        files = sorted(f for f in (store.folder / RUNNING).glob("*") if ID.fullmatch(f.name))
    for file in files[:LEFT_MOST]:
        lock = _lock_if_free(file)
        if lock < 0:
            continue
        try:
            if not _is_stored(store, file.name):
                store.note(Event(event="abandoned", record=file.name, details={"cut": True}))
                left.append(file.name)
            with clear_errors(file):
                file.unlink(missing_ok=True)
        finally:
            os.close(lock)
    return tuple(left)


def _is_stored(store: RecordStore, name: str) -> bool:
    try:
        return store.stored(name).inspection.id == name
    except NoSuchRecord:
        return False


def _lock(folder: Path, name: str) -> int:
    owner_only(folder)
    with clear_errors(folder / name):
        opened = os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(opened, fcntl.LOCK_EX)
    return opened


def _lock_if_free(file: Path) -> int:
    """Return a descriptor that holds the lock of a file, -1 where somebody else holds it or it is none."""
    try:
        opened = os.open(file, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return -1
    return opened
