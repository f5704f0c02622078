"""Reads SigMF recordings as segments: stretches of samples with one centre frequency each.

The `sigmf` library checks the metadata against the standard. Recordings that deviate from it in what does not
matter here are read all the same, and said to deviate; what is needed (type, rate, order) must be right.

References
----------
SigMF specification 1.2: core namespace, archives; ``ansim:`` keys of a capture are ours:
``t_ns``, ``gain_db``, ``count`` (samples), ``clipped_share``, ``until_ns``.
"""

from __future__ import annotations

import hashlib
import json
import math
import tarfile
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw.errors import BadRecording, MissingComponent
from hw.formats.iq import SampleFormat, sample_format
from hw.replay.jsonl import LONGEST_SESSION_NS, whole
from hw.replay.manifest import inside

LARGEST_META_BYTES = 24 << 20  # hours of a receiver; parsed it takes some ten times as much memory
MOST_CAPTURES = 2_000_000
# A receiver stays longer on a tuning; of shorter visits only so many are used, the rest counted as left out.
SHORT_SAMPLES, MOST_SHORT = 1024, 5000
MOST_VALIDATED = 64  # the schema check is slow, and captures are all alike, as annotations are
FASTEST_HZ = 1e10
HIGHEST_HZ = 3e12  # where radio ends and infrared begins (ITU Radio Regulations, 1.5)
SLOWEST_HZ = 50e3  # an RTL-SDR gives 225 kS/s at the least, an audio-rate recording of one channel 48 kS/s
HASH_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Samples of one tuning. ``t_ns`` is None where the recording does not state the time."""

    data: NDArray[np.uint8]  # raw bytes on disk
    form: SampleFormat
    first_byte: int
    count: int
    rate_hz: float
    center_hz: float
    t_ns: int | None = None
    until_ns: int | None = None
    frequency_stated: bool = True
    gain_db: float | None = None
    clipped_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SigmfRecording:
    """The segments of one recording, in order."""

    segments: tuple[Segment, ...]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Metadata and where the samples lie."""

    name: str
    meta: Mapping[str, Any]
    data_path: Path
    data_at: int
    data_bytes: int


def open_sigmf(path: Path, dropped: Counter[str], *, said_rate_hz: float | None = None) -> SigmfRecording:
    """Open ``.sigmf-meta`` with its data file, or a ``.sigmf`` archive.

    Parameters
    ----------
    path : Path
        The metadata, its data file or the archive.
    dropped : Counter
        Counts by reason what could not be used, such as ``odd_bytes``.
    said_rate_hz : float, optional
        Sample rate in Hz that a person stated; it goes before the recording's own.

    Returns
    -------
    SigmfRecording
        A segment for each capture that lies inside the samples.

    Raises
    ------
    BadRecording
        It cannot be read as complex samples of one channel.
    """
    source = _open_archive(path) if _is_archive(path) else _open_pair(path)
    globals_ = _table(source, "global")
    form = _sample_format(source, globals_)
    rate_hz = said_rate_hz or _rate_hz(source, globals_)
    _check_hash(source, globals_)
    first, trailing = globals_.get("core:offset", 0), globals_.get("core:trailing_bytes", 0)
    if not all(isinstance(n, int) and n >= 0 for n in (first, trailing)):
        raise BadRecording(f"{source.name}: core:offset or core:trailing_bytes is no whole number")
    captures = _captures(source)
    usable = source.data_bytes - trailing - sum(whole(c, "core:header_bytes") or 0 for c in captures)
    total, odd = divmod(max(usable, 0), form.sample_bytes)
    if odd:
        dropped["odd_bytes"] += odd
    if not total:
        raise BadRecording(f"{source.name} has no samples", hint="The recording was cut off; record again.")
    data = np.memmap(source.data_path, np.uint8, "r", source.data_at, (source.data_bytes,))
    segments = _segments(
        captures, total=total, first=first, form=form, rate_hz=rate_hz, data=data, dropped=dropped
    )
    if not segments:
        raise BadRecording(f"{source.name}: no capture lies inside the {total} samples")
    return SigmfRecording(segments=segments, detail=_deviations(source))


