"""Files that belong to records, kept under the name of their content, and only when somebody asked for it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from firmware.records.custody.atomic_files import TEMPORARY, write_new
from firmware.records.custody.errors import AttachmentTrouble, clear_errors
from firmware.records.custody.hash_chain import sha256
from firmware.records.custody.unit_key import owner_only
from firmware.records.model import Attachment
from firmware.settings.records_config import RecordsConfig

FOLDER = "attachments"
GRACE_S = 86_400.0  # a file that no record names yet is left alone for a day: its record may be on the way
SHARD = 2  # hex digits of the name that make the sub-folder


class AttachmentFolder:
    """A folder in which every file's name is the SHA-256 of its content."""

    def __init__(self, folder: Path, config: RecordsConfig) -> None:
        self.path = folder / FOLDER
        self._config = config

    def put(self, content: bytes, *, name: str, media_type: str) -> Attachment:
        """Store a file durably and return what names it; the same content twice is stored once."""
        most = self._config.attachment_most_bytes
        if len(content) > most:
            raise AttachmentTrouble(
                f"{name} has {len(content):,} bytes; {most:,} are allowed",
                hint="Store a smaller picture or a shorter recording.",
            )
        digest = sha256(content)
        place = self._place(digest)
        owner_only(place.parent)
        with clear_errors(self.path):
            if not place.is_file() or sha256(place.read_bytes()) != digest:
                with suppress(FileNotFoundError):
                    place.unlink()
                write_new(place, content)
        return Attachment(sha256=digest, name=name, media_type=media_type, size_bytes=len(content))

    def get(self, digest: str) -> bytes:
        """Return a file's content.

        Raises
        ------
        AttachmentTrouble
            If it is gone, or no longer what it was.
        """
        try:
            content = self._place(digest).read_bytes()
        except OSError as error:
            raise AttachmentTrouble(f"The attachment {digest[:12]} is gone", word="missing") from error
        if sha256(content) != digest:
            raise AttachmentTrouble(f"The attachment {digest[:12]} was altered")
        return content

    def holds(self, attachment: Attachment) -> bool:
        """Say whether this file is there, with the right size."""
        place = self._place(attachment.sha256)
        return place.is_file() and place.stat().st_size == attachment.size_bytes

    def size_bytes(self) -> int:
        """Return the disk space of all files."""
        return sum(p.stat().st_size for p in self._files())

    def sweep(self, used: Iterable[str]) -> int:
        """Remove files that no record names, and what a crash left half written; return how many."""
        kept, before, count = frozenset(used), time.time() - GRACE_S, 0
        for path in list(self._files()):
            if path.name not in kept and path.stat().st_mtime < before:
                with clear_errors(path):
                    path.unlink(missing_ok=True)
                count += 1
        return count

    def remove(self, digests: Iterable[str]) -> None:
        """Remove files whose last record is gone."""
        for digest in digests:
            with clear_errors(self.path):
                self._place(digest).unlink(missing_ok=True)

    def _place(self, digest: str) -> Path:
        return self.path / digest[:SHARD] / digest

    def _files(self) -> Iterable[Path]:
        return (p for p in self.path.rglob("*") if p.is_file())


def sweep_leftovers(folder: Path) -> None:
    """Remove half-written files in a folder that are older than the grace."""
    before = time.time() - GRACE_S
    for part in folder.glob(f"*{TEMPORARY}"):
        with suppress(OSError):
            if part.stat().st_mtime < before:
                part.unlink()
