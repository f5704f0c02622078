"""BLE adverts: planted reports and PDUs come back, fragments are joined, and no bytes break the decoder."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.formats import capture
from hw.formats.ble_link_layer import ADVERTISING_ACCESS, MOST_DATA_BYTES, MOST_PENDING, STALE_NS, crc24
from hw.formats.btsnoop_hci import AdvertDecoder
from hw.formats.capture import BLE_LINKS, CaptureReader
from hw.replay.encode import advert_packets, advert_patch
from hw.types import BleAdvert

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "ble"
ADDRESS = bytes.fromhex("0a1b2c3d4e5f")
PRINTED = "5f:4e:3d:2c:1b:0a"
ACCESS = bytes.fromhex("d6be898e")
DATA = b"\x02\x01\x06\x04\x09cam"

address_st = st.binary(min_size=6, max_size=6).map(lambda b: b.hex(":"))


def event(subevent: int, reports: bytes, count: int = 1) -> bytes:
    return bytes([4, 0x3E, len(reports) + 2, subevent, count]) + reports


def report(kind: int = 0, data: bytes = DATA, rssi: int = -60, address_type: int = 1) -> bytes:
    return bytes([kind, address_type]) + ADDRESS + bytes([len(data)]) + data + struct.pack("b", rssi)


def extended(flags: int, data: bytes, address_type: int = 1, sid: int = 3) -> bytes:
    head = struct.pack("<HB", flags, address_type) + ADDRESS
    return head + struct.pack("<BBBbbH", 1, 1, sid, 127, -70, 0) + bytes(7) + bytes([len(data)]) + data


def pdu(kind: int, payload: bytes, *, random: bool = True) -> bytes:
    body = bytes([kind | (0x40 if random else 0), len(payload)]) + payload
    return ACCESS + body + crc24(body)


def aux(
    data: bytes, *, address: bool = True, identity: int | None = 7, more: bool = False, mode: int = 0
) -> bytes:
    flags = (1 if address else 0) | (8 if identity is not None else 0) | (16 if more else 0)
    fields = (ADDRESS if address else b"") + (struct.pack("<H", identity) if identity is not None else b"")
    fields += b"abc" if more else b""
    header = bytes([flags]) + fields
    return pdu(7, bytes([mode << 6 | len(header)]) + header + data)


def decode(*packets: bytes, link: int, flags: int = 0) -> tuple[list[BleAdvert], dict[str, int]]:
    decoder = AdvertDecoder()
    found = [
        advert
        for number, packet in enumerate(packets)
        for advert in decoder.decode(packet, link_type=link, t_ns=number, flags=flags)
    ]
    return found, dict(decoder.dropped)


@pytest.mark.parametrize(
    ("kind", "scan_response", "connectable"),
    [(0, False, True), (1, False, True), (2, False, False), (3, False, False), (4, True, None)],
)
def test_a_legacy_report(kind: int, scan_response: bool, connectable: bool | None) -> None:
    (advert,), dropped = decode(event(2, report(kind)), link=capture.HCI_H4)
    assert (advert.address, advert.address_type, advert.rssi_dbm, advert.data) == (
        PRINTED,
        "random",
        -60,
        DATA,
    )
    assert (advert.scan_response, advert.connectable, advert.extended) == (scan_response, connectable, False)
    assert not dropped


def test_many_reports_in_one_event_and_a_cut_one() -> None:
    both = report() + report(rssi=127, address_type=0)
    adverts, dropped = decode(event(2, both, 2), link=capture.BTSNOOP_H4)
    assert [(a.rssi_dbm, a.address_type) for a in adverts] == [(-60, "random"), (None, "public")]
    adverts, dropped = decode(event(2, both[:-3], 2), link=capture.BTSNOOP_H4)
    assert (len(adverts), dropped) == (1, {"truncated_report": 1})


@pytest.mark.parametrize(
    ("link", "flags", "wrap"),
    [
        (capture.HCI_H4, 0, lambda e: e),
        (capture.HCI_H4_DIRECTION, 0, lambda e: b"\0\0\0\1" + e),
        (capture.BTSNOOP_H4, 3, lambda e: e),
        (capture.BTSNOOP_H1, 3, lambda e: e[1:]),
        (capture.BTSNOOP_MONITOR, 0x10003, lambda e: e[1:]),
        (capture.LINUX_MONITOR, 0, lambda e: b"\0\0\0\3" + e[1:]),
    ],
)
def test_every_wrapping_of_an_event(link: int, flags: int, wrap: object) -> None:
    adverts, dropped = decode(wrap(event(2, report())), link=link, flags=flags)  # type: ignore[operator]
    assert [a.address for a in adverts] == [PRINTED]
    assert not dropped
    adverts, dropped = decode(wrap(b"\4\x0e\4\1\3\x0c\0"), link=link, flags=flags)  # type: ignore[operator]
    assert (adverts, dropped) == ([], {"other_packet": 1})


def test_an_extended_report_in_pieces_is_joined() -> None:
    pieces = [b"a" * 200, b"b" * 200, b"c" * 5]
    flags = [1 << 5, 1 << 5, 0]
    packets = [event(0x0D, extended(f, p)) for f, p in zip(flags, pieces, strict=True)]
    (advert,), dropped = decode(*packets, link=capture.HCI_H4)
    assert advert.data == b"".join(pieces)
    assert advert.extended
    assert advert.connectable is False
    assert advert.t_ns == 0
    assert not dropped


def test_a_truncated_extended_report_gives_what_came() -> None:
    (advert,), _ = decode(event(0x0D, extended(2 << 5 | 1, DATA)), link=capture.HCI_H4)
    assert (advert.data, advert.connectable) == (DATA, True)


def test_an_anonymous_report_is_counted() -> None:
    adverts, dropped = decode(event(0x0D, extended(0, DATA, address_type=0xFF)), link=capture.HCI_H4)
    assert (adverts, dropped) == ([], {"no_address": 1})


def test_pieces_are_bounded() -> None:
    decoder = AdvertDecoder()
    endless = event(0x0D, extended(1 << 5, b"x" * 229))
    found = [a for n in range(30) for a in decoder.decode(endless, link_type=capture.HCI_H4, t_ns=n)]
    assert not found
    assert decoder.dropped["advert_too_long"] >= 30 * 229 // (MOST_DATA_BYTES + 229)
    many = [event(0x0D, extended(1 << 5, b"x", sid=n)) for n in range(MOST_PENDING + 10)]
    decoder = AdvertDecoder()
    for packet in many:
        decoder.decode(packet, link_type=capture.HCI_H4, t_ns=0)
    assert decoder.dropped["fragments_evicted"] == 10
    assert len(decoder.flush()) == MOST_PENDING
    assert decoder.flush() == []


def test_old_pieces_are_not_joined_to_new_ones() -> None:
    decoder = AdvertDecoder()
    decoder.decode(event(0x0D, extended(1 << 5, b"old")), link_type=capture.HCI_H4, t_ns=0)
    found = decoder.decode(event(0x0D, extended(0, b"new")), link_type=capture.HCI_H4, t_ns=STALE_NS + 1)
    assert [a.data for a in found] == [b"old", b"new"]
    assert decoder.dropped == {"fragments_missing": 1}


@pytest.mark.parametrize(
    ("kind", "connectable", "scan_response"),
    [(0, True, False), (2, False, False), (6, False, False), (4, None, True)],
)
def test_a_legacy_pdu(kind: int, connectable: bool | None, scan_response: bool) -> None:
    (advert,), dropped = decode(pdu(kind, ADDRESS + DATA), link=capture.LE_LINK)
    assert (advert.address, advert.data, advert.address_type) == (PRINTED, DATA, "random")
    assert (advert.connectable, advert.scan_response) == (connectable, scan_response)
    assert not dropped


def test_what_is_no_advert_is_counted() -> None:
    data_channel = b"\x11\x22\x33\x44" + pdu(2, ADDRESS)[4:]
    scan_request = pdu(3, ADDRESS + ADDRESS)
    broken = bytearray(pdu(0, ADDRESS + DATA))
    broken[12] ^= 1
    packets = [
        data_channel,
        scan_request,
        bytes(broken),
        ACCESS + b"\0\x25",
        ACCESS[:3],
        pdu(0, bytes(40)),
        pdu(0, b"abc"),
    ]
    adverts, dropped = decode(*packets, link=capture.LE_LINK)
    assert adverts == []
    assert dropped == {"other_packet": 2, "bad_crc": 1, "truncated_pdu": 2, "bad_length": 2}


def test_a_chain_of_extended_pdus_is_joined() -> None:
    pointer = aux(b"", more=True)
    chain = [
        aux(b"first ", more=True),
        aux(b"second ", address=False, more=True),
        aux(b"third", address=False),
    ]
    (advert,), dropped = decode(pointer, pointer, *chain, link=capture.LE_LINK)
    assert (advert.address, advert.data, advert.extended) == (PRINTED, b"first second third", True)
    assert not dropped


def test_a_chain_without_its_head_is_counted() -> None:
    adverts, dropped = decode(aux(b"third", address=False), link=capture.LE_LINK)
    assert (adverts, dropped) == ([], {"no_address": 1})
    adverts, dropped = decode(
        aux(b"x", mode=3), pdu(7, bytes([2, 1, 0])), pdu(7, bytes([40])), link=capture.LE_LINK
    )
    assert (adverts, dropped) == ([], {"bad_extended_header": 2, "truncated_pdu": 1})


def test_radio_headers() -> None:
    packet = pdu(0, ADDRESS + DATA)
    phdr = struct.pack("<BbbB4sH", 12, -55, -90, 0, ACCESS, 0x13)
    nordic = struct.pack("<BHBHB", 3, 10 + len(packet), 3, 1, 2) + bytes([10, 1, 38, 61, 0, 0, 0, 0, 0, 0])
    ppi = struct.pack("<BBHI", 0, 0, 24, 147) + struct.pack(
        "<HHBHBIbbbB", 30006, 12, 0, 2426, 0, 0, -40, -50, -45, 3
    )
    for link, head, rssi in ((256, phdr, -55), (272, nordic, -61), (192, ppi, -40)):
        (advert,), dropped = decode(head + packet, link=link)
        assert (advert.address, advert.rssi_dbm, advert.channel) == (PRINTED, rssi, 38)
        assert not dropped
        _, dropped = decode(head[:5], link=link)
        assert dropped == {"truncated_header": 1}
    bad = phdr[:-2] + struct.pack("<H", 0x413)  # checked and found broken
    assert decode(bad + packet, link=256) == ([], {"bad_crc": 1})


def test_a_coded_packet_has_one_byte_more() -> None:
    packet = aux(DATA)
    coded = packet[:4] + b"\0" + packet[4:]
    phdr = struct.pack("<BbbB4sH", 20, -55, -90, 0, ACCESS, 0x8013)
    (advert,), _ = decode(phdr + coded, link=256)
    assert (advert.data, advert.channel) == (DATA, 18)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.binary(max_size=90), max_size=6), st.sampled_from(sorted(BLE_LINKS)), st.integers(0, 7))
def test_no_bytes_break_the_decoder(packets: list[bytes], link: int, flags: int) -> None:
    adverts, dropped = decode(*packets, link=link, flags=flags)
    assert len(adverts) + sum(dropped.values()) >= len([p for p in packets if p])


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([2, 13]), st.integers(0, 255), st.binary(max_size=120), st.binary(max_size=8))
def test_no_report_breaks_the_decoder(subevent: int, count: int, reports: bytes, tail: bytes) -> None:
    adverts, _ = decode(event(subevent, reports, count) + tail, link=capture.HCI_H4)
    assert len(adverts) <= count


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 255), st.binary(max_size=80))
def test_no_pdu_breaks_the_decoder(header: int, payload: bytes) -> None:
    body = bytes([header, len(payload)]) + payload
    adverts, dropped = decode(ACCESS + body + crc24(body), link=capture.LE_LINK)
    assert len(adverts) + sum(dropped.values()) <= 2


@settings(deadline=None)
@given(
    st.builds(
        BleAdvert,
        t_ns=st.just(5),
        address=address_st,
        address_type=st.sampled_from(["public", "random"]),
        rssi_dbm=st.none() | st.integers(-127, 20),
        data=st.binary(max_size=600),
        connectable=st.booleans(),
        extended=st.just(True),
    )
)
def test_an_encoded_advert_is_decoded_to_itself(advert: BleAdvert) -> None:
    assert advert_patch(advert, AdvertDecoder(), advert_packets(advert)) == {}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "adverts", "addresses"),
    [
        ("csacca_btsnoop_first12pct.log", 140, 30),
        ("crackle_le_secure_connections.pcapng", 42, 1),
        ("odid_bt5_lr_sample.pcapng", 244, 1),
    ],
)
def test_real_recordings(name: str, adverts: int, addresses: int) -> None:
    if not (SHARED / name).is_file():
        pytest.skip("the shared recordings are not here")
    decoder, found = AdvertDecoder(), []
    for batch in CaptureReader(SHARED / name):
        for start, length in zip(batch.starts.tolist(), batch.lengths.tolist(), strict=True):
            packet = batch.buffer[start : start + length]
            found += decoder.decode(packet, link_type=batch.link_type, t_ns=0)
    assert (len(found), len({a.address for a in found})) == (adverts, addresses)


@pytest.mark.parametrize("link_type", [147, 157, 162])
@pytest.mark.parametrize("header", [b"", bytes.fromhex("00062c01010006 0a01253201006400 0000"), b"\x05" * 9])
def test_private_link_types_are_read_behind_whatever_header(link_type: int, header: bytes) -> None:
    pdu = bytes([0x40, 6 + 9]) + bytes.fromhex("0100000000c8") + b"\x08\x09GoPro 1"
    decoder = AdvertDecoder()
    (advert,) = decoder.decode(header + ADVERTISING_ACCESS + pdu + bytes(3), link_type=link_type, t_ns=5)
    assert (advert.address, advert.data) == ("c8:00:00:00:00:01", b"\x08\x09GoPro 1")
    assert advert.rssi_dbm == (-50 if len(header) == 17 else None)
    assert decoder.decode(b"no advert", link_type=link_type, t_ns=5) == []
    assert decoder.dropped == {"other_packet": 1}
