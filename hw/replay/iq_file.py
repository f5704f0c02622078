"""Opens recordings of other programs as segments: raw samples, WAV, BLUE, and SigMF collections."""

from __future__ import annotations

import gzip
import io
import json
import math
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw.errors import BadRecording
from hw.formats.iq import sample_format
from hw.formats.iq_headers import IqHeader, has_header, read_header
from hw.formats.iq_names import RawDescription, describe_name
from hw.replay.sigmf_file import FASTEST_HZ, SigmfRecording, make_segment

GZIP_MAGIC = b"\x1f\x8b"
HEAD_BYTES = 16  # of a header: what it is
MOST_UNPACKED_BYTES = 1 << 30
ASK_RATE = "Say it: --rate 2.4e6 --center 433.92e6, in Hz."


def is_iq_file(path: Path, head: bytes) -> bool:
    """Return whether a file is a recording of samples, by its name or header."""
    return has_header(_unpacked(path, head)) or describe_name(_bare_name(path)) is not None


def open_iq(
    path: Path, dropped: Counter[str], *, rate_hz: float | None, center_hz: float | None
) -> SigmfRecording:
    """Open a recording of samples that is not SigMF.

    Parameters
    ----------
    path : Path
        The file, gzipped or not.
    dropped : Counter
        Counts bytes that make no whole sample.
    rate_hz, center_hz : float or None
        Sample rate and centre frequency in Hz that a person stated; they go before those of the file.

    Returns
    -------
    SigmfRecording
        One segment with all samples.

    Raises
    ------
    BadRecording
        Nothing states the sample rate, or there are no samples.
    """
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    content = _unpack(path) if packed else None
    header = _header(path, content)
    rate = rate_hz or header.rate_hz
    if rate is None or not math.isfinite(rate) or not 0 < rate <= FASTEST_HZ:
        raise BadRecording(
            f"{path.name} does not say its sample rate, so nothing can be judged", hint=ASK_RATE
        )
    data = _bytes_of(path, header, content)
    form = sample_format(header.datatype)
    if form is None:
        raise BadRecording(f"{path.name} holds {header.datatype}, which cannot be read")
    count, odd = divmod(len(data), form.sample_bytes)
    dropped["odd_bytes"] += odd
    if not count:
        raise BadRecording(f"{path.name} has no samples", hint="The recording was cut off; record again.")
    center = center_hz or header.center_hz
    segment = make_segment(data, form, first_byte=0, count=count, rate_hz=rate, center_hz=center)
    return SigmfRecording(segments=(segment,), detail="" if center else "frequency not stated")


def collected(path: Path) -> tuple[Path, ...]:
    """Return the recordings of a SigMF collection.

    Raises
    ------
    BadRecording
        It is damaged or names none that is there.
    """
    try:
        streams = json.loads(path.read_text(encoding="utf-8-sig"))["collection"]["core:streams"]
        names = [str(s["name"] if isinstance(s, dict) else s) for s in streams]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadRecording(
            f"{path.name} is no SigMF collection that can be read", hint="Give one of its recordings."
        ) from error
    metas = tuple(path.parent / f"{Path(name).name.removesuffix('.sigmf-meta')}.sigmf-meta" for name in names)
    here = tuple(meta for meta in metas if meta.is_file())
    if not here:
        raise BadRecording(f"{path.name} names no recording that lies beside it", hint="Copy all its files.")
    return here


def _bare_name(path: Path) -> str:
    return path.name[:-3] if path.name.casefold().endswith(".gz") else path.name


def _unpacked(path: Path, head: bytes) -> bytes:
    """Return the beginning of what a file holds; that of a damaged archive is empty."""
    if head[:2] != GZIP_MAGIC:
        return head
    try:
        with gzip.open(path, "rb") as file:
            return file.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return b""


def _header(path: Path, content: bytes | None) -> IqHeader:
    """Return what the file's own header, its name or the text beside it says of the samples."""
    size = path.stat().st_size if content is None else len(content)
    with path.open("rb") if content is None else io.BytesIO(content) as file:
        if has_header(file.read(HEAD_BYTES)):
            file.seek(0)
            return read_header(file, name=_bare_name(path), size=size)
    told = describe_name(_bare_name(path), side_text=_side_text(path))
    told = told or RawDescription(datatype="cu8")
    return IqHeader(
        datatype=told.datatype,
        rate_hz=told.rate_hz,
        center_hz=told.center_hz,
        data_at=0,
        data_bytes=size,
    )


def _side_text(path: Path) -> str:
    for suffix in (".TXT", ".txt"):
        beside = path.with_suffix(suffix)
        if beside.is_file():
            return beside.read_text(encoding="utf-8", errors="replace")[:4096]
    return ""


def _unpack(path: Path) -> bytes:
    try:
        with gzip.open(path, "rb") as file:
            content = file.read(MOST_UNPACKED_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadRecording(f"{path.name} cannot be unpacked: {error}", hint="Copy it again.") from error
    if len(content) > MOST_UNPACKED_BYTES:
        raise BadRecording(f"{path.name} is too large to unpack in memory", hint="gunzip it first.")
    return content


def _bytes_of(path: Path, header: IqHeader, content: bytes | None) -> NDArray[np.uint8]:
    size = path.stat().st_size if content is None else len(content)
    length = min(header.data_bytes, size - header.data_at)
    if length <= 0:
        raise BadRecording(f"{path.name} has no samples", hint="The recording was cut off; record again.")
    if content is None:
        return np.memmap(path, np.uint8, "r", header.data_at, (length,))
    return np.frombuffer(content, np.uint8, length, header.data_at)
