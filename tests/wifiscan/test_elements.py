"""Management elements: read once, again when they change, and never to harm."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wifiscan.tables
from tests.wifiscan.recordings import batch_of, beacon, mac, radiotap
from tests.wifiscan.stand_ins import access_points, scan_batches, stations
from wifiscan.elements import Habits, beacon_habits, dissect, outline

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


def test_elements_are_dissected_once_and_again_when_they_change(monkeypatch):
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
    names = dissect(wps(model=b"A" * 200, device=b"\xff\xfe\x00")).device_names
    assert all(len(n) <= 64 for n in names)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(body):
    short = outline(body)
    assert short.ssid is None or len(short.ssid) <= 4 * 32  # each byte may be shown as an escape
    assert all(len(name) <= 64 for name in dissect(body).device_names)


ODD_ELEMENTS = {
    "half a country triplet": b"\x07\x04KR \x01",
    "empty RSN": b"\x30\x00",
    "short RSN": b"\x30\x03\x01\x00\x00",
    "empty vendor": b"\xdd\x00",
    "vendor of two bytes": b"\xdd\x02\x00\x50",
    "extension without number": b"\xff\x00",
    "rates, none": b"\x01\x00",
    "supported channels, odd": b"\x24\x03\x01\x0b\x24",
}


@pytest.mark.parametrize("odd", ODD_ELEMENTS.values(), ids=ODD_ELEMENTS)
def test_an_odd_element_hides_nothing_behind_it(odd):
    frames = [radiotap() + beacon(bssid=AP, ssid=b"home", extra=odd + wps())]
    assert [i.rule for i in access_points(scan_batches([batch_of(frames)]))[AP].identity] == ["wps-ipcam"]


def test_set_up_data_in_two_elements_is_joined():
    whole = wps()[2:]
    split = bytes((221, 12)) + whole[:12] + bytes((221, len(whole) - 8)) + whole[:4] + whole[12:]
    assert dissect(split).device_names == ("IP Camera",)


def test_the_name_of_a_wi_fi_direct_device():
    name = b"\x10\x11\x00\x09IP Camera"
    info = bytes(6) + bytes(2) + bytes(8) + b"\x01" + bytes(8) + name
    body = b"\x50\x6f\x9a\x09" + b"\x0d" + len(info).to_bytes(2, "little") + info
    assert dissect(bytes((221, len(body))) + body).device_names == ("IP Camera",)


CLIENT = "02:11:22:33:44:55"


def request(fc: int, fixed: int, ssid: bytes, *, ra: str = AP) -> bytes:
    head = bytes((fc, 0, 0, 0)) + mac(ra) + mac(CLIENT) + mac(ra) + b"\0\0"
    return radiotap() + head + bytes(fixed) + bytes((0, len(ssid))) + ssid


@pytest.mark.parametrize(("fc", "fixed"), [(0x00, 4), (0x20, 10), (0x40, 0)])
@pytest.mark.parametrize("hidden", [b"", bytes(15)])
@pytest.mark.parametrize("order", [1, -1])
def test_a_hidden_network_is_named_by_who_asks_for_it(fc, fixed, hidden, order):
    frames = [radiotap() + beacon(bssid=AP, ssid=hidden), request(fc, fixed, b"FTYC811847AGFDZ")][::order]
    found = access_points(scan_batches([batch_of([f]) for f in frames]))[AP]
    assert found.ssid == "FTYC811847AGFDZ"
    assert [i.rule for i in found.identity] == ["uid-known"]


def test_a_hidden_network_is_named_by_an_answer_as_long_as_its_beacons():
    hidden, answer = (radiotap() + beacon(bssid=AP, ssid=name) for name in (bytes(15), b"FTYC811847AGFDZ"))
    answer = answer[:16] + b"\x50" + answer[17:]
    assert len(hidden) == len(answer)
    found = access_points(scan_batches([batch_of([hidden, answer, hidden])]))[AP]
    assert found.ssid == "FTYC811847AGFDZ"


def test_a_request_to_everybody_names_nobody_and_a_beacon_is_believed_first():
    everybody = request(0x40, 0, b"FTYC811847AGFDZ", ra="ff:ff:ff:ff:ff:ff")
    frames = [radiotap() + beacon(bssid=AP, ssid=b""), everybody]
    assert access_points(scan_batches([batch_of(frames)]))[AP].ssid is None
    named = [radiotap() + beacon(bssid=AP, ssid=b"home"), request(0, 4, b"FTYC811847AGFDZ")]
    assert access_points(scan_batches([batch_of(named)]))[AP].ssid == "home"


def test_every_network_of_a_multiple_bssid_set_is_seen():
    profile = b"\x53\x02\x00\x00" + b"\x00\x0fFTYC811847AGFDZ" + b"\x55\x01\x02"
    element = b"\x03" + bytes((0, len(profile))) + profile
    extra = bytes((71, len(element))) + element
    found = access_points(
        scan_batches([batch_of([radiotap() + beacon(bssid=AP, ssid=b"home", extra=extra)])])
    )
    assert {bssid: ap.ssid for bssid, ap in found.items()} == {
        AP: "home",
        "34:12:98:00:00:03": "FTYC811847AGFDZ",
    }
    assert [i.rule for i in found["34:12:98:00:00:03"].identity] == ["uid-known"]


def test_how_a_network_beacons():
    plain = beacon_habits(b"\0\3net", capabilities=0x01)
    assert plain == Habits(secured=False, generation=0, makers=0, country=False, extended=False)
    elements = [
        (7, b"KR \x01\x0d\x14"),
        (45, bytes(26)),
        (127, bytes(8)),
        (191, bytes(12)),
        (255, b"\x23" + bytes(9)),
    ]
    elements += [(221, b"\x00\x50\xf2\x02" + bytes(9)), (221, b"\x00\x17\xf2\x0a"), (48, b"")]
    rich = b"".join(bytes((number, len(body))) + body for number, body in elements)
    assert beacon_habits(rich, capabilities=0) == Habits(
        secured=True, generation=6, makers=1, country=True, extended=True
    )
    assert beacon_habits(b"", capabilities=0x11).secured
    for end in range(len(rich)):
        assert beacon_habits(rich[:end], capabilities=0).generation in {0, 4, 5, 6}


def test_neighbours_of_every_length_are_read_or_left_out():
    for size in range(1, 32):
        body = bytes((201, 4 + size, 0, size, 115, 36)) + bytes(size)
        assert dissect(body).namesakes == ()
    assert dissect(bytes((201, 255)) + b"\xff" * 60).namesakes == ()
