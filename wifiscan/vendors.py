"""Names the makers of address blocks and Bluetooth company ids, from the registries that Scapy bundles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

LOCAL_BIT = 1 << 41  # the address was made up by the device, not given by a registry
BLOCK_BITS = (36, 28, 24)  # small, medium and large IEEE blocks, the narrowest first
SLASH_AT = {28: 11, 36: 14}  # where the width of a narrower block begins: 00:55:DA:10/28
NEWLINE, SLASH, ZERO, NINE, LETTER_A = b"\n/09A"
NAME_LIMIT = 60  # characters of a registered name that are kept


def format_mac(address: int) -> str:
    """Return a 48-bit address as text."""
    return address.to_bytes(6, "big").hex(":")


def parse_mac(text: str) -> int:
    """Return the 48-bit integer of an address with colons."""
    return int(text.replace(":", ""), 16)


def is_randomised(address: int) -> bool:
    """Return True for a locally administered address: it names no maker, and proves no innocence."""
    return bool(address & LOCAL_BIT)


@dataclass(frozen=True, slots=True)
class _Blocks:
    """The blocks of one width: their values in order, and where each one's line begins in the text."""

    values: NDArray[np.int64]
    begins: NDArray[np.int64]

    def find(self, value: int) -> int | None:
        """Return where the line of a block begins."""
        at = int(np.searchsorted(self.values, value))
        return int(self.begins[at]) if at < len(self.values) and self.values[at] == value else None


@lru_cache(maxsize=1)
def _registry() -> tuple[bytes, Mapping[int, _Blocks]]:
    """Return the text of the registry, and its blocks by width in bits.

    Notes
    -----
    A line is ``44:47:CC``, or ``00:55:DA:10/28`` of a narrower block, a tab, a short and a long name. The
    50,000 blocks are read as columns: a line at a time takes longer than many a recording.
    """
    from scapy.libs.manuf import DATA  # 2.7 MB of text, unpacked when first asked for

    text = DATA.encode()
    raw = np.frombuffer(text + b"\n" * 16, np.uint8)
    begins = np.concatenate(([0], np.flatnonzero(raw[: len(text)] == NEWLINE) + 1))
    begins = begins[raw[begins] != NEWLINE]
    widths = np.full(len(begins), BLOCK_BITS[-1])
    for bits, at in SLASH_AT.items():
        widths[(raw[begins + at] == SLASH)] = bits
    return text, {bits: _blocks(raw, begins[widths == bits], bits) for bits in BLOCK_BITS}


def _digits(raw: NDArray[np.uint8], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the octets whose two digits stand at these places."""
    high, low = (raw[at + k].astype(np.int64) for k in (0, 1))
    high, low = (np.where(c > NINE, (c & 0xDF) - LETTER_A + 10, c - ZERO) for c in (high, low))
    return np.asarray(high << 4 | low, np.int64)


def _blocks(raw: NDArray[np.uint8], begins: NDArray[np.int64], bits: int) -> _Blocks:
    values = np.zeros(len(begins), np.int64)
    for octet in range(-(-bits // 8)):
        values = values << 8 | _digits(raw, begins + 3 * octet)
    values >>= -bits % 8
    order = np.argsort(values, kind="stable")
    return _Blocks(values[order], begins[order])


@lru_cache(maxsize=8192)
def vendor_of(address: int) -> str | None:
    """Return the registered maker of an address, None if made up or unknown."""
    if is_randomised(address):
        return None
    text, blocks = _registry()
    for bits in BLOCK_BITS:
        begin = blocks[bits].find(address >> (48 - bits))
        if begin is not None:
            line = text[begin : text.find(b"\n", begin) % (len(text) + 1)].decode()
            _, _, names = line.partition("\t")
            short, _, long = names.partition("\t")
            return (long.strip() or short.strip())[:NAME_LIMIT]
    return None
