"""The steps one by one: alignment, coverage, tracks, guidance, overlay."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from hw.types import Frame
from lensdetect.align import Motion, MotionFollower, register, warp
from lensdetect.config import LensConfig
from lensdetect.coverage import CoverageMap
from lensdetect.finder import LensFinder
from lensdetect.frame_stats import examine
from lensdetect.guidance import GUIDANCE_KEYS, Situation, guide
from lensdetect.led_response import Light, spread_of, strength
from lensdetect.model import Glint, Sighting
from lensdetect.overlay import draw
from lensdetect.strobe import split_point
from lensdetect.texture import texture_of
from tests.lensdetect.eyes import PaperWall, finder_over


def scenery(seed: int, size: tuple[int, int] = (900, 620)) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picture = np.zeros((size[1], size[0]), np.float32)
    for sigma in (2, 6, 20):
        layer = cv2.GaussianBlur(rng.standard_normal(picture.shape).astype(np.float32), (0, 0), sigma)
        picture += layer / layer.std()
    return 60 + 15 * picture


def as_texture(picture: np.ndarray):  # type: ignore[no-untyped-def]
    pixels = np.clip(picture, 0, 255).astype(np.uint8)
    return texture_of(examine(Frame(seq=0, t_ns=0, exposure_us=None, led=None, pixels=pixels)))


@pytest.mark.parametrize(
    ("dx", "dy", "turn_deg", "gain"), [(0, 0, 0, 1), (7.3, -4.1, 0, 1), (14, 9, 1.5, 0.5), (-22, 5, -2, 0.25)]
)
def test_a_planted_motion_comes_back(dx: float, dy: float, turn_deg: float, gain: float) -> None:
    wall = scenery(1)
    turn = np.radians(turn_deg)
    truth = np.array([[np.cos(turn), -np.sin(turn), dx], [np.sin(turn), np.cos(turn), dy], [0, 0, 1.0]])
    size = (640, 480)
    moved = cv2.warpPerspective(wall, truth, size, borderMode=cv2.BORDER_REFLECT)
    noise = np.random.default_rng(2).normal(0, 1.5, (480, 640))
    motion = register(as_texture(wall[:480, :640]), as_texture(gain * moved + noise))
    points = np.array([[100.0, 100.0], [320.0, 240.0], [500.0, 400.0]])
    assert motion.trusted
    assert np.abs(motion.move(points) - warp(truth, points)).max() < 0.7


def test_pictures_of_different_places_are_not_trusted() -> None:
    motion = register(as_texture(scenery(1)), as_texture(scenery(2)))
    assert not motion.trusted


def plaster(shift_px: float, *, dn: float, mirror: bool = False) -> np.ndarray:
    """Return a dim wall with a weak texture; the lamp mirrored in a tile stays where it is."""
    rng = np.random.default_rng(3)
    clouds = cv2.GaussianBlur(rng.standard_normal((480, 900)).astype(np.float32), (0, 0), 9)
    wall = dn * (1 + 0.04 * clouds / clouds.std())
    moved = cv2.warpAffine(wall, np.float32([[1, 0, -shift_px], [0, 1, 0]]), (640, 480))
    if mirror:
        cv2.circle(moved, (300, 220), 13, 255.0, -1)
    return moved + np.random.default_rng(round(shift_px)).normal(0, 1.2, moved.shape)


@pytest.mark.parametrize(("dn", "mirror"), [(12.0, False), (60.0, True), (30.0, True)])
def test_a_dim_weak_wall_tells_its_motion_beside_a_mirrored_lamp(dn: float, mirror: bool) -> None:
    motion = register(
        as_texture(plaster(0, dn=dn, mirror=mirror)), as_texture(plaster(9, dn=dn, mirror=mirror))
    )
    points = np.array([[100.0, 100.0], [320.0, 240.0], [500.0, 400.0]])
    assert np.abs(motion.move(points) - points + (9.0, 0.0)).max() < 2.0


@pytest.mark.parametrize("room_light", [0.4, 0.0])
def test_a_pattern_that_repeats_is_followed_through_the_dark(room_light: float) -> None:
    period, jump = 40.0, (0.0, 5.0, 14.0, 26.0, 38.0, 48.0)
    y, x = np.mgrid[:480, :640].astype(float)
    follower, looks = MotionFollower(), []
    for i, at in enumerate(jump):
        lit = i in {0, 1, 5}
        wave = np.sin(2 * np.pi * (x + at) / period) * np.sin(2 * np.pi * y / 57)
        wall = 80 * (1 + 0.3 * wave) * (1.0 if lit else room_light)
        pixels = np.clip(wall + np.random.default_rng(i).normal(0, 1, wall.shape), 0, 255).astype(np.uint8)
        looks.append(examine(Frame(seq=i, t_ns=i * 50_000_000, exposure_us=None, led=None, pixels=pixels)))
        follower.push(looks[-1], lit=lit)
    motion = follower.motion(looks[0], looks[5])
    assert motion is not None
    shift = (motion.move(np.array([[320.0, 240.0]])) - (320.0, 240.0))[0]
    right = abs(shift[0] + jump[5]) < 1.0 and abs(shift[1]) < 1.0
    assert right == (room_light > 0), "in the dark nothing tells that the hand went a whole period further"


def test_what_the_sensor_clipped_is_put_back() -> None:
    y, x = np.mgrid[-12:13, -12:13]
    for amplitude in (100.0, 600.0, 3000.0):
        spot = amplitude * np.exp(-(x**2 + y**2) / (2 * 1.3**2))
        clipped = np.minimum(spot, 255.0)
        light = Light(flux=float(clipped.sum()), full=int((clipped >= 250).sum()), headroom=255.0)
        assert strength(light, spread_px=spread_of(light)) == pytest.approx(float(spot.sum()), rel=0.35)


def test_more_wall_more_coverage_and_never_over_one() -> None:
    config = LensConfig()
    coverage = CoverageMap(config)
    before = 0.0
    for _ in range(60):
        coverage.add((640, 480))
        shift = np.eye(3)
        shift[0, 2] = -40.0
        coverage.move(Motion(matrix=shift, trusted=True, likeness=1.0), (640, 480))
        assert before <= coverage.share() <= 1.0
        before = coverage.share()
    assert before > 0.3
    assert coverage.picture().max() == 3


def test_tables_stay_bounded() -> None:
    rng = np.random.default_rng(0)
    room = PaperWall(seed=1)
    config = LensConfig(max_tracks=16, max_sightings=8, max_candidates=8)
    for _ in range(40):
        room.add(float(rng.uniform(0, 700)), float(rng.uniform(0, 500)), {"ring": 200.0})
    finder = finder_over(room.recording(cycles=12, speed=(6.0, 2.0)), config)
    assert len(finder.observations()) <= 16
    assert max(len(g.sightings) for g in finder.observations()) <= 8
    assert finder.counts().dropped["too_many_candidates"] > 0


@pytest.mark.parametrize(
    ("situation", "key"),
    [
        (Situation(trouble="", too_fast=False, lit_wall_dn=60), "go_on"),
        (Situation(trouble="", too_fast=True, lit_wall_dn=60), "slower"),
        (Situation(trouble="", too_fast=False, lit_wall_dn=2), "closer"),
        (Situation(trouble="", too_fast=False, too_far=True, lit_wall_dn=60), "closer"),
        (Situation(trouble="blown_out", too_fast=False, lit_wall_dn=60), "farther"),
        (Situation(trouble="covered", too_fast=True, lit_wall_dn=0), "uncover"),
        (Situation(trouble="led_dead", too_fast=False, lit_wall_dn=0), "check_light"),
        (Situation(trouble="", too_fast=False, lit_wall_dn=60, suspect_x_share=0.4), "tilt_left"),
        (Situation(trouble="", too_fast=False, lit_wall_dn=60, suspect_x_share=0.9), "tilt_right"),
        (
            Situation(
                trouble="", too_fast=False, lit_wall_dn=60, suspect_x_share=0.4, suspect_beside_mrad=150.0
            ),
            "farther",
        ),
        (
            Situation(
                trouble="",
                too_fast=False,
                lit_wall_dn=60,
                suspect_x_share=0.4,
                suspect_beside_mrad=45.0,
                suspect_contrast_dn=20.0,
            ),
            "closer",
        ),
        (
            Situation(
                trouble="",
                too_fast=False,
                lit_wall_dn=60,
                suspect_x_share=0.5,
                suspect_seen_left=True,
                suspect_seen_right=True,
            ),
            "hold",
        ),
    ],
)
def test_guidance_says_the_most_pressing_thing(situation: Situation, key: str) -> None:
    assert guide(situation) == key
    assert key in GUIDANCE_KEYS


def glint(label: str) -> Glint:
    return Glint(
        id=1,
        x_px=50.0,
        y_px=40.0,
        label=label,  # type: ignore[arg-type]
        score=0.9,
        poses=9,
        first_frame=0,
        last_frame=9,
        first_ns=0,
        last_ns=9,
        sightings=(Sighting(frame=9, x_px=50.0, y_px=40.0),),
    )


def test_the_overlay_marks_the_place_and_leaves_the_picture_alone() -> None:
    pixels = np.full((120, 160), 30, np.uint8)
    kept = pixels.copy()
    drawn = draw(
        pixels,
        [glint("lens")],
        reasons={1: "ring_only"},
        coverage_map=np.full((3, 4), 2, np.uint8),
        guidance="렌즈 hold",
    )
    assert drawn.shape == (120, 160, 3)
    assert np.array_equal(pixels, kept)
    around = drawn[30:51, 40:61].reshape(-1, 3)
    assert (around[:, 0] > 200).any()
    assert np.array_equal(drawn[110, 150], [30, 30, 30])


def test_the_view_shows_what_was_just_seen() -> None:
    room = PaperWall(seed=2)
    room.add(300, 200, {"ring": 200.0})
    finder: LensFinder = finder_over(room.recording(cycles=14, speed=(1.5, 0.4)))
    view = finder.view()
    assert view.frame is not None
    assert [g.label for g in view.glints] == ["lens"]
    assert view.reasons[view.glints[0].id].startswith("ring_only")
    assert view.guidance in GUIDANCE_KEYS
    assert view.coverage_map.max() >= 1


def test_the_cut_between_two_lights_is_where_the_brightness_steps() -> None:
    room = PaperWall(seed=4)
    frames = [room.picture("side", (i, 0)) for i in range(3)] + [
        room.picture("ring", (3 + i, 0)) for i in range(4)
    ]
    looks = [
        examine(Frame(seq=i, t_ns=i, exposure_us=None, led=None, pixels=p)) for i, p in enumerate(frames)
    ]
    assert split_point(looks) == 3
