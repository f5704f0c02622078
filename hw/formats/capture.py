"""Reads captures (pcap, pcapng, btsnoop, Kismet databases) as columns of numpy arrays.

Scapy reads all these files too, but makes an object of every frame; at several hundred thousand frames a
second on one core that is two orders of magnitude too slow, so ansim finds the records itself. Scapy is the
reference that this is tested against.

A file is read in chunks, so that it may be larger than memory and may be cut off anywhere. What cannot be
read is counted in ``dropped`` by reason:

* ``absurd_length``: a length that no frame has; reading goes on at the next plausible record;
* ``bad_block``: a pcapng block that contradicts itself;
* ``bad_interface``, ``bad_section``, ``unknown_interface``: the same of these, or there are too many of them;
* ``truncated_record``: the file ends inside a record;
* ``compressed_end_missing``, ``unpacked_limit``: a compressed file ends early or grows beyond all measure;
* ``other_link_type``: a record of a kind that was not asked for.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.errors import BadRecording, DeviceDenied
from hw.formats.kismetdb import SQLITE_MAGIC, KismetPackets
from hw.formats.pcap import (
    BTSNOOP_MAGIC,
    PCAP_MAGIC,
    PCAP_MAGIC_KUZNETZOV,
    PCAP_MAGIC_NS,
    BtsnoopWalker,
    Columns,
    PcapWalker,
    joined,
)
from hw.formats.pcapng import PcapngWalker, section_order
from hw.formats.resync import Ints
from hw.formats.timeline import REORDER_NS, Timeline
from hw.formats.unpack import UnpackedFile

CHUNK_BYTES = (
    1 << 22
)  # read at once; with records of 16 bytes and more this bounds the records in a batch too
MOST_HELD_BYTES = 4 * CHUNK_BYTES  # records that wait for their place in time

ETHERNET, PPI, RADIOTAP, DOT11, PRISM, AVS = 1, 192, 127, 105, 119, 163
HCI_H4, HCI_H4_DIRECTION, LINUX_MONITOR = 187, 201, 254
LE_LINK, LE_LINK_RADIO, NORDIC_BLE = 251, 256, 272
USER_LINKS = frozenset(range(147, 163))  # given out to nobody: Ubertooth and the first nRF sniffers took some
BTSNOOP_H1, BTSNOOP_H4, BTSNOOP_MONITOR = 1001, 1002, 2001
DOT11_LINKS = frozenset({RADIOTAP, DOT11, PRISM, PPI, AVS})
BLE_LINKS = frozenset(
    {HCI_H4, HCI_H4_DIRECTION, LINUX_MONITOR, LE_LINK, LE_LINK_RADIO, NORDIC_BLE, PPI}
    | {BTSNOOP_H1, BTSNOOP_H4, BTSNOOP_MONITOR}
    | USER_LINKS
)
LINK_NAMES = {
    0: "loopback packets",
    ETHERNET: "Ethernet frames",
    12: "IP packets",
    101: "IP packets",
    113: "cooked Linux packets",
    276: "cooked Linux packets",
    220: "USB packets",
    249: "USB packets",
    195: "802.15.4 frames",
    230: "802.15.4 frames",
    **dict.fromkeys((RADIOTAP, DOT11, PRISM, AVS), "802.11 frames"),
    **dict.fromkeys((HCI_H4, HCI_H4_DIRECTION, LINUX_MONITOR), "Bluetooth HCI packets"),
    **dict.fromkeys((BTSNOOP_H1, BTSNOOP_H4, BTSNOOP_MONITOR), "Bluetooth HCI packets"),
    **dict.fromkeys((LE_LINK, LE_LINK_RADIO, NORDIC_BLE), "Bluetooth LE packets"),
    **{link: f"packets of the private link type {link}" for link in USER_LINKS},
}

CaptureFormat = Literal["pcap", "pcapng", "btsnoop", "kismet"]
HEAD_BYTES = 1 << 16  # enough of the beginning to tell variants of a format apart


class CaptureParser(Protocol):
    """Finds the records in chunks of a file."""

    HEADER_BYTES: int
    dropped: Counter[str]
    link_types: set[int]

    def walk(self, chunk: bytes, *, final: bool) -> tuple[list[Columns], int]:
        """Return columns of the whole records and the bytes used up."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBatch:
    """Records of one link type; record ``i`` is ``buffer[starts[i] : starts[i] + lengths[i]]``.

    They are in order of ``times_ns``, which count from the first record of the file, and therefore not always
    in order of their ``starts``. ``flags`` are those of btsnoop, elsewhere 0.
    """

    link_type: int
    buffer: bytes
    starts: Ints
    lengths: Ints
    wire_lengths: Ints
    times_ns: Ints
    flags: Ints

    def __len__(self) -> int:
        return len(self.starts)


