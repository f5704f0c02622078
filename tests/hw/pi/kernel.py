"""A stand-in for the kernel's nl80211: real netlink messages, encoded and decoded by the real pyroute2."""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable, Iterator
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError
from pyroute2.netlink.nl80211 import nl80211cmd

WIPHY, WIPHY_NAME, IFINDEX, IFNAME, IFTYPE, BANDS, IFTYPES = 1, 2, 3, 4, 5, 22, 32
GET_WIPHY, SET_WIPHY, GET_INTERFACE, SET_INTERFACE, NEW_INTERFACE, DEL_INTERFACE = 1, 2, 5, 6, 7, 8
GET_SURVEY, SURVEY_RESULTS, SURVEY_INFO = 50, 51, 84


NESTED = 0x8000
HT, VHT = struct.pack("<HHHxx", 6, 4, 0x19EF), struct.pack("<HHI", 8, 8, 0x0F8259B2)


def he(*, eht: bool = False) -> bytes:
    """Return a band's data for one kind of interface, with HE and perhaps EHT capabilities."""
    newer = attribute(8, bytes(2)) + attribute(9, bytes(9)) if eht else b""
    row = attribute(1, attribute(2, b"") + attribute(6, b"")) + attribute(2, bytes(6))
    return attribute(NESTED | 9, attribute(1, row + attribute(3, bytes(11)) + newer))


def _by_band(mhz: list[int]) -> dict[int, list[int]]:
    """Return the channels by nl80211_band: 0 = 2.4 GHz, 1 = 5 GHz, 3 = 6 GHz."""
    bands: dict[int, list[int]] = {}
    for f in mhz:
        bands.setdefault(0 if f < 3000 else 1 if f < 5925 else 3, []).append(f)
    return bands


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("<HH", len(payload) + 4, kind) + payload + bytes(-len(payload) % 4)


def number(value: int) -> bytes:
    return struct.pack("<I", value)


def surveyed(mhz: int, *, noise: int | None = None, in_use: bool = False, **counted: int) -> bytes:
    """Return one channel of a survey; ``counted`` holds time, busy, rx and tx in ms."""
    numbers = {"time": 4, "busy": 5, "rx": 7, "tx": 8}  # nl80211_survey_info
    body = attribute(1, number(mhz))
    body += b"" if noise is None else attribute(2, bytes([noise]))
    body += attribute(3, b"") if in_use else b""
    body += b"".join(attribute(numbers[name], struct.pack("<Q", ms)) for name, ms in counted.items())
    return attribute(NESTED | SURVEY_INFO, body)


def message(body: bytes, command: int) -> Any:
    raw = struct.pack("<IHHII", 20 + len(body), 28, 0, 1, 1) + struct.pack("<BBH", command, 1, 0) + body
    decoded = nl80211cmd(raw)
    decoded.decode()
    return decoded


