"""Management elements, dissected by Scapy, and only where an access point or station is new or has changed.

A cheap walk gives the name and a fingerprint; Scapy is asked once for each fingerprint.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

SSID_LIMIT_BYTES = 32  # IEEE 802.11-2020, 9.4.2.2
ELEMENT_LIMIT = 64  # elements of one frame that are looked at
NAME_LIMIT = 64
SSID, DS, TIM, HT_OPERATION, VENDOR = 0, 3, 5, 61, 221
MICROSOFT = b"\x00\x50\xf2"
WPS_TYPE = 4
WPS_MANUFACTURER, WPS_MODEL, WPS_DEVICE_NAME = 0x1021, 0x1023, 0x1011
WPS_NAMES = frozenset({WPS_MANUFACTURER, WPS_MODEL, WPS_DEVICE_NAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What the cheap walk finds: ``fingerprint`` changes when any element but the traffic map does."""

    ssid: str | None
    channel: int | None
    fingerprint: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What Scapy finds in the elements."""

    wps_names: tuple[str, ...] = ()
    vendors: tuple[int, ...] = ()


def outline(body: bytes) -> Outline:
    """Walk the elements of a beacon, probe response or probe request (fixed fields already cut off)."""
    ssid: str | None = None
    channel: int | None = None
    fingerprint = 0
    at = 0
    for _ in range(ELEMENT_LIMIT):
        if at + 2 > len(body):
            break
        number, size = body[at], body[at + 1]
        value = body[at + 2 : at + 2 + size]
        if len(value) < size:
            break
        if number == SSID and ssid is None:
            ssid = _text(value[:SSID_LIMIT_BYTES])
        elif number in {DS, HT_OPERATION} and value and channel is None:
            channel = value[0]
        if number != TIM:
            fingerprint = zlib.crc32(body[at : at + 2 + size], fingerprint)
        at += 2 + size
    return Outline(ssid=ssid or None, channel=channel, fingerprint=fingerprint)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace").rstrip("\0")


def dissect(body: bytes) -> Details:
    """Return what Scapy reads from the elements; broken ones end the walk, they raise nothing."""
    from scapy.layers.dot11 import Dot11Elt, Dot11EltVendorSpecific  # 30 MB: only where Wi-Fi is heard

    names: list[str] = []
    vendors: list[int] = []
    try:
        layer = Dot11Elt(body)
    except Exception:  # a dissector of hostile bytes may fail in any way
        return Details()
    for _ in range(ELEMENT_LIMIT):
        if not isinstance(layer, Dot11Elt):
            break
        if isinstance(layer, Dot11EltVendorSpecific):
            raw = bytes(layer.info or b"")
            vendors.append(int.from_bytes(raw[:3], "big"))
            if raw[:3] == MICROSOFT and raw[3:4] == bytes((WPS_TYPE,)):
                names += _wps_names(raw[4:])
        layer = layer.payload
    return Details(wps_names=tuple(names), vendors=tuple(vendors))


def _wps_names(raw: bytes) -> list[str]:
    found: list[str] = []
    at = 0
    while at + 4 <= len(raw) and len(found) < len(WPS_NAMES):
        kind, size = int.from_bytes(raw[at : at + 2], "big"), int.from_bytes(raw[at + 2 : at + 4], "big")
        if kind in WPS_NAMES:
            text = _text(raw[at + 4 : at + 4 + size])[:NAME_LIMIT].strip()
            if text:
                found.append(text)
        at += 4 + size
    return found
