"""What is in a room and in its air besides a camera: eighteen Wi-Fi devices, broadcast, chrome."""

from __future__ import annotations

from typing import Any

import numpy as np

from hw.sim.facets import BleFacet, OpticFacet, RfFacet, WifiFacet
from hw.sim.scene import Thing
from tests.benchmarks.rooms.models import EVERYDAY, Family, Region

MAKERS = ("34:12:98", "88:36:6c", "00:08:9f", "3c:22:fb", "94:9f:3e", "8c:79:f5", "44:17:93", "a4:77:33")
NAMES = ("HotelGuest", "SK_WiFiGIGA", "U+Net", "iptime", "KT_GiGA_5G", "TP-Link_", "FRITZ!Box", "NETGEAR")
CHANNELS_HZ = (2412e6, 2437e6, 2462e6, 2427e6, 2452e6, 5180e6, 5220e6, 5745e6)
TYPICAL_DEVICES = 17.0  # heard in a normal air
LEGITIMATE_SHARE = 0.05  # of rooms with somebody's honest, idle camera next door (doorbell, baby monitor)
WALL_DB = (3.4, 6.9)  # of the wall to next door: light and heavy (COST 231 multi-wall model)
SHADOW_FAR_DB = 4.0  # out of sight (TGn channel models)
OPTICS: dict[str, tuple[tuple[float, float], tuple[float, float], float]] = {
    # kind: size mm, reflectance, how common
    "chrome-sphere": ((8.0, 40.0), (0.4, 0.7), 5.0),
    "chrome-edge": ((40.0, 200.0), (0.4, 0.7), 4.0),
    "tile": ((80.0, 200.0), (0.03, 0.06), 3.0),
    "screw": ((4.0, 9.0), (0.3, 0.6), 5.0),
    "water-drop": ((2.0, 6.0), (0.02, 0.05), 4.0),
    "reflector-tape": ((15.0, 60.0), (0.1, 0.4), 0.4),
    "spectacles": ((40.0, 50.0), (0.03, 0.05), 0.3),
    "led": ((2.0, 5.0), (0.3, 0.3), 1.0),
    "lamp": ((30.0, 120.0), (0.3, 0.3), 0.5),
    "bead": ((1.5, 5.0), (0.03, 0.15), 0.08),  # glass beads are rare on a wall, and the hardest there are
}
Place = tuple[float, float, float]


def mac_of(rng: np.random.Generator, oui: str | None) -> str:
    """Return an address of a maker, or a made-up one (locally administered)."""
    tail = rng.integers(0, 256, 6)
    if oui is None:
        return ":".join(f"{b:02x}" for b in [(int(tail[0]) & 0xFC) | 0x02, *map(int, tail[1:])])
    return oui + ":" + ":".join(f"{int(b):02x}" for b in tail[3:])


def around(rng: np.random.Generator, near_m: float, far_m: float) -> Place:
    """Return a place at some distance from the inspector, beyond the walls mostly."""
    far, turn = float(rng.uniform(near_m, far_m)), float(rng.uniform(0, 6.283))
    return (0.7 + far * float(np.cos(turn)), float(rng.uniform(0.3, 2.0)), 0.5 + far * float(np.sin(turn)))


def wifi_air(rng: np.random.Generator, family: Family) -> tuple[list[Thing], list[WifiFacet]]:
    """Return the devices of the neighbourhood, and the access points among them."""
    count = int(np.clip(rng.normal(TYPICAL_DEVICES, 4.0), 6, 28))
    points = [_access_point(rng, i) for i in range(int(rng.integers(3, 7)))]
    things = [Thing(id=f"ap-{i}", position_m=around(rng, 2.0, 12.0), wifi=f) for i, f in enumerate(points)]
    for i in range(count - len(points)):
        home = points[int(rng.integers(len(points)))]
        busy = rng.random() < 0.22
        options = family.busy if busy else EVERYDAY
        facet = _station(rng, home, str(rng.choice(options)))
        things.append(Thing(id=f"sta-{i}", position_m=around(rng, 1.5, 12.0), wifi=facet))
    if rng.random() < LEGITIMATE_SHARE:
        facet = _station(rng, points[0], "camera-idle", oui="18:b4:30")
        lost_db = float(rng.uniform(*WALL_DB) + rng.normal(0.0, SHADOW_FAR_DB))
        facet = facet.model_copy(update={"power_dbm": facet.power_dbm - lost_db})
        things.append(Thing(id="doorbell", position_m=around(rng, 5.0, 12.0), wifi=facet))
    return things, points


