"""The simulated camera with its lights, looking at a simulated room.

Everything is rendered in DN (0…255) before clipping: wall × light, plus the spots of `hw.sim.optics`. The
lights follow their command after a latency, rows are exposed one after the other, mains light flickers, the
hand trembles, and nobody tells the frames which light was on.
"""

from __future__ import annotations

import math
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from hw.closing import Closing
from hw.config import CameraConfig, HwConfig
from hw.kit import CameraWithLeds
from hw.protocols import Clock
from hw.sim.lights import LIT, Lit, SimLeds
from hw.sim.optics import Light, Spot, View, reach_m, spots_of
from hw.sim.scene import Pose, Scene, load_scene
from hw.sim.target import TARGET_NAME, open_target
from hw.sim.wall import Image, Pinhole, corner_falloff, light_falloff, look, paint_wall
from hw.types import DeviceHealth, DeviceInfo, Frame

WHITE_AT_1_M_DN = 25.0  # white wall at 1 m, ring lit, 4 ms, gain 2: inside the radiant budget of 1 W/sr
REFERENCE_EXPOSURE_GAIN = 4000.0 * 2.0  # µs × gain for which WHITE_AT_1_M_DN holds
AMBIENT_DN_PER_LUX = 0.12  # behind an infrared-pass filter room light is weak
MAINS_DEPTH = 0.35  # how deep room light breathes at twice the mains frequency
ROW_SPREAD_S = 0.010  # first to last row of a rolling shutter
RING_RADIUS_M = 0.006
SIDE_OFFSET_M = 0.045
SIDE_STRENGTH = 0.9
RED_STRENGTH = 0.5
TREMOR_POSITION_M = 0.0012
TREMOR_ANGLE_DEG = 0.25
TREMOR_WEIGHTS = (1.0, 0.5, 0.3)
ELECTRONS_PER_DN = 20.0  # at gain 2
READ_NOISE_DN = 1.2
BLACK_DN = 2.0
PSF_SIGMA_PX = 0.85
HALO_SHARE, HALO_SIGMA_PX = 0.01, 4.0  # stray light inside the lens
HIDDEN_BEHIND_M = 0.05  # what lies further behind the wall is not seen
WALL_MARGIN_PX = 800  # texture pixels mirrored beyond the wall's edges
WALL_WITH_MARGIN = np.array([[1, 0, -WALL_MARGIN_PX], [0, 1, -WALL_MARGIN_PX], [0, 0, 1]], float)
STRENGTH: dict[Lit, float] = {"ring": 1.0, "side": SIDE_STRENGTH, "red": RED_STRENGTH, "side2": SIDE_STRENGTH}


