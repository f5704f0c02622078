"""A second side light: strobed where it is set and there, never where it is not; nothing else changes."""

from __future__ import annotations

import pytest

from hw.clock import ManualClock
from hw.config import CameraConfig, LightConfig
from hw.errors import HwError
from hw.light_guard import LightDose, intensities_w_sr
from hw.sim.camera import SimCamera
from hw.sim.facets import OpticFacet
from hw.sim.lights import SimLeds
from hw.sim.scene import Pose, Scene, Thing, load_scene
from hw.types import LedState
from lensdetect.config import LensConfig
from lensdetect.finder import LensFinder
from lensdetect.model import Glint
from lensdetect.safety import plan_strobe

SECONDS = 5.0


def scene(facet: OpticFacet) -> Scene:
    room = load_scene("empty-room")
    path = tuple(
        Pose(t_s=t * 0.5, position_m=(1.5 + 0.05 * (t % 4), 1.2 + 0.03 * (t % 3), room.room.depth_m - 0.5))
        for t in range(12)
    )
    thing = Thing(id="x", camera=False, position_m=(1.55, 1.22, room.room.depth_m - 0.001), optic=facet)
    return room.model_copy(update={"things": (thing,), "path": path, "duration_s": SECONDS})


def scan(facet: OpticFacet, *, side2_m: float | None, there: bool = True) -> tuple[list[Glint], LensFinder]:
    clock = ManualClock()
    leds = SimLeds(clock=clock, side2_offset_m=side2_m if there else None)
    settings = CameraConfig(width_px=640, height_px=480, rate_hz=30.0)
    camera = SimCamera(scene=scene(facet), leds=leds, clock=clock, settings=settings)
    config = LensConfig(distance_factor=1.0, side2_offset_m=side2_m)
    finder = LensFinder(camera=camera, leds=leds, clock=clock, config=config)
    while clock.now_ns() < SECONDS * 1e9:
        try:
            finder.step()
        except HwError:
            break
    return list(finder.observations()), finder


def test_the_guard_knows_its_strength_and_the_plan_holds_its_limits() -> None:
    lights = LightConfig(side2_w_sr=0.9)
    assert intensities_w_sr(lights)["side2"] == 0.9
    dose = LightDose(lights, now_ns=0)
    dose.switch("side2", 0)
    assert dose.average_w_sr(10**9) == pytest.approx(0.09)
    plan = plan_strobe(("ring", "off", "side", "side2"), state_s=4 / 60, lights=lights)
    assert {"ring", "off", "side", "side2"} == set(plan)


@pytest.mark.parametrize(
    ("side2_m", "there", "strobed"), [(None, True, False), (0.02, False, False), (0.02, True, True)]
)
def test_it_is_strobed_where_it_is_set_and_there(side2_m: float | None, there: bool, strobed: bool) -> None:
    clock, asked = ManualClock(), list[LedState]()
    leds = SimLeds(clock=clock, side2_offset_m=0.02 if there else None)
    switch = leds.set
    leds.set = lambda state: (asked.append(state), switch(state))[1]  # type: ignore[method-assign]
    settings = CameraConfig(width_px=320, height_px=240, rate_hz=30.0)
    camera = SimCamera(scene=load_scene("empty-room"), leds=leds, clock=clock, settings=settings)
    finder = LensFinder(camera=camera, leds=leds, clock=clock, config=LensConfig(side2_offset_m=side2_m))
    finder.step()
    assert ("side2" in asked) is strobed
    assert {"ring", "side"} <= set(asked)


def test_blue_glass_and_a_ball_answer_it_in_different_measure() -> None:
    lens = OpticFacet(kind="lens", size_mm=1.6, return_cone_mrad=20.0, reflectance=0.4, ir_cut="blue-glass")
    ball = OpticFacet(kind="bead", size_mm=6.0, return_cone_mrad=80.0, reflectance=0.8)
    ratios = []
    for facet in (lens, ball):
        glints, _ = scan(facet, side2_m=0.02)
        seen = [g for g in glints if "side2_ratio" in g.features and g.poses >= 2]
        assert seen
        ratios.append(max(seen, key=lambda g: g.poses).features["side2_ratio"])
    assert ratios[0] < 0.3 < ratios[1]


def test_without_it_no_glint_speaks_of_it() -> None:
    lens = OpticFacet(kind="lens", size_mm=1.6, return_cone_mrad=20.0, reflectance=0.4)
    glints, _ = scan(lens, side2_m=None)
    assert glints
    assert not any("side2_ratio" in g.features or "beside2_mrad" in g.features for g in glints)