def _access_point(rng: np.random.Generator, number: int) -> WifiFacet:
    return WifiFacet(
        role="access-point",
        mac=mac_of(rng, str(rng.choice(MAKERS[:3]))),
        ssid=f"{rng.choice(NAMES)}{int(rng.integers(1000, 9999))}",
        channel_hz=float(CHANNELS_HZ[number % 3] if number < 3 else rng.choice(CHANNELS_HZ)),
        power_dbm=float(rng.uniform(14, 20)),
    )


def _station(rng: np.random.Generator, home: WifiFacet, behaviour: str, oui: str | None = None) -> WifiFacet:
    made_up = oui is None and rng.random() < 0.45
    values: dict[str, Any] = {
        "role": "station",
        "mac": mac_of(rng, None if made_up else oui or str(rng.choice(MAKERS))),
        "bssid": home.mac,
        "channel_hz": home.channel_hz,
        "power_dbm": float(rng.uniform(9, 17)),
        "behaviour": behaviour,
        "randomised": made_up,
        "bitrate_bps": float(rng.uniform(0.5e6, 2.5e6)),
        "frame_rate_hz": float(rng.choice([15.0, 24.0, 30.0])),
    }
    return WifiFacet(**values)


def ble_air(rng: np.random.Generator) -> list[Thing]:
    """Return earbuds, watches, trackers and televisions that advertise."""
    kinds = (
        {"company_id": 76, "manufacturer_hex": "0719010e2022", "interval_ms": 150.0},
        {
            "company_id": 76,
            "manufacturer_hex": "12190000112233445566778899aabbccddeeff00112233445500",
            "interval_ms": 2000.0,
        },
        {"company_id": 117, "manufacturer_hex": "4204018060", "interval_ms": 250.0, "name": "[TV] Samsung 7"},
        {"company_id": 6, "manufacturer_hex": "01092002", "interval_ms": 300.0},
        {"name": "Mi Smart Band 6", "interval_ms": 500.0},
        {"name": "LE-Bose QC", "interval_ms": 400.0},
    )
    things = []
    for i in range(int(rng.integers(3, 12))):
        facet = BleFacet(address=mac_of(rng, None), **kinds[int(rng.integers(len(kinds)))])  # type: ignore[arg-type]
        things.append(Thing(id=f"ble-{i}", position_m=around(rng, 1.0, 8.0), ble=facet))
    return things


TELEVISION: dict[Region, tuple[str, float, float, tuple[int, int]]] = {
    # waveform, width, lowest channel centre, number of channels
    "kr": ("atsc", 6e6, 473e6, (0, 37)),
    "us": ("atsc", 6e6, 473e6, (0, 22)),
    "eu": ("dvb-t", 8e6, 474e6, (0, 27)),
}
DOWNLINK_HZ: dict[Region, tuple[float, ...]] = {
    "kr": (879e6, 940e6, 778e6),
    "us": (879e6, 745e6),
    "eu": (940e6, 796e6),
}
UPLINK_HZ: dict[Region, tuple[float, ...]] = {"kr": (836e6, 909e6), "us": (836e6,), "eu": (847e6, 897e6)}


