"""Names the makers of address blocks and Bluetooth company ids, from the registries that Scapy bundles."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

LOCAL_BIT = 1 << 41  # the address was made up by the device, not given by a registry
BLOCK_BITS = (36, 28, 24)  # small, medium and large IEEE blocks, the narrowest first
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


@lru_cache(maxsize=1)
def _registry() -> Mapping[tuple[int, int], str]:
    from scapy.libs.manuf import DATA  # 2.7 MB of text, unpacked when first asked for

    table: dict[tuple[int, int], str] = {}
    for line in DATA.splitlines():
        block, _, names = line.partition("\t")
        short, _, long = names.partition("\t")
        digits, _, bits = block.strip().partition("/")
        width = int(bits) if bits else 24
        value = int(digits.replace(":", "")[:12].ljust(12, "0"), 16) >> (48 - width)
        table[width, value] = (long.strip() or short.strip())[:NAME_LIMIT]
    return table


@lru_cache(maxsize=8192)
def vendor_of(address: int) -> str | None:
    """Return the registered maker of an address, None if made up or unknown."""
    if is_randomised(address):
        return None
    registry = _registry()
    for bits in BLOCK_BITS:
        name = registry.get((bits, address >> (48 - bits)))
        if name is not None:
            return name
    return None
