"""Decodes Bluetooth LE link-layer PDUs, as sniffers record them, into adverts.

References
----------
Bluetooth Core 5.4, Vol 6, Part B, §2.3 (advertising PDUs), §2.3.4 (extended header), §3.1.1 (CRC);
tcpdump.org LINKTYPE_BLUETOOTH_LE_LL, LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR, LINKTYPE_NORDIC_BLE, PPI.
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, replace

from hw.types import BleAdvert

ADVERTISING_ACCESS = bytes.fromhex("d6be898e")  # access address 0x8E89BED6 of every advertising PDU
PPI_BLE_LINKS = frozenset({147, 251})  # Ubertooth writes LINKTYPE_USER0
PPI_BLE_FIELD = 30006  # its PPI field: version, MHz, clock, signal strength
PPI_BLE_FIELD_BYTES = 12

MOST_PENDING = 64
# Longest advertising data that Core 5.4 allows, all fragments together.
MOST_DATA_BYTES = 1650
STALE_NS = 2_000_000_000  # fragments of one advert follow each other within milliseconds

ADV_IND, ADV_DIRECT, ADV_NONCONN, SCAN_RSP, ADV_SCAN, ADV_EXTENDED = 0, 1, 2, 4, 6, 7
LEGACY_CONNECTABLE = {ADV_IND: True, ADV_DIRECT: True, ADV_NONCONN: False, SCAN_RSP: None, ADV_SCAN: False}
LEGACY_LEAST_BYTES, LEGACY_MOST_BYTES = 6, 37
EXTENDED_FIELD_BYTES = (6, 6, 1, 2, 3, 18, 1)  # AdvA TargetA CTEInfo ADI AuxPtr SyncInfo TxPower
EXTENDED_MODE_CONNECTABLE, EXTENDED_MODE_SCANNABLE, EXTENDED_MODE_RESERVED = 1, 2, 3
CODED_PHY = 2

RADIO_FLAG_SIGNAL, RADIO_FLAG_CRC_CHECKED, RADIO_FLAG_CRC_VALID = 1 << 1, 1 << 10, 1 << 11
NORDIC_HEADER_BYTES = 17
NORDIC_VERSIONS = frozenset({1, 2, 3})
# Bytes in which the access address of a private link type must begin and end.
PRIVATE_HEADER_LIMIT = 48
FIRST_CHANNEL_MHZ, CHANNEL_STEP_MHZ = 2402, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SnifferMeta:
    """Metadata that a sniffer adds to a PDU. ``crc_good`` is None where it did not check the CRC."""

    t_ns: int
    rssi_dbm: int | None = None
    channel: int | None = None
    crc_good: bool | None = None
    coded: bool = False


class Fragments:
    """Reassembles fragmented adverts. Bounded: one that never completes is given as far as it came."""

    def __init__(self, dropped: Counter[str]) -> None:
        self._pending: dict[object, BleAdvert] = {}
        self._dropped = dropped

    def begun(self, key: object) -> BleAdvert | None:
        """Return the received pieces of an advert so far."""
        return self._pending.get(key)

    def begin(self, key: object, piece: BleAdvert) -> list[BleAdvert]:
        """Start an advert anew; return the one of the same key that never completed."""
        before = self._pending.pop(key, None)
        self._pending[key] = piece
        if len(self._pending) > MOST_PENDING:
            self._pending.pop(next(iter(self._pending)))
            self._dropped["fragments_evicted"] += 1
        return self._partial(before)

    def join(self, key: object, piece: BleAdvert, *, more: bool) -> list[BleAdvert]:
        """Add a piece; return the adverts that are complete (or given up) now."""
        before = self._pending.pop(key, None)
        given_up: list[BleAdvert] = []
        if before is not None and not 0 <= piece.t_ns - before.t_ns <= STALE_NS:
            given_up, before = self._partial(before), None
        whole = piece if before is None else replace(before, data=before.data + piece.data)
        if len(whole.data) > MOST_DATA_BYTES:
            self._dropped["advert_too_long"] += 1
            return given_up
        if more:
            return given_up + self.begin(key, whole)
        return [*given_up, whole]

    def flush(self) -> list[BleAdvert]:
        """Return all that never completed."""
        rest = [advert for pending in self._pending.values() for advert in self._partial(pending)]
        self._pending.clear()
        return rest

    def _partial(self, advert: BleAdvert | None) -> list[BleAdvert]:
        if advert is None or not advert.data:
            return []
        self._dropped["fragments_missing"] += 1
        return [advert]


class LinkLayer:
    """Decodes sniffed packets into adverts; all other packets are counted by reason in ``dropped``."""

    def __init__(self, dropped: Counter[str], fragments: Fragments) -> None:
        self._dropped = dropped
        self._fragments = fragments

    def plain(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        """Decode LINKTYPE_BLUETOOTH_LE_LL: the packet from its access address on."""
        return self.packet(packet, SnifferMeta(t_ns=t_ns))

    def with_radio(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        """Decode LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR: ten bytes of radio header come first."""
        if len(packet) < 10:
            return self._drop("truncated_header")
        rf_channel, signal_dbm, flags = struct.unpack_from("<Bb6xH", packet)
        heard = SnifferMeta(
            t_ns=t_ns,
            rssi_dbm=signal_dbm if flags & RADIO_FLAG_SIGNAL else None,
            channel=channel_index(rf_channel),
            crc_good=bool(flags & RADIO_FLAG_CRC_VALID) if flags & RADIO_FLAG_CRC_CHECKED else None,
            coded=flags >> 14 == CODED_PHY,
        )
        return self.packet(packet[10:], heard)

    def nordic(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        """Decode LINKTYPE_NORDIC_BLE: the header of the nRF Sniffer comes first."""
        if len(packet) < NORDIC_HEADER_BYTES:
            return self._drop("truncated_header")
        if packet[3] not in NORDIC_VERSIONS:
            return self._drop("unknown_header_version")
        flags, channel, attenuation = packet[8:11]
        heard = SnifferMeta(
            t_ns=t_ns,
            rssi_dbm=-attenuation if attenuation else None,
            channel=channel if channel < 40 else None,
            crc_good=bool(flags & 1),
            coded=flags >> 4 & 7 == CODED_PHY,
        )
        return self.packet(packet[NORDIC_HEADER_BYTES:], heard)

    def private(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        """Decode a link type for private use: the nRF Sniffer's header, another one, or none (Ubertooth)."""
        at = packet.find(ADVERTISING_ACCESS, 0, PRIVATE_HEADER_LIMIT)
        if at == NORDIC_HEADER_BYTES and packet[3] in NORDIC_VERSIONS:
            return self.nordic(packet, t_ns=t_ns)
        return self.plain(packet[at:], t_ns=t_ns) if at >= 0 else self._drop("other_packet")

    def ppi(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        """Decode PPI (Ubertooth): fields of type, length and value come before the packet."""
        if ppi_link_type(packet) not in PPI_BLE_LINKS:
            return self._drop("other_packet" if len(packet) >= 8 else "truncated_header")
        (size,) = struct.unpack_from("<H", packet, 2)
        if not 8 <= size <= len(packet):
            return self._drop("truncated_header")
        return self.packet(packet[size:], self._ppi_radio(packet[8:size], t_ns))

    def _ppi_radio(self, fields: bytes, t_ns: int) -> SnifferMeta:
        at = 0
        while at + 4 <= len(fields):
            kind, size = struct.unpack_from("<HH", fields, at)
            if kind == PPI_BLE_FIELD and min(size, len(fields) - at - 4) >= PPI_BLE_FIELD_BYTES:
                mhz, strongest_dbm = struct.unpack_from("<xH5xb", fields, at + 4)
                rf_channel, rest = divmod(mhz - FIRST_CHANNEL_MHZ, CHANNEL_STEP_MHZ)
                channel = channel_index(rf_channel) if rest == 0 else None
                return SnifferMeta(t_ns=t_ns, rssi_dbm=strongest_dbm, channel=channel)
            at += 4 + size
        return SnifferMeta(t_ns=t_ns)

    def packet(self, packet: bytes, heard: SnifferMeta) -> list[BleAdvert]:
        """Decode a packet from its access address on."""
        if packet[:4] != ADVERTISING_ACCESS:
            return self._drop("other_packet" if len(packet) >= 4 else "truncated_pdu")
        pdu = packet[5:] if heard.coded else packet[4:]
        if len(pdu) < 2 or len(pdu) < 2 + pdu[1]:
            return self._drop("truncated_pdu")
        body, crc = pdu[: 2 + pdu[1]], pdu[2 + pdu[1] : 5 + pdu[1]]
        if not crc_good(body, crc, heard.crc_good):
            return self._drop("bad_crc")
        kind = pdu[0] & 0x0F
        if kind == ADV_EXTENDED:
            return self._extended(body, heard)
        if kind not in LEGACY_CONNECTABLE:
            return self._drop("other_packet")
        return self._legacy(kind, body, heard)

    def _legacy(self, kind: int, body: bytes, heard: SnifferMeta) -> list[BleAdvert]:
        if not LEGACY_LEAST_BYTES <= body[1] <= LEGACY_MOST_BYTES:
            return self._drop("bad_length")
        advert = BleAdvert(
            t_ns=heard.t_ns,
            address=format_address(body[2:8]),
            address_type="random" if body[0] & 0x40 else "public",
            rssi_dbm=heard.rssi_dbm,
            data=b"" if kind == ADV_DIRECT else bytes(body[8:]),
            scan_response=kind == SCAN_RSP,
            connectable=LEGACY_CONNECTABLE[kind],
            channel=heard.channel,
        )
        return [advert]

    def _extended(self, body: bytes, heard: SnifferMeta) -> list[BleAdvert]:
        if len(body) < 3 or len(body) < 3 + (body[2] & 0x3F):
            return self._drop("truncated_pdu")
        mode, size = body[2] >> 6, body[2] & 0x3F
        fields = split_extended(body[3 : 3 + size])
        if fields is None or mode == EXTENDED_MODE_RESERVED:
            return self._drop("bad_extended_header")
        address, _, _, identity, more, *_ = fields
        begun = self._fragments.begun(identity) if identity else None
        if not address and begun is None:
            return self._drop("no_address")
        advert = BleAdvert(
            t_ns=heard.t_ns,
            address=format_address(address) if address else begun.address if begun else "",
            address_type=("random" if body[0] & 0x40 else "public")
            if address
            else begun.address_type
            if begun
            else "unknown",
            rssi_dbm=heard.rssi_dbm,
            data=bytes(body[3 + size :]),
            connectable=mode == EXTENDED_MODE_CONNECTABLE,
            extended=True,
            channel=heard.channel,
        )
        if not identity:
            return [advert]
        given_up = self._fragments.begin(identity, replace(advert, data=b"")) if address else []
        return given_up + self._fragments.join(identity, advert, more=bool(more))

    def _drop(self, reason: str) -> list[BleAdvert]:
        self._dropped[reason] += 1
        return []


def split_extended(header: bytes) -> list[bytes] | None:
    """Return the fields of an extended header (empty where absent), None where they do not fit."""
    if not header:
        return [b""] * len(EXTENDED_FIELD_BYTES)
    fields, at = [], 1
    for bit, size in enumerate(EXTENDED_FIELD_BYTES):
        present = size if header[0] >> bit & 1 else 0
        fields.append(header[at : at + present])
        at += present
    return fields if at <= len(header) else None


def format_address(little_endian: bytes) -> str:
    """Return a device address as it is printed."""
    return bytes(reversed(little_endian)).hex(":")


def channel_index(rf_channel: int) -> int | None:
    """Return the link-layer channel of an RF channel: 37, 38 and 39 advertise at 2402, 2426 and 2480 MHz."""
    if not 0 <= rf_channel < 40:
        return None
    fixed = {0: 37, 12: 38, 39: 39}
    return fixed.get(rf_channel, rf_channel - 1 if rf_channel < 12 else rf_channel - 2)


def ppi_link_type(packet: bytes | memoryview) -> int | None:
    """Return the link type of what follows a PPI header, None where the header is cut off."""
    return int(struct.unpack_from("<I", packet, 4)[0]) if len(packet) >= 8 else None


def crc_good(body: bytes, crc: bytes, told: bool | None) -> bool:  # noqa: FBT001 - three-valued, not a switch
    """Return True unless the sniffer, or the CRC that it recorded, says that the packet is broken."""
    if told is not None:
        return told
    recorded = len(crc) == 3 and any(crc)  # some tools cut it off or write zeros
    return not recorded or crc24(body) == bytes(crc)


def crc24(body: bytes) -> bytes:
    """Return the CRC of an advertising PDU as it is sent (x²⁴+x¹⁰+x⁹+x⁶+x⁴+x³+x+1, preset 0x555555)."""
    crc = 0xAAAAAA  # the preset with its bits reversed: bits are sent lowest first
    for byte in body:
        crc = (crc >> 8) ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(3, "little")


def _crc_table() -> tuple[int, ...]:
    reversed_polynomial = 0xDA6000
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ (reversed_polynomial if crc & 1 else 0)
        table.append(crc)
    return tuple(table)


CRC_TABLE = _crc_table()
