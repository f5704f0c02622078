"""Reads the elements of beacons, probes and associations, stepping by their length bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from wifiscan.multi_link import MultiLink, read_multi_link
from wifiscan.names import decode_name

SSID_LIMIT_BYTES = 32  # IEEE 802.11-2020, 9.4.2.2
ELEMENT_LIMIT = 96  # elements of one frame that are looked at
NAME_LIMIT = 64
SSID, DS, TIM, HT_OPERATION, MULTIPLE_BSSID, BSSID_INDEX, VENDOR = 0, 3, 5, 61, 71, 85, 221
COUNTRY, HT, RSN, EXTENDED, VHT, NEIGHBOURS, FRAGMENT, EXTENSION = 7, 45, 48, 127, 191, 201, 242, 255
HE, MULTI_LINK, EHT = 35, 107, 108  # numbers of extension elements
SAME_SSID = 0x02  # bit of a neighbour's parameters
# by length of a neighbour's entry (IEEE 802.11-2020, 9.4.2.170)
PARAMETERS_AT = {
    8: 7,
    9: 7,
    12: 11,
    13: 11,
    16: 11,
}
MOST_NEIGHBOURS = 16
PRIVACY = 0x10  # bit of the capabilities
NONTRANSMITTED_PROFILE = 0
CHANNEL_SWITCHES = frozenset({37, 60})  # announcement and extended announcement
MOST_PROFILES = 16
WPS_HEAD = b"\x00\x50\xf2\x04"
WPA_HEAD, WMM_HEAD = b"\x00\x50\xf2\x01", b"\x00\x50\xf2\x02"
P2P_HEAD = b"\x50\x6f\x9a\x09"
P2P_DEVICE_INFO = 13
P2P_NAME_AT = 17  # address, configuration methods, primary type, number of secondary types
WPS_MANUFACTURER, WPS_MODEL, WPS_DEVICE_NAME = 0x1021, 0x1023, 0x1011
WPS_NAMES = frozenset({WPS_MANUFACTURER, WPS_MODEL, WPS_DEVICE_NAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The result of the quick pass: ``fingerprint`` changes when any element but the traffic map does."""

    ssid: str | None
    channel: int | None
    fingerprint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Further content of the elements: names of the device, and other networks of the same radio."""

    device_names: tuple[str, ...] = ()
    profiles: tuple[tuple[int, str], ...] = ()  # (BSSID index, SSID) of each nontransmitted network
    switches: bool = False  # a channel switch is announced
    namesakes: tuple[int, ...] = ()  # BSSIDs of neighbours that bear the same network name
    multi_link: MultiLink | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """The manner of a network's beacons: encryption, generation, and how many elements they hold besides."""

    secured: bool
    generation: int  # Wi-Fi 4 to 7; 0 before
    makers: int  # elements of makers, without those that everybody sends
    country: bool
    extended: bool  # extended capabilities


def beacon_habits(body: bytes, *, capabilities: int) -> Habits:
    """Return how a network beacons.

    Parameters
    ----------
    body : bytes
        Elements of a beacon or probe response.
    capabilities : int
        First byte of the capabilities before them.

    Returns
    -------
    Habits
    """
    numbers, makers, generation = set[int](), 0, 0
    secured = bool(capabilities & PRIVACY)
    for number, value in walk(body):
        numbers.add(number)
        if number == VENDOR:
            secured |= value[:4] == WPA_HEAD
            makers += value[:4] not in {WPA_HEAD, WMM_HEAD, WPS_HEAD, P2P_HEAD}
        elif number == EXTENSION and value:
            generation = max(generation, {HE: 6, EHT: 7}.get(value[0], 0))
    for number, wifi in ((HT, 4), (VHT, 5)):
        generation = max(generation, wifi if number in numbers else 0)
    return Habits(
        secured=secured or RSN in numbers,
        generation=generation,
        makers=makers,
        country=COUNTRY in numbers,
        extended=EXTENDED in numbers,
    )


