"""Finds the blocks of a pcapng file, with its interfaces, byte orders and clocks.

References
----------
draft-ietf-opsawg-pcapng: section header, interface description, enhanced, simple and (obsolete) packet block.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, fields, replace
from enum import Enum, auto
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hw.formats.pcap import BILLION, LONGEST_RECORD_BYTES, Columns, field_view
from hw.formats.resync import NOWHERE, Ints, Resync

SECTION, INTERFACE, OBSOLETE, SIMPLE, ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
ORDER_MAGIC = 0x1A2B3C4D
LONGEST_BLOCK_BYTES = 1 << 22  # blocks of secrets or names may be long; longer than this is damage
MOST_INTERFACES, MOST_SECTIONS = 1024, 16_384
MOST_OPTIONS = 64
TIME_RESOLUTION, TIME_OFFSET = 9, 14  # option codes if_tsresol, if_tsoffset
FIRST_SECOND, LAST_SECOND = -(1 << 33), 1 << 33  # what still fits 64 bits of nanoseconds
DEFINITION_BYTES = {SECTION: 28, INTERFACE: 12}
LEAST_BYTES = {ENHANCED: 32, OBSOLETE: 32, SIMPLE: 16}  # bytes of a packet block around its frame


class Stop(Enum):
    """The reason why a run of packet blocks ended."""

    MORE = auto()  # the chunk is used up
    OTHER = auto()  # a block that changes what packet blocks mean
    DAMAGE = auto()  # a block that cannot be true


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureInterface:
    """Link type, snap length and clock of an interface, from its interface description block."""

    link_type: int
    snap_length: int
    ticks_per_s: int
    offset_s: int


class PcapngWalker:
    """Turns packet blocks into columns; all other blocks are read or skipped."""

    HEADER_BYTES = 0

    def __init__(self, head: bytes) -> None:
        self.dropped: Counter[str] = Counter()
        self.link_types: set[int] = set()
        self._order: Literal["<", ">"] = section_order(head, 0) or "<"
        self._interfaces: list[CaptureInterface] = []
        self._sections = 0
        self._preamble = (
            b""  # the section block and the interfaces behind it that are in force, as they stood
        )
        self._lost = False
        self._last_ns = 0

    def walk(self, chunk: bytes, *, final: bool) -> tuple[list[Columns], int]:
        """Return the columns of the whole blocks in ``chunk`` and how many of its bytes are used up."""
        runs: list[Columns] = []
        found: list[int] = []
        resync: dict[str, Resync] = {}
        at = 0
        while True:
            if self._lost:
                at = self._search(chunk, at, resync)
            if self._lost:
                break
            at, stop = self._jump(chunk, at, found)
            if stop is Stop.MORE:
                break
            if stop is Stop.DAMAGE:
                self.dropped["bad_block"] += 1
                self._lost, at = True, at + 4
            else:  # what was found so far speaks of the interfaces before
                runs += self._mixed(chunk, found)
                found = []
                at = self._define(chunk, at)
        if final and at < len(chunk) and not self._lost:
            self.dropped["truncated_record"] += 1
        runs += self._mixed(chunk, found)
        return [run for run in runs if len(run.starts)], at

    def _mixed(self, chunk: bytes, found: list[int]) -> list[Columns]:
        """Read packet blocks of several kinds in one go, however they alternate, in the order of the file."""
        if not found:
            return []
        at = np.array(found, dtype=np.int64)
        simple = field_view(chunk, self._order + "u4")[at] == SIMPLE
        if not simple.any():
            return [self._packets(chunk, at)]
        before_ns = self._last_ns
        timed, untimed = self._packets(chunk, at[~simple]), self._simple_packets(chunk, at[simple])
        stamps_ns = np.concatenate(([before_ns], timed.stamps_ns)).astype(np.int64)
        untimed = replace(untimed, stamps_ns=stamps_ns[np.searchsorted(timed.starts, untimed.starts)])
        order = np.argsort(np.concatenate((timed.starts, untimed.starts)), kind="stable")
        names = [field.name for field in fields(Columns)]
        both = {n: np.concatenate((getattr(timed, n), getattr(untimed, n)))[order] for n in names}
        return [Columns(**both)]

    def _jump(self, chunk: bytes, at: int, found: list[int]) -> tuple[int, Stop]:
        head_of = struct.Struct(self._order + "II").unpack_from
        add, end, last, full = found.append, len(chunk), len(chunk) - 12, self._full()
        while at <= last:
            # files put behind each other begin alike: what is in force already needs no reading
            if self._preamble and chunk.startswith(self._preamble, at):
                at += len(self._preamble)
                continue
            kind, size = head_of(chunk, at)
            if kind in full:
                self.dropped[full[kind]] += 1
            elif kind in {SECTION, INTERFACE}:
                return at, self._definition_stop(chunk, at, kind)
            if size < LEAST_BYTES.get(kind, 12) or size & 3 or size > LONGEST_BLOCK_BYTES:
                return at, Stop.DAMAGE
            following = at + size
            if following > end:
                break
            if kind in LEAST_BYTES:
                add(at)
            at = following
        return at, Stop.MORE

    def _full(self) -> dict[int, str]:
        """Return the kinds of blocks of which there were too many to read more, and how these are counted."""
        full = {}
        if self._sections >= MOST_SECTIONS:
            full[SECTION] = "bad_section"
        if len(self._interfaces) >= MOST_INTERFACES:
            full[INTERFACE] = "bad_interface"
        return full

    def _kind(self, chunk: bytes, at: int) -> int:
        return int(struct.unpack_from(self._order + "I", chunk, at)[0])

    def _definition_stop(self, chunk: bytes, at: int, kind: int) -> Stop:
        order = section_order(chunk, at) if kind == SECTION else self._order
        if order is None:
            return Stop.DAMAGE
        (size,) = struct.unpack_from(order + "I", chunk, at + 4)
        if size < DEFINITION_BYTES[kind] or size & 3 or size > LONGEST_BLOCK_BYTES:
            return Stop.DAMAGE
        return Stop.OTHER if at + size <= len(chunk) else Stop.MORE

    def _define(self, chunk: bytes, at: int) -> int:
        """Read the section or interface block at ``at``; return where the next block begins."""
        section = self._kind(chunk, at) == SECTION
        if section:
            self._order = section_order(chunk, at) or "<"
            self._interfaces = []
            self._sections += 1
        size: int = struct.unpack_from(self._order + "I", chunk, at + 4)[0]
        block = chunk[at : at + size]
        if not section:
            self._add_interface(block)
        alone = section or len(self._interfaces) == 1
        self._preamble = (block if section else self._preamble + block) if alone else b""
        return at + size

    def _add_interface(self, block: bytes) -> None:
        if len(block) < 20:
            self.dropped["bad_interface"] += 1
            return
        link_type, _, snap_length = struct.unpack_from(self._order + "HHI", block, 8)
        options = read_options(block[16:-4], self._order)
        resolution = options.get(TIME_RESOLUTION, b"\6")[:1] or b"\6"
        offset = options.get(TIME_OFFSET, b"")
        self.link_types.add(link_type)
        self._interfaces.append(
            CaptureInterface(
                link_type=link_type,
                snap_length=snap_length or LONGEST_RECORD_BYTES,
                ticks_per_s=ticks_per_second(resolution[0]),
                offset_s=struct.unpack(self._order + "q", offset)[0] if len(offset) == 8 else 0,
            )
        )

    def _packets(self, chunk: bytes, at: Ints) -> Columns:
        words = field_view(chunk, self._order + "u4")
        number = words[at + 8].astype(np.int64)
        obsolete = words[at] == OBSOLETE
        if obsolete.any():
            shorts = field_view(chunk, self._order + "u2")
            number = np.where(obsolete, shorts[at + 8].astype(np.int64), number)
        size, length = words[at + 4].astype(np.int64), words[at + 20].astype(np.int64)
        good = self._sound(words, at, size, length, LEAST_BYTES[ENHANCED])
        known = number < len(self._interfaces)
        self._count("unknown_interface", good & ~known)
        good &= known
        at, number, length = at[good], number[good], length[good]
        high, low = words[at + 12].astype(np.uint64), words[at + 16].astype(np.uint64)
        stamps_ns = self._stamps_ns(number, (high << np.uint64(32)) | low)
        if len(at):
            self._last_ns = int(stamps_ns[-1])
        wire = np.maximum(words[at + 24].astype(np.int64), length)
        return self._columns(at + 28, length, wire, stamps_ns, number)

    def _simple_packets(self, chunk: bytes, at: Ints) -> Columns:
        """Read a simple packet block as of the first interface and the time last seen: it carries neither."""
        words = field_view(chunk, self._order + "u4")
        size, wire = words[at + 4].astype(np.int64), words[at + 8].astype(np.int64)
        snap = self._interfaces[0].snap_length if self._interfaces else 0
        length = np.minimum(np.minimum(wire, snap), LONGEST_RECORD_BYTES + 1)
        good = self._sound(words, at, size, length, LEAST_BYTES[SIMPLE])
        if not self._interfaces:
            self._count("unknown_interface", good)
            good &= False
        at, length, wire = at[good], length[good], wire[good]
        zeros = np.zeros(len(at), dtype=np.int64)
        return self._columns(at + 12, length, wire, zeros + self._last_ns, zeros)

    def _sound(
        self, words: NDArray[Any], at: Ints, size: Ints, length: Ints, around: int
    ) -> NDArray[np.bool_]:
        """Return True where a block repeats its size at its end and holds as many bytes as it says."""
        sound = words[at + size - 4].astype(np.int64) == size
        absurd = length > LONGEST_RECORD_BYTES
        fits = length + around <= size
        self._count("absurd_length", sound & absurd)
        self._count("bad_block", ~sound | (~fits & ~absurd))
        return np.asarray(sound & fits & ~absurd, dtype=np.bool_)

    def _columns(self, starts: Ints, lengths: Ints, wire: Ints, stamps_ns: Ints, number: Ints) -> Columns:
        links = np.array([i.link_type for i in self._interfaces] or [0], dtype=np.int64)
        return Columns(
            starts=starts,
            lengths=lengths,
            wire_lengths=wire,
            stamps_ns=stamps_ns,
            links=links[number],
            flags=np.zeros(len(starts), dtype=np.int64),
        )

    def _stamps_ns(self, number: Ints, ticks: NDArray[np.uint64]) -> Ints:
        stamps_ns = np.zeros(len(ticks), dtype=np.int64)
        for index in np.unique(number).tolist():
            mine = number == index
            stamps_ns[mine] = to_ns(ticks[mine], self._interfaces[index])
        return stamps_ns

    def _count(self, reason: str, bad: NDArray[np.bool_]) -> None:
        count = int(np.count_nonzero(bad))
        if count:
            self.dropped[reason] += count

    def _search(self, chunk: bytes, at: int, resync: dict[str, Resync]) -> int:
        """Return where the next plausible block begins, or, still lost, from where to search on."""
        order = self._order
        if order not in resync:
            resync[order] = Resync(lambda low, high: self._look(chunk, low, high, order), len(chunk) - 11)
        sure = resync[order].sure(at)
        if sure is None:
            return max(at, len(chunk) - 11)
        self._lost = False
        return sure

    @staticmethod
    def _look(chunk: bytes, low: int, high: int, order: str) -> tuple[Ints, Ints]:
        """Return where plausible blocks begin that end inside the chunk."""
        words = field_view(chunk, order + "u4")
        kind, size = words[low:high], words[low + 4 : high + 4]
        good = ((kind == ENHANCED) | (kind == SECTION)) & (size >= 28) & (size & 3 == 0)
        places = low + np.flatnonzero(good)
        following = places + words[places + 4]
        inside = following <= len(chunk)
        places, following = places[inside], following[inside]
        return places[words[following - 4] == words[places + 4]], NOWHERE


def section_order(chunk: bytes, at: int) -> Literal["<", ">"] | None:
    """Return the byte order of the section that begins at ``at``, None where it is not one."""
    magic = chunk[at + 8 : at + 12]
    if magic == ORDER_MAGIC.to_bytes(4, "little"):
        return "<"
    return ">" if magic == ORDER_MAGIC.to_bytes(4, "big") else None


def ticks_per_second(resolution: int) -> int:
    """Return the clock rate that an if_tsresol byte means (a power of 10, or of 2 with the top bit set)."""
    exponent = resolution & 0x7F
    return 1 << min(exponent, 63) if resolution & 0x80 else 10 ** min(exponent, 19)


def read_options(block: bytes, order: str) -> dict[int, bytes]:
    """Return the first value of every option; stops at the first that does not fit."""
    options: dict[int, bytes] = {}
    at = 0
    for _ in range(MOST_OPTIONS):
        if at + 4 > len(block):
            break
        code, size = struct.unpack_from(order + "HH", block, at)
        if code == 0 or at + 4 + size > len(block):
            break
        options.setdefault(code, block[at + 4 : at + 4 + size])
        at += 4 + (size + 3) // 4 * 4
    return options


def to_ns(ticks: NDArray[np.uint64], interface: CaptureInterface) -> Ints:
    """Convert an interface's ticks into ns since 1970, limited to what 64 bits can hold.

    Parameters
    ----------
    ticks : ndarray of uint64, shape (n,)
        Time stamps of packet blocks, in the interface's units.
    interface : CaptureInterface
        Gives the ticks per second, and the offset in s that is added to them.

    Returns
    -------
    ndarray of int64, shape (n,), ns
        Since 1970, rounded down; above 10⁹ ticks per second by way of doubles, good to 1 ns.
    """
    unit = np.uint64(interface.ticks_per_s)
    offset_s = max(min(interface.offset_s, LAST_SECOND), FIRST_SECOND)
    seconds = np.minimum(ticks // unit, np.uint64(LAST_SECOND)).astype(np.int64) + offset_s
    rest = ticks % unit
    if interface.ticks_per_s <= BILLION:
        part = (rest * np.uint64(BILLION) // unit).astype(np.int64)
    else:
        part = np.floor(rest.astype(np.float64) * (BILLION / interface.ticks_per_s)).astype(np.int64)
    return np.asarray(np.clip(seconds, FIRST_SECOND, LAST_SECOND) * BILLION + part, dtype=np.int64)
