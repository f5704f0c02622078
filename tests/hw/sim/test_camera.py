"""The simulated eye obeys optics: what must shine shines, under the light under which it must."""

from __future__ import annotations

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import CameraConfig, HwConfig
from hw.errors import DeviceLost
from hw.protocols import Camera, Leds
from hw.sim.camera import SimCamera, open_camera_with_leds
from hw.sim.facets import OpticFacet
from hw.sim.lights import SimLeds
from hw.sim.scene import Pose, Room, Scene, Thing

SETTINGS = CameraConfig(width_px=320, height_px=240, rate_hz=30.0)


def room_with(*facets: OpticFacet, distance_m: float = 0.5, **more: object) -> Scene:
    things = tuple(
        Thing(id=f"t{i}", position_m=(1.0 + 0.05 * i, 1.2, 1.2), optic=facet)
        for i, facet in enumerate(facets)
    )
    return Scene(
        id="test",
        title_en="",
        title_ko="",
        expect=("nothing_found",),
        room=Room(texture="plaster", ambient_lux=40.0),
        path=(Pose(t_s=0.0, position_m=(1.0, 1.2, 1.2 - distance_m)),),
        things=things,
        **more,  # type: ignore[arg-type]
    )


def shoot(scene: Scene, state: str, *, settle: int = 3) -> np.ndarray:
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    camera = SimCamera(scene=scene, leds=leds, clock=clock, settings=SETTINGS)
    leds.set(state)  # type: ignore[arg-type]
    frames = [camera.read() for _ in range(settle)]
    return frames[-1].pixels.astype(float)


def centre_contrast(picture: np.ndarray) -> float:
    rows, columns = picture.shape
    middle = picture[rows // 2 - 12 : rows // 2 + 12, columns // 2 - 12 : columns // 2 + 12]
    return float(middle.max() - np.median(middle))


LENS = OpticFacet(kind="lens", size_mm=1.6, return_cone_mrad=20.0, reflectance=0.3)


def test_a_lens_answers_the_ring_and_not_the_side() -> None:
    scene = room_with(LENS)
    assert centre_contrast(shoot(scene, "ring")) > 150
    assert centre_contrast(shoot(scene, "side")) < 25
    assert centre_contrast(shoot(scene, "off")) < 15


def test_chrome_answers_both() -> None:
    scene = room_with(OpticFacet(kind="chrome-sphere", size_mm=12.0, reflectance=0.6))
    assert centre_contrast(shoot(scene, "ring")) > 70
    assert centre_contrast(shoot(scene, "side")) > 70


def test_a_led_shines_by_itself() -> None:
    scene = room_with(OpticFacet(kind="led", size_mm=3.0))
    assert all(centre_contrast(shoot(scene, s)) > 70 for s in ("ring", "off", "side"))


def test_a_lens_is_dark_outside_its_field_of_view() -> None:
    away = LENS.model_copy(update={"normal_yaw_deg": 40.0})
    assert centre_contrast(shoot(room_with(away), "ring")) < 25


def test_nobody_says_which_light_was_on() -> None:
    eye = open_camera_with_leds(target="empty-room", config=HwConfig(camera=SETTINGS), clock=ManualClock())
    eye.leds.set("ring")
    frame = eye.camera.read()
    assert frame.led is None
    assert frame.pixels.shape == (240, 320)
    assert frame.pixels.dtype == np.uint8
    assert isinstance(eye.camera, Camera)
    assert isinstance(eye.leds, Leds)


def test_an_edge_of_the_light_cuts_a_rolling_picture() -> None:
    clock = ManualClock()
    leds = SimLeds(clock=clock)
    camera = SimCamera(scene=room_with(), leds=leds, clock=clock, settings=SETTINGS)
    for _ in range(2):
        camera.read()
    leds.set("ring")
    cut, whole = camera.read().pixels.astype(float), camera.read().pixels.astype(float)
    assert cut[:20].mean() < 0.9 * whole[:20].mean()
    assert cut[-20:].mean() == pytest.approx(whole[-20:].mean(), rel=0.1)


def test_time_passes_and_the_plug_can_be_pulled() -> None:
    clock = ManualClock()
    eye = open_camera_with_leds(
        target="empty-room?unplug=lens@0.2", config=HwConfig(camera=SETTINGS), clock=clock
    )
    for _ in range(7):
        eye.camera.read()
    assert clock.now_ns() == pytest.approx(7 / 30 * 1e9, rel=0.01)
    with pytest.raises(DeviceLost):
        eye.camera.read()


def test_same_seed_same_bytes() -> None:
    scene = room_with(LENS)
    assert np.array_equal(shoot(scene, "ring"), shoot(scene, "ring"))