def walk(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Give (number, content) of each element; one that is cut off is the last, as far as it was captured."""
    at = 0
    for _ in range(ELEMENT_LIMIT):
        if at + 2 > len(body):
            return
        yield body[at], body[at + 2 : at + 2 + body[at + 1]]
        at += 2 + body[at + 1]


def ends_whole(body: bytes) -> bool:
    """Return True where the last element ends exactly where the body does."""
    at = 0
    while at + 2 <= len(body):
        at += 2 + body[at + 1]
    return at == len(body) > 0


def outline(body: bytes) -> Outline:
    """Walk the elements of a beacon, probe or association (fixed fields already cut off)."""
    ssid: str | None = None
    channel: int | None = None
    fingerprint = at = 0
    for _ in range(ELEMENT_LIMIT):
        if at + 2 > len(body):
            break
        number, size = body[at], body[at + 1]
        value = body[at + 2 : at + 2 + size]
        if len(value) < size:
            break
        if number == SSID and ssid is None:
            ssid = decode_name(value[:SSID_LIMIT_BYTES], limit=SSID_LIMIT_BYTES)
        elif number in {DS, HT_OPERATION} and value and channel is None:
            channel = value[0]
        if number != TIM:
            fingerprint = zlib.crc32(body[at : at + 2 + size], fingerprint)
        at += 2 + size
    return Outline(ssid=ssid or None, channel=channel, fingerprint=fingerprint)


def dissect(body: bytes) -> Details:
    """Return the device names (WPS, Wi-Fi Direct) and the further networks that the elements hold.

    Notes
    -----
    WPS data may be split over several elements (Wi-Fi Simple Configuration 2.0.7, 8): they are joined.
    """
    wps, direct = b"", b""
    profiles: list[tuple[int, str]] = []
    namesakes: list[int] = []
    switches, multi_link = False, None
    for number, value in _joined(body):
        switches |= number in CHANNEL_SWITCHES
        if number == MULTIPLE_BSSID:
            profiles += _profiles(value[1:])
        elif number == NEIGHBOURS:
            namesakes += _namesakes(value)
        elif number == EXTENSION and value[:1] == bytes((MULTI_LINK,)):
            multi_link = multi_link or read_multi_link(value[1:])
        elif number == VENDOR and value[:4] == WPS_HEAD:
            wps += value[4:]
        elif number == VENDOR and value[:4] == P2P_HEAD:
            direct += value[4:]
    names = (*_wps_names(wps), *_direct_names(direct))
    return Details(
        device_names=names,
        profiles=tuple(profiles[:MOST_PROFILES]),
        switches=switches,
        namesakes=tuple(namesakes[:MOST_NEIGHBOURS]),
        multi_link=multi_link,
    )


def _joined(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Give the elements with their fragments joined (IEEE 802.11-2020, 10.28.11)."""
    number, content = -1, b""
    for part, value in walk(body):
        if part == FRAGMENT and number >= 0:
            content += value
            continue
        if number >= 0:
            yield number, content
        number, content = part, value
    if number >= 0:
        yield number, content


def _namesakes(body: bytes) -> Iterator[int]:
    """Give the BSSIDs of a reduced neighbour report that say they bear the same network name."""
    at = 0
    while at + 4 <= len(body):
        size, entries = body[at + 1], (body[at] >> 4) + 1
        where = PARAMETERS_AT.get(size)
        for begin in range(at + 4, min(at + 4 + entries * size, len(body)), size) if where else ():
            entry = body[begin : begin + size]
            if len(entry) == size and entry[where or 0] & SAME_SSID:
                yield int.from_bytes(entry[1:7], "big")
        at += 4 + entries * size


def _profiles(body: bytes) -> Iterator[tuple[int, str]]:
    """Give (index, SSID) of the nontransmitted BSSID profiles (IEEE 802.11-2020, 9.4.2.45)."""
    for kind, profile in walk(body):
        if kind != NONTRANSMITTED_PROFILE:
            continue
        inner = dict(reversed(list(walk(profile))))
        index, ssid = inner.get(BSSID_INDEX, b""), inner.get(SSID, b"")
        if index and ssid.strip(b"\0"):
            yield index[0], decode_name(ssid[:SSID_LIMIT_BYTES], limit=SSID_LIMIT_BYTES)


def nontransmitted_bssid(transmitted: int, index: int, max_indicator: int) -> int:
    """Return the BSSID of a profile: the lowest ``max_indicator`` bits count on from the transmitted one."""
    size = 1 << min(max_indicator, 8)
    return transmitted - transmitted % size + (transmitted + index) % size


def max_bssid_indicator(body: bytes) -> int:
    """Return the MaxBSSID indicator of the first multiple-BSSID element, 0 where there is none."""
    return next((v[0] for number, v in walk(body) if number == MULTIPLE_BSSID and v), 0)


def _wps_names(raw: bytes) -> list[str]:
    found: list[str] = []
    at = 0
    while at + 4 <= len(raw) and len(found) < len(WPS_NAMES):
        kind, size = int.from_bytes(raw[at : at + 2], "big"), int.from_bytes(raw[at + 2 : at + 4], "big")
        if kind in WPS_NAMES:
            _add_name(found, raw[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _direct_names(raw: bytes) -> list[str]:
    """Return the device name of the Wi-Fi Direct device info attribute (Wi-Fi P2P 1.7, 4.1.15)."""
    found: list[str] = []
    at = 0
    while at + 3 <= len(raw) and not found:
        size = int.from_bytes(raw[at + 1 : at + 3], "little")
        info = raw[at + 3 : at + 3 + size]
        if raw[at] == P2P_DEVICE_INFO and len(info) > P2P_NAME_AT:
            name = info[P2P_NAME_AT + 8 * info[P2P_NAME_AT - 1] :]
            _add_name(found, name[4 : 4 + int.from_bytes(name[2:4], "big")])
        at += 3 + size
    return found


def _add_name(found: list[str], raw: bytes) -> None:
    text = decode_name(raw)[:NAME_LIMIT].strip()
    if text:
        found.append(text)
