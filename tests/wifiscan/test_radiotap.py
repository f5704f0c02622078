"""Capture headers: every link type, planted by hand and read back; Scapy as the reference for radiotap."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wifiscan.recordings import batch_of, beacon, data_frame, radiotap
from wifiscan.dot11 import read_headers
from wifiscan.radiotap import FIELDS, NO_RSSI, channel_mhz, layout_of

FRAME = data_frame(ra="02:00:00:00:00:01", ta="02:00:00:00:00:02", a3="02:00:00:00:00:03", ways=1, payload=64)


def one(frame: bytes, link_type: int = 127, **options):
    return read_headers(batch_of([frame], link_type=link_type, **options))


def test_radiotap_tells_level_and_channel():
    h = one(radiotap(mhz=5180, dbm=-71) + FRAME)
    assert (h.rssi_dbm[0], h.mhz[0], h.body[0]) == (-71, 5180, 64)


def test_the_checksum_is_not_payload():
    plain = one(radiotap() + FRAME)
    with_fcs = one(radiotap(flags=0x10) + FRAME + b"\0\0\0\0")
    assert plain.body[0] == with_fcs.body[0] == 64


def test_a_frame_flagged_as_broken_is_dropped():
    h = one(radiotap(flags=0x50) + FRAME + b"\0\0\0\0")
    assert len(h) == 0
    assert h.dropped == {"bad_fcs": 1}


def test_extended_presence_words_and_antenna_namespaces():
    # two presence words: the default namespace with flags and signal, then antenna 0 with its own signal
    words = struct.pack("<II", 0x22 | 1 << 29 | 1 << 31, 0x820)
    body = words + struct.pack("<Bb", 0, -44) + struct.pack("<bB", -60, 0)
    h = one(struct.pack("<BBH", 0, 0, 4 + len(body)) + body + FRAME)
    assert h.rssi_dbm[0] == -44


def test_fields_behind_a_vendor_namespace_are_left_alone():
    words = struct.pack("<II", 0x02 | 1 << 30 | 1 << 31, 0x20)
    body = words + b"\0" + b"\x11\x22\x33\x01\x02\x00\xaa\xbb" + struct.pack("<b", -33)
    h = one(struct.pack("<BBH", 0, 0, 4 + len(body)) + body + FRAME)
    assert len(h) == 1
    assert h.rssi_dbm[0] == NO_RSSI


def test_presence_words_without_end_are_refused():
    endless = struct.pack("<BBH", 0, 0, 200) + b"\xff\xff\xff\xff" * 49
    h = one(endless + FRAME)
    assert h.dropped == {"capture_header": 1}


@pytest.mark.parametrize("bit", [0, 1, 2, 3, 6, 7, 8])
def test_alignment_is_that_of_scapy(bit):
    from scapy.layers.dot11 import RadioTap

    present = 1 << bit | 1 << 5
    size, align = FIELDS[bit]
    at = -(-8 // align) * align
    header = bytearray(at + size + 1 + 8)
    offsets = dict(layout_of((present,), len(header)))
    header[:8] = struct.pack("<BBHI", 0, 0, len(header), present)
    header[offsets[5]] = 256 - 57
    assert RadioTap(bytes(header)).dBm_AntSignal == -57
    assert one(bytes(header) + FRAME).rssi_dbm[0] == -57


def test_many_layouts_in_one_batch_keep_apart():
    bare = struct.pack("<BBHI", 0, 0, 8, 0)
    frames = [radiotap(dbm=-40) + FRAME, bare + FRAME, radiotap(dbm=-50) + FRAME]
    h = read_headers(batch_of(frames))
    assert h.rssi_dbm.tolist() == [-40, NO_RSSI, -50]


def test_absurd_levels_are_unknown():
    assert one(radiotap(dbm=0) + FRAME).rssi_dbm[0] == NO_RSSI
    assert one(radiotap(dbm=17) + FRAME).rssi_dbm[0] == NO_RSSI


def test_prism():
    header = bytearray(144)
    header[:8] = struct.pack("<II", 0x44, 144)
    header[56:60] = struct.pack("<I", 11)
    header[92:96] = struct.pack("<i", -66)
    h = one(bytes(header) + FRAME, 119)
    assert (h.rssi_dbm[0], h.mhz[0]) == (-66, 2462)


@pytest.mark.parametrize("link_type", [163, 119])
def test_avs_by_its_own_type_and_inside_prism(link_type):
    header = bytearray(64)
    header[:8] = struct.pack(">II", 0x80211001, 64)
    header[28:32] = struct.pack(">I", 36)
    header[44:52] = struct.pack(">Ii", 2, -59)
    h = one(bytes(header) + FRAME, link_type)
    assert (h.rssi_dbm[0], h.mhz[0]) == (-59, 5180)


def test_ppi_finds_its_common_field_behind_another():
    other = struct.pack("<HH", 7, 4) + b"abcd"
    common = struct.pack("<HH", 2, 20) + bytes(8) + struct.pack("<HHHHBBbb", 1, 12, 2412, 0, 0, 0, -48, -90)
    length = 8 + len(other) + len(common)
    h = one(struct.pack("<BBHI", 0, 0, length, 105) + other + common + FRAME + b"\0\0\0\0", 192)
    assert (h.rssi_dbm[0], h.mhz[0], h.body[0]) == (-48, 2412, 64)


def test_plain_802_11_has_no_level():
    h = one(FRAME, 105)
    assert h.rssi_dbm[0] == NO_RSSI


@pytest.mark.parametrize(
    ("number", "mhz"), [(1, 2412), (14, 2484), (36, 5180), (165, 5825), (0, 0), (2437, 2437)]
)
def test_channel_numbers(number, mhz):
    assert channel_mhz(np.array([number], np.uint32))[0] == mhz


def test_a_batch_that_is_part_of_a_large_buffer():
    frame = radiotap(dbm=-55) + beacon(bssid="02:00:00:00:00:09", ssid=b"x")
    whole = batch_of([b"\xff" * 5000, frame, b"\xff" * 5000])
    h = read_headers(
        batch_of([frame]).__class__(
            **{n: getattr(whole, n) for n in ("t_ns", "until_ns", "channel_hz", "link_type", "buffer")},
            starts=whole.starts[1:2],
            lengths=whole.lengths[1:2],
            wire_lengths=whole.lengths[1:2],
            times_ns=whole.times_ns[1:2],
        )
    )
    assert h.rssi_dbm.tolist() == [-55]


@settings(max_examples=300, deadline=None)
@given(
    frames=st.lists(st.binary(max_size=120), max_size=8), link_type=st.sampled_from([105, 119, 127, 163, 192])
)
def test_any_bytes_are_read_or_counted(frames, link_type):
    h = read_headers(batch_of(frames, link_type=link_type))
    assert len(h) + sum(h.dropped.values()) == len(frames)
    assert (h.body >= 0).all()
    assert (h.body_at + h.body_kept <= len(h.data)).all()


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_damage_to_a_good_frame_is_survived(data):
    good = radiotap(flags=0x10) + beacon(bssid="02:00:00:00:00:09", ssid=b"name") + b"\0\0\0\0"
    frame = bytearray(good)
    for _ in range(data.draw(st.integers(1, 6))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame)))
    h = read_headers(batch_of([bytes(frame[:cut])], wire=[data.draw(st.integers(0, 70_000))]))
    assert len(h) + sum(h.dropped.values()) == 1
