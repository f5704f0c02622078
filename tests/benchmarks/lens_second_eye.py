"""A second simulated eye, for figures that were not tuned to the first one. It shares no code with `hw.sim`.

What differs: a global shutter; eight ring lamps of their own and a side lamp below the camera; a return lobe
with heavy tails (squared Lorentzian); screws made of forty flat facets; glass balls whose cone follows from
their refractive index; tape as a flat patch with its own outline; Moffat spots; a wall of patches, seams and
clouds; a hand that drifts (damped random walk); pixels of unequal gain, row noise and hot pixels. Lamps are
as strong as in the first one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.clock import ManualClock
from hw.types import DeviceHealth, DeviceInfo, Frame, LedState

Vector = NDArray[np.float64]
TEXEL_M = 0.0015
WHITE_AT_1_M_DN = 25.0
LATENCY_NS = 4_000_000
RING_M, SIDE_M = 0.007, 0.046
LED_COUNT = 8
MOFFAT_ALPHA_PX, MOFFAT_BETA = 1.5, 2.6
HALF_VIEW_DEG = 31.0
BALL_ZONE = 0.25  # share of its radius over which a ball of glass returns light from its back
TAPE_BLUR_PX = 0.9
SUBPIXEL_BITS = 4
EXPOSURE_S = 0.004
EXPOSURE_US = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something on the second eye's wall; ``numbers`` are what its kind needs."""

    id: str
    kind: str
    place_m: tuple[float, float, float]  # right, up, out of the wall
    numbers: Mapping[str, Any]


def _unit(v: Vector) -> Vector:
    return np.asarray(v / math.sqrt(float(v @ v)))


def _angle(a: Vector, b: Vector) -> float:
    return math.acos(min(1.0, float(_unit(a) @ _unit(b))))


