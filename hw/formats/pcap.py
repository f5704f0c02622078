"""Finds the records of a pcap or btsnoop file, whose records have headers of one length.

A walker takes chunks of the file and returns columns (`Columns`), never one object for each record. The only
work that a record costs in Python is the jump to the next one; all else is done by column.

References
----------
draft-ietf-opsawg-pcap; btsnoop(4).
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hw.formats.resync import Ints, Resync

LONGEST_RECORD_BYTES = 262_144  # libpcap's MAXIMUM_SNAPLEN: a longer record is damage, not a frame
RESYNC_TIME_S = 86_400  # a plausible record lies within a day of the last good one
BILLION = 1_000_000_000

PCAP_MAGIC = 0xA1B2C3D4  # microseconds
PCAP_MAGIC_NS = 0xA1B23C4D
PCAP_MAGIC_KUZNETZOV = 0xA1B2CD34  # "modified" pcap of old kernels: 8 bytes more a record
BTSNOOP_MAGIC = b"btsnoop\0"
BTSNOOP_EPOCH_US = 0x00DCDDB30F2F8000  # 1970-01-01 in microseconds since the year 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Records of one chunk, as columns: place in the chunk, length, time stamp, link type and flags."""

    starts: Ints
    lengths: Ints
    wire_lengths: Ints
    stamps_ns: Ints  # since 1970, as the file says
    links: Ints  # LINKTYPE of each record
    flags: Ints  # btsnoop record flags, elsewhere 0

    def where(self, keep: NDArray[np.bool_] | Ints) -> Columns:
        """Return some of the records.

        Parameters
        ----------
        keep : ndarray of bool, shape (n,), or ndarray of int64
            True for each record to keep, or the numbers of the records in the order wanted.

        Returns
        -------
        Columns
            The chosen records.
        """
        if keep.dtype == np.bool_ and keep.all():
            return self
        return Columns(**{name: getattr(self, name)[keep] for name in Columns.__slots__})


def joined(runs: Sequence[Columns]) -> Columns:
    """Return several runs of one chunk as one."""
    if len(runs) == 1:
        return runs[0]
    return Columns(**{n: np.concatenate([getattr(r, n) for r in runs]) for n in Columns.__slots__})


def field_view(chunk: bytes | memoryview, dtype: str) -> NDArray[Any]:
    """View a chunk as the numbers that begin at each of its bytes; an index gathers a field of all records.

    Parameters
    ----------
    chunk : bytes or memoryview
        A piece of the file; it is not copied.
    dtype : str
        Type and byte order of the field, such as ``"<u4"``.

    Returns
    -------
    ndarray of ``dtype``, shape (len(chunk) - itemsize + 1,)
        Element ``i`` is the number whose first byte is byte ``i``; empty where the chunk is too short.
    """
    size = np.dtype(dtype).itemsize
    return np.ndarray((max(0, len(chunk) - size + 1),), dtype, chunk, strides=(1,))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLayout:
    """Byte order of a record header, its size, and the offsets of its length fields."""

    order: Literal["<", ">"]
    header_bytes: int
    length_at: int
    wire_length_at: int


