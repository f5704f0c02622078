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
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

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


def pack(parts: Mapping[str, bytes]) -> bytes:
    """Return the zip file of these parts.

    Raises
    ------
    BundleUnreadable
        If they are more or larger than a plain zip holds.
    """
    if len(parts) > MOST_PARTS or sum(map(len, parts.values())) > LARGEST_BYTES:
        raise BundleUnreadable("The bundle is too large", hint="Export without the attachments.")
    body, directory = BytesIO(), BytesIO()
    for name in sorted(parts):
        content, raw_name, at = parts[name], name.encode("utf-8"), body.tell()
        numbers = (zlib.crc32(content), len(content), len(content), len(raw_name), 0)
        shared = (NEEDED, UTF8_NAMES, STORED, NO_TIME, NO_DATE, *numbers)
        body.write(LOCAL.pack(LOCAL_MARK, *shared) + raw_name + content)
        directory.write(CENTRAL.pack(CENTRAL_MARK, MADE_BY, *shared, 0, 0, 0, FILE_MODE, at) + raw_name)
    listed = directory.getvalue()
    end = END.pack(END_MARK, 0, 0, len(parts), len(parts), len(listed), body.tell(), 0)
    return body.getvalue() + listed + end


def unpack(path: Path) -> tuple[dict[str, bytes], bool]:
    """Return the parts of a zip file that may be hostile, and whether the file is exactly `pack` of them.

    Raises
    ------
    BundleUnreadable
        If it cannot be read, or claims more than it holds.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BundleUnreadable(f"{path} is larger than any bundle")
        # Before it is read whole: a large file that is no zip costs no memory.
        zipfile.ZipFile(path).close()
        raw = path.read_bytes()
        with zipfile.ZipFile(BytesIO(raw)) as archive:
            infos = archive.infolist()
            if len(infos) > MOST_PARTS or sum(i.file_size for i in infos) > len(raw):
                raise BundleUnreadable(f"{path} claims more than it holds")
            if any(i.compress_type != zipfile.ZIP_STORED or i.flag_bits & 1 for i in infos):
                raise BundleUnreadable(f"{path} is not a bundle of ansim", hint="It was packed again.")
            parts = {i.filename: _content(raw, i) for i in infos}
    except BundleUnreadable:
        raise
    except (OSError, ValueError, zipfile.BadZipFile, struct.error, NotImplementedError, EOFError) as error:
        raise BundleUnreadable(f"{path} cannot be read as a bundle: {error}") from error
    return parts, pack(parts) == raw


def _content(raw: bytes, info: zipfile.ZipInfo) -> bytes:
    """Return a part even where its checksum is wrong: the manifest says which part that is."""
    fields = LOCAL.unpack_from(raw, info.header_offset)
    start = info.header_offset + LOCAL.size + int(fields[-2]) + int(fields[-1])
    return raw[start : start + info.file_size]
