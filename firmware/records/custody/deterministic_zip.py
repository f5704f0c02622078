"""Packs parts into a zip file of reproducible bytes: stored, sorted and undated.

A zip has bytes that no checksum covers (names twice, times, flags). Because there is only one file for the
same parts, verifying is packing again and comparing: no byte can change unnoticed. Any zip program opens it.

References
----------
PKWARE APPNOTE 6.3: local file header 4.3.7, central directory 4.3.12, end record 4.3.16.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from os import SEEK_CUR, SEEK_END
from pathlib import Path
from typing import BinaryIO

from firmware.records.custody.errors import BundleUnreadable

MADE_BY = (3 << 8) | 20  # Unix, version 2.0
NEEDED = 20
UTF8_NAMES = 0x0800
STORED = 0
NO_TIME, NO_DATE = 0, (1 << 5) | 1  # 1980-01-01 00:00, the first moment a zip can say
FILE_MODE = 0o100644 << 16
LOCAL = struct.Struct("<IHHHHHIIIHH")
CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
END = struct.Struct("<IHHHHIIH")
LOCAL_MARK, CENTRAL_MARK, END_MARK = 0x04034B50, 0x02014B50, 0x06054B50
LARGEST_BYTES = (1 << 31) - 1  # plain zip; inspections are far below
MOST_PARTS = 1000
LONGEST_COMMENT = 65_535  # behind the end mark (APPNOTE 4.3.16)


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Return the zip file of these parts.

    Raises
    ------
    BundleUnreadable
        If they are more or larger than a plain zip holds.
    """
    if len(parts) > MOST_PARTS or sum(map(len, parts.values())) > LARGEST_BYTES:
        raise BundleUnreadable("The bundle is too large", hint="Export without the attachments.")
    return b"".join(_pieces(parts))


def _pieces(parts: Mapping[str, bytes]) -> Iterator[bytes]:
    """Yield the zip file of these parts, piece by piece."""
    at, listed = 0, bytearray()
    for name in sorted(parts):
        content, raw_name = parts[name], name.encode("utf-8")
        numbers = (zlib.crc32(content), len(content), len(content), len(raw_name), 0)
        shared = (NEEDED, UTF8_NAMES, STORED, NO_TIME, NO_DATE, *numbers)
        head = LOCAL.pack(LOCAL_MARK, *shared) + raw_name
        listed += CENTRAL.pack(CENTRAL_MARK, MADE_BY, *shared, 0, 0, 0, FILE_MODE, at) + raw_name
        at += len(head) + len(content)
        yield head
        yield content
    yield bytes(listed)
    yield END.pack(END_MARK, 0, 0, len(parts), len(parts), len(listed), at, 0)


def unpack(path: Path) -> tuple[dict[str, bytes], bool]:
    """Return the parts of a zip file that may be hostile, and whether the file is exactly `pack` of them.

    Raises
    ------
    BundleUnreadable
        If it cannot be read, or claims more than it holds.
    """
    try:
        with path.open("rb") as file:
            size_bytes = file.seek(0, SEEK_END)
            if size_bytes > LARGEST_BYTES:
                raise BundleUnreadable(f"{path} is larger than any bundle")
            if _listed_parts(file, size_bytes) > MOST_PARTS:
                raise BundleUnreadable(f"{path} holds more parts than any bundle")
            infos = _infos(file)
            if len(infos) > MOST_PARTS or sum(i.file_size for i in infos) > size_bytes:
                raise BundleUnreadable(f"{path} claims more than it holds")
            if any(i.compress_type != zipfile.ZIP_STORED or i.flag_bits & 1 for i in infos):
                raise BundleUnreadable(f"{path} is not a bundle of ansim", hint="It was packed again.")
            parts = {i.filename: _content(file, i) for i in infos}
            file.seek(0)
            same = all(file.read(len(piece)) == piece for piece in _pieces(parts))
            return parts, same and file.tell() == size_bytes
    except BundleUnreadable:
        raise
    except (OSError, ValueError, zipfile.BadZipFile, struct.error, NotImplementedError, EOFError) as error:
        raise BundleUnreadable(f"{path} cannot be read as a bundle: {error}") from error


def _listed_parts(file: BinaryIO, size_bytes: int) -> int:
    """Return how many parts the end of a zip names, 0 where there is none; the list itself is not read."""
    file.seek(max(0, size_bytes - END.size - LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(struct.pack("<I", END_MARK))
    return int(END.unpack_from(tail, at)[4]) if 0 <= at <= len(tail) - END.size else 0


def _infos(file: BinaryIO) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(file) as archive:
        return archive.infolist()


def _content(file: BinaryIO, info: zipfile.ZipInfo) -> bytes:
    """Return a part even where its checksum is wrong: the manifest says which part that is."""
    file.seek(info.header_offset)
    fields = LOCAL.unpack(file.read(LOCAL.size))
    file.seek(int(fields[-2]) + int(fields[-1]), SEEK_CUR)
    return file.read(info.file_size)