def rf_air(rng: np.random.Generator, region: Region, family: Family) -> list[Thing]:
    """Return broadcast, masts, phones and the household's own noise; ``air-`` names share waveforms."""
    things = []
    waveform, width, first, (low, high) = TELEVISION[region]
    for i, channel in enumerate(rng.choice(np.arange(low, high), int(rng.integers(1, 4)), replace=False)):
        things.append(
            _far(f"air-tv-{i}", waveform, first + width * float(channel), rng.uniform(48, 60), width)
        )
    for i, hz in enumerate(DOWNLINK_HZ[region][: int(rng.integers(1, 3))]):
        things.append(_far(f"air-lte-{i}", "lte", hz, rng.uniform(38, 46), 10e6, far=False))
    if region != "us":
        things.append(_far("air-dab", "dab", 208.736e6, 57.0, 1.536e6))
    if region == "eu" or rng.random() < 0.2:
        things.append(
            _far("air-gsm", "gsm", 935e6 + 0.2e6 * int(rng.integers(0, 100)), 42.0, None, far=False)
        )
    if rng.random() < 0.5:
        place = around(rng, 0.3, 4.0)
        phone = RfFacet(
            waveform="lte",
            center_hz=float(rng.choice(UPLINK_HZ[region])),
            power_dbm=float(rng.uniform(-10, 15)),
            bandwidth_hz=10e6,
        )
        things.append(Thing(id="air-phone", position_m=place, rf=phone))
    for i, name in enumerate(family.hum):
        if rng.random() < HUM_SHARE[name]:
            things.append(_hum(rng, f"hum-{i}", name))
    return things


HUM_SHARE = {"adsb": 0.5, "ook-bursts": 0.5, "switching-supply": 0.25, "carrier": 0.5}


def _hum(rng: np.random.Generator, name: str, waveform: str) -> Thing:
    center_hz = {
        "adsb": 1090e6,
        "ook-bursts": 433.92e6,
        "switching-supply": float(rng.uniform(300e6, 420e6)),
        "carrier": float(rng.uniform(310e6, 1390e6)),
    }[waveform]
    power = {"adsb": 40.0, "ook-bursts": 5.0, "switching-supply": -35.0, "carrier": -30.0}[waveform]
    facet = RfFacet(
        waveform=waveform,  # type: ignore[arg-type]
        center_hz=center_hz,
        power_dbm=power + float(rng.uniform(-8, 8)),
        bandwidth_hz=2e6 if waveform == "switching-supply" else None,
        far_away=waveform == "adsb",
    )
    return Thing(id=name, position_m=around(rng, 0.8, 10.0), rf=facet)


def _far(name: str, waveform: str, hz: float, dbm: float, width: float | None, *, far: bool = True) -> Thing:
    facet = RfFacet(
        waveform=waveform,  # type: ignore[arg-type]
        center_hz=hz,
        power_dbm=float(dbm),
        bandwidth_hz=width,
        far_away=far,
    )
    return Thing(id=name, position_m=(300.0, 30.0, 250.0), rf=facet)


def shining(rng: np.random.Generator, count: int, area: tuple[Place, Place]) -> list[Thing]:
    """Return things on the wall that answer light and are no lens."""
    kinds = tuple(OPTICS)
    weights = np.array([OPTICS[k][2] for k in kinds])
    things = []
    for i, kind in enumerate(rng.choice(kinds, count, p=weights / weights.sum())):
        size, reflectance, _ = OPTICS[str(kind)]
        facet = OpticFacet(
            kind=str(kind),  # type: ignore[arg-type]
            size_mm=float(rng.uniform(*size)),
            reflectance=float(rng.uniform(*reflectance)),
            return_cone_mrad=float(rng.uniform(40, 90)),
            normal_yaw_deg=float(rng.uniform(-12, 12)),
            normal_pitch_deg=float(rng.uniform(-12, 12)),
        )
        (x0, y0, z), (x1, y1, _z) = area
        place = (
            float(rng.uniform(x0, x1)),
            float(rng.uniform(y0, y1)),
            z - float(rng.choice([0.0, 0.01, 0.04])),
        )
        things.append(Thing(id=f"shine-{i}", position_m=place, optic=facet))
    return things
