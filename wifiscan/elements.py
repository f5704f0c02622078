"""Reads the elements of beacons, probes and associations, stepping by their length bytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from wifiscan.names import decode_name

SSID_LIMIT_BYTES = 32  # IEEE 802.11-2020, 9.4.2.2
ELEMENT_LIMIT = 96  # elements of one frame that are looked at
NAME_LIMIT = 64
SSID, DS, TIM, HT_OPERATION, MULTIPLE_BSSID, BSSID_INDEX, VENDOR = 0, 3, 5, 61, 71, 85, 221
NONTRANSMITTED_PROFILE = 0
CHANNEL_SWITCHES = frozenset({37, 60})  # announcement and extended announcement
MOST_PROFILES = 16
WPS_HEAD = b"\x00\x50\xf2\x04"
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
    switches = False
    for number, value in walk(body):
        switches |= number in CHANNEL_SWITCHES
        if number == MULTIPLE_BSSID:
            profiles += _profiles(value[1:])
        elif number == VENDOR and value[:4] == WPS_HEAD:
            wps += value[4:]
        elif number == VENDOR and value[:4] == P2P_HEAD:
            direct += value[4:]
    names = (*_wps_names(wps), *_direct_names(direct))
    return Details(device_names=names, profiles=tuple(profiles[:MOST_PROFILES]), switches=switches)


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
