"""Devices with several links: read from elements, joined in what is shown, never in what was heard."""

from __future__ import annotations

import pytest

from tests.wifiscan.recordings import batch_of, beacon, data_frame, mac, radiotap
from tests.wifiscan.stand_ins import scan_batches, stations
from wifiscan.elements import dissect
from wifiscan.multi_link import MOST_DEVICES, MOST_LINKS, LinkGroups, MultiLink, read_multi_link

DEVICE, FIRST, SECOND, THIRD = (f"3c:22:fb:00:10:0{k}" for k in range(4))
AP, AP_5, AP_DEVICE = "34:12:98:00:00:01", "34:12:98:00:00:02", "34:12:98:00:00:0f"


def number(text):
    return int.from_bytes(mac(text), "big")


def basic(device, *links):
    """Return a basic multi-link element's content, with link ID and capabilities in the common part."""
    common = bytes((10,)) + mac(device) + b"\x01\x00\x00"
    told = b"".join(
        bytes((0, 12)) + bytes((0x31 + k, 0x00, 7)) + mac(link) + b"\0\0\0" for k, link in enumerate(links)
    )
    return b"\x90\x01" + common + told


def element(content):
    """Return the element, in fragments where it is too long for one."""
    whole = bytes((107,)) + content
    parts = [whole[k : k + 255] for k in range(0, len(whole), 255)]
    return b"".join(bytes((255 if k == 0 else 242, len(p))) + p for k, p in enumerate(parts))


def request(ta, bssid, extra):
    head = b"\0\0\0\0" + mac(bssid) + mac(ta) + mac(bssid) + b"\0\0"
    return radiotap() + head + bytes(4) + b"\0\3net" + extra


def test_the_address_of_the_device_and_of_its_links():
    told = read_multi_link(basic(DEVICE, FIRST, SECOND))
    assert told == MultiLink(device=number(DEVICE), links=(number(FIRST), number(SECOND)))


@pytest.mark.parametrize(
    "body", [b"", b"\x90\x01\x0a", b"\x91" + basic(DEVICE)[1:], basic("ff:ff:ff:ff:ff:ff")]
)
def test_other_kinds_cut_ones_and_group_addresses_say_nothing(body):
    assert read_multi_link(body) is None


def test_every_cut_of_an_element_is_read_as_far_as_it_goes():
    whole = basic(DEVICE, FIRST, SECOND)
    for end in range(len(whole)):
        told = read_multi_link(whole[:end])
        assert told is None or told.device == number(DEVICE)


def test_long_elements_come_in_fragments():
    links = [f"3c:22:fb:00:20:{k:02x}" for k in range(18)]
    told = dissect(element(basic(DEVICE, *links)) + bytes((221, 3)) + b"abc").multi_link
    assert told is not None
    assert told.links == tuple(number(link) for link in links[:MOST_LINKS])


def test_groups_are_bounded_and_an_address_belongs_to_the_first_that_named_it():
    groups = LinkGroups()
    groups.learn(1, MultiLink(device=10, links=(2,)))
    groups.learn(3, MultiLink(device=11, links=(2, 4)))
    assert groups.of(2) == (1, 2)
    assert groups.of(4) == (3, 4)
    assert groups.of(99) == (99,)
    for k in range(MOST_DEVICES):
        groups.learn(1000 + k, MultiLink(device=5000 + k, links=()))
    assert groups.of(1) == (1,)


def test_a_station_with_two_links_is_one_device():
    asks = request(FIRST, AP, element(basic(DEVICE, SECOND)))
    one = [radiotap() + data_frame(ra=AP, ta=FIRST, a3=AP, ways=1, seq=n) for n in range(4)]
    other = [
        radiotap(mhz=5180, dbm=-40) + data_frame(ra=AP_5, ta=SECOND, a3=AP_5, ways=1, seq=n) for n in range(6)
    ]
    found = stations(scan_batches([batch_of([asks, *one, *other])]))
    assert set(found) == {SECOND}
    assert (found[SECOND].frames, found[SECOND].links) == (11, (FIRST, SECOND))
    assert found[SECOND].as_json()["links"] == [FIRST, SECOND]


def test_an_access_point_with_two_links_is_one_transmitter_and_two_networks():
    frames = [
        radiotap(mhz=mhz) + beacon(bssid=bssid, ssid=b"net", extra=element(basic(AP_DEVICE)))
        for mhz, bssid in ((2437, AP), (5180, AP_5))
    ]
    scanner = scan_batches([batch_of(frames)])
    assert len(stations(scanner)) == 1
    assert len(scanner.observations()) == 3


def test_a_claim_never_mixes_the_traffic_of_two_senders():
    lie = request(FIRST, AP, element(basic(DEVICE, THIRD)))
    frames = [
        radiotap() + data_frame(ra=AP, ta=ta, a3=AP, ways=1, seq=n) for n in range(5) for ta in (FIRST, THIRD)
    ]
    scanner = scan_batches([batch_of([lie, *frames])])
    assert {(link.ta, link.packets) for link in scanner.links()} == {(number(FIRST), 5), (number(THIRD), 5)}
