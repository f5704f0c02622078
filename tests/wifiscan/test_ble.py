"""Bluetooth LE: adverts out of hostile bytes, rotating addresses, cameras and harmless things."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hw.types import BleAdvert
from wifiscan.ble import BleTable, may_rotate, parse_advert, structure_of
from wifiscan.signatures import load_signatures


def ad(kind: int, body: bytes) -> bytes:
    return bytes((len(body) + 1, kind)) + body


def advert(
    data: bytes,
    *,
    address: str = "5c:00:00:00:00:01",
    t_s: float = 0.0,
    rssi: int | None = -60,
    kind="random",
):
    return BleAdvert(t_ns=round(t_s * 1e9), address=address, address_type=kind, rssi_dbm=rssi, data=data)


def table(*adverts: BleAdvert, limit: int = 64) -> BleTable:
    made = BleTable(limit, load_signatures())
    for a in adverts:
        made.add(a)
    return made


def test_names_makers_and_services():
    data = (
        ad(1, b"\x06")
        + ad(9, b"Cam")
        + ad(0xFF, b"\xf2\x02\x01\x02")
        + ad(3, b"\xa6\xfe")
        + ad(0x16, b"\xaa\xfe\x00")
    )
    parsed = parse_advert(data)
    assert (parsed.name, parsed.makers, parsed.services) == (
        "Cam",
        ((0x02F2, b"\x01\x02"),),
        (0xFEA6, 0xFEAA),
    )


def test_a_16_bit_service_inside_its_128_bit_form():
    uuid = bytes.fromhex("fb349b5f80000080001000005ffd0000")
    assert parse_advert(ad(7, uuid)).services == (0xFD5F,)


def test_the_whole_name_wins_over_a_short_one():
    assert parse_advert(ad(8, b"Go") + ad(9, b"GoPro 1234")).name == "GoPro 1234"
    assert parse_advert(ad(9, b"GoPro 1234") + ad(8, b"Go")).name == "GoPro 1234"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (ad(0xFF, b"\xf2\x02\x01"), "ble-gopro-camera"),
        (ad(0xFF, b"\x25\x0e\x01"), "ble-hikvision-camera"),
        (ad(3, b"\x5f\xfd"), "uuid-fd5f"),
        (ad(9, b"LookCam_77"), "name-spy"),
    ],
)
def test_known_cameras(data, rule):
    (found,) = (table(advert(data)).describe("5c:00:00:00:00:01"),)
    assert rule in [i.rule for i in found.identity]
    assert found.score > 0.5
    assert found.benign is None


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (ad(0xFF, b"\x4c\x00\x12\x19\x00"), "tracker"),
        (ad(0xFF, b"\x4c\x00\x02\x15" + bytes(21)), "beacon"),
        (ad(0xFF, b"\x4c\x00\x07\x19\x01"), "accessory"),
        (ad(3, b"\xed\xfe"), "tracker"),
        (ad(0x16, b"\xfa\xff\x0d"), "drone"),
    ],
)
def test_harmless_things(data, what):
    found = table(advert(data)).describe("5c:00:00:00:00:01")
    assert found.benign == what
    assert found.score < 0.05


def test_an_unknown_device_is_well_below_even():
    assert table(advert(ad(9, b"Speaker"))).describe("5c:00:00:00:00:01").score < 0.1


def test_a_hostile_name_is_capped():
    found = table(advert(ad(9, b"\x1b[2J\xff" + b"A" * 200))).describe("5c:00:00:00:00:01")
    assert found.name is not None
    assert len(found.name) <= 64


def test_a_rotating_address_is_one_device():
    data = ad(1, b"\x06") + ad(0xFF, b"\x4c\x00\x10\x05\x01")
    made = table(
        advert(data, address="5c:00:00:00:00:01", t_s=0),
        advert(data, address="5c:00:00:00:00:01", t_s=8),
        advert(data, address="6d:00:00:00:00:02", t_s=9, rssi=-64),
        advert(data, address="7e:00:00:00:00:03", t_s=15, rssi=-58),
    )
    groups = [made.describe(a).group for a in made.addresses()]
    assert groups == [None, "5c:00:00:00:00:01", "5c:00:00:00:00:01"]


@pytest.mark.parametrize(
    "second",
    [
        advert(ad(0xFF, b"\x4c\x00\x10\x05"), address="6d:00:00:00:00:02", t_s=9, rssi=-95),
        advert(ad(0xFF, b"\x4c\x00\x0c\x0e"), address="6d:00:00:00:00:02", t_s=9),
        advert(ad(0xFF, b"\x4c\x00\x10\x05"), address="d4:00:00:00:00:02", t_s=9),
        advert(ad(0xFF, b"\x4c\x00\x10\x05"), address="6d:00:00:00:00:02", t_s=60),
    ],
    ids=["far quieter", "another shape", "a static address", "long after"],
)
def test_others_are_not_taken_for_the_same_device(second):
    made = table(advert(ad(0xFF, b"\x4c\x00\x10\x05"), t_s=8), second)
    assert made.describe(second.address).group is None


def test_two_that_are_heard_side_by_side_are_two():
    data = ad(0xFF, b"\x4c\x00\x10\x05")
    made = table(advert(data, t_s=8), advert(data, address="6d:00:00:00:00:02", t_s=9), advert(data, t_s=10))
    assert made.describe("6d:00:00:00:00:02").group is None


def test_the_shape_of_an_advert_ignores_values_and_minds_makers():
    assert structure_of(ad(0xFF, b"\x4c\x00\x10\xaa")) == structure_of(ad(0xFF, b"\x4c\x00\x10\xbb"))
    assert structure_of(ad(0xFF, b"\x4c\x00\x10\xaa")) != structure_of(ad(0xFF, b"\x4d\x00\x10\xaa"))


@pytest.mark.parametrize(
    ("address", "kind", "changes"),
    [
        ("5c:00:00:00:00:01", "random", True),
        ("1c:00:00:00:00:01", "random", True),
        ("dc:00:00:00:00:01", "random", False),
        ("5c:00:00:00:00:01", "public", False),
    ],
)
def test_private_addresses(address, kind, changes):
    assert may_rotate(address, kind) is changes


def test_a_flood_is_bounded_and_the_camera_stays():
    made = table(advert(ad(9, b"LookCam_77"), address="c0:00:00:00:00:01"), limit=64)
    for n in range(5000):
        made.add(
            advert(
                ad(0xFF, n.to_bytes(4, "little")), address=f"5c:00:00:00:{n >> 8:02x}:{n & 255:02x}", t_s=n
            )
        )
    assert len(made) <= 64
    assert made.describe("c0:00:00:00:00:01").score > 0.9
    assert made.dropped["table_full"] > 4000
    assert len(made._newest) <= 64


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=80))
def test_any_bytes(data):
    parsed = parse_advert(data)
    assert len(parsed.makers) <= 4
    assert len(parsed.services) <= 16
    structure_of(data)
    table(advert(data)).describe("5c:00:00:00:00:01").as_json()


def test_a_flood_counts_as_strangers_once_it_is_silent():
    flood = [advert(b"", address=f"c0:00:00:00:{k >> 8:02x}:{k & 255:02x}", t_s=k / 50) for k in range(500)]
    made = table(*flood, limit=64)
    assert made.strangers(round(10e9)) == 500 - 64
    assert made.strangers(round(60e9)) == 500
    heard_often = [advert(b"", address="c0:00:00:00:00:01", t_s=k) for k in range(9)]
    assert table(*heard_often).strangers(round(60e9)) == 0


def test_devices_that_bear_a_camera_s_name():
    names = [ad(9, b"LookCam_%04d" % k) for k in range(9)]
    made = table(*(advert(name, address=f"c0:00:00:00:00:{k:02x}") for k, name in enumerate(names)))
    assert made.named_cameras() == 9
    assert table(*(advert(name) for name in names)).named_cameras() == 1
    assert table(advert(ad(9, b"Keyboard"))).named_cameras() == 0