class SimCamera(Closing):
    """A grey camera in the simulated room; shutter rolling unless told otherwise."""

    def __init__(
        self,
        *,
        scene: Scene,
        leds: SimLeds,
        clock: Clock,
        settings: CameraConfig,
        shutter: Literal["rolling", "global"] = "rolling",
    ) -> None:
        self._scene, self._leds, self._clock = scene, leds, clock
        self._shutter = shutter
        self._seq = 0
        painted = paint_wall(scene.room, scene.rng("wall"))
        self._wall = cv2.copyMakeBorder(
            cv2.convertScaleAbs(painted, alpha=255.0), *(WALL_MARGIN_PX,) * 4, cv2.BORDER_REFLECT_101
        )  # small and never left: a picture of it is made three times as fast
        self._rng = scene.rng("camera")
        self._things = [
            (
                np.array(thing.position_m, float),
                thing.optic,
                float(scene.rng("optic", thing.id).uniform(0, 6.28)),
            )
            for thing in scene.things
            if thing.optic is not None and thing.position_m[2] <= scene.room.depth_m + HIDDEN_BEHIND_M
        ]
        self._places_m = np.array([place for place, _, _ in self._things]).reshape(-1, 3)
        self._reaches_m = np.array([reach_m(facet) for _, facet, _ in self._things])
        self._tremor = scene.rng("tremor").uniform(0.0, 1.0, (6, 3, 2))
        self.configure(settings)

    def configure(self, settings: CameraConfig) -> None:
        """Lock size, rate, exposure and gain."""
        self._settings = settings
        shape = (settings.height_px + 64, settings.width_px + 64)
        self._noise = self._rng.standard_normal(shape, dtype=np.float32)
        gain = settings.gain / 2.0
        levels = np.arange(256, dtype=np.float32)
        self._spread_dn = np.sqrt(levels * (gain / ELECTRONS_PER_DN) + (READ_NOISE_DN * gain) ** 2)

    def read(self) -> Frame:
        """Expose one picture, now."""
        now_ns = self._clock.now_ns()
        self._scene.require_plugged("lens", now_ns)
        pixels = self.render(now_ns)
        frame = Frame(
            seq=self._seq,
            t_ns=now_ns,
            exposure_us=self._settings.exposure_us,
            led=None,
            pixels=pixels,
        )
        self._seq += 1
        self._clock.sleep_until(now_ns + round(1e9 / self._settings.rate_hz))
        return frame

    def hand(self, t_s: float) -> tuple[Pose, float]:
        """Return the pose with its tremor, and the roll in degrees."""
        pose = self._scene.pose_at(round(t_s * 1e9))
        shake = [
            sum(
                weight * math.sin(2 * math.pi * ((0.7 + 5 * rate) * t_s + phase))
                for (rate, phase), weight in zip(axis, TREMOR_WEIGHTS, strict=True)
            )
            for axis in self._tremor
        ]
        moved = np.array(pose.position_m) + TREMOR_POSITION_M * np.array(shake[:3])
        steady = Pose(
            t_s=pose.t_s,
            position_m=(float(moved[0]), float(moved[1]), float(moved[2])),
            yaw_deg=pose.yaw_deg + TREMOR_ANGLE_DEG * shake[3],
            pitch_deg=pose.pitch_deg + TREMOR_ANGLE_DEG * shake[4],
        )
        return steady, TREMOR_ANGLE_DEG * shake[5]

    def pinhole(self, t_s: float) -> Pinhole:
        """Return the ideal camera at one time: also how tests learn the true place of a thing."""
        pose, roll = self.hand(t_s)
        return look(pose, roll_deg=roll, width_px=self._settings.width_px, height_px=self._settings.height_px)

    def render(self, t_ns: int) -> NDArray[np.uint8]:
        """Return the picture whose exposure begins at ``t_ns``, shape (height, width)."""
        exposure_s = self._settings.exposure_us * 1e-6
        t_s, rows = t_ns * 1e-9, self._settings.height_px
        spread = ROW_SPREAD_S if self._shutter == "rolling" else 0.0
        starts = t_s + np.arange(rows) * (spread / rows)
        camera = self.pinhole(t_s + (exposure_s + spread) / 2)
        later = self.pinhole(t_s + (exposure_s + spread) / 2 + exposure_s)
        lit = self._leds.lit_shares(starts, exposure_s)
        light = self._mains(starts, exposure_s)
        view = self._view(camera, lit)
        weights: dict[Light, Image] = {"ambient": light, "self": np.ones(rows, np.float32)}
        weights.update({state: lit[state] for state in LIT})
        picture = self._expose_wall(camera, view, lit, light)
        self._add_spots(picture, camera, later, view, weights)
        return self._sense(picture)

    def _brightness_dn(self) -> float:
        factor = self._settings.exposure_us * self._settings.gain / REFERENCE_EXPOSURE_GAIN
        return WHITE_AT_1_M_DN * factor

    def _view(self, camera: Pinhole, lit: dict[Lit, Image]) -> View:
        side = camera.eye_m + SIDE_OFFSET_M * camera.axes[0]
        places: dict[Lit, NDArray[np.float64]] = {
            "ring": camera.eye_m,
            "side": side,
            "red": camera.eye_m,
            "side2": camera.eye_m + (self._leds.side2_offset_m or 0.0) * camera.axes[0],
        }
        lights: dict[Light, NDArray[np.float64]] = {k: p for k, p in places.items() if lit[k].any()}
        ambient = self._scene.room.ambient_lux * AMBIENT_DN_PER_LUX / WHITE_AT_1_M_DN
        return View(eye_m=camera.eye_m, lights_m=lights, ring_radius_m=RING_RADIUS_M, ambient=ambient)

    def _mains(self, starts: NDArray[np.floating], exposure_s: float) -> Image:
        """Return room light over the rows, 1 on average."""
        hz = 2 * self._scene.room.mains_hz
        if hz == 0:
            return np.ones(len(starts), np.float32)
        damp = float(np.sinc(hz * exposure_s))
        wave = np.cos(2 * np.pi * hz * (starts + exposure_s / 2))
        return np.asarray(1 + MAINS_DEPTH * damp * wave, np.float32)

    def _expose_wall(self, camera: Pinhole, view: View, lit: dict[Lit, Image], light: Image) -> Image:
        size = (camera.width_px, camera.height_px)
        matrix = camera.wall_to_picture(self._scene.room) @ WALL_WITH_MARGIN
        mirrored = cv2.BORDER_REFLECT_101
        seen = cv2.warpPerspective(self._wall, matrix, size, flags=cv2.INTER_LINEAR, borderMode=mirrored)
        glow: Image = np.empty(seen.shape, np.float32)
        glow[:] = (view.ambient * light)[:, None]
        for state, place in view.lights_m.items():
            field = light_falloff(camera, self._scene.room, place)
            share = lit[state] * STRENGTH[state]  # type: ignore[index]
            if share.min() == share.max():
                cv2.scaleAdd(field, float(share[0]), glow, dst=glow)
            else:
                glow += field * share[:, None]
        wall = cv2.multiply(seen, glow, dst=glow, scale=self._brightness_dn() / 255.0, dtype=cv2.CV_32F)
        return np.asarray(wall, np.float32)

    def _add_spots(
        self, picture: Image, camera: Pinhole, later: Pinhole, view: View, lit: dict[Light, Image]
    ) -> None:
        strength: dict[Light, float] = dict(STRENGTH.items())
        for i in camera.in_view(self._places_m, self._reaches_m):
            place, facet, phase = self._things[i]
            for spot in spots_of(facet, view, place, phase=phase):
                u, v, depth = camera.project(spot.position_m)
                if not (0 <= u < camera.width_px and 0 <= v < camera.height_px):
                    continue
                row = int(v)
                flux = sum(f * strength.get(k, 1.0) * float(lit[k][row]) for k, f in spot.flux.items())
                flux *= float(corner_falloff(camera, u, v))
                if flux > 0:
                    u2, v2, _ = later.project(spot.position_m)
                    self._draw(picture, camera, spot, (u, v, depth), (u2 - u, v2 - v), flux)

    def _draw(
        self,
        picture: Image,
        camera: Pinhole,
        spot: Spot,
        place: tuple[float, float, float],
        smear_px: tuple[float, float],
        flux: float,
    ) -> None:
        u, v, depth = place
        if spot.half_size_m > 0:
            add_area(
                picture,
                (u, v),
                camera.focal_px * spot.half_size_m / depth,
                flux * self._brightness_dn(),
                square=spot.square,
            )
            return
        total = flux * self._brightness_dn() * camera.focal_px**2
        aperture = spot.width_m / 4 * camera.focal_px / depth
        sigma = math.hypot(PSF_SIGMA_PX, spot.blur_mrad * 1e-3 * camera.focal_px, aperture)
        add_point(picture, (u, v), total * (1 - HALO_SHARE), (sigma, sigma + spot.streak_px), smear_px)
        add_point(picture, (u, v), total * HALO_SHARE, (HALO_SIGMA_PX + sigma,) * 2, (0.0, 0.0))

    def _sense(self, picture: Image) -> NDArray[np.uint8]:
        """Add shot and read noise, clip and quantise."""
        rows, columns = picture.shape
        y, x = (int(n) for n in self._rng.integers(0, 64, 2))
        spread = cv2.LUT(cv2.convertScaleAbs(picture), self._spread_dn)
        cv2.multiply(spread, self._noise[y : y + rows, x : x + columns], dst=spread)
        cv2.add(spread, picture, dst=spread)
        np.maximum(spread, -BLACK_DN, out=spread)
        return np.asarray(cv2.convertScaleAbs(spread, beta=BLACK_DN), np.uint8)

    def info(self) -> DeviceInfo:
        """Return the name of the simulated camera."""
        size = f"{self._settings.width_px}x{self._settings.height_px}@{self._settings.rate_hz:g}"
        return DeviceInfo(role="camera", backend="sim", name=self._scene.id, detail=size)

    def health(self) -> DeviceHealth:
        """Return that it is well while it is plugged in."""
        return DeviceHealth(ok=True)


