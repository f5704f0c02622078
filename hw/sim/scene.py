"""A simulated room: things with facets, a path through it, and faults.

A scene is a TOML file in ``hw/sim/scenes`` or a path to one. ``sim:NAME?seed=3&unplug=wifi@10`` chooses the
seed and pulls the plug of a sensor after 10 s (``wifi@10-20`` puts it back). ``also=spectral,survey`` gives
the unit devices that hear 2.4 and 5.8 GHz.

``sim:ROOM,ROOM,…`` is a walk: whenever a new inspection begins, the next room is entered
(``place=2&start=40``: the third one, at 40 s); ``walks.toml`` names some. The last room is never left.

Coordinates in metres: x right, y up, z towards the wall that is inspected; the wall is the plane ``z =
room.depth_m``; a pose looks along +z at yaw 0 and pitch 0.
"""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qsl

import numpy as np
from pydantic import BaseModel, Field, ValidationError, model_validator

from hw.errors import BadKit, DeviceLost
from hw.sim.facets import STRICT, BleFacet, OpticFacet, RfFacet, WifiFacet
from hw.types import SENSOR_NAMES, SensorName

Kind = Literal["wifi-stream", "wifi-idle", "card", "wired", "analog-low", "analog-high", "cellular"]
HighDevice = Literal["spectral", "survey", "video_receiver"]
LevelName = Literal["inconclusive", "nothing_found", "check", "likely_camera"]
Vector = tuple[float, float, float]


class Pose(BaseModel):
    """The place and direction of the inspector's hand at one time."""

    model_config = STRICT
    t_s: float = Field(ge=0)
    position_m: Vector
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0


class Room(BaseModel):
    """The wall that is inspected and the light in the room."""

    model_config = STRICT
    width_m: float = Field(2.0, gt=0)
    height_m: float = Field(2.4, gt=0)
    depth_m: float = Field(1.2, gt=0)
    ambient_lux: float = Field(80.0, ge=0)
    mains_hz: float = Field(60.0, ge=0)
    texture: Literal["tile", "wood", "plaster", "wallpaper", "terrazzo", "brick"] = "tile"


class Thing(BaseModel):
    """One object in the room, or somewhere beyond its walls."""

    model_config = STRICT
    id: str
    position_m: Vector
    camera: bool = Field(False, description="It is the hidden camera.")
    rf: RfFacet | None = None
    wifi: WifiFacet | None = None
    ble: BleFacet | None = None
    optic: OpticFacet | None = None


class SceneFault(BaseModel):
    """A sensor without its plug from ``from_s`` until ``until_s``."""

    model_config = STRICT
    sensor: SensorName
    from_s: float = Field(ge=0)
    until_s: float = float("inf")


