"""Reads recordings of samples with a header of their own: WAV of receiver programs, and Midas BLUE.

References
----------
RIFF/WAVE and RF64 (EBU Tech 3306); the ``auxi`` chunk of HDSDR, SDRuno and Spectravue (two times of 16 bytes,
then centre frequency); Midas BLUE 1.1 (type 1000, digraphs ``CB CI CL CF CD``).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import BinaryIO

from hw.errors import BadRecording
from hw.formats.iq_names import rate_and_center

WAV_MAGICS = (b"RIFF", b"RF64")
BLUE_MAGIC = b"BLUE"
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
WAV_TYPES = {
    (PCM, 8): "cu8",
    (PCM, 16): "ci16_le",
    (PCM, 32): "ci32_le",
    (FLOAT, 32): "cf32_le",
    (FLOAT, 64): "cf64_le",
}
AUXI_CENTER_AT = 32
MOST_CHUNKS = 64
LARGEST_CHUNK_BYTES = 1 << 16  # of those that are read: format and auxi
BLUE_HEADER_BYTES = 512
BLUE_TYPES = {"CB": "ci8", "CI": "ci16", "CL": "ci32", "CF": "cf32", "CD": "cf64"}
BLUE_CENTER = re.compile(rb"(?:RF_FREQ|COL_RF|CHAN_RF|FREQUENCY)=([0-9.eE+-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class IqHeader:
    """The place of the samples in a file, and their format; ``center_hz`` is None where it is not stated."""

    datatype: str
    rate_hz: float | None
    center_hz: float | None
    data_at: int
    data_bytes: int


def has_header(head: bytes) -> bool:
    """Say whether a file that begins so is one of these."""
    return head[:4] == BLUE_MAGIC or (head[:4] in WAV_MAGICS and head[8:12] == b"WAVE")


def read_header(file: BinaryIO, *, name: str, size: int) -> IqHeader:
    """Return the place and format of the samples of a WAV or BLUE file.

    Parameters
    ----------
    file : binary file
        At its beginning.
    name : str
        File name, which may state the centre frequency.
    size : int
        Length of the file in bytes.

    Returns
    -------
    IqHeader
        Rate and centre in Hz.

    Raises
    ------
    BadRecording
        It is cut off, or holds no complex samples.
    """
    try:
        magic = file.read(4)
        header = _blue(name, file) if magic == BLUE_MAGIC else _wav(name, file, size)
    except (struct.error, ValueError) as error:
        raise BadRecording(f"{name} has a damaged header", hint="Copy the recording again.") from error
    if header.data_at > size:
        raise BadRecording(f"{name} is cut off before its samples", hint="Copy the recording again.")
    return header


def _wav(name: str, file: BinaryIO, size: int) -> IqHeader:
    file.seek(12)
    form, auxi = b"", b""
    for _ in range(MOST_CHUNKS):
        chunk, length = struct.unpack("<4sI", file.read(8))
        if chunk == b"data":
            at = file.tell()
            left = size - at
            return _wav_header(name, form, auxi, at, min(length, left) if 0 < length < 0xFFFFFFFF else left)
        content = file.read(length) if length <= LARGEST_CHUNK_BYTES else b""
        form = content if chunk == b"fmt " else form
        auxi = content if chunk == b"auxi" else auxi
        file.seek(length % 2 if content else length + length % 2, 1)
    raise BadRecording(f"{name} holds no samples", hint="Copy the recording again.")


def _wav_header(name: str, form: bytes, auxi: bytes, at: int, length: int) -> IqHeader:
    tag, channels, rate_hz, _, _, bits = struct.unpack("<HHIIHH", form[:16])
    if tag == EXTENSIBLE:
        tag = struct.unpack("<H", form[24:26])[0]
    datatype = WAV_TYPES.get((tag, bits))
    if channels != 2 or datatype is None:
        raise BadRecording(
            f"{name} holds {channels} channels of {bits} bits: sound, not the I and Q of a receiver",
            hint="Record the baseband (I/Q) in the receiver program, 8, 16 or 32 bits.",
        )
    center_hz = rate_and_center(name.rpartition(".")[0])[1]
    if len(auxi) >= AUXI_CENTER_AT + 4:
        center_hz = float(struct.unpack_from("<I", auxi, AUXI_CENTER_AT)[0]) or center_hz
    return IqHeader(
        datatype=datatype, rate_hz=float(rate_hz), center_hz=center_hz, data_at=at, data_bytes=length
    )


def _blue(name: str, file: BinaryIO) -> IqHeader:
    head = b"BLUE" + file.read(BLUE_HEADER_BYTES - 4)
    order, suffix = (">", "_be") if head[8:12] == b"IEEE" else ("<", "_le")
    start, length = struct.unpack_from(order + "dd", head, 32)
    digraph = head[52:54].decode("ascii", "replace")
    xdelta = struct.unpack_from(order + "d", head, 264)[0]
    datatype = BLUE_TYPES.get(digraph)
    if datatype is None or not 0 <= start < 1e15 or not 0 < length < 1e15:
        raise BadRecording(
            f"{name} is BLUE of format {digraph!r}, not complex samples",
            hint="Known are CB, CI, CL, CF, CD.",
        )
    told = BLUE_CENTER.search(head)
    return IqHeader(
        datatype=datatype + suffix,
        rate_hz=1 / xdelta if xdelta > 0 else None,
        center_hz=float(told[1]) if told else None,
        data_at=int(start),
        data_bytes=int(length),
    )
