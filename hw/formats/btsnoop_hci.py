"""Decodes Bluetooth HCI packets and sniffed LE packets of any capture format into adverts.

`AdvertDecoder` is used by recordings and by the live controller alike. It never raises on bad bytes: what is
no advert, or a broken one, is counted by reason in ``dropped`` (``other_packet`` is what is sound but no
advert: commands, connections, scan requests).

References
----------
Bluetooth Core 5.4, Vol 4, Part A, §2 (H4), Part E, §7.7.65.2 (LE Advertising Report), §7.7.65.13 (LE Extended
Advertising Report); tcpdump.org link types; btsnoop(4).
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import Literal

from hw.formats import capture
from hw.formats.ble_link_layer import Fragments, LinkLayer, format_address
from hw.types import BleAdvert

H4_EVENT, MONITOR_EVENT, H1_EVENT_FLAGS = 4, 3, 3
LE_META_EVENT, ADVERTISING_REPORT, EXTENDED_REPORT = 0x3E, 0x02, 0x0D
DIRECTION_BYTES, MONITOR_HEADER_BYTES = 4, 4
LEGACY_DATA_BYTES = 31
RSSI_UNKNOWN = 127
SCAN_RESPONSE_TYPE = 4
CONNECTABLE = {0: True, 1: True, 2: False, 3: False, SCAN_RESPONSE_TYPE: None}  # by legacy event type
ADDRESS_TYPES: dict[int, Literal["public", "random"]] = {0: "public", 1: "random", 2: "public", 3: "random"}
ANONYMOUS = 0xFF
EXT_CONNECTABLE, EXT_SCAN_RESPONSE, EXT_LEGACY = 1 << 0, 1 << 3, 1 << 4
EXT_MORE_TO_COME = 1
EXTENDED_FIXED_BYTES = 24


class AdvertDecoder:
    """Decodes packets into adverts, one packet after the other."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()
        self._fragments = Fragments(self.dropped)
        link = LinkLayer(self.dropped, self._fragments)
        self._readers = {
            capture.LE_LINK: link.plain,
            capture.LE_LINK_RADIO: link.with_radio,
            capture.NORDIC_BLE: link.nordic,
            capture.PPI: link.ppi,
            capture.HCI_H4: self.h4,
            capture.BTSNOOP_H4: self.h4,
            capture.HCI_H4_DIRECTION: self._h4_with_direction,
            capture.LINUX_MONITOR: self._linux_monitor,
            **dict.fromkeys(capture.USER_LINKS, link.private),
        }

    def decode(self, packet: bytes, *, link_type: int, t_ns: int, flags: int = 0) -> list[BleAdvert]:
        """Return the adverts that a captured packet completes.

        Parameters
        ----------
        packet : bytes
            As captured, from the header of ``link_type`` on.
        link_type : int
            pcap LINKTYPE or btsnoop datalink, one of `hw.formats.capture.BLE_LINKS`.
        t_ns : int
            When it was captured.
        flags : int
            btsnoop record flags; they say what kind of packet it is where the bytes do not.
        """
        if link_type == capture.BTSNOOP_H1:
            return self._only(flags & 3 == H1_EVENT_FLAGS, packet, t_ns)
        if link_type == capture.BTSNOOP_MONITOR:
            return self._only(flags & 0xFFFF == MONITOR_EVENT, packet, t_ns)
        read = self._readers.get(link_type)
        return read(packet, t_ns=t_ns) if read else self._drop("other_link_type")

    def flush(self) -> list[BleAdvert]:
        """Return the adverts that are still incomplete at the end of a recording."""
        return self._fragments.flush()

    def h4(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        """Decode a packet that begins with its H4 packet type."""
        if not packet:
            return self._drop("truncated_event")
        return self._only(packet[0] == H4_EVENT, packet[1:], t_ns)

    def event(self, event: bytes, *, t_ns: int) -> list[BleAdvert]:
        """Decode an HCI event from its event code on."""
        if len(event) < 3 or len(event) < 2 + event[1]:
            return self._drop("truncated_event")
        reports = event[4 : 2 + event[1]]
        if event[0] != LE_META_EVENT or event[2] not in {ADVERTISING_REPORT, EXTENDED_REPORT}:
            return self._drop("other_packet")
        if event[1] < 2:
            return self._drop("truncated_event")
        read = self._report if event[2] == ADVERTISING_REPORT else self._extended_report
        adverts: list[BleAdvert] = []
        for _ in range(event[3]):
            size, found = read(reports, t_ns)
            adverts += found
            if not size:
                break
            reports = reports[size:]
        return adverts

    def _report(self, reports: bytes, t_ns: int) -> tuple[int, list[BleAdvert]]:
        """Read one legacy report; return its size (0 where the rest is unreadable) and the advert."""
        if len(reports) < 10 or len(reports) < 10 + reports[8]:
            return 0, self._drop("truncated_report")
        kind, length = reports[0], reports[8]
        if length > LEGACY_DATA_BYTES or kind not in CONNECTABLE:
            return 10 + length, self._drop("bad_report")
        advert = BleAdvert(
            t_ns=t_ns,
            address=format_address(reports[2:8]),
            address_type=ADDRESS_TYPES.get(reports[1], "unknown"),
            rssi_dbm=signed_dbm(reports[9 + length]),
            data=bytes(reports[9 : 9 + length]),
            scan_response=kind == SCAN_RESPONSE_TYPE,
            connectable=CONNECTABLE[kind],
        )
        return 10 + length, [advert]

    def _extended_report(self, reports: bytes, t_ns: int) -> tuple[int, list[BleAdvert]]:
        if len(reports) < EXTENDED_FIXED_BYTES or len(reports) < EXTENDED_FIXED_BYTES + reports[23]:
            return 0, self._drop("truncated_report")
        kind, address_type, sid = struct.unpack_from("<HB8xB", reports)
        size = EXTENDED_FIXED_BYTES + reports[23]
        if address_type == ANONYMOUS:
            return size, self._drop("no_address")
        scan_response = bool(kind & EXT_SCAN_RESPONSE)
        advert = BleAdvert(
            t_ns=t_ns,
            address=format_address(reports[3:9]),
            address_type=ADDRESS_TYPES.get(address_type, "unknown"),
            rssi_dbm=signed_dbm(reports[13]),
            data=bytes(reports[EXTENDED_FIXED_BYTES:size]),
            scan_response=scan_response,
            connectable=None if scan_response else bool(kind & EXT_CONNECTABLE),
            extended=not kind & EXT_LEGACY,
        )
        more = kind >> 5 & 3 == EXT_MORE_TO_COME
        key = (advert.address, address_type, sid, scan_response)
        return size, self._fragments.join(key, advert, more=more)

    def _h4_with_direction(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        return self.h4(packet[DIRECTION_BYTES:], t_ns=t_ns)

    def _linux_monitor(self, packet: bytes, *, t_ns: int) -> list[BleAdvert]:
        if len(packet) < MONITOR_HEADER_BYTES:
            return self._drop("truncated_header")
        (opcode,) = struct.unpack_from(">2xH", packet)
        return self._only(opcode == MONITOR_EVENT, packet[MONITOR_HEADER_BYTES:], t_ns)

    def _only(self, is_event: bool, event: bytes, t_ns: int) -> list[BleAdvert]:  # noqa: FBT001 - a guard
        return self.event(event, t_ns=t_ns) if is_event else self._drop("other_packet")

    def _drop(self, reason: str) -> list[BleAdvert]:
        self.dropped[reason] += 1
        return []


def signed_dbm(byte: int) -> int | None:
    """Return a signal strength byte in dBm, None where the controller does not know it."""
    return None if byte == RSSI_UNKNOWN else byte - 256 * (byte > RSSI_UNKNOWN)