class FixedWalker(ABC):
    """Finds records that consist of a header of fixed size and the number of bytes that it names."""

    def __init__(self, layout: RecordLayout, link_type: int) -> None:
        self.layout = layout
        self.dropped: Counter[str] = Counter()
        self.link_types = {link_type}
        self._link_type = link_type
        self._lost = False  # looking for the next plausible record

    def walk(self, chunk: bytes, *, final: bool) -> tuple[list[Columns], int]:
        """Return the columns of the whole records in ``chunk`` and how many of its bytes are used up."""
        found: list[int] = []
        resync = Resync(
            lambda low, high: self._look(chunk, low, high), len(chunk) - self.layout.header_bytes + 1
        )
        at = 0
        while True:
            if self._lost:
                at = self._search(resync, at, final=final)
            if self._lost:
                break
            at, damaged = self._jump(chunk, at, found)
            if not damaged:
                break
            self.dropped["absurd_length"] += 1
            if found:
                self._note_time(chunk, found[-1])
            self._lost, at = True, at + 1
        if final and at < len(chunk) and not self._lost:
            self.dropped["truncated_record"] += 1
        columns = self._columns(chunk, np.array(found, dtype=np.int64))
        return ([columns] if len(found) else []), at

    def _jump(self, chunk: bytes, at: int, found: list[int]) -> tuple[int, bool]:
        """Append the places of the records from ``at`` on; True where a length cannot be true."""
        layout = self.layout
        length_of = struct.Struct(layout.order + "I").unpack_from
        header, length_at, add = layout.header_bytes, layout.length_at, found.append
        end, last = len(chunk), len(chunk) - header
        while at <= last:
            (length,) = length_of(chunk, at + length_at)
            if length > LONGEST_RECORD_BYTES:
                return at, True
            following = at + header + length
            if following > end:
                break
            add(at)
            at = following
        return at, False

    def _columns(self, chunk: bytes, at: Ints) -> Columns:
        layout = self.layout
        words = field_view(chunk, layout.order + "u4")
        lengths = words[at + layout.length_at].astype(np.int64)
        return Columns(
            starts=at + layout.header_bytes,
            lengths=lengths,
            wire_lengths=np.maximum(words[at + layout.wire_length_at].astype(np.int64), lengths),
            stamps_ns=self._stamps_ns(chunk, at),
            links=np.full(len(at), self._link_type, dtype=np.int64),
            flags=self._flags(chunk, at),
        )

    def _search(self, resync: Resync, at: int, *, final: bool) -> int:
        """Return where the next plausible record begins, or, still lost, from where to search on."""
        sure = resync.sure(at)
        if sure is not None:
            self._lost = False
            return sure
        # one that reaches beyond the chunk may be no record: what follows decides once it is there
        perhaps = None if final else resync.perhaps(at)
        return max(at, resync.end) if perhaps is None else perhaps

    def _look(self, chunk: bytes, low: int, high: int) -> tuple[Ints, Ints]:
        """Return where records begin for sure, and those that reach beyond the chunk.

        A plausible record is one for sure where a plausible one follows, where the chunk ends with it, or
        where both of its lengths agree: noise has that once in 2^46 places, and what follows may be damaged.
        """
        layout = self.layout
        lengths, whole = self._sane_lengths(chunk, slice(low, high))
        places = low + np.flatnonzero(lengths)
        places = places[self._plausible_time(chunk, places)]
        following = places + layout.header_bytes + lengths[places - low]
        reachable = following <= len(chunk) - layout.header_bytes
        sure = (following == len(chunk)) | (whole[places - low] & reachable)
        sure[reachable] |= self._plausible(chunk, following[reachable])
        return places[sure], places[~reachable & ~sure]

    def _plausible(self, chunk: bytes, at: Ints) -> NDArray[np.bool_]:
        sane = self._sane_lengths(chunk, at)[0] > 0
        return np.asarray(sane & self._plausible_time(chunk, at), dtype=np.bool_)

    def _sane_lengths(self, chunk: bytes, at: Ints | slice) -> tuple[Ints, NDArray[np.bool_]]:
        """Return the lengths of records at these places, 0 where they cannot be true, and which are whole."""
        layout = self.layout
        # views that begin at the fields: a range of places is then a slice, which costs no index
        rest = memoryview(chunk)
        length = field_view(rest[layout.length_at :], layout.order + "u4")[at].astype(np.int64)
        wire = field_view(rest[layout.wire_length_at :], layout.order + "u4")[at]
        return np.where((length <= wire) & (wire <= LONGEST_RECORD_BYTES), length, 0), length == wire

    @abstractmethod
    def _note_time(self, chunk: bytes, at: int) -> None:
        """Note the time of the last record before damage, where a stamp is judged by the ones before it."""

    @abstractmethod
    def _plausible_time(self, chunk: bytes, at: Ints) -> NDArray[np.bool_]:
        """Say which of the records at these places have a stamp that can be one."""

    @abstractmethod
    def _stamps_ns(self, chunk: bytes, at: Ints) -> Ints:
        """Return the stamps of the records at these places."""

    def _flags(self, _chunk: bytes, at: Ints) -> Ints:
        return np.zeros(len(at), dtype=np.int64)


# Record headers that writers put behind a magic number, the usual one first: 16 bytes; 20 of Nokia; 24 and 28
# of the patched libpcap of Red Hat 6.1 and SuSE 6.3
PCAP_HEADERS = {PCAP_MAGIC: (16, 24, 20), PCAP_MAGIC_NS: (16,), PCAP_MAGIC_KUZNETZOV: (24, 28)}
TRIED_RECORDS = 16


