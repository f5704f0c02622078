"""Devices that use several links at once (Wi-Fi 7): which addresses are one device's.

Every link of such a device has an address of its own. Beacons name the device's address, association
requests also those of its other links (IEEE 802.11be, 9.4.2.312). The traffic of each link is judged by
itself: a claim of somebody else joins what is shown, and never mixes what was heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from wifiscan.dot11 import GROUP_BIT

BASIC = 0  # kind of multi-link element that names a device
PER_LINK = 0  # number of the subelement of one link
HAS_ADDRESS = 0x20  # bit of a link's control field
ADDRESS_BYTES = 6
MOST_LINKS = 15
MOST_DEVICES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiLink:
    """The content of a multi-link element: the device's address, and those of its further links."""

    device: int
    links: tuple[int, ...]


def read_multi_link(body: bytes) -> MultiLink | None:
    """Return what a multi-link element says; None of any other kind, or where it is cut.

    Parameters
    ----------
    body : bytes
        Content of the element behind its extension number, fragments joined.
    """
    if len(body) < 3 + ADDRESS_BYTES or body[0] & 7 != BASIC or body[2] < 1 + ADDRESS_BYTES:
        return None
    device = _address(body[3:])
    links = tuple(_links(body[2 + body[2] :]))[:MOST_LINKS]
    return MultiLink(device=device, links=links) if device else None


def _links(body: bytes) -> Iterator[int]:
    """Give the addresses in the links' subelements."""
    at = 0
    while at + 2 <= len(body):
        value = body[at + 2 : at + 2 + body[at + 1]]
        told = body[at] == PER_LINK and len(value) >= 3 + ADDRESS_BYTES and value[0] & HAS_ADDRESS
        if told and value[2] >= 1 + ADDRESS_BYTES and _address(value[3:]):
            yield _address(value[3:])
        at += 2 + body[at + 1]


def _address(raw: bytes) -> int:
    """Return an address; 0 where it is none of a single device."""
    value = int.from_bytes(raw[:ADDRESS_BYTES], "big")
    return 0 if value & int(GROUP_BIT) else value


class LinkGroups:
    """Which addresses are links of one device: bounded, the oldest is forgotten."""

    def __init__(self) -> None:
        self._links: dict[int, dict[int, None]] = {}  # device to its links
        self._device: dict[int, int] = {}  # link to its device

    def learn(self, address: int, told: MultiLink) -> None:
        """Take in what a frame of ``address`` says of its device."""
        links = self._links.setdefault(told.device, {})
        for link in (address, *told.links)[: MOST_LINKS + 1]:
            if link not in self._device and len(links) < MOST_LINKS:
                links[link] = None
                self._device[link] = told.device
        while len(self._links) > MOST_DEVICES:
            for link in self._links.pop(next(iter(self._links))):
                self._device.pop(link, None)

    def of(self, address: int) -> tuple[int, ...]:
        """Return the addresses of the device that an address belongs to; itself where it stands alone."""
        device = self._device.get(address)
        return (address,) if device is None else tuple(self._links[device])
