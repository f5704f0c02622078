"""802.11 headers: who sends to whom, in which direction, how much."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.wifiscan.recordings import batch_of, beacon, data_frame, mac, radiotap
from tests.wifiscan.stand_ins import scan_batches, stations
from wifiscan.dot11 import checksum_fails, read_headers
from wifiscan.vendors import format_mac

A, B, C, D = (f"02:00:00:00:00:0{n}" for n in "1234")


def headers(*frames: bytes):
    return read_headers(batch_of([radiotap() + f for f in frames]))


@pytest.mark.parametrize(
    ("ways", "bssid", "source"),
    [(0, C, B), (1, A, B), (2, B, C)],
    ids=["between stations", "to the access point", "from the access point"],
)
def test_directions(ways, bssid, source):
    h = headers(data_frame(ra=A, ta=B, a3=C, ways=ways))
    assert (format_mac(int(h.bssid[0])), format_mac(int(h.source[0]))) == (bssid, source)
    assert (format_mac(int(h.ra[0])), format_mac(int(h.ta[0]))) == (A, B)


def test_four_addresses():
    head = struct.pack("<BBH", 0x08, 3, 0) + mac(A) + mac(B) + mac(C) + b"\0\0" + mac(D)
    h = headers(head + bytes(50))
    assert format_mac(int(h.source[0])) == D
    assert (h.body[0], h.bssid[0]) == (50, 0)


@pytest.mark.parametrize(("order", "extra"), [(0, 0), (0x80, 4)], ids=["QoS", "QoS with HT control"])
def test_qos_headers(order, extra):
    head = (
        struct.pack("<BBH", 0x88, 1 | order, 0)
        + mac(A)
        + mac(B)
        + mac(C)
        + b"\0\0"
        + b"\x80\0"
        + bytes(extra)
    )
    h = headers(head + bytes(70))
    assert h.body[0] == 70
    assert h.amsdu[0]


def test_null_data_carries_nothing():
    head = struct.pack("<BBH", 0x48, 1, 0) + mac(A) + mac(B) + mac(C) + b"\0\0"
    assert headers(head).body[0] == 0


def test_padding_between_header_and_body():
    head = struct.pack("<BBH", 0x88, 1, 0) + mac(A) + mac(B) + mac(C) + b"\0\0" + b"\0\0"
    h = read_headers(batch_of([radiotap(flags=0x20) + head + b"\0\0" + bytes(60)]))
    assert h.body[0] == 60


def test_acknowledgements_name_their_receiver_alone():
    h = headers(struct.pack("<BBH", 0xD4, 0, 0) + mac(A))
    assert (h.ta[0], format_mac(int(h.ra[0]))) == (0, A)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"\x09" + data_frame(ra=A, ta=B, a3=C, ways=1)[1:], "version"),
        (b"\x0c" + data_frame(ra=A, ta=B, a3=C, ways=1)[1:], "version"),
        (data_frame(ra=A, ta=B, a3=C, ways=1)[:20], "truncated"),
        (data_frame(ra=A, ta="03:00:00:00:00:01", a3=C, ways=1), "impossible_transmitter"),
        (data_frame(ra=A, ta="00:00:00:00:00:00", a3=C, ways=1), "impossible_transmitter"),
        (data_frame(ra=A, ta=B, a3=C, ways=1, payload=12_000), "absurd_length"),
    ],
    ids=["version", "extension", "truncated", "group", "null", "absurd"],
)
def test_what_cannot_be_is_counted(frame, reason):
    h = headers(frame)
    assert len(h) == 0
    assert dict(h.dropped) == {reason: 1}


def test_lengths_are_those_on_the_air_not_those_kept():
    frame = radiotap() + data_frame(ra=A, ta=B, a3=C, ways=1, payload=1400)
    h = read_headers(batch_of([frame[:96]], wire=[len(frame)]))
    assert h.body[0] == 1400


def signed(frame: bytes) -> bytes:
    return radiotap(flags=0x10) + frame + zlib.crc32(frame).to_bytes(4, "little")


def test_a_wrong_checksum_does_not_introduce_a_station():
    good = signed(data_frame(ra=A, ta=B, a3=C, ways=1))
    bad = bytearray(signed(data_frame(ra=A, ta=D, a3=C, ways=1)))
    bad[-1] ^= 1
    h = read_headers(batch_of([good, bytes(bad)]))
    assert [checksum_fails(h, row) for row in (0, 1)] == [False, True]
    scanner = scan_batches([batch_of([good, bytes(bad)])])
    assert set(stations(scanner)) == {B}
    assert scanner.counts().dropped == {"bad_fcs": 1}


def test_one_broken_frame_does_not_hide_a_station():
    frames = [bytearray(signed(data_frame(ra=A, ta=B, a3=C, ways=1, seq=n))) for n in range(3)]
    frames[0][-1] ^= 1
    assert set(stations(scan_batches([batch_of([bytes(f) for f in frames])]))) == {B}


def test_a_frame_cut_short_cannot_be_checked_and_is_trusted():
    frame = signed(data_frame(ra=A, ta=B, a3=C, ways=1, payload=500))
    assert set(stations(scan_batches([batch_of([frame[:120]], wire=[len(frame)])]))) == {B}


def test_bytes_up_and_down_and_repeats():
    up = data_frame(ra=A, ta=B, a3=C, ways=1, payload=1000, seq=7)
    again = data_frame(ra=A, ta=B, a3=C, ways=1, payload=1000, seq=7, retry=True)
    down = data_frame(ra=B, ta=A, a3=C, ways=2, payload=300)
    hello = beacon(bssid=A, ssid=b"net")
    scanner = scan_batches([batch_of([radiotap() + f for f in (hello, up, again, down)])])
    station = stations(scanner)[B]
    assert (station.bytes_down, station.frames, station.bssid, station.ssid) == (300, 2, A, "net")
    link = scanner._tables.flows.links.get(int(B.replace(":", ""), 16), int(A.replace(":", ""), 16), 0)
    assert link is not None
    assert (link.bytes, link.packets) == (1000, 1)
