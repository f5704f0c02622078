"""Management elements: read once, again when they change, and never to harm."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

import wifiscan.tables
from tests.wifiscan.recordings import batch_of, beacon, radiotap
from tests.wifiscan.stand_ins import access_points, scan_batches, stations
from wifiscan.elements import dissect, outline

AP = "34:12:98:00:00:01"


def wps(*, model: bytes = b"IP Camera", device: bytes = b"") -> bytes:
    body = b"\x00\x50\xf2\x04"
    for kind, text in ((0x1023, model), (0x1011, device)):
        if text:
            body += kind.to_bytes(2, "big") + len(text).to_bytes(2, "big") + text
    return bytes((221, len(body))) + body


def test_the_outline():
    short = outline(b"\x00\x03abc\x03\x01\x06\x30\x02\x01\x00")
    assert (short.ssid, short.channel) == ("abc", 6)


def test_the_traffic_map_changes_no_fingerprint_and_everything_else_does():
    first = outline(b"\x00\x03abc\x05\x01\x00")
    assert first.fingerprint == outline(b"\x00\x03abc\x05\x01\x77").fingerprint
    assert first.fingerprint != outline(b"\x00\x03abd\x05\x01\x00").fingerprint


def test_a_hidden_name_does_not_wipe_a_known_one():
    known = batch_of([radiotap() + beacon(bssid=AP, ssid=b"MV12345678")])
    hidden = batch_of([radiotap() + beacon(bssid=AP, ssid=b"", extra=b"\x30\x02\x01\x00")])
    found = access_points(scan_batches([known, hidden]))[AP]
    assert found.ssid == "MV12345678"
    assert [i.rule for i in found.identity] == ["v380-mv"]


def test_a_maker_s_own_words_in_the_set_up_element():
    frames = [radiotap() + beacon(bssid=AP, ssid=b"home", extra=wps())]
    scanner = scan_batches([batch_of(frames)])
    assert [i.rule for i in access_points(scanner)[AP].identity] == ["wps-ipcam"]
    assert stations(scanner)[AP].score > 0.9


def test_a_station_s_probe_request_tells_too():
    probe = radiotap() + b"\x40\0\0\0" + b"\xff" * 6 + bytes.fromhex("341298000001") + b"\xff" * 6 + b"\0\0"
    scanner = scan_batches([batch_of([probe + b"\x00\x00" + wps(model=b"", device=b"WiFi Camera 2")])])
    assert [i.rule for i in stations(scanner)[AP].identity] == ["wps-ipcam"]


def test_elements_go_to_scapy_once_and_again_when_they_change(monkeypatch):
    asked = []

    def count(body):
        asked.append(body)
        return dissect(body)

    monkeypatch.setattr(wifiscan.tables, "dissect", count)
    same = batch_of([radiotap() + beacon(bssid=AP, ssid=b"net")] * 50)
    changed = batch_of([radiotap() + beacon(bssid=AP, ssid=b"new")] * 50)
    scan_batches([same, same, same, changed, changed])
    assert len(asked) == 2


def test_hostile_names_stay_short():
    names = dissect(wps(model=b"A" * 200, device=b"\xff\xfe\x00")).wps_names
    assert all(len(n) <= 64 for n in names)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(body):
    short = outline(body)
    assert short.ssid is None or len(short.ssid) <= 32
    assert len(dissect(body).wps_names) <= 64 * 3
