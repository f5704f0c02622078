"""The simulated Bluetooth LE scanner."""

from __future__ import annotations

import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost
from hw.kit import open_device
from hw.protocols import BleRadio
from hw.sim.ble import address_at, advert_bytes
from hw.sim.facets import BleFacet


def read(target: str = "empty-room", *, seconds: float = 20.0):
    clock = ManualClock()
    radio = open_device("ble", spec=f"sim:{target}", config=HwConfig(), clock=clock)
    assert isinstance(radio, BleRadio)
    adverts = []
    while clock.now_ns() < seconds * 1e9:
        batch = radio.read(duration_s=1.0)
        assert all(batch.t_ns <= a.t_ns < batch.until_ns for a in batch.adverts)
        adverts += batch.adverts
    return adverts


def test_every_advertiser_of_the_room_is_heard_at_about_its_interval():
    adverts = read(seconds=30)
    tv = [a for a in adverts if a.address == "8c:79:f5:3e:21:10"]
    assert 0.2 * 120 < len(tv) < 0.7 * 120  # 250 ms for 30 s, and a scanner that hears under half of them
    assert {a.address for a in adverts} >= {"5c:11:32:7a:90:4e", "d4:8b:1f:66:02:9a"}
    assert [a.t_ns for a in adverts] == sorted(a.t_ns for a in adverts)


def test_the_same_seed_gives_the_same_adverts():
    assert read(seconds=5) == read(seconds=5)
    assert read(seconds=5) != read("empty-room?seed=8", seconds=5)


def test_advertising_data_hold_the_facet():
    facet = BleFacet(
        address="c0:00:00:00:00:01",
        name="Cam",
        company_id=0x02F2,
        manufacturer_hex="aabb",
        service_uuids=(0xFEA6,),
    )
    assert advert_bytes(facet) == bytes.fromhex("0201060303a6fe05fff202aabb0409") + b"Cam"


def test_a_rotating_address_changes_and_stays_private():
    facet = BleFacet(address="5c:00:00:00:00:01", rotates_s=10)
    seen = [address_at(facet, t * 10**9) for t in (0, 5, 10, 15, 25)]
    assert seen[0] == seen[1] == facet.address
    assert seen[2] == seen[3] != seen[4]
    assert all(int(a[:2], 16) >> 6 == 0b01 for a in seen)


def test_a_pulled_plug_is_a_lost_device():
    with pytest.raises(DeviceLost):
        read("empty-room?unplug=ble@3", seconds=10)
