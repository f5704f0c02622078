"""What networks say of themselves: names, set-up names, habits."""

from __future__ import annotations

from tests.wifiscan.recordings import batch_of, beacon, radiotap
from tests.wifiscan.stand_ins import access_points, scan_batches
from wifiscan.announced import announced
from wifiscan.elements import Details, Habits, Outline
from wifiscan.signatures import load_signatures

HABITS = Habits(secured=True, generation=4, makers=0, country=False, extended=False)
SHORT = Outline(ssid="FTYC811847AGFDZ", channel=6, fingerprint=7)
AP, HIDDEN = "34:12:98:00:00:01", "34:12:98:00:00:02"


def test_a_network_is_judged_by_its_name_and_a_station_is_not():
    rules, details = load_signatures(), Details(device_names=("IP Camera",))
    network = announced(rules, SHORT, details, ssid=SHORT.ssid, habits=HABITS)
    station = announced(rules, SHORT, details, ssid=SHORT.ssid, habits=None)
    assert {i.seen for i in network.identity} == {"ssid", "wps"}
    assert {i.seen for i in station.identity} == {"wps"}
    assert (network.fingerprint, network.channel, network.habits) == (7, 6, HABITS)
    assert announced(rules, SHORT, Details(), ssid=None, habits=HABITS).identity == ()


def report(*, same: bool) -> bytes:
    """Return a reduced neighbour report of one neighbour on channel 36."""
    entry = (
        bytes((255,)) + bytes.fromhex(HIDDEN.replace(":", "")) + bytes(4) + bytes((0x02 if same else 0x00, 0))
    )
    return bytes((201, 4 + len(entry), 0x00, len(entry), 115, 36)) + entry


def test_a_neighbour_report_names_a_hidden_network_of_the_same_name():
    hidden = radiotap() + beacon(bssid=HIDDEN, ssid=b"")
    for same, name in ((True, "FTYC811847AGFDZ"), (False, None)):
        open_one = radiotap() + beacon(bssid=AP, ssid=b"FTYC811847AGFDZ", extra=report(same=same))
        for frames in ([hidden, open_one], [open_one, hidden]):
            found = access_points(scan_batches([batch_of(frames)]))
            assert found[HIDDEN].ssid == name
            assert bool(found[HIDDEN].identity) == same


def test_a_neighbour_that_was_never_heard_is_no_network():
    frames = [radiotap() + beacon(bssid=AP, ssid=b"net", extra=report(same=True))]
    assert set(access_points(scan_batches([batch_of(frames)]))) == {AP}