class Kernel:
    """Radios by number: (name, can monitor, MHz allowed, MHz disabled). Quacks as pyroute2's ``IW``."""

    prid = 28

    def __init__(self, radios: dict[int, tuple[str, bool, list[int], list[int]]]) -> None:
        self.radios = radios
        self.abilities: dict[int, dict[int, bytes]] = {}  # radio: {nl80211_band: attributes}
        self.interfaces: dict[int, list[Any]] = {}  # index: [name, radio, type]
        self.refuse: dict[int, int] = {}  # command: errno
        self.surveys: dict[int, list[bytes]] = {}  # radio: what `surveyed` returns
        self.widest = 3
        self.tuned: list[tuple[int, int, int]] = []
        self.log: list[str] = []
        self.on_add: Callable[[str], None] = lambda _name: None
        self.on_remove: Callable[[str], None] = lambda _name: None

    def nlm_request(self, request: Any, msg_type: int, msg_flags: int) -> Iterator[Any]:
        request.encode()
        heard = nl80211cmd(bytes(request.data))
        heard.decode()
        assert msg_type == self.prid
        assert msg_flags & 1
        command = heard["cmd"]
        if command in self.refuse:
            raise NetlinkError(self.refuse[command])
        answers = {
            GET_WIPHY: self._radios,
            GET_INTERFACE: self._interfaces,
            GET_SURVEY: self._survey,
            SET_WIPHY: self._tune,
            SET_INTERFACE: self._set_type,
            NEW_INTERFACE: self._add,
            DEL_INTERFACE: self._remove,
        }
        yield from answers[command](heard)

    def _radios(self, _heard: Any) -> Iterator[Any]:
        for radio, (name, monitors, allowed, disabled) in self.radios.items():
            head = attribute(WIPHY, number(radio)) + attribute(WIPHY_NAME, name.encode() + b"\0")
            kinds = [2, 6] if monitors else [2]
            yield message(
                head + attribute(IFTYPES, b"".join(attribute(k, b"") for k in kinds)), 3
            )  # a split dump: the bands come in a message of their own
            for band, mhz in _by_band(allowed + disabled).items():
                if radio in self.abilities:  # what a band can do comes before its channels
                    able = self.abilities[radio].get(band, b"")
                    yield message(head + attribute(BANDS, attribute(NESTED | band, able)), 3)
                freqs = b"".join(
                    attribute(i, attribute(1, number(f)) + (attribute(2, b"") if f in disabled else b""))
                    for i, f in enumerate(mhz)
                )
                yield message(head + attribute(BANDS, attribute(NESTED | band, attribute(1, freqs))), 3)

    def _interfaces(self, _heard: Any) -> Iterator[Any]:
        for index, (name, radio, kind) in self.interfaces.items():
            yield message(
                attribute(IFINDEX, number(index))
                + attribute(IFNAME, name.encode() + b"\0")
                + attribute(WIPHY, number(radio))
                + attribute(IFTYPE, number(kind)),
                7,
            )

    def _survey(self, heard: Any) -> Iterator[Any]:
        index = heard.get_attr("NL80211_ATTR_IFINDEX")
        if index not in self.interfaces:
            raise NetlinkError(errno.ENODEV)
        for channel in self.surveys.get(self.interfaces[index][1], []):
            yield message(attribute(IFINDEX, number(index)) + channel, SURVEY_RESULTS)

    def _tune(self, heard: Any) -> Iterator[Any]:
        index = heard.get_attr("NL80211_ATTR_IFINDEX")
        if index not in self.interfaces:
            raise NetlinkError(errno.ENODEV)
        mhz = heard.get_attr("NL80211_ATTR_WIPHY_FREQ")
        width = heard.get_attr("NL80211_ATTR_CHANNEL_WIDTH")
        if width > self.widest or mhz not in self.radios[self.interfaces[index][1]][2]:
            raise NetlinkError(errno.EINVAL)
        self.tuned.append((mhz, width, heard.get_attr("NL80211_ATTR_CENTER_FREQ1")))
        return iter(())

    def _set_type(self, heard: Any) -> Iterator[Any]:
        row = self.interfaces[heard.get_attr("NL80211_ATTR_IFINDEX")]
        row[2] = heard.get_attr("NL80211_ATTR_IFTYPE")
        self.log.append(f"{row[0]} is {row[2]}")
        return iter(())

    def _add(self, heard: Any) -> Iterator[Any]:
        name = heard.get_attr("NL80211_ATTR_IFNAME")
        radio = heard.get_attr("NL80211_ATTR_WIPHY")
        self.interfaces[100] = [name, radio, heard.get_attr("NL80211_ATTR_IFTYPE")]
        self.log.append(f"added {name}")
        self.on_add(name)
        return iter(())

    def _remove(self, heard: Any) -> Iterator[Any]:
        index = heard.get_attr("NL80211_ATTR_IFINDEX")
        if index not in self.interfaces:
            raise NetlinkError(errno.ENODEV)
        name = self.interfaces.pop(index)[0]
        self.log.append(f"removed {name}")
        self.on_remove(name)
        return iter(())

    def close(self) -> None:
        self.log.append("closed")
