"""Reads the channel that a radiotap header names, for drivers that check what their adapter says.

References
----------
radiotap.org, fields: TSFT (bit 0, 8 bytes aligned to 8), flags (1), rate (2), channel (3: MHz and flags).
"""

from __future__ import annotations

import struct

HEAD_BYTES = 8
TSFT, FLAGS, RATE, CHANNEL, MORE_WORDS = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 31


def channel_mhz(frame: bytes | memoryview) -> int | None:
    """Return the channel that a captured frame names.

    Parameters
    ----------
    frame : bytes or memoryview
        The frame, beginning with its radiotap header.

    Returns
    -------
    int or None
        Centre of the primary channel in MHz; None where the header names none or is cut.
    """
    if len(frame) < HEAD_BYTES:
        return None
    _, _, length, first = struct.unpack_from("<BBHI", frame)
    at, present, length = HEAD_BYTES, first, min(length, len(frame))
    while present & MORE_WORDS:
        if at + 4 > length:
            return None
        (present,) = struct.unpack_from("<I", frame, at)
        at += 4
    if not first & CHANNEL:
        return None
    if first & TSFT:
        at = (at + 7) // 8 * 8 + 8
    at += bool(first & FLAGS) + bool(first & RATE)
    at += at % 2
    return int(struct.unpack_from("<H", frame, at)[0]) if at + 4 <= length else None