def make_segment(
    data: NDArray[np.uint8],
    form: SampleFormat,
    *,
    first_byte: int,
    count: int,
    rate_hz: float,
    center_hz: float | None,
    **told: Any,
) -> Segment:
    """Return a segment; real samples come at half their rate, a quarter of it above their frequency.

    Parameters
    ----------
    data : ndarray of uint8
        Raw bytes of the recording.
    form : SampleFormat
        How they store a sample.
    first_byte, count : int
        Where the segment begins in ``data``, and how many complex samples it has.
    rate_hz : float
        Sample rate of the recording, in Hz; of real samples, the rate of the single values.
    center_hz : float or None
        Frequency of the recording in Hz; None where it is not stated.
    **told
        Further fields of `Segment`.

    Returns
    -------
    Segment
        With the rate and the centre frequency of its complex samples, in Hz.

    Notes
    -----
    Only the positive half of a real spectrum is kept. It is half as wide, and its middle lies a quarter of
    the rate above the frequency of the recording.
    """
    stated = center_hz is not None
    place_hz = center_hz or 0.0
    return Segment(
        data=data,
        form=form,
        first_byte=first_byte,
        count=count,
        rate_hz=rate_hz / 2 if form.real else rate_hz,
        center_hz=place_hz + rate_hz / 4 if form.real else place_hz,
        frequency_stated=stated,
        **told,
    )


def _segments(
    captures: list[Mapping[str, Any]],
    *,
    total: int,
    first: int,
    form: SampleFormat,
    rate_hz: float,
    data: NDArray[np.uint8],
    dropped: Counter[str],
) -> tuple[Segment, ...]:
    each = 2 if form.real else 1
    starts = [(int(c.get("core:sample_start", 0)) - first) // each for c in captures]
    ends = [*starts[1:], total]
    segments, skipped, short = [], 0, 0
    for capture, start, end in zip(captures, starts, ends, strict=True):
        skipped += whole(capture, "core:header_bytes") or 0
        count = min(end, total) - start
        count = min(count, whole(capture, "ansim:count") or count)
        if count <= 0 or start < 0:
            dropped["empty_segment"] += 1
            continue
        short += count < SHORT_SAMPLES
        if count < SHORT_SAMPLES and short > MOST_SHORT:
            dropped["short_segment"] += 1
            continue
        segments.append(
            make_segment(
                data,
                form,
                first_byte=start * form.sample_bytes + skipped,
                count=count,
                rate_hz=rate_hz,
                center_hz=_number(capture.get("core:frequency")),
                t_ns=whole(capture, "ansim:t_ns", most=LONGEST_SESSION_NS),
                until_ns=whole(capture, "ansim:until_ns", most=LONGEST_SESSION_NS),
                gain_db=_number(capture.get("ansim:gain_db")),
                clipped_share=_number(capture.get("ansim:clipped_share")),
            )
        )
    return tuple(segments)


def _captures(source: _Source) -> list[Mapping[str, Any]]:
    captures = source.meta.get("captures") or [{"core:sample_start": 0}]
    if not isinstance(captures, list) or len(captures) > MOST_CAPTURES:
        raise BadRecording(f"{source.name}: captures is no list")
    before = -1
    for number, capture in enumerate(captures):
        start = capture.get("core:sample_start", 0) if isinstance(capture, dict) else None
        if isinstance(start, bool) or not isinstance(start, int) or start < before:
            raise BadRecording(
                f"{source.name}: core:sample_start of capture {number} is no whole number in rising order"
            )
        frequency = capture.get("core:frequency")
        hz = _number(frequency)
        if frequency is not None and (hz is None or abs(hz) > HIGHEST_HZ):
            raise BadRecording(f"{source.name}: core:frequency of capture {number} is no radio frequency")
        before = start
    return captures


def _sample_format(source: _Source, globals_: Mapping[str, Any]) -> SampleFormat:
    datatype = globals_.get("core:datatype")
    form = sample_format(datatype) if isinstance(datatype, str) else None
    channels = globals_.get("core:num_channels", 1)
    if channels != 1:
        raise BadRecording(f"{source.name} holds {channels} channels", hint="Split it into one channel each.")
    if form is None:
        raise BadRecording(
            f"{source.name}: core:datatype {datatype!r} cannot be read",
            hint="Known are c and r with u8, i8, u16, i16, u32, i32, f32, f64, _le or _be.",
        )
    return form


def _rate_hz(source: _Source, globals_: Mapping[str, Any]) -> float:
    rate_hz = _number(globals_.get("core:sample_rate"))
    if rate_hz is None or not 0 < rate_hz <= FASTEST_HZ:
        raise BadRecording(
            f"{source.name} does not say its sample rate",
            hint='Add "core:sample_rate" to its metadata, or say it: --rate 2.4e6.',
        )
    if rate_hz < SLOWEST_HZ:
        raise BadRecording(
            f"{source.name} has {rate_hz:g} samples a second: no receiver of a camera's band is so slow",
            hint=f"At least {SLOWEST_HZ:g} are needed; check core:sample_rate.",
        )
    return rate_hz


def _check_hash(source: _Source, globals_: Mapping[str, Any]) -> None:
    expected = globals_.get("core:sha512")
    if not isinstance(expected, str):
        return
    digest, left = hashlib.sha512(), source.data_bytes
    with source.data_path.open("rb") as file:
        file.seek(source.data_at)
        while left and (chunk := file.read(min(left, HASH_CHUNK_BYTES))):
            digest.update(chunk)
            left -= len(chunk)
    if digest.hexdigest() != expected.casefold():
        raise BadRecording(
            f"{source.name} is not what was recorded: its SHA-512 differs from core:sha512",
            hint="Copy the recording again.",
        )


def _open_pair(path: Path) -> _Source:
    try:
        if path.stat().st_size > LARGEST_META_BYTES:
            raise BadRecording(f"{path.name} is far too large for metadata")
        meta = _parse(path.name, path.read_bytes())
        name = _table_of(meta, path.name, "global").get("core:dataset")
        data = path.with_suffix(".sigmf-data") if name is None else inside(path.parent, str(name))
        if data is None or not data.is_file():
            raise BadRecording(
                f"{path.name} has no {data.name if data else name} beside it", hint="Copy both files."
            )
        size = data.stat().st_size
    except OSError as error:
        raise BadRecording(f"{path.name} cannot be read: {error.strerror}") from error
    return _Source(name=path.name, meta=meta, data_path=data, data_at=0, data_bytes=size)


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return not file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") and (
            path.suffix == ".sigmf" or tarfile.is_tarfile(path)
        )


