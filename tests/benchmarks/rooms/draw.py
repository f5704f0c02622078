"""One room of the bench: the scene, how it is inspected, and the truth about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from hw.sim.facets import BleFacet, OpticFacet, RfFacet, WifiFacet
from hw.sim.scene import Kind, Room, Scene, SceneFault, Thing
from hw.types import SENSOR_NAMES, SensorName
from tests.benchmarks.rooms.clutter import ble_air, mac_of, rf_air, shining, wifi_air
from tests.benchmarks.rooms.models import FAMILIES, SPLITS, Family, Region, Split, WifiModel
from tests.benchmarks.rooms.walk import Walk, draw_walk

SEED = 20261123
CLEAN_SHARE = 0.5
# How common a kind is among hidden cameras (science), and how often it is drawn here: rare kinds more often,
# so that enough of them are seen; every figure weighs them back by the first over the second.
COMMON: dict[Kind, float] = {
    "wifi-stream": 0.25,
    "wifi-idle": 0.25,
    "card": 0.30,
    "wired": 0.08,
    "analog-low": 0.05,
    "analog-high": 0.05,
    "cellular": 0.02,
}
DRAWN: dict[Kind, float] = {
    "wifi-stream": 0.26,
    "wifi-idle": 0.20,
    "card": 0.22,
    "wired": 0.07,
    "analog-low": 0.14,
    "analog-high": 0.05,
    "cellular": 0.06,
}
TROUBLE_SHARE = 0.2  # of rooms with a sense that is missing or fails
HIDDEN_ASIDE = 0.08  # of cameras that are not on the part of the wall that is inspected
PLACES = {"toilet": (1.0, 0.85, (10, 26)), "changing": (1.2, 0.85, (4, 14)), "hotel": (1.4, 0.85, (5, 16)),
          "bedroom": (1.3, 0.85, (3, 12))}  # fmt: skip  # width and height inspected, things that shine
LOWEST_M = 0.8  # the inspected part begins this high
MUFFLED_SHARE, MUFFLED_DB = 0.2, (6.0, 25.0)  # of Wi-Fi cameras whose hiding place takes much of their level
SHADOW_NEAR_DB = 3.0  # in sight (IEEE 802.11-03/940, TGn channel models, before the breakpoint)
IR_CUTS = (("none", 0.55), ("reflective", 0.35), ("blue-glass", 0.10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is really there. ``reach`` are the working senses that should catch this camera in a full scan."""

    kind: Kind | None
    weight: float
    reach: tuple[SensorName, ...]
    full: bool  # a full scan, without trouble
    notes: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One inspection to be simulated."""

    name: str
    split: Split
    scene: Scene
    region: Region
    walk: Walk
    area_m: tuple[float, float]
    senses: tuple[SensorName, ...]
    truth: Truth


def cases(counts: dict[Split, int]) -> list[Case]:
    """Return the rooms of each split; more rooms of a split never change the earlier ones."""
    return [draw_case(split, i) for split in SPLITS for i in range(counts.get(split, 0))]


@lru_cache(maxsize=64)
def draw_case(split: Split, number: int) -> Case:
    """Draw room ``number`` of a split."""
    rng = np.random.default_rng([SEED, SPLITS.index(split), number])
    family = FAMILIES[split]
    place = str(rng.choice(tuple(PLACES)))
    width, height, shiny = PLACES[place]
    region: Region = str(rng.choice(["kr", "eu", "us"], p=[0.6, 0.2, 0.2]))  # type: ignore[assignment]
    room = Room(
        width_m=width + 0.4,
        depth_m=float(rng.uniform(*family.depth_m)),
        ambient_lux=float(rng.uniform(*family.lux)),
        mains_hz=50.0 if region == "eu" else 60.0,
        texture=str(rng.choice(family.textures)),  # type: ignore[arg-type]
    )
    corner = (0.2, LOWEST_M)
    walk = draw_walk(rng, corner_m=corner, size_m=(width, height), depth_m=room.depth_m)
    air, points = wifi_air(rng, family)
    low, high = (corner[0], corner[1], room.depth_m), (corner[0] + width, corner[1] + height, room.depth_m)
    things = [*air, *ble_air(rng), *rf_air(rng, region, family)]
    things += shining(rng, int(rng.integers(*shiny)), (low, high))
    kind = None if rng.random() < CLEAN_SHARE else _kind(rng)
    senses, faults, trouble = _trouble(rng, walk.air_s)
    notes: dict[str, Any] = {"place": place, "texture": room.texture, "trouble": trouble}
    reach: tuple[SensorName, ...] = ()
    if kind is not None:
        camera, reach = _camera(rng, kind, family, (low, high), points, notes)
        things.append(camera)
    lost = {f.sensor for f in faults}
    scene = Scene(
        id=f"{split}-{number}",
        title_en="",
        title_ko="",
        truth=kind,
        expect=("nothing_found",),
        duration_s=walk.air_s,
        seed=int(rng.integers(1 << 31)),
        room=room,
        path=walk.poses,
        things=tuple(things),
        faults=faults,
    )
    truth = Truth(
        kind=kind,
        weight=1.0 if kind is None else COMMON[kind] / DRAWN[kind],
        reach=tuple(s for s in reach if s in senses and s not in lost),
        full=walk.haste == "full",
        notes=notes,
    )
    return Case(
        name=scene.id,
        split=split,
        scene=scene,
        region=region,
        walk=walk,
        area_m=(width, height),
        senses=senses,
        truth=truth,
    )


def _kind(rng: np.random.Generator) -> Kind:
    kinds = tuple(DRAWN)
    return kinds[int(rng.choice(len(kinds), p=list(DRAWN.values())))]


def _trouble(
    rng: np.random.Generator, length_s: float
) -> tuple[tuple[SensorName, ...], tuple[SceneFault, ...], str]:
    """Take a sense away in every fifth room: never there, its plug pulled, or pulled and put back."""
    if rng.random() >= TROUBLE_SHARE:
        return SENSOR_NAMES, (), ""
    name = SENSOR_NAMES[int(rng.choice(4, p=[0.3, 0.25, 0.15, 0.3]))]
    at = float(rng.uniform(1.0, 0.6 * length_s))
    how = str(rng.choice(["missing", "lost", "back"], p=[0.5, 0.3, 0.2]))
    if how == "missing":
        return tuple(s for s in SENSOR_NAMES if s != name), (), f"{name} missing"
    until = float("inf") if how == "lost" else at + 3.0
    return SENSOR_NAMES, (SceneFault(sensor=name, from_s=at, until_s=until),), f"{name} {how}"


Corner = tuple[float, float, float]


def _camera(
    rng: np.random.Generator,
    kind: Kind,
    family: Family,
    area: tuple[Corner, Corner],
    points: list[WifiFacet],
    notes: dict[str, Any],
) -> tuple[Thing, tuple[SensorName, ...]]:
    (x0, y0, z), (x1, y1, _z) = area
    aside = bool(rng.random() < HIDDEN_ASIDE)
    y = float(rng.uniform(2.15, 2.35)) if aside else float(rng.uniform(y0 + 0.05, y1 - 0.05))
    place = (float(rng.uniform(x0 + 0.05, x1 - 0.05)), y, z - 0.003)
    cut = str(rng.choice([c for c, _ in IR_CUTS], p=[p for _, p in IR_CUTS]))
    lens = OpticFacet(
        kind="lens",
        size_mm=float(rng.choice(family.lens_mm)),
        return_cone_mrad=float(rng.uniform(12, 35)),
        reflectance=float(rng.uniform(0.12, 0.4)),
        field_of_view_deg=float(rng.uniform(60, 95)),
        ir_cut=cut,  # type: ignore[arg-type]
        normal_yaw_deg=float(rng.uniform(-12, 12)),
        normal_pitch_deg=float(rng.uniform(-12, 12)),
    )
    reach: list[SensorName] = [] if aside or cut == "blue-glass" else ["lens"]
    notes |= {"aside": aside, "ir_cut": cut, "lens_mm": lens.size_mm}
    facets: dict[str, Any] = {"optic": lens}
    if kind in {"wifi-stream", "wifi-idle"}:
        facets |= _wifi_camera(rng, kind, family, points, notes)
        reach += ["wifi"] if kind == "wifi-stream" else []
    elif kind == "analog-low":
        facets["rf"] = _sender(rng, family, notes)
        reach += ["rf"] if notes["waveform"] == "analog-video" and notes["dbm"] >= 0 else []
    elif kind == "cellular":
        facets["rf"] = RfFacet(
            waveform="lte", center_hz=836e6, power_dbm=float(rng.uniform(0, 20)), bandwidth_hz=10e6
        )
    return Thing(id="camera", camera=True, position_m=place, **facets), tuple(reach)


def _wifi_camera(
    rng: np.random.Generator, kind: Kind, family: Family, points: list[WifiFacet], notes: dict[str, Any]
) -> dict[str, Any]:
    model: WifiModel = family.wifi[int(rng.integers(len(family.wifi)))]
    notes["model"] = model.name
    own_network = model.ssid is not None
    home = points[int(rng.integers(len(points)))]
    facet = WifiFacet(
        role="access-point" if own_network else "station",
        mac=mac_of(rng, model.oui),
        bssid=None if own_network else home.mac,
        ssid=model.ssid,
        channel_hz=2437e6 if own_network else home.channel_hz,
        power_dbm=_radiated_dbm(rng, notes),
        behaviour="camera-stream" if kind == "wifi-stream" else "camera-idle",
        bitrate_bps=float(rng.uniform(*model.bitrate_bps)),
        frame_rate_hz=model.frame_rate_hz,
        keyframe_s=model.keyframe_s,
        randomised=model.oui is None,
        peer="d6:4a:11:22:33:44" if own_network and kind == "wifi-idle" else None,
    )
    if kind == "wifi-idle" and rng.random() < 0.1:  # in set-up: it only advertises
        notes["model"] = "set-up"
        return {"ble": BleFacet(address=mac_of(rng, None), name="IPC-SETUP", company_id=0x07D0)}
    return {"wifi": facet}


def _radiated_dbm(rng: np.random.Generator, notes: dict[str, Any]) -> float:
    """Return what leaves the hiding place: its antenna may be cut short, or sit behind metal."""
    notes["muffled_db"] = float(rng.uniform(*MUFFLED_DB)) if rng.random() < MUFFLED_SHARE else 0.0
    return float(rng.uniform(10, 17) + rng.normal(0.0, SHADOW_NEAR_DB)) - notes["muffled_db"]


def _sender(rng: np.random.Generator, family: Family, notes: dict[str, Any]) -> RfFacet:
    dbm = float(rng.uniform(-8, 20))
    notes["dbm"] = dbm
    if rng.random() < 0.2:
        notes["waveform"] = "cofdm"
        return RfFacet(
            waveform="cofdm",
            center_hz=float(rng.choice(family.cofdm_hz)),
            power_dbm=dbm,
            bandwidth_hz=float(rng.choice([6e6, 7e6, 8e6])),
        )
    standard, modulation = family.video[int(rng.integers(len(family.video)))]
    notes["waveform"] = "analog-video"
    return RfFacet(
        waveform="analog-video",
        center_hz=float(rng.choice(family.video_hz)),
        power_dbm=dbm,
        bandwidth_hz=16e6,
        standard=standard,  # type: ignore[arg-type]
        modulation=modulation,  # type: ignore[arg-type]
    )
