"""Writes files whole or not at all, even if the power fails at any instant."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

TEMPORARY = ".part"  # what a crash may leave behind ends in this
NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})  # FAT and exFAT know no hard links


def write_new(path: Path, content: bytes, *, mode: int = 0o600) -> bool:
    """Write a new file durably; return False, and leave it alone, where there is one already.

    The content is synced under another name first and then linked, so that two writers cannot mix and a
    reader never sees half a file.
    """
    part = _write_part(path, content, mode)
    try:
        made = _name(part, path)
    finally:
        with suppress(OSError):
            part.unlink()
    sync_folder(path.parent)
    return made


def _name(part: Path, path: Path) -> bool:
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS or path.exists():
            raise
        part.rename(path)
    return True


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write a file durably in place of what is there."""
    part = _write_part(path, content, mode)
    try:
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    sync_folder(path.parent)


def _write_part(path: Path, content: bytes, mode: int) -> Path:
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    return part


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable; some file systems cannot, and need not."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
