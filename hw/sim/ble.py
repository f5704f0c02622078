"""The simulated Bluetooth LE scanner: renders the BLE facets of a scene as advertising reports."""

from __future__ import annotations

import numpy as np

from hw.closing import Closing
from hw.config import HwConfig
from hw.protocols import Clock
from hw.sim.facets import BleFacet
from hw.sim.scene import Scene, Thing, load_scene
from hw.types import BleAdvert, BleBatch, DeviceHealth, DeviceInfo

LOSS_1M_DB = 45.0  # 2.4 GHz over the first metre, and a small antenna
EXPONENT = 2.5
FADING_DB = 4.0  # three advertising channels fade apart
SENSITIVITY_DBM = -94.0
HEARD_SHARE = 0.4  # the scanner is on one of three channels, and not all the time
ADV_DELAY_S = 0.010  # each event is delayed by 0…10 ms at random (Core specification)
CHANNELS = (37, 38, 39)


class SimBle(Closing):
    """A scanner in one simulated room."""

    def __init__(self, *, scene: Scene, clock: Clock) -> None:
        self._scene = scene
        self._clock = clock
        self._things = [t for t in scene.things if t.ble is not None]
        scene.require_plugged("ble", clock.now_ns())

    def info(self) -> DeviceInfo:
        """Return the name of the simulated scanner."""
        return DeviceInfo(role="ble", backend="sim", name="simulated BLE scanner", detail=self._scene.id)

    def health(self) -> DeviceHealth:
        """Return ok: an unplugged scanner raises instead."""
        return DeviceHealth(ok=True)

    def read(self, *, duration_s: float) -> BleBatch:
        """Listen and return every report."""
        start_ns = self._clock.now_ns()
        self._scene.require_plugged("ble", start_ns)
        until_ns = start_ns + round(duration_s * 1e9)
        adverts = [a for thing in self._things for a in self._adverts(thing, start_ns, until_ns)]
        self._clock.sleep_until(until_ns)
        return BleBatch(
            t_ns=start_ns,
            until_ns=until_ns,
            adverts=tuple(sorted(adverts, key=lambda a: (a.t_ns, a.address))),
        )

    def _adverts(self, thing: Thing, start_ns: int, until_ns: int) -> list[BleAdvert]:
        facet = thing.ble
        if facet is None:
            return []
        rng = self._scene.rng(int(facet.address.replace(":", ""), 16), start_ns)
        period_ns = facet.interval_ms * 1e6
        first = int(np.ceil(start_ns / period_ns))
        slots = np.arange(first, int(np.ceil(until_ns / period_ns))) * period_ns
        times = slots + rng.uniform(0, ADV_DELAY_S * 1e9, len(slots))
        distance = self._scene.distance_m(thing, start_ns)
        level = facet.power_dbm - LOSS_1M_DB - 10 * EXPONENT * np.log10(distance)
        levels = level + rng.normal(0, FADING_DB, len(times))
        heard = (levels > SENSITIVITY_DBM) & (rng.random(len(times)) < HEARD_SHARE) & (times < until_ns)
        channels = rng.choice(CHANNELS, len(times))
        return [
            BleAdvert(
                t_ns=int(times[i]),
                address=address_at(facet, int(times[i])),
                address_type=facet.address_type,
                rssi_dbm=int(np.clip(np.round(levels[i]), -127, 20)),
                data=advert_bytes(facet),
                connectable=True,
                channel=int(channels[i]),
            )
            for i in np.flatnonzero(heard)
        ]


def address_at(facet: BleFacet, t_ns: int) -> str:
    """Return the address in use: a rotating one changes every ``rotates_s`` into a new resolvable one."""
    if facet.rotates_s is None:
        return facet.address
    turn = int(t_ns / (facet.rotates_s * 1e9))
    if turn == 0:
        return facet.address
    seed = int(facet.address.replace(":", ""), 16)
    raw = bytearray(np.random.default_rng([seed, turn]).bytes(6))
    raw[0] = raw[0] & 0x3F | 0x40  # a resolvable private address begins with the bits 01
    return raw.hex(":")


def advert_bytes(facet: BleFacet) -> bytes:
    """Return the AD structures of a facet: flags, services, maker data, name."""
    parts = [b"\x02\x01\x06"]
    if facet.service_uuids:
        uuids = b"".join(u.to_bytes(2, "little") for u in facet.service_uuids)
        parts.append(_structure(0x03, uuids))
    if facet.company_id is not None:
        parts.append(
            _structure(0xFF, facet.company_id.to_bytes(2, "little") + bytes.fromhex(facet.manufacturer_hex))
        )
    if facet.name:
        parts.append(_structure(0x09, facet.name.encode()[:26]))
    return b"".join(parts)


def _structure(kind: int, body: bytes) -> bytes:
    return bytes((len(body) + 1, kind)) + body


def open_ble(*, target: str, config: HwConfig, clock: Clock) -> SimBle:
    """Open the scanner of a scene."""
    del config
    return SimBle(scene=load_scene(target), clock=clock)
