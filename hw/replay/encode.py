"""Encodes frames as pcapng blocks and adverts as HCI packets, which other tools read."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from hw.formats.btsnoop_hci import (
    ADVERTISING_REPORT,
    EXT_CONNECTABLE,
    EXT_MORE_TO_COME,
    EXT_SCAN_RESPONSE,
    EXTENDED_REPORT,
    H4_EVENT,
    LE_META_EVENT,
    LEGACY_DATA_BYTES,
    RSSI_UNKNOWN,
    SCAN_RESPONSE_TYPE,
    AdvertDecoder,
)
from hw.formats.capture import HCI_H4_DIRECTION
from hw.formats.pcap import LONGEST_RECORD_BYTES, PCAP_MAGIC_NS
from hw.formats.pcapng import ENHANCED, INTERFACE, ORDER_MAGIC, SECTION, TIME_RESOLUTION
from hw.types import BleAdvert, Dot11Batch

NANOSECONDS = 9  # if_tsresol: 10⁻⁹ s
BILLION = 1_000_000_000
RECEIVED = 1  # direction word of LINKTYPE_BLUETOOTH_HCI_H4_WITH_PHDR
EXTENDED_PIECE_BYTES = 229  # what one report can hold in an event of 255 bytes
CONNECTABLE_TYPE, NOT_CONNECTABLE_TYPE = 0, 3
ONE_MEGABIT_PHY, NO_SET_ID, TX_POWER_UNKNOWN = 1, 0xFF, 127


def section_block(application: str) -> bytes:
    """Return the section header with which a pcapng file begins."""
    name = application.encode()[:64]
    options = struct.pack("<HH", 4, len(name)) + name + bytes(-len(name) % 4) + bytes(4)
    return _block(SECTION, struct.pack("<IHHq", ORDER_MAGIC, 1, 0, -1) + options)


def interface_block(link_type: int) -> bytes:
    """Return the description of an interface with nanosecond stamps."""
    options = struct.pack("<HHB3x", TIME_RESOLUTION, 1, NANOSECONDS) + bytes(4)
    return _block(INTERFACE, struct.pack("<HHI", link_type, 0, LONGEST_RECORD_BYTES) + options)


def packet_blocks(batch: Dot11Batch, *, interface: int, wall_ns: int) -> bytes:
    """Return the frames of a batch as enhanced packet blocks."""
    buffer = memoryview(batch.buffer)
    columns = (batch.starts, batch.lengths, batch.wire_lengths, batch.times_ns)
    blocks: list[bytes | memoryview] = []
    head, tail = struct.Struct("<IIIIIII"), struct.Struct("<I")
    for start, length, wire, t_ns in zip(*(c.tolist() for c in columns), strict=True):
        stamp_ns = max(0, wall_ns + t_ns)
        size = 32 + length + (-length % 4)
        high, low = stamp_ns >> 32 & 0xFFFFFFFF, stamp_ns & 0xFFFFFFFF
        blocks.append(head.pack(ENHANCED, size, interface, high, low, length, wire))
        blocks.append(buffer[start : start + length])
        blocks.append(bytes(-length % 4) + tail.pack(size))
    return b"".join(blocks)


def pcap_header() -> bytes:
    """Return the header of a pcap file of HCI packets with direction and nanoseconds."""
    return struct.pack("<IHHiIII", PCAP_MAGIC_NS, 2, 4, 0, 0, LONGEST_RECORD_BYTES, HCI_H4_DIRECTION)


def pcap_record(packet: bytes, *, stamp_ns: int) -> bytes:
    """Return one record of such a file."""
    seconds, rest_ns = divmod(max(0, stamp_ns), BILLION)
    return struct.pack("<IIII", seconds & 0xFFFFFFFF, rest_ns, len(packet), len(packet)) + packet


def advert_packets(advert: BleAdvert) -> list[bytes]:
    """Return the HCI packets with which a controller would report an advert."""
    address = bytes(reversed(bytes.fromhex(advert.address.replace(":", ""))))
    if len(address) != 6:
        raise ValueError(f"no device address: {advert.address!r}")
    rssi = RSSI_UNKNOWN if advert.rssi_dbm is None else max(-127, min(advert.rssi_dbm, 126))
    kind = {"public": 0, "random": 1}.get(advert.address_type, 0)
    if not advert.extended and len(advert.data) <= LEGACY_DATA_BYTES:
        return [_legacy(advert, kind, address, rssi)]
    return list(_extended(advert, kind, address, rssi))


def advert_patch(advert: BleAdvert, decoder: AdvertDecoder, packets: list[bytes]) -> dict[str, Any] | None:
    """Return the fields that HCI packets do not give back, None where they do not give the advert at all."""
    decoded = [
        found
        for packet in packets
        for found in decoder.decode(packet, link_type=HCI_H4_DIRECTION, t_ns=advert.t_ns)
    ]
    if len(decoded) != 1 or decoded[0].data != advert.data:
        return None
    names = [f.name for f in fields(BleAdvert)]
    return {n: getattr(advert, n) for n in names if getattr(decoded[0], n) != getattr(advert, n)}


def advert_entry(advert: BleAdvert) -> Mapping[str, Any]:
    """Return a whole advert for a line of JSON."""
    entry = {f.name: getattr(advert, f.name) for f in fields(BleAdvert)}
    return {**entry, "data": advert.data.hex()}


def _legacy(advert: BleAdvert, kind: int, address: bytes, rssi: int) -> bytes:
    event_type = CONNECTABLE_TYPE if advert.connectable else NOT_CONNECTABLE_TYPE
    if advert.scan_response:
        event_type = SCAN_RESPONSE_TYPE
    head = struct.pack("<BB", event_type, kind) + address + bytes([len(advert.data)])
    return _event(ADVERTISING_REPORT, head + advert.data + struct.pack("b", rssi))


def _extended(advert: BleAdvert, kind: int, address: bytes, rssi: int) -> Iterator[bytes]:
    size = EXTENDED_PIECE_BYTES
    pieces = [advert.data[at : at + size] for at in range(0, len(advert.data), size)] or [b""]
    flags = EXT_CONNECTABLE if advert.connectable else 0
    flags |= EXT_SCAN_RESPONSE if advert.scan_response else 0
    for number, piece in enumerate(pieces):
        more = EXT_MORE_TO_COME << 5 if number + 1 < len(pieces) else 0
        phys = struct.pack("<BBBbb", ONE_MEGABIT_PHY, 0, NO_SET_ID, TX_POWER_UNKNOWN, rssi)
        head = struct.pack("<HB", flags | more, kind) + address + phys + bytes(9) + bytes([len(piece)])
        yield _event(EXTENDED_REPORT, head + piece)


def _event(subevent: int, report: bytes) -> bytes:
    direction = struct.pack(">I", RECEIVED)
    return direction + bytes([H4_EVENT, LE_META_EVENT, len(report) + 2, subevent, 1]) + report


def _block(kind: int, body: bytes) -> bytes:
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)
