"""Air that somebody disturbs is called so, at any strength; crowds and steering networks are not."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from tests.wifiscan.recordings import batch_of, beacon, data_frame, mac, radiotap
from tests.wifiscan.stand_ins import scan_batches
from wifiscan.disturbance import AdvertWatch, AirNumbers, DisturbanceWatch
from wifiscan.dot11 import read_headers
from wifiscan.model import Disturbance

AP, CLIENT = "34:12:98:00:00:01", "3c:22:fb:00:00:02"
SECOND = 10**9
RNG = np.random.default_rng(3)
CALM = AirNumbers(
    newcomers=0, lasting=0, new_networks=0, lasting_networks=0, named_cameras=0, forged_frames=0,
    forged_share=0.0, packet_steps=0, beacons_back=0, replayed=0, streaming=0,
)  # fmt: skip


def made_up() -> str:
    octets = RNG.integers(0, 256, 6)
    octets[0] = octets[0] & 0xFC | 2
    return bytes(octets.astype(np.uint8)).hex(":")


def probe(ta: str) -> bytes:
    return radiotap() + b"\x40\0\0\0" + b"\xff" * 6 + mac(ta) + b"\xff" * 6 + b"\0\0\0\0"


def order(fc0: int) -> bytes:
    head = struct.pack("<BBH", fc0, 0, 0) + mac(CLIENT) + mac(AP) + mac(AP)
    return radiotap() + head + b"\0\0\x07\0"


def switch_action() -> bytes:
    head = struct.pack("<BBH", 0xD0, 0, 0) + b"\xff" * 6 + mac(AP) + mac(AP) + b"\0\0"
    return radiotap() + head + b"\x00\x04\x25\x03\x01\x0b\x01"


def switch_beacon(count: int) -> bytes:
    return radiotap() + beacon(bssid=AP, ssid=b"net", extra=b"\x25\x03\x01\x0b" + bytes((count,)))


ORDINARY = [
    radiotap() + beacon(bssid=AP, ssid=b"net"),
    radiotap() + data_frame(ra=AP, ta=CLIENT, a3=AP, ways=1),
]


def kinds(extra, *, seconds=30):
    """Scan ``seconds`` of ordinary air with frames spread over it; return what was called disturbed."""
    batches = []
    for n in range(seconds):
        frames = ORDINARY * 5 + extra[n::seconds]
        times = [n * SECOND + k for k in range(len(frames))]
        batches.append(batch_of(frames, times_ns=times, t_ns=n * SECOND, until_ns=(n + 1) * SECOND))
    scanner = scan_batches(batches)
    found = {o.kind: o for o in scanner.observations() if isinstance(o, Disturbance)}
    assert ("wifi_disturbed" in scanner.coverage().reasons) == bool(found)
    return found


@pytest.mark.parametrize("count", [400, 4000, 20_000])
def test_a_flood_of_invented_devices(count):
    found = kinds([probe(made_up()) for _ in range(count)])
    assert found["invented_devices"].count == pytest.approx(count, rel=0.01)
    assert found["invented_devices"].subject == "air:invented_devices"


@pytest.mark.parametrize("count", [400, 3000])
def test_a_flood_of_invented_networks(count):
    frames = [radiotap() + beacon(bssid=made_up(), ssid=b"net%d" % k) for k in range(count)]
    assert kinds(frames)["invented_networks"].count == pytest.approx(count, rel=0.01)


@pytest.mark.parametrize("count", [10, 100, 400])
def test_clones_of_cameras(count):
    frames = [radiotap() + beacon(bssid=made_up(), ssid=b"FTYC%06dAGFDZ" % k) for k in range(count)] * 5
    assert kinds(frames)["camera_names"].count == count


@pytest.mark.parametrize("fc0", [0xC0, 0xA0])
@pytest.mark.parametrize("count", [60, 600, 3000])
def test_orders_to_leave(fc0, count):
    assert kinds([order(fc0)] * count)["orders_to_leave"].count == count


@pytest.mark.parametrize("count", [20, 200])
def test_channel_switches(count):
    assert kinds([switch_action()] * count)["channel_switches"].count == count
    assert kinds([switch_beacon(k % 256) for k in range(count)])["channel_switches"].count >= 15


@pytest.mark.parametrize(
    ("apart_ns", "heard_s", "named"),
    [
        (SECOND * 9 // 2, 5.0, True),  # ten in 45 s, of which the channel was listened to for 5
        (SECOND // 10, 5.0, False),  # the countdown of one access point that leaves a radar's channel
        (SECOND * 9 // 2, 45.0, False),  # ten in 45 s that were all listened to
    ],
)
def test_few_channel_switches_tell_by_the_time_that_was_listened_to(apart_ns, heard_s, named):
    watch = DisturbanceWatch()
    for k in range(10):
        headers = read_headers(batch_of([switch_action()], times_ns=[k * apart_ns], t_ns=k * apart_ns))
        watch.look(headers, channel=2437, beacon_switches=0)
    watch.judge(CALM, heard_s={2437: heard_s, 2412: 20.0}, now_ns=50 * SECOND)
    assert [o.kind for o in watch.found()] == (["channel_switches"] if named else [])


def test_what_is_no_disturbance():
    assert kinds([]) == {}
    crowd = [probe(ta) for ta in (made_up() for _ in range(120)) for _ in range(4)]
    block_of_flats = [radiotap() + beacon(bssid=made_up(), ssid=b"n%d" % k) for k in range(150)] * 4
    steering = [order(0xC0)] * 12 + [switch_action()] * 8
    assert kinds(crowd + block_of_flats + steering) == {}
    few_passers_by = [probe(made_up()) for _ in range(80)]
    assert kinds(few_passers_by) == {}


def test_what_was_said_stays_said_when_the_flood_is_over():
    flood = batch_of([probe(made_up()) for _ in range(500)], times_ns=range(500), until_ns=SECOND)
    quiet = [
        batch_of(ORDINARY, times_ns=[n * SECOND] * 2, t_ns=n * SECOND, until_ns=(n + 1) * SECOND)
        for n in range(1, 300)
    ]
    found = [o for o in scan_batches([flood, *quiet]).observations() if isinstance(o, Disturbance)]
    assert [o.kind for o in found] == ["invented_devices"]
    assert found[0].as_json()["type"] == "disturbance"
    assert found[0].last_ns < 200 * SECOND


def test_orders_that_trickle_on_are_no_network_s_own():
    trickle = [order(0xC0)] * 28  # fewer than a burst needs, but in nearly every second
    assert kinds(trickle)["orders_to_leave"].count == 28
    assert kinds([order(0xC0)] * 14) == {}


@pytest.mark.parametrize("count", [20, 200])
def test_beacons_whose_clock_goes_back(count):
    honest, forged = (beacon_at(us) for us in (9 * 10**12, 5))
    found = kinds([honest, forged] * count, seconds=1)
    assert found["forged_beacons"].count == count
    before, after = ([beacon_at(begin + k) for k in range(50)] for begin in (9 * 10**12, 0))
    restarted = kinds(before + after, seconds=1)
    assert restarted == {}


def beacon_at(us: int) -> bytes:
    frame = bytearray(radiotap() + beacon(bssid=CLIENT, ssid=b"other"))
    frame[16 + 24 : 16 + 32] = struct.pack("<Q", us)
    return bytes(frame)


@pytest.mark.parametrize("count", [9, 40])
def test_packet_numbers_of_two_senders(count):
    own, forged = ([protected(n + k) for k in range(count)] for n in (500_000, 7))
    mixed = [frame for pair in zip(own, forged, strict=True) for frame in pair]
    assert kinds(mixed, seconds=1)["forged_frames"].count >= count - 1
    rekeyed = [protected(90_000 + k) for k in range(100)] + [protected(k) for k in range(100)]
    assert kinds(rekeyed, seconds=1) == {}


def protected(packet: int) -> bytes:
    number = packet.to_bytes(6, "little")
    head = b"\x88\x41\0\0" + mac(AP) + mac(CLIENT) + mac(AP)
    ccmp = number[:2] + b"\0\x20" + number[2:]
    return radiotap() + head + struct.pack("<HH", (packet % 4096) << 4, 0) + ccmp + bytes(30)


@pytest.mark.parametrize("count", [700, 5000])
def test_a_flood_of_adverts(count):
    watch = AdvertWatch()
    watch.judge(strangers=count, named=0, heard_s=30.0, now_ns=SECOND)
    assert [(o.kind, o.sensor, o.count) for o in watch.found()] == [("invented_adverts", "ble", count)]


def test_crowds_and_shops_of_bluetooth_devices():
    watch = AdvertWatch()
    watch.judge(strangers=350, named=7, heard_s=5.0, now_ns=SECOND)
    watch.judge(strangers=3000, named=7, heard_s=600.0, now_ns=600 * SECOND)
    assert watch.found() == ()
    watch.judge(strangers=0, named=8, heard_s=600.0, now_ns=601 * SECOND)
    assert [o.kind for o in watch.found()] == ["advert_names"]