def paint(rng: np.random.Generator, width_m: float, height_m: float) -> NDArray[np.uint8]:
    """Return a wall of patches, seams and clouds."""
    rows, columns = round(height_m / TEXEL_M), round(width_m / TEXEL_M)
    wall = np.full((rows, columns), float(rng.uniform(0.4, 0.65)), np.float32)
    for cell in (4, 18, 90):
        small = rng.standard_normal((rows // cell + 2, columns // cell + 2)).astype(np.float32)
        wall += 0.03 * cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    for _ in range(60):
        x, y = int(rng.integers(columns)), int(rng.integers(rows))
        w, h = (int(n) for n in rng.integers(4, 160, 2))
        wall[y : y + h, x : x + w] *= float(rng.uniform(0.75, 1.2))
    for _ in range(12):
        a, b = ((int(rng.integers(columns)), int(rng.integers(rows))) for _ in range(2))
        cv2.line(wall, a, b, float(rng.uniform(0.2, 0.8)), int(rng.integers(1, 4)))
    return np.asarray(np.clip(wall * 255, 8, 242), np.uint8)


class SecondEye:
    """Camera, lights and truth in one; the wall is the plane z = 0, the hand at z < 0 looks along +z."""

    def __init__(
        self,
        *,
        seed: int,
        items: tuple[Item, ...],
        path: NDArray[np.float64],
        lux: float,
        size: tuple[int, int] = (640, 480),
        rate_hz: float = 30.0,
        wall_m: tuple[float, float] = (2.6, 2.4),
    ) -> None:
        """``path``: (n, 3) wanted places of the hand, one a frame."""
        self.rng = np.random.default_rng([seed, 77])
        self.items, self.clock, self.size, self.rate_hz = items, ManualClock(), size, rate_hz
        self.wall = paint(self.rng, *wall_m)
        self.wall_m = wall_m
        self.ambient = lux * 0.12 / WHITE_AT_1_M_DN
        self.focal = size[0] / 2 / math.tan(math.radians(HALF_VIEW_DEG))
        self.gains = 1 + 0.01 * self.rng.standard_normal((size[1], size[0]), dtype=np.float32)
        self.noise = self.rng.standard_normal((size[1] + 40, size[0] + 40), dtype=np.float32)
        self.hot = self.rng.integers(0, (size[1], size[0]), (5, 2))
        self.hand = path + self._drift(len(path), 0.0012)
        self.turn = np.radians(self._drift(len(path), 0.3))
        self.edges: list[tuple[int, LedState]] = [(-(10**12), "off")]
        self.seq = 0

    def _drift(self, n: int, size: float) -> NDArray[np.float64]:
        steps = self.rng.standard_normal((n, 3))
        value, speed, out = np.zeros(3), np.zeros(3), []
        for step in steps:
            speed = 0.8 * speed + 0.3 * step - 0.15 * value
            value = value + speed
            out.append(value)
        return size * np.array(out)

    # -- devices ------------------------------------------------------------------------------------------
    def states(self) -> tuple[LedState, ...]:
        """Return what can be lit."""
        return ("off", "ring", "side")

    def set(self, state: LedState) -> None:
        """Switch after a latency."""
        self.edges.append((self.clock.now_ns() + LATENCY_NS, state))
        del self.edges[:-4]

    def configure(self, settings: object) -> None:
        """Nothing can be changed."""

    def info(self) -> DeviceInfo:
        """Say what this is."""
        return DeviceInfo(role="camera", backend="second", name="second eye")

    def health(self) -> DeviceHealth:
        """Always well."""
        return DeviceHealth(ok=True)

    def close(self) -> None:
        """Nothing is held."""

    def read(self) -> Frame:
        """Expose one picture."""
        now = self.clock.now_ns()
        frame = Frame(seq=self.seq, t_ns=now, exposure_us=EXPOSURE_US, led=None, pixels=self._picture(now))
        self.seq += 1
        self.clock.sleep_until(now + round(1e9 / self.rate_hz))
        return frame

    # -- geometry -----------------------------------------------------------------------------------------
    def _axes(self, frame: int) -> tuple[Vector, Vector]:
        i = min(frame, len(self.hand) - 1)
        rotation = cv2.Rodrigues(self.turn[i])[0]
        return self.hand[i], np.asarray(rotation @ np.diag([1.0, -1.0, 1.0]), float)

    def pixel(self, frame: int, place_m: Vector) -> Vector:
        """Return where a place of the room is in a frame (x, y)."""
        eye, axes = self._axes(frame)
        right, down, forward = axes @ (place_m - eye)
        middle = (np.array(self.size) - 1) / 2
        return np.asarray(np.array([right, down]) / max(forward, 1e-3) * self.focal + middle, float)

    def truth(self, frame: int, item: Item) -> Vector:
        """Return where a thing truly was in a frame."""
        return self.pixel(frame, self._place(item))

    @staticmethod
    def _place(item: Item) -> Vector:
        right, up, out = item.place_m
        return np.array([right, up, -out])

    # -- light --------------------------------------------------------------------------------------------
    def _lamps(self, frame: int, now: int) -> tuple[Vector, float]:
        """Return the places of the lamps that are lit, and which share of the exposure they were."""
        edges = [e for e in self.edges if e[0] <= now + EXPOSURE_S * 0.5e9]
        state = edges[-1][1]
        eye, axes = self._axes(frame)
        if state == "ring":
            turns = np.arange(LED_COUNT) * 2 * np.pi / LED_COUNT
            offsets = RING_M * np.column_stack([np.cos(turns), np.sin(turns), 0 * turns])
        elif state == "side":
            offsets = np.array([[-0.006, SIDE_M, 0.0], [0.006, SIDE_M, 0.0]])
        else:
            return np.zeros((0, 3)), 0.0
        return eye + offsets @ axes, 1.0 / len(offsets)

    def _picture(self, now: int) -> NDArray[np.uint8]:
        eye, axes = self._axes(self.seq)
        lamps, power = self._lamps(self.seq, now)
        wide, high = self.wall_m
        corners = np.array([[0.0, high, 0.0], [wide, high, 0.0], [wide, 0.0, 0.0], [0.0, 0.0, 0.0]])
        seen = np.array([self.pixel(self.seq, c) for c in corners], np.float32)
        rows, columns = self.wall.shape
        drawn = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32)
        matrix = cv2.getPerspectiveTransform(drawn, seen)
        wall = cv2.warpPerspective(self.wall, matrix, self.size, borderMode=cv2.BORDER_REPLICATE)
        glow = self._glow(eye, axes, lamps, power)
        picture = np.asarray(
            cv2.multiply(wall, glow, scale=WHITE_AT_1_M_DN / 255, dtype=cv2.CV_32F), np.float32
        )
        for item in self.items:
            self._shine(picture, item, eye, lamps, power)
        return self._sensed(picture, axes)

    def _glow(self, eye: Vector, axes: Vector, lamps: Vector, power: float) -> NDArray[np.float32]:
        x, y = np.meshgrid(np.linspace(0, self.size[0], 13), np.linspace(0, self.size[1], 9))
        middle = (np.array(self.size) - 1) / 2
        rays = (
            np.stack([(x - middle[0]) / self.focal, (y - middle[1]) / self.focal, np.ones_like(x)], -1) @ axes
        )
        hit = eye + rays * (-eye[2] / np.maximum(rays[..., 2], 0.2))[..., None]
        light = np.full(x.shape, self.ambient)
        for lamp in lamps[:: max(1, len(lamps) // 2)]:
            away = hit - lamp
            d2 = (away**2).sum(-1)
            light += (
                np.abs(away[..., 2]) / d2**1.5 * power * len(lamps) / len(lamps[:: max(1, len(lamps) // 2)])
            )
        cosine = 1 / np.sqrt(1 + ((x - middle[0]) ** 2 + (y - middle[1]) ** 2) / self.focal**2)
        return np.asarray(cv2.resize((light * cosine**3).astype(np.float32), self.size), np.float32)

    def _sensed(self, picture: NDArray[np.float32], axes: Vector) -> NDArray[np.uint8]:
        del axes
        y, x = (int(n) for n in self.rng.integers(0, 40, 2))
        np.minimum(picture, 2000.0, out=picture)
        picture *= self.gains
        spread = np.sqrt(0.06 * picture + 1.7)
        picture += spread * self.noise[y : y + self.size[1], x : x + self.size[0]]
        picture += (3.0 + 0.4 * self.rng.standard_normal((self.size[1], 1))).astype(np.float32)
        picture[self.hot[:, 0], self.hot[:, 1]] += 60.0
        return np.asarray(np.clip(picture + 0.5, 0, 255), np.uint8)

    def _spot(self, picture: NDArray[np.float32], place_m: Vector, flux: float) -> None:
        """Add a Moffat spot of a total flux (in units of the white wall at 1 m, times f²)."""
        total = flux * WHITE_AT_1_M_DN * self.focal**2
        x, y = self.pixel(self.seq, place_m)
        far = self.pixel(self.seq + 1, place_m) - (x, y)
        radius = int(min(40, 4 + 2 * max(total, 1.0) ** 0.2))
        x0, y0 = int(x) - radius, int(y) - radius
        if (
            total < 0.5
            or x0 < 0
            or y0 < 0
            or x0 + 2 * radius >= self.size[0]
            or y0 + 2 * radius >= self.size[1]
        ):
            return
        cosine = self.focal / math.hypot(self.focal, x - self.size[0] / 2, y - self.size[1] / 2)
        smear = far * EXPOSURE_S * self.rate_hz
        view = picture[y0 : y0 + 2 * radius + 1, x0 : x0 + 2 * radius + 1]
        dy, dx = np.mgrid[y0 : y0 + 2 * radius + 1, x0 : x0 + 2 * radius + 1].astype(np.float32)
        norm = (MOFFAT_BETA - 1) / (math.pi * MOFFAT_ALPHA_PX**2)
        for part in (-0.33, 0.0, 0.33):
            r2 = (dx - x - part * smear[0]) ** 2 + (dy - y - part * smear[1]) ** 2
            view += (total * cosine**3 / 3 * norm) * (1 + r2 / MOFFAT_ALPHA_PX**2) ** -MOFFAT_BETA

    def _patch(
        self, picture: NDArray[np.float32], item: Item, eye: Vector, lamps: Vector, power: float
    ) -> None:
        """Draw a flat piece that returns light all over, each part of the wall's plane alike."""
        place, n = self._place(item), item.numbers
        corners = np.array([self.pixel(self.seq, place + corner) for corner in n["corners"]])
        left, top = np.floor(corners.min(axis=0) - 4).astype(int)
        right, bottom = np.ceil(corners.max(axis=0) + 5).astype(int)
        if left < 0 or top < 0 or right > self.size[0] or bottom > self.size[1]:
            return
        bright = 0.0
        for lamp in lamps:
            to_lamp = lamp - place
            lobe = returned(n, _angle(to_lamp, eye - place), _angle(eye - place, n["normal"]))
            bright += math.pi * power / float(to_lamp @ to_lamp) * lobe
        shape = np.zeros((bottom - top, right - left), np.uint8)
        outline = np.rint((corners - (left, top)) * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillConvexPoly(shape, outline, 255, lineType=cv2.LINE_AA, shift=SUBPIXEL_BITS)
        blurred = cv2.GaussianBlur(shape.astype(np.float32) / 255, (0, 0), TAPE_BLUR_PX)
        picture[top:bottom, left:right] += bright * WHITE_AT_1_M_DN * blurred

    # -- things -------------------------------------------------------------------------------------------
    def _shine(
        self, picture: NDArray[np.float32], item: Item, eye: Vector, lamps: Vector, power: float
    ) -> None:
        place, n = self._place(item), item.numbers
        x, y = self.pixel(self.seq, place)
        if not (-60 < x < self.size[0] + 60 and -60 < y < self.size[1] + 60):
            return
        to_eye = eye - place
        if item.kind == "lamp":
            self._spot(picture, place, n["power"] / float(to_eye @ to_eye))
        if item.kind == "tape":
            self._patch(picture, item, eye, lamps, power)
            return
        total = 0.0
        for lamp in lamps:
            to_lamp = lamp - place
            spread = math.pi * power / float(to_lamp @ to_lamp) / float(to_eye @ to_eye)
            if item.kind in {"lens", "bead"}:
                total += spread * returned(n, _angle(to_lamp, to_eye), _angle(to_eye, n["normal"]))
            if item.kind in {"bead", "ball", "drop"}:
                highlight = place + n["radius_m"] * _unit(_unit(to_eye) + _unit(to_lamp))
                self._spot(picture, highlight, spread * n["shine"] * n["radius_m"] ** 2 / 4)
            if item.kind == "screw":
                half = _unit(_unit(to_eye) + _unit(to_lamp))
                bright = np.exp(-(np.arccos(np.clip(n["facets"] @ half, -1, 1)) ** 2) / (2 * 0.04**2)).sum()
                total += spread * n["shine"] * n["radius_m"] ** 2 / 8 * float(bright)
        if total > 0:
            self._spot(picture, place, total)


def returned(n: Mapping[str, Any], observed_rad: float, off_axis_rad: float) -> float:
    """Return what a cat's eye sends ``observed_rad`` off its lamp, per irradiance (m²/sr)."""
    cone = n["cone_rad"]
    lobe = (1 + (observed_rad / cone) ** 2) ** -2 / (math.pi * cone**2)
    edge = min(1.0, max(0.0, (n["half_view_rad"] - off_axis_rad) / 0.12))
    return float(n["area_m2"] * n["share"] * lobe * math.cos(min(off_axis_rad, 1.5)) ** 3 * edge)


def lens_numbers(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a camera lens of 1–2 mm."""
    tilt = np.radians(rng.uniform(-10, 10, 2))
    cut = float(rng.choice([1.0, 0.65, 0.05]))  # none, reflective, blue glass
    return {
        "cone_rad": float(np.exp(rng.uniform(math.log(8e-3), math.log(45e-3)))),
        "area_m2": math.pi / 4 * float(rng.uniform(1e-3, 2e-3)) ** 2,
        "share": float(rng.uniform(0.1, 0.4)) * cut,
        "cut": cut,
        "half_view_rad": math.radians(float(rng.uniform(28, 45))),
        "normal": _unit(np.array([math.tan(tilt[0]), math.tan(tilt[1]), -1.0])),
    }


def tape_numbers(rng: np.random.Generator, normal: Vector) -> dict[str, Any]:
    """Draw a piece of tape of glass balls: a dot to a strip, a cone of 2 to 5°; ``share`` is per area."""
    long_m, wide_m = float(rng.uniform(6e-3, 60e-3)), float(rng.uniform(6e-3, 25e-3))
    turn = float(rng.uniform(0, math.pi))
    along = 0.5 * long_m * np.array([math.cos(turn), math.sin(turn), 0.0])
    across = 0.5 * wide_m * np.array([-math.sin(turn), math.cos(turn), 0.0])
    return {
        "corners": (along + across, along - across, -along - across, across - along),
        "cone_rad": float(rng.uniform(0.035, 0.09)),
        "area_m2": 1.0,
        "share": float(rng.uniform(0.05, 0.4)),
        "half_view_rad": 1.0,
        "normal": normal,
    }


def other_numbers(rng: np.random.Generator, kind: str) -> dict[str, Any]:
    """Draw something that is no lens."""
    normal = np.array([0.0, 0.0, -1.0])
    if kind == "lamp":
        return {"power": float(10 ** rng.uniform(-4, -2.5))}
    if kind == "tape":
        return tape_numbers(rng, normal)
    if kind == "bead":
        radius, index = float(rng.uniform(0.75e-3, 2.5e-3)), float(rng.uniform(1.5, 1.9))
        cone = max(0.04, BALL_ZONE * abs(4 / index - 2))
        area = math.pi * (BALL_ZONE * radius) ** 2
        numbers = {"cone_rad": cone, "area_m2": area, "share": float(rng.uniform(0.03, 0.15))}
        return {**numbers, "half_view_rad": 1.3, "normal": normal, "radius_m": radius, "shine": 0.04}
    if kind == "screw":
        tilts = np.column_stack([rng.normal(0, 0.2, (40, 2)), -np.ones(40)])
        facets = tilts / np.linalg.norm(tilts, axis=1)[:, None]
        return {
            "facets": facets,
            "shine": float(rng.uniform(0.3, 0.6)),
            "radius_m": float(rng.uniform(2e-3, 4.5e-3)),
        }
    radius, shine = (2e-3, 0.03) if kind == "drop" else (float(rng.uniform(4e-3, 20e-3)), 0.6)
    return {"radius_m": radius, "shine": shine}
