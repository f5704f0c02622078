"""The printed target before a simulated camera, drawn by code that knows nothing of how it is measured.

Every pixel is traced back through lens and paper to a picture of the page, several times a pixel; blur, light
and noise follow. The page is described here a second time, from its drawing, so that a mistake in the
measurement's own description shows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.config import CameraConfig
from hw.errors import BadKit
from hw.kit import CameraWithLeds
from hw.protocols import Clock
from hw.sim.lights import SimLeds
from hw.types import DeviceHealth, DeviceInfo, Frame

TARGET_NAME = "lens-target"
PAPER, TONER = 0.85, 0.05
WALL = 0.6
# How bright cyan, magenta and yellow are in room light, over paper; in near infrared they are paper.
INKS = {"cyan": 0.45, "magenta": 0.5, "yellow": 0.85}
DOTS_PER_MM = 8
SAMPLES = 2  # a pixel, in each direction
# Variance that a pixel's own square has over so many points of it, px².
SQUARE_VARIANCE = 1 / 12 - (SAMPLES**2 - 1) / (12 * SAMPLES**2)
NODE_PX = 8.0  # rays are traced at nodes so far apart, and laid between them in straight lines
PAGE_MM = (297, 210)
# Rows of four modules inside the black border, by number; `#` is black.
CODES = (
    (".#..", "#.#.", "##..", "##.#"),
    ("####", "....", ".##.", ".#.#"),
    ("##..", "##..", "##.#", "..#."),
    (".##.", ".##.", "#.##", "#..#"),
    ("#.#.", "#.##", ".##.", "...#"),
    ("#...", ".##.", "..##", "..#."),
    (".##.", "...#", "##.#", "...#"),
    ("..##", "#.##", "....", "##.#"),
)
CODE_PLACES_MM = ((12, 12), (133.5, 12), (255, 12), (255, 90), (255, 168), (133.5, 168), (12, 168), (12, 90))
MODULE_MM = 5.0
SQUARES = ((148.5, 105, 44), (66, 66, 24), (231, 66, 24), (231, 144, 24), (66, 144, 24))  # x, y, side
TURN_DEG = 5.0
STAR_MM, STAR_RADIUS_MM, SPOKES = (98.0, 105.0), 20.0, 24
TAPE_PLACES_MM, TAPE_RADIUS_MM = ((112.0, 66.0), (185.0, 66.0)), 9.0
INK_PLACES_MM, INK_SIDE_MM = {"cyan": (112, 144), "magenta": (148.5, 144), "yellow": (185, 144)}, 20.0
WHITE_AT_1_M_DN = 25.0
LUX_TO_DN = {True: 0.12, False: 0.6}  # with and without an infrared-pass filter, white, 4 ms, gain 2
RING_M, SIDE_M = 0.006, 0.045
TAPE_CONE_RAD, TAPE_GAIN = 0.025, 40.0
FALLOFF = 0.35
WIDE_BLUR_PX = 4.0  # from here on the pixels are blurred, not their samples
NOISE_DN, ELECTRONS_A_DN, BLACK_DN = 1.2, 20.0, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTarget:
    """The place of the page before the camera, and the faults of the camera."""

    distance_m: float = 0.5
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 2.0
    blur_px: float = 0.7
    field_of_view_deg: float = 62.0
    distortion: float = 0.0  # relative shift at half the picture's width
    lux: float = 0.0
    filtered: bool = True
    tape: bool = True
    side_strength: float = 0.9
    swapped: bool = False
    seed: int = 0


def parse_target(words: str) -> PrintedTarget:
    """Return the target of ``blur_px=2&lux=300&filtered=0``.

    Raises
    ------
    BadKit
        There is no such number.
    """
    known = {name: type(getattr(PrintedTarget(), name)) for name in PrintedTarget.__slots__}
    told: dict[str, Any] = {}
    for name, value in parse_qsl(words, keep_blank_values=True):
        try:
            told[name] = bool(int(value)) if known[name] is bool else known[name](value)
        except (KeyError, ValueError) as error:
            raise BadKit(f"The target has no {name}={value}", hint=f"It knows {', '.join(known)}.") from error
    return replace(PrintedTarget(), **told)


@lru_cache(maxsize=2)
def draw_page(light: Literal["infrared", "room"]) -> NDArray[np.uint8]:
    """Return what the page reflects.

    Parameters
    ----------
    light
        In near infrared colours are paper.

    Returns
    -------
    numpy.ndarray
        2-D (rows, columns) reflectance times 255, `DOTS_PER_MM` dots a mm.
    """
    width, height = (DOTS_PER_MM * side for side in PAGE_MM)
    page = np.full((height, width), round(255 * PAPER), np.uint8)
    black = round(255 * TONER)
    for (left, top), rows in zip(CODE_PLACES_MM, CODES, strict=True):
        _fill(page, left, top, 6 * MODULE_MM, black)
        for r, row in enumerate(rows):
            for c, mark in enumerate(row):
                if mark == ".":
                    x, y = left + (c + 1) * MODULE_MM, top + (r + 1) * MODULE_MM
                    _fill(page, x, y, MODULE_MM, round(255 * PAPER))
    for x, y, side in SQUARES:
        corners = cv2.boxPoints(((x * DOTS_PER_MM, y * DOTS_PER_MM), (side * DOTS_PER_MM,) * 2, TURN_DEG))
        cv2.fillConvexPoly(page, np.round(corners * 16).astype(np.int32), black, cv2.LINE_AA, 4)
    middle = tuple(round(v * DOTS_PER_MM) for v in STAR_MM)
    for spoke in range(SPOKES):
        start = 360 / SPOKES * spoke
        size = (round(STAR_RADIUS_MM * DOTS_PER_MM),) * 2
        cv2.ellipse(page, middle, size, 0, start, start + 180 / SPOKES, black, -1)
    if light == "room":
        for name, (x, y) in INK_PLACES_MM.items():
            _fill(
                page, x - INK_SIDE_MM / 2, y - INK_SIDE_MM / 2, INK_SIDE_MM, round(255 * PAPER * INKS[name])
            )
    return page


def _fill(page: NDArray[np.uint8], left_mm: float, top_mm: float, side_mm: float, level: int) -> None:
    x, y, side = (round(v * DOTS_PER_MM) for v in (left_mm, top_mm, side_mm))
    page[y : y + side, x : x + side] = level


class TargetCamera(Closing):
    """A camera held still before the printed target."""

    def __init__(self, *, target: PrintedTarget, leds: SimLeds, clock: Clock, settings: CameraConfig) -> None:
        self._target, self._leds, self._clock = target, leds, clock
        self._rng = np.random.default_rng(target.seed)
        self._seq = 0
        self.configure(settings)

    def configure(self, settings: CameraConfig) -> None:
        """Take a size, and trace the page through every pixel of it."""
        self._settings = settings
        self._infrared = self._seen("infrared")
        self._room = self._infrared if self._target.filtered else self._seen("room")
        shape = (settings.height_px + 64, settings.width_px + 64)
        self._noise = self._rng.standard_normal(shape, dtype=np.float32)
        self._lights = {"ring": self._answer(0.0, RING_M), "side": self._answer(SIDE_M, SIDE_M)}
        self._lights["side"] *= np.float32(self._target.side_strength)
        if self._target.swapped:
            self._lights = {"ring": self._lights["side"], "side": self._lights["ring"]}

    def _focal_px(self) -> float:
        return self._settings.width_px / 2 / math.tan(math.radians(self._target.field_of_view_deg / 2))

    def _turn(self) -> NDArray[np.float64]:
        """Return the page's axes (right, down, away) in the camera's, as columns."""
        yaw, pitch, roll = (
            math.radians(a) for a in (self._target.yaw_deg, self._target.pitch_deg, self._target.roll_deg)
        )
        about_y = np.array([[math.cos(yaw), 0, math.sin(yaw)], [0, 1, 0], [-math.sin(yaw), 0, math.cos(yaw)]])
        about_x = np.array(
            [[1, 0, 0], [0, math.cos(pitch), -math.sin(pitch)], [0, math.sin(pitch), math.cos(pitch)]]
        )
        about_z = np.array(
            [[math.cos(roll), -math.sin(roll), 0], [math.sin(roll), math.cos(roll), 0], [0, 0, 1]]
        )
        return np.asarray(about_y @ about_x @ about_z)

    def _on_page(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where the rays of places in the picture (px from its middle) meet the page's plane, m."""
        half = self._settings.width_px / 2
        bent = 1 + self._target.distortion * (x * x + y * y) / half**2
        rays = np.stack([x / bent, y / bent, np.full_like(x, self._focal_px())], axis=-1)
        turn = self._turn()
        reach = self._target.distance_m * turn[2, 2] / np.maximum(rays @ turn[:, 2], 1e-6)
        return np.asarray(
            (rays * reach[..., None] - [0, 0, self._target.distance_m]) @ turn[:, :2], np.float64
        )

    def _spread(
        self, values: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]], samples: int
    ) -> NDArray[np.float32]:
        """Return a smooth function of the place in the picture (px from its middle) at every sample."""
        wide, high = self._settings.width_px, self._settings.height_px
        sides = []
        for length in (wide, high):
            nodes = np.linspace(-length / 2, length / 2, round(length / NODE_PX) + 1)
            fine = (np.arange(samples * length) + 0.5) / samples - length / 2
            share = np.maximum(0.0, 1 - np.abs(fine[:, None] - nodes) / (nodes[1] - nodes[0]))
            sides.append((nodes, share.astype(np.float32)))
        (across, to_columns), (down, to_rows) = sides
        at_nodes = values(*np.meshgrid(across, down)).astype(np.float32)
        return np.asarray(to_rows @ at_nodes @ to_columns.T, np.float32)

    def _page_mm(self, samples: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return where every sample falls on the page, mm from its upper left corner: along, then down."""

        def along(i: int) -> Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]:
            return lambda x, y: 1e3 * self._on_page(x, y)[..., i] + PAGE_MM[i] / 2

        return self._spread(along(0), samples), self._spread(along(1), samples)

    def _seen(self, light: Literal["infrared", "room"]) -> NDArray[np.float32]:
        """Return the reflectance at every pixel, blurred as the lens does."""
        u, v = (DOTS_PER_MM * place - np.float32(0.5) for place in self._page_mm(SAMPLES))
        edge = cv2.BORDER_CONSTANT
        fine: Any = cv2.remap(
            draw_page(light), u, v, cv2.INTER_LINEAR, borderMode=edge, borderValue=round(255 * WALL)
        )
        sigma = math.sqrt(self._target.blur_px**2 + SQUARE_VARIANCE)
        if sigma < WIDE_BLUR_PX:
            fine = cv2.GaussianBlur(fine.astype(np.float32), (0, 0), SAMPLES * sigma)
        size = (self._settings.width_px, self._settings.height_px)
        small = cv2.resize(fine.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        if sigma >= WIDE_BLUR_PX:
            small = cv2.GaussianBlur(small, (0, 0), sigma)
        return np.asarray(small / 255, np.float32)

    def _answer(self, offset_m: float, beside_m: float) -> NDArray[np.float32]:
        """Return what one lamp makes of the page, 1 for white at 1 m straight on.

        The lamp lights the page from ``offset_m`` to the right; tape sees it ``beside_m`` from the lens.
        """
        field = self._spread(lambda x, y: self._field(x, y, offset_m), 1)
        answer = field * self._infrared
        if self._target.tape:
            along, down = self._page_mm(1)
            taped: Any = np.zeros_like(field)
            for x, y in TAPE_PLACES_MM:
                taped += np.hypot(along - x, down - y) < TAPE_RADIUS_MM - 2
            angle = beside_m / self._target.distance_m
            gain = TAPE_GAIN * math.exp(-((angle / TAPE_CONE_RAD) ** 2))
            taped = np.asarray(cv2.GaussianBlur(taped, (0, 0), max(self._target.blur_px, 0.3)), np.float32)
            answer += np.float32(gain) * taped * field
        return np.asarray(answer, np.float32)

    def _field(self, x: NDArray[np.float64], y: NDArray[np.float64], offset_m: float) -> NDArray[np.float64]:
        """Return the irradiance by a lamp beside the lens, with the lens's own darker corners."""
        turn = self._turn()
        place = self._on_page(x, y) @ turn[:, :2].T + [0, 0, self._target.distance_m]
        way = place - [offset_m, 0.0, 0.0]
        far = np.sqrt((way * way).sum(axis=-1))
        corner2 = (x * x + y * y) / (self._settings.width_px**2 + self._settings.height_px**2) * 4
        return np.asarray(np.abs(way @ turn[:, 2]) / far**3 * (1 - FALLOFF * corner2))

    def read(self) -> Frame:
        """Expose one picture, now."""
        now_ns = self._clock.now_ns()
        rows = self._settings.height_px
        starts = now_ns * 1e-9 + np.arange(rows) * (0.010 / rows)
        shares = self._leds.lit_shares(starts, self._settings.exposure_us * 1e-6)
        scale = self._settings.exposure_us * self._settings.gain / 8000.0
        picture = self._room * np.float32(self._target.lux * LUX_TO_DN[self._target.filtered] * scale)
        for name, answer in self._lights.items():
            lit = shares[name] * np.float32(WHITE_AT_1_M_DN * scale)  # type: ignore[index]
            if lit.any():
                picture += lit[:, None] * answer
        spread = np.sqrt(picture * np.float32(1 / ELECTRONS_A_DN) + np.float32(NOISE_DN**2))
        y, x = (int(n) for n in self._rng.integers(0, 64, 2))
        spread *= self._noise[y : y + rows, x : x + self._settings.width_px]
        picture += spread
        pixels = np.clip(np.rint(picture + np.float32(BLACK_DN)), 0, 255).astype(np.uint8)
        self._seq += 1
        exposure_us = self._settings.exposure_us
        frame = Frame(seq=self._seq, t_ns=now_ns, exposure_us=exposure_us, led=None, pixels=pixels)
        self._clock.sleep_until(now_ns + round(1e9 / self._settings.rate_hz))
        return frame

    def info(self) -> DeviceInfo:
        """Say what this is."""
        return DeviceInfo(role="camera", backend="sim", name=TARGET_NAME)

    def health(self) -> DeviceHealth:
        """Return a health without trouble."""
        return DeviceHealth(ok=True)


def open_target(target: str, *, leds: SimLeds, config: CameraConfig, clock: Clock) -> CameraWithLeds:
    """Open a camera before the page that ``lens-target?blur_px=2&lux=300`` describes."""
    page = parse_target(target.partition("?")[2])
    return CameraWithLeds(TargetCamera(target=page, leds=leds, clock=clock, settings=config), leds)