class CaptureReader(Closing):
    """Iterates over a capture file in batches.

    Parameters
    ----------
    path
        The file; its format is recognised by content.
    accept
        Link types that are wanted; None for all. Others are counted as ``other_link_type``.
    mend_times
        False keeps records in the order of the file and times exactly as stamped (minus the first).

    Raises
    ------
    BadRecording
        Not a capture file.
    DeviceDenied
        No right to read it.
    """

    def __init__(self, path: Path, *, accept: Collection[int] | None = None, mend_times: bool = True) -> None:
        self.path = path
        self.wall_ns: int | None = None  # ns since 1970 of the first record, of whatever link type
        self._accept = None if accept is None else np.array(sorted(accept), dtype=np.int64)
        self._timeline = Timeline() if mend_times else None
        self._begin_ns = 0  # time of the earliest record, less that of the first one
        self._given_ns = 0
        self._other: Counter[str] = Counter()
        self._source = _open_source(path)

    @property
    def format(self) -> CaptureFormat:
        """Return the format of the capture."""
        return self._source.format

    @property
    def dropped(self) -> Counter[str]:
        """Return the records that could not be read, by reason."""
        return self._source.dropped + self._other

    @property
    def link_types(self) -> frozenset[int]:
        """Link types seen in the file so far."""
        return frozenset(self._source.link_types)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return the faults of the time stamps so far, in words; empty where they were in order."""
        if self._timeline is None:
            return ()
        timeline = self._timeline
        if timeline.clocks > 1:
            return ("clock_steps",)
        return ("clock_disorder",) if timeline.strays or timeline.disordered else ()

    def __iter__(self) -> Iterator[RecordBatch]:
        """Give the batches, once; the file is closed at its end."""
        held: _Piece | None = None
        for piece in self._pieces():
            if held is None or self._follows(held, piece):
                ready, held = held, piece
            else:
                ready, held = _interleave(held, piece)
            if ready is not None:
                yield from self._batches(ready)
        if held is not None:
            yield from self._batches(held)

    def _follows(self, held: _Piece, piece: _Piece) -> bool:
        """Tell whether nothing in or behind this piece belongs before what is held."""
        if self._timeline is None:
            return True
        return not self._timeline.disordered and bool(piece.times_ns[0] >= held.times_ns[-1])

    def _pieces(self) -> Iterator[_Piece]:
        """Give the records of each chunk, in order of time."""
        for chunk, columns in self._source.runs():
            piece = _Piece(chunk, columns, self._times_ns(columns.stamps_ns))
            yield piece if self._timeline is None else piece.sorted()
        self.close()

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._source.close()

    def _batches(self, piece: _Piece) -> Iterator[RecordBatch]:
        columns, times_ns = piece.columns, piece.times_ns
        if self._accept is not None:
            keep = np.isin(columns.links, self._accept)
            others = len(keep) - int(np.count_nonzero(keep))
            if others:
                self._other["other_link_type"] += others
                columns, times_ns = columns.where(keep), times_ns[keep]
        if self._timeline is not None and len(times_ns):
            times_ns = np.maximum(times_ns, self._given_ns)
            self._given_ns = int(times_ns[-1])
        for first, last in _runs(columns.links):
            yield RecordBatch(
                link_type=int(columns.links[first]),
                buffer=piece.buffer,
                starts=columns.starts[first:last],
                lengths=columns.lengths[first:last],
                wire_lengths=columns.wire_lengths[first:last],
                times_ns=times_ns[first:last],
                flags=columns.flags[first:last],
            )

    def _times_ns(self, stamps_ns: Ints) -> Ints:
        if self._timeline is None:
            self.wall_ns = int(stamps_ns[0]) if self.wall_ns is None else self.wall_ns
            return stamps_ns - self.wall_ns
        times_ns = self._timeline.place(stamps_ns)
        if self.wall_ns is None:  # the first record of the file may lie behind later ones
            self._begin_ns = int(times_ns.min())
            self.wall_ns = int(stamps_ns[0]) + self._begin_ns
        return times_ns - self._begin_ns


@dataclass(frozen=True, slots=True)
class _Piece:
    """Records of one or more chunks with their times."""

    buffer: bytes
    columns: Columns
    times_ns: Ints

    def sorted(self) -> _Piece:
        """Return the records in order of time; those of one time stay in order of the file."""
        if (np.diff(self.times_ns) >= 0).all():
            return self
        order = np.argsort(self.times_ns, kind="stable")
        return _Piece(self.buffer, self.columns.where(order), self.times_ns[order])

    def where(self, keep: NDArray[np.bool_]) -> _Piece:
        """Return some of the records, with no more of the buffer than they need."""
        columns = self.columns.where(keep)
        low = int(columns.starts.min())
        high = int((columns.starts + columns.lengths).max())
        moved = replace(columns, starts=columns.starts - low)
        return _Piece(self.buffer[low:high], moved, self.times_ns[keep])


def _interleave(held: _Piece, piece: _Piece) -> tuple[_Piece | None, _Piece | None]:
    """Sort two pieces into each other; return what is ready and what later records may still precede."""
    moved = replace(piece.columns, starts=piece.columns.starts + len(held.buffer))
    whole = _Piece(
        held.buffer + piece.buffer,
        joined([held.columns, moved]),
        np.concatenate((held.times_ns, piece.times_ns)),
    ).sorted()
    if len(whole.buffer) > MOST_HELD_BYTES:
        return whole, None
    early = whole.times_ns < whole.times_ns[-1] - REORDER_NS
    if not early.any():
        return None, whole
    return whole.where(early), whole.where(~early)


class RecordSource(Protocol):
    """Interface of a source of records."""

    @property
    def format(self) -> CaptureFormat:
        """Return the format of the capture."""

    @property
    def link_types(self) -> set[int]:
        """Return the link types seen so far."""

    @property
    def dropped(self) -> Counter[str]:
        """Return the records that could not be read, by reason."""

    def runs(self) -> Iterator[tuple[bytes, Columns]]:
        """Give buffers with the columns of their records, once."""
        ...

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        ...


class FileRecords:
    """Reads the records of a pcap, pcapng or btsnoop file, compressed or not."""

    def __init__(self, path: Path) -> None:
        self._file = UnpackedFile(path)
        try:
            self.format, self._walker = _walker_for(path.name, self._file.read(HEAD_BYTES))
        except BaseException:
            self._file.close()
            raise
        self._file.seek(self._walker.HEADER_BYTES)

    @property
    def link_types(self) -> set[int]:
        """Return the link types seen so far."""
        return self._walker.link_types

    @property
    def dropped(self) -> Counter[str]:
        """Return the records that could not be read, by reason."""
        cut_off = Counter([self._file.cut_off] if self._file.cut_off else [])
        return self._walker.dropped + cut_off

    def runs(self) -> Iterator[tuple[bytes, Columns]]:
        """Give the chunks of the file with the columns of their whole records."""
        tail = b""
        while not self._file.closed:
            more = self._file.read(CHUNK_BYTES)
            chunk = tail + more if tail else more
            runs, used = self._walker.walk(chunk, final=not more)
            if runs:
                yield chunk, joined(runs)
            if not more:
                return
            tail = chunk[used:]

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._file.close()


def _open_source(path: Path) -> RecordSource:
    try:
        with path.open("rb", buffering=0) as file:
            kismet = (file.read(len(SQLITE_MAGIC)) or b"") == SQLITE_MAGIC
        return KismetPackets(path) if kismet else FileRecords(path)
    except PermissionError as error:
        raise DeviceDenied(f"{path.name} may not be read", hint="Check its permissions.") from error
    except OSError as error:
        raise BadRecording(f"{path.name} cannot be opened: {error.strerror}") from error


def capture_format(head: bytes) -> CaptureFormat | None:
    """Return the format of a capture file that begins with these (unpacked) bytes, None if none."""
    if head[:8] == BTSNOOP_MAGIC:
        return "btsnoop"
    if head[:4] == b"\n\r\r\n" and section_order(head, 0):
        return "pcapng"
    if head[: len(SQLITE_MAGIC)] == SQLITE_MAGIC:
        return "kismet"
    magics = {PCAP_MAGIC, PCAP_MAGIC_NS, PCAP_MAGIC_KUZNETZOV}
    if {int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big")} & magics:
        return "pcap"
    return None


def peek(path: Path) -> tuple[frozenset[int], RecordBatch | None]:
    """Return the link types in the first chunk of a capture file, and its first batch of records."""
    with CaptureReader(path) as reader:
        first = next(iter(reader), None)
        return reader.link_types, first


def link_name(link_type: int) -> str:
    """Return the name of a link type in words."""
    return LINK_NAMES.get(link_type, f"records of link type {link_type}")


def _walker_for(name: str, head: bytes) -> tuple[CaptureFormat, CaptureParser]:
    kind = capture_format(head)
    if kind is None:
        raise BadRecording(f"{name} is not a capture file", hint="Give a .pcap, .pcapng or btsnoop file.")
    walkers: dict[CaptureFormat, type[PcapWalker | PcapngWalker | BtsnoopWalker]]
    walkers = {"pcap": PcapWalker, "pcapng": PcapngWalker, "btsnoop": BtsnoopWalker}
    try:
        return kind, walkers[kind](head)
    except struct.error as error:
        raise BadRecording(f"{name} ends inside its header", hint="Copy the file again.") from error


def _runs(links: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return where runs of equal link types begin and end."""
    if not len(links):
        return []
    edges = [0, *(np.flatnonzero(np.diff(links)) + 1).tolist(), len(links)]
    return list(pairwise(edges))