class Scene(BaseModel):
    """A whole simulated inspection."""

    model_config = STRICT
    id: str
    title_en: str
    title_ko: str
    truth: Kind | None = Field(None, description="What kind of camera is hidden here; None in a clean room.")
    expect: tuple[LevelName, ...] = Field(description="Levels that are right for a full scan of this room.")
    duration_s: float = Field(30.0, gt=0, le=3600)
    seed: int = 0
    room: Room = Room()
    path: tuple[Pose, ...] = Field(min_length=1)
    things: tuple[Thing, ...] = ()
    faults: tuple[SceneFault, ...] = ()
    also: tuple[HighDevice, ...] = Field((), description="What this unit has for 2.4 and 5.8 GHz.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [pose.t_s for pose in self.path]
        if times != sorted(times):
            raise ValueError("path: poses must be in order of t_s")
        names = [thing.id for thing in self.things]
        if len(names) != len(set(names)):
            raise ValueError("things: every id must be unique")
        return self

    def rng(self, *salt: str | int) -> np.random.Generator:
        """Return a generator that depends on the scene's seed and on who asks, never on who asked before."""
        words = [self.seed, *(_number(s) for s in salt)]
        return np.random.default_rng(words)

    def pose_at(self, t_ns: int) -> Pose:
        """Return the hand's pose by linear interpolation of the path; it stays at the last one."""
        t_s = t_ns * 1e-9
        times = [p.t_s for p in self.path]
        rows = np.array([(*p.position_m, p.yaw_deg, p.pitch_deg) for p in self.path])
        x, y, z, yaw, pitch = (float(np.interp(t_s, times, rows[:, i])) for i in range(5))
        return Pose(t_s=max(t_s, 0.0), position_m=(x, y, z), yaw_deg=yaw, pitch_deg=pitch)

    def distance_m(self, thing: Thing, t_ns: int) -> float:
        """Return the distance from the hand to a thing, at least 5 cm."""
        hand = np.array(self.pose_at(t_ns).position_m)
        return max(0.05, float(np.linalg.norm(hand - np.array(thing.position_m))))

    def require_plugged(self, sensor: SensorName, t_ns: int) -> None:
        """Raise `DeviceLost` while a fault holds for this sensor."""
        t_s = t_ns * 1e-9
        for fault in self.faults:
            if fault.sensor == sensor and fault.from_s <= t_s < fault.until_s:
                raise DeviceLost(f"The simulated {sensor} device was unplugged", hint="Plug it in again.")


def _number(salt: str | int) -> int:
    return salt if isinstance(salt, int) else int.from_bytes(salt.encode()[:8].ljust(8, b"\0"), "big")


def scene_names() -> tuple[str, ...]:
    """Return the names of the scenes that come with ansim."""
    folder = files("hw.sim") / "scenes"
    return tuple(sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")))


@lru_cache(maxsize=32)
def load_scene(target: str) -> Scene:
    """Load ``NAME_OR_PATH[,…][?seed=N&unplug=SENSOR@FROM[-UNTIL]&also=DEVICES&place=N&start=SECONDS]``.

    Raises
    ------
    BadKit
        No such scene, or a scene file with mistakes (all of them named at once).
    """
    names, _, query = target.partition("?")
    rooms = _walk(names)
    try:
        options = parse_qsl(query, strict_parsing=bool(query), keep_blank_values=True)
        place = int(dict(options).get("place", "0"))
        raw = tomllib.loads(_read(rooms[min(max(0, place), len(rooms) - 1)]))
        for key, value in options:
            _apply(raw, key, value)
        scene = Scene.model_validate(raw)
        return scene.model_copy(update={"seed": scene.seed + place}) if place else scene
    except (ValidationError, tomllib.TOMLDecodeError, ValueError) as error:
        raise BadKit(f"The scene {target!r} cannot be used: {error}", hint="Mend the file.") from error


def walk_names() -> tuple[str, ...]:
    """Return the names of the walks that come with ansim."""
    return tuple(sorted(_walks()))


@lru_cache(maxsize=1)
def _walks() -> dict[str, list[str]]:
    text = (files("hw.sim") / "walks.toml").read_text(encoding="utf-8")
    return {name: list(rooms) for name, rooms in tomllib.loads(text).items()}


def _walk(names: str) -> list[str]:
    return _walks().get(names) or names.split(",")


def _read(name: str) -> str:
    if name.endswith(".toml"):
        path = Path(name)
        if not path.is_file():
            raise BadKit(f"There is no scene file {name!r}", hint="Check the path.")
        return path.read_text(encoding="utf-8")
    if name not in scene_names():
        known = ", ".join((*scene_names(), *walk_names()))
        raise BadKit(f"There is no scene {name!r}", hint=f"Choose one of: {known}.")
    return (files("hw.sim") / "scenes" / f"{name}.toml").read_text(encoding="utf-8")


def _apply(raw: dict[str, object], key: str, value: str) -> None:
    if key == "seed":
        raw["seed"] = int(value)
    elif key == "unplug":
        sensor, _, span = value.partition("@")
        if sensor not in SENSOR_NAMES:
            raise ValueError(f"unplug={value}: the sensor is one of {', '.join(SENSOR_NAMES)}")
        start, _, end = (span or "0").partition("-")
        fault = {"sensor": sensor, "from_s": float(start)} | ({"until_s": float(end)} if end else {})
        faults = raw.setdefault("faults", [])
        if isinstance(faults, list):
            faults.append(fault)
    elif key == "also":
        raw["also"] = value.split(",") if value else []
    elif key == "start":
        _begin_at(raw, float(value))
    elif key != "place":
        raise ValueError(f"unknown option {key!r}; known: seed, unplug, also, place, start")


def _begin_at(raw: dict[str, object], start_s: float) -> None:
    """Shift the path and the faults of a room that is entered later in a session."""
    for part, times in (("path", ("t_s",)), ("faults", ("from_s", "until_s"))):
        rows = raw.get(part)
        for row in rows if isinstance(rows, list) else ():
            for name in times:
                if isinstance(row, dict) and isinstance(row.get(name), int | float):
                    row[name] += start_s
