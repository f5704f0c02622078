"""The first source: the simulated rooms' own air, with beacons as such devices send them.

Cameras send to a viewer; hotspots and routers serve stations of every behaviour that the rooms know.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hw.clock import ManualClock
from hw.sim.facets import WifiFacet
from hw.sim.radio import SimRadio
from hw.sim.scene import Pose, Scene, Thing
from tests.benchmarks.own_network.recording import (
    CAMERA,
    CARRIERS,
    CHANNEL_MHZ,
    HEARD_S,
    SNAP_BYTES,
    Recording,
)

Rng = np.random.Generator
NAME = "rooms"
HT, VHT, HE = "2d1a" + "6f" * 26, "bf0c" + "91" * 12, "ff1e23" + "05" * 29
COUNTRY, EXTENDED, MAKER = "07064b5220010d14", "7f08" + "04" * 8, "dd09001018" + "02" * 6
LIVE_SHARE = 0.1
ACTIVITIES = ("browse", "download", "video-call", "game", "upload", "backup", "quiet", "screen-cast")
SHARES = (0.32, 0.3, 0.08, 0.06, 0.05, 0.05, 0.12, 0.02)


def make(kind: str, seed: int) -> Recording:
    """Draw one network of a kind."""
    rng = np.random.default_rng([seed, sum(kind.encode()), 1])
    owner = f"{'32' if kind == 'phone-hotspot' and rng.random() < 0.6 else '34'}:{rng.bytes(5).hex(':')}"
    things = [*_network(rng, kind, owner)]
    scene = Scene(
        id=f"{kind}-{seed}",
        title_en="",
        title_ko="",
        truth=None,
        expect=("check",),
        seed=int(rng.integers(1 << 31)),
        path=(Pose(t_s=0.0, position_m=(1.0, 1.0, 0.5)),),
        things=tuple(things),
    )
    radio = SimRadio(scene=scene, clock=ManualClock(), snap_length=SNAP_BYTES)
    radio.set_channel(center_hz=CHANNEL_MHZ * 1e6)
    batches = tuple(radio.read(duration_s=1.0) for _ in range(int(HEARD_S)))
    return Recording(kind=kind, source=NAME, bssid=owner, batches=batches)


def _network(rng: Rng, kind: str, owner: str) -> list[Thing]:
    place = (float(rng.uniform(1, 4)), 1.0, float(rng.uniform(1, 4)))
    habits = {"secured": bool(rng.random() < SECURED[kind]), "beacon_hex": _elements(rng, kind)}
    facet = {
        "role": "access-point",
        "mac": owner,
        "ssid": f"net-{int(rng.integers(10**6))}",
        "power_dbm": float(rng.uniform(6, 18)),
        "channel_hz": CHANNEL_MHZ * 1e6,
    } | habits
    if kind == CAMERA:
        facet |= {
            "behaviour": "camera-stream",
            "bitrate_bps": float(np.exp(rng.uniform(np.log(250e3), np.log(3e6)))),
            "frame_rate_hz": float(rng.choice([8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0])),
            "keyframe_s": float(rng.choice([1.0, 2.0, 4.0])),
        }
    elif kind in CARRIERS and rng.random() < LIVE_SHARE:  # somebody watches a live film through it
        facet |= {"behaviour": "camera-stream", "bitrate_bps": float(rng.uniform(3e5, 4e6))}
    things = [Thing(id="owner", position_m=place, wifi=WifiFacet(**facet))]
    for k in range(0 if kind == CAMERA else int(rng.integers(*CLIENTS[kind]))):
        activity = "quiet" if kind == "cast-setup" else str(rng.choice(ACTIVITIES, p=SHARES))
        if kind == "tv-direct":
            activity = "screen-cast"
        client = WifiFacet(
            role="station",
            mac=f"3e:{rng.bytes(5).hex(':')}",
            bssid=owner,
            channel_hz=CHANNEL_MHZ * 1e6,
            behaviour=activity,  # type: ignore[arg-type]
            bitrate_bps=float(rng.uniform(3e5, 3e6)),
        )
        things.append(Thing(id=f"client{k}", position_m=(1.5 + k, 1.0, 2.0), wifi=client))
    if kind == "travel-router":
        things += _upstream(rng, owner)
    return things


def _upstream(rng: Rng, owner: str) -> list[Thing]:
    """Return the hotel's network and the router's own station in it."""
    hotel = f"00:{rng.bytes(5).hex(':')}"
    radio = f"{owner[:15]}{(int(owner[15:], 16) + 1) % 256:02x}"
    channel = {"channel_hz": CHANNEL_MHZ * 1e6}
    return [
        Thing(
            id="hotel",
            position_m=(4.0, 2.0, 4.0),
            wifi=WifiFacet(role="access-point", mac=hotel, ssid="Hotel", **channel),
        ),
        Thing(
            id="radio",
            position_m=(2.0, 1.0, 2.0),
            wifi=WifiFacet(role="station", mac=radio, bssid=hotel, behaviour="browse", **channel),
        ),
    ]


SECURED: Mapping[str, float] = {
    CAMERA: 0.4, "phone-hotspot": 0.95, "travel-router": 0.9, "printer-direct": 0.97, "tv-direct": 0.9,
    "cast-setup": 0.2, "dashcam": 0.8,
}  # fmt: skip
CLIENTS: Mapping[str, tuple[int, int]] = {
    "phone-hotspot": (1, 4), "travel-router": (1, 5), "printer-direct": (1, 2), "tv-direct": (1, 2),
    "cast-setup": (0, 2), "dashcam": (0, 2),
}  # fmt: skip
RICH: Mapping[str, tuple[float, float, float, float]] = {
    # 802.11ac, ax, country, extended capabilities
    CAMERA: (0.03, 0.0, 0.05, 0.25), "phone-hotspot": (0.7, 0.5, 0.7, 0.9),
    "travel-router": (0.5, 0.15, 0.6, 0.8),
    "printer-direct": (0.1, 0.0, 0.5, 0.6), "tv-direct": (0.5, 0.1, 0.5, 0.8),
    "cast-setup": (0.6, 0.1, 0.6, 0.8), "dashcam": (0.2, 0.0, 0.2, 0.4),
}  # fmt: skip


def _elements(rng: Rng, kind: str) -> str:
    ac, ax, country, extended = RICH[kind]
    newer = rng.random()
    parts = [HT if rng.random() < 0.92 else ""]
    parts += [COUNTRY if rng.random() < country else "", EXTENDED if rng.random() < extended else ""]
    parts += [VHT if newer < ac else "", HE if newer < ax else ""]
    parts += [MAKER] * int(rng.poisson(0.2 if kind in {CAMERA, "dashcam"} else 1.5))
    return "".join(parts)