def _window(picture: Image, centre: tuple[float, float], radius: int) -> tuple[Image, Image, Image] | None:
    """Return a view into the picture around a point, with x and y distances from it."""
    rows, columns = picture.shape
    x0, x1 = max(0, int(centre[0]) - radius), min(columns, int(centre[0]) + radius + 1)
    y0, y1 = max(0, int(centre[1]) - radius), min(rows, int(centre[1]) + radius + 1)
    if x0 >= x1 or y0 >= y1:
        return None
    dx = (np.arange(x0, x1) - centre[0]).astype(np.float32)[None, :]
    dy = (np.arange(y0, y1) - centre[1]).astype(np.float32)[:, None]
    return picture[y0:y1, x0:x1], dx, dy


def add_point(
    picture: Image,
    centre: tuple[float, float],
    flux_dn_px: float,
    sigma_px: tuple[float, float],
    smear_px: tuple[float, float],
) -> None:
    """Add a Gaussian of a given total (``sigma_px`` down and across), smeared along the hand's motion.

    Parameters
    ----------
    picture
        2-D (height, width) grey levels in DN; changed in place.
    centre
        Row and column of its middle, px.
    flux_dn_px
        Sum of what is added over all pixels, DN·px.
    sigma_px
        Standard deviations down and across, px.
    smear_px
        The hand's motion during the exposure, down and across, px.
    """
    across, down = sigma_px[1], sigma_px[0]
    steps = max(1, math.ceil(math.hypot(*smear_px) / 0.7))
    peak = flux_dn_px / (2 * math.pi * across * down)
    reach = math.sqrt(2 * math.log(max(peak / 0.2, 1.5)))
    radius = min(200, math.ceil(reach * max(across, down) + math.hypot(*smear_px)))
    window = _window(picture, centre, radius)
    if window is None:
        return
    area, dx, dy = window
    for step in range(steps):
        shift = (step + 0.5) / steps - 0.5
        x, y = dx - shift * smear_px[0], dy - shift * smear_px[1]
        area += (peak / steps) * np.exp(-0.5 * (y / down) ** 2) * np.exp(-0.5 * (x / across) ** 2)


def add_area(
    picture: Image, centre: tuple[float, float], half_px: float, level_dn: float, *, square: bool
) -> None:
    """Add an evenly lit disc or square with edges one pixel soft.

    Parameters
    ----------
    picture
        2-D (height, width) grey levels in DN; changed in place.
    centre
        Row and column of its middle, px.
    half_px
        Radius, or half the side of the square, px.
    level_dn
        Grey level that is added inside, DN.
    square
        A square instead of a disc.
    """
    window = _window(picture, centre, math.ceil(half_px) + 2)
    if window is None:
        return
    area, dx, dy = window
    distance = np.maximum(np.abs(dx), np.abs(dy)) if square else np.hypot(dx, dy)
    area += level_dn * np.clip(half_px + 0.5 - distance, 0.0, 1.0)


def open_camera_with_leds(*, target: str, config: HwConfig, clock: Clock) -> CameraWithLeds:
    """Open the camera and the lights of a simulated room, or before the printed target."""
    leds = SimLeds(clock=clock)
    if target.partition("?")[0] == TARGET_NAME:
        return open_target(target, leds=leds, config=config.camera, clock=clock)
    return CameraWithLeds(
        SimCamera(scene=load_scene(target), leds=leds, clock=clock, settings=config.camera), leds
    )