def _open_archive(path: Path) -> _Source:
    """Find the pair inside an archive; the samples stay where they are."""
    try:
        with tarfile.open(path, "r:") as archive:
            members = [m for m in archive.getmembers() if m.isfile()]
            metas = [m for m in members if m.name.endswith(".sigmf-meta")]
            datas = {m.name: m for m in members if m.name.endswith(".sigmf-data")}
            if len(metas) != 1 or metas[0].size > LARGEST_META_BYTES:
                raise BadRecording(
                    f"{path.name} holds {len(metas)} recordings", hint="Unpack it and give one of them."
                )
            data = datas.get(metas[0].name.removesuffix("meta") + "data")
            file = archive.extractfile(metas[0])
            meta = _parse(path.name, file.read() if file else b"")
    except (OSError, tarfile.TarError, EOFError) as error:
        raise BadRecording(
            f"{path.name} is no SigMF archive: {error}", hint="Unpack it and give its .sigmf-meta."
        ) from error
    if data is None or data.offset_data + data.size > path.stat().st_size:
        raise BadRecording(f"{path.name} lacks its samples", hint="The archive was cut off; copy it again.")
    return _Source(name=path.name, meta=meta, data_path=path, data_at=data.offset_data, data_bytes=data.size)


def _parse(name: str, text: bytes) -> Mapping[str, Any]:
    try:
        meta = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadRecording(
            f"{name} is no SigMF metadata: {error}", hint="It was cut off or edited; copy it again."
        ) from error
    if not isinstance(meta, dict):
        raise BadRecording(f"{name} is no SigMF metadata: not an object")
    return meta


def _table(source: _Source, key: str) -> Mapping[str, Any]:
    return _table_of(source.meta, source.name, key)


def _table_of(meta: Mapping[str, Any], name: str, key: str) -> Mapping[str, Any]:
    table = meta.get(key)
    if not isinstance(table, dict):
        raise BadRecording(f"{name} is no SigMF metadata: it has no {key!r} object")
    return table


def _deviations(source: _Source) -> str:
    """Return in what the metadata deviates from the standard; empty where it does not."""
    lists = {name: source.meta.get(name) for name in ("captures", "annotations")}
    few = {name: told[:MOST_VALIDATED] for name, told in lists.items() if isinstance(told, list)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import sigmf  # costs every start some hundredths of a second, and only SigMF needs it

            sigmf.SigMFFile(metadata={**source.meta, **few}).validate()
        except ImportError as error:
            raise MissingComponent(f"{error.name} is not installed") from error
        except Exception as error:  # whatever the library objects to is told, not judged
            return f"not quite SigMF: {str(error).splitlines()[0][:200]}"
    return ""


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None
