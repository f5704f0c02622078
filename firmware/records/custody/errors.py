"""Errors of the records, one for each thing that can go wrong.

::

    RecordsError (FirmwareError)             what, why, what to do
    ├── StoreFull        (OSError)           the disk, or the store's own limit, is full
    ├── StoreUnwritable  (PermissionError)   the folder or the disk is read-only
    ├── StoreBusy        (BlockingIOError)   another program is writing
    ├── StoreDamaged     (ValueError)        the file is not a store, or the disk lost a part of it
    ├── RecordAltered    (ValueError)        a record is not what was signed: it is not shown as one
    ├── ExportTimedOut   (TimeoutError)      a report took too long; the record itself is stored
    ├── KeyTrouble       (PermissionError)   the unit's key is missing, open to others, or another unit's
    │   └── KeySealed                        the key is sealed and the PIN is missing or wrong
    ├── NoSuchRecord     (KeyError)          there is no record of that name
    ├── NotRecognisable  (ValueError)        nothing about a thing would be the same another day
    ├── AttachmentTrouble (ValueError)       an attachment is missing, altered or too large
    └── BundleUnreadable (ValueError)        the file is neither a bundle nor a store
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from firmware.errors import FirmwareError

PRIMARY = 0xFF  # the low byte of an extended SQLite result code
FULL_ERRNOS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DENIED_ERRNOS = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
WRITE_TROUBLE = frozenset(
    {sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_SHMSIZE}
    | {sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_SHMMAP}
)
DENIED_CODES = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)


class RecordsError(FirmwareError):
    """Root of what can go wrong with records."""


class StoreFull(RecordsError, OSError):
    """Nothing more can be written; what was committed is still there."""


class StoreUnwritable(RecordsError, PermissionError):
    """The folder, the file or the whole disk may only be read."""


class StoreBusy(RecordsError, BlockingIOError):
    """Another program holds the store for writing."""


class StoreDamaged(RecordsError, ValueError):
    """The file is not a store of records, or parts of it cannot be read."""


class RecordAltered(RecordsError, ValueError):
    """A record is not what the unit signed, so it is neither shown nor exported as one."""


class ExportTimedOut(RecordsError, TimeoutError):
    """Drawing a report took too long and was given up; the record itself is stored."""


class KeyTrouble(RecordsError, PermissionError):
    """The unit's key cannot be used."""


class KeySealed(KeyTrouble):
    """The unit's key is sealed, and the PIN was not given or is another one."""


class NoSuchRecord(RecordsError, KeyError):
    """There is no record of that name."""


class NotRecognisable(RecordsError, ValueError):
    """A thing that nobody could recognise another day cannot be declared harmless."""


class AttachmentTrouble(RecordsError, ValueError):
    """An attachment is missing, altered or too large."""

    def __init__(self, what: str, *, hint: str = "", word: Literal["missing", "altered"] = "altered") -> None:
        super().__init__(what, hint=hint)
        self.word: Literal["missing", "altered"] = word


class BundleUnreadable(RecordsError, ValueError):
    """The file is neither a bundle nor a store of records."""


@contextmanager
def clear_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and the operating system about ``path`` into errors of the records."""
    try:
        yield
    except sqlite3.Error as error:
        raise _from_sqlite(error, path) from error
    except UnicodeDecodeError as error:  # SQLite quotes damaged text in its own messages
        raise StoreDamaged(f"{path} is damaged: text in it is not text") from error
    except OSError as error:
        if isinstance(error, RecordsError):
            raise
        raise _from_os(error, path) from error


def _from_sqlite(error: sqlite3.Error, path: Path) -> RecordsError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in WRITE_TROUBLE or code & PRIMARY == sqlite3.SQLITE_FULL:
        return full(path)
    if code & PRIMARY in DENIED_CODES:
        return unwritable(path)
    if code & PRIMARY in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreBusy(f"Another program is writing to {path}", hint="Wait for it to end, then try again.")
    return StoreDamaged(f"{path} cannot be used: {error}", hint="Run `ansim report verify` on a copy of it.")


def _from_os(error: OSError, path: Path) -> RecordsError:
    if error.errno in FULL_ERRNOS:
        return full(path)
    if error.errno in DENIED_ERRNOS:
        return unwritable(path)
    return StoreDamaged(f"{path} cannot be used: {error.strerror or error}", hint="Check the disk.")


def full(path: Path) -> StoreFull:
    """Return the error of a disk that takes no more."""
    return StoreFull(
        f"No space left for {path}; what was stored before is still there",
        hint="Export old inspections and make room, then store this one again.",
    )


def unwritable(path: Path) -> StoreUnwritable:
    """Return the error of a place that may only be read."""
    return StoreUnwritable(
        f"{path} may not be written", hint="Check its owner and that the disk is not read-only."
    )
