"""Frame check sequences that are there, are not, or mean nothing; and flags that say the wrong thing."""

from __future__ import annotations

import zlib

import pytest

from tests.wifiscan.recordings import batch_of, beacon, data_frame, radiotap
from tests.wifiscan.stand_ins import access_points, scan_batches, stations

AP = "34:12:98:00:00:01"
FCS, BAD = 0x10, 0x40
NAME = b"FTYC811847AGFDZ"


def fcs(frame: bytes) -> bytes:
    return frame + zlib.crc32(frame).to_bytes(4, "little")


def invented(n: int) -> bytes:
    return data_frame(ra=AP, ta=f"30:00:00:00:00:{n:02x}", a3=AP, ways=1) + b"\0\0\0\0"


def test_a_checksum_that_the_driver_has_cut_off_is_part_of_the_frame():
    scanner = scan_batches([batch_of([radiotap(flags=FCS) + beacon(bssid=AP, ssid=NAME)] * 10)])
    assert access_points(scanner)[AP].ssid == NAME.decode()
    assert scanner.counts().dropped == {}
    assert "wifi_fcs_absent" in scanner.coverage().reasons


def test_one_such_frame_is_enough():
    scanner = scan_batches([batch_of([radiotap(flags=FCS) + beacon(bssid=AP, ssid=NAME)])])
    assert access_points(scanner)[AP].ssid == NAME.decode()


@pytest.mark.parametrize("subtype", [0x80, 0x50])
def test_stale_checksums_of_replaced_addresses_keep_nothing_out(subtype):
    frame = beacon(bssid=AP, ssid=NAME, subtype=subtype) + b"\x12\x34\x56\x78"
    scanner = scan_batches([batch_of([radiotap(flags=FCS) + frame] * 20)])
    assert access_points(scanner)[AP].ssid == NAME.decode()
    assert "wifi_fcs_stale" in scanner.coverage().reasons


def test_true_checksums_still_keep_out_what_damaged_frames_invent():
    good = [radiotap(flags=FCS) + fcs(beacon(bssid=AP, ssid=NAME))] * 20
    bad = [radiotap(flags=FCS) + invented(n) for n in range(30)]
    scanner = scan_batches([batch_of(good + bad)])
    assert set(stations(scanner)) == {AP}
    assert scanner.counts().dropped == {"bad_fcs": 30}
    assert not [r for r in scanner.coverage().reasons if "fcs" in r]


def test_damage_at_the_beginning_is_not_taken_for_a_habit():
    bad = [radiotap(flags=FCS) + invented(n) for n in range(12)]
    good = [radiotap(flags=FCS) + fcs(beacon(bssid=AP, ssid=NAME))] * 20
    more = [radiotap(flags=FCS) + invented(n) for n in range(40, 60)]
    scanner = scan_batches([batch_of(bad), batch_of(good), batch_of(more)])
    assert "30:00:00:00:00:30" not in stations(scanner)
    assert not [r for r in scanner.coverage().reasons if "fcs" in r]


def test_a_flag_that_calls_every_frame_damaged_is_held_against_the_checksums():
    frames = [radiotap(flags=FCS | BAD) + fcs(beacon(bssid=AP, ssid=NAME))] * 10
    assert access_points(scan_batches([batch_of(frames)]))[AP].ssid == NAME.decode()
    broken = [radiotap(flags=FCS | BAD) + invented(n) for n in range(10)]
    assert stations(scan_batches([batch_of(broken)])) == {}