def _header_bytes(head: bytes, order: str, sizes: Sequence[int]) -> int:
    """Return the size of a record header by which the first records of a file make most sense."""
    return max(sizes, key=lambda size: (_sound_records(head, order, size), -sizes.index(size)))


def _sound_records(head: bytes, order: str, size: int) -> int:
    """Return how many records are sound before the first that is not, `TRIED_RECORDS` at most."""
    at, first_s = 24, None
    for sound in range(TRIED_RECORDS):
        if at + 16 > len(head):
            return TRIED_RECORDS if sound else 0
        seconds, fraction, length, wire = struct.unpack_from(order + "IIII", head, at)
        first_s = seconds if first_s is None else first_s
        near = abs(seconds - first_s) <= RESYNC_TIME_S and fraction < BILLION
        if not (near and length <= wire <= LONGEST_RECORD_BYTES):
            return sound
        at += size + length
    return TRIED_RECORDS


class PcapWalker(FixedWalker):
    """Finds the records of pcap in either byte order, with microseconds or nanoseconds."""

    HEADER_BYTES = 24

    def __init__(self, head: bytes) -> None:
        order: Literal["<", ">"] = "<" if head[0] != PCAP_MAGIC >> 24 else ">"
        magic, link_type = struct.unpack_from(order + "I16xI", head)
        self._unit_ns = 1 if magic == PCAP_MAGIC_NS else 1000
        self._around_s: int | None = None
        header = _header_bytes(head, order, PCAP_HEADERS[magic])
        layout = RecordLayout(order=order, header_bytes=header, length_at=8, wire_length_at=12)
        super().__init__(layout, link_type & 0xFFFF)  # the upper bits speak of the frame check sequence

    def _stamps_ns(self, chunk: bytes, at: Ints) -> Ints:
        words = field_view(chunk, self.layout.order + "u4")
        seconds = words[at].astype(np.int64)
        if len(at):
            self._around_s = int(seconds[-1])
        return seconds * BILLION + words[at + 4].astype(np.int64) * self._unit_ns

    def _note_time(self, chunk: bytes, at: int) -> None:
        (self._around_s,) = struct.unpack_from(self.layout.order + "I", chunk, at)

    def _plausible_time(self, chunk: bytes, at: Ints) -> NDArray[np.bool_]:
        words = field_view(chunk, self.layout.order + "u4")
        good = words[at + 4].astype(np.int64) * self._unit_ns < BILLION
        if self._around_s is not None:
            good &= np.abs(words[at].astype(np.int64) - self._around_s) <= RESYNC_TIME_S
        return np.asarray(good, dtype=np.bool_)


class BtsnoopWalker(FixedWalker):
    """Finds the records of btsnoop, as Android's HCI log and ``btmon -w`` write it."""

    HEADER_BYTES = 16

    def __init__(self, head: bytes) -> None:
        (link_type,) = struct.unpack_from(">12xI", head)
        layout = RecordLayout(order=">", header_bytes=24, length_at=4, wire_length_at=0)
        super().__init__(layout, link_type)

    def _stamps_ns(self, chunk: bytes, at: Ints) -> Ints:
        micros = field_view(chunk, ">u8")[at + 16].astype(np.int64) - BTSNOOP_EPOCH_US
        limit = np.iinfo(np.int64).max // 1000
        return np.asarray(np.clip(micros, -limit, limit) * 1000, dtype=np.int64)

    def _flags(self, chunk: bytes, at: Ints) -> Ints:
        return field_view(chunk, ">u4")[at + 8].astype(np.int64)

    def _note_time(self, chunk: bytes, at: int) -> None:
        """Note nothing: a stamp of btsnoop is judged by its century alone."""

    def _plausible_time(self, chunk: bytes, at: Ints) -> NDArray[np.bool_]:
        micros = field_view(chunk, ">u8")[at + 16]
        earliest = np.uint64(BTSNOOP_EPOCH_US)
        century = np.uint64(100 * 366 * RESYNC_TIME_S * 1_000_000)
        return np.asarray((micros >= earliest) & (micros <= earliest + century), dtype=np.bool_)
