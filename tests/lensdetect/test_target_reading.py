"""What was built into a simulated unit is read off the target; a unit that would miss lenses is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lensdetect.calibration import TargetReading, load_calibration
from lensdetect.errors import BadCalibration, BadConditions
from lensdetect.target import find_target
from lensdetect.target_reading import filter_seen, looks_blurred, measure_target
from tests.lensdetect.targets import calibrated, shots_of


def reading_of(words: str, *, tape_m: float | None = None, lux: float | None = None) -> TargetReading:
    shots = shots_of(words)
    page = find_target(shots.lit)
    assert page is not None
    return measure_target(page, shots, true_wall_m=tape_m, lux=lux)


def half_contrast(blur_px: float) -> float:
    """Where a Gaussian of this width and the pixel's own square leave half of the contrast."""
    f = np.linspace(0.001, 1.0, 20_000)
    return float(f[np.argmax(np.exp(-2 * (math.pi * blur_px * f) ** 2) * np.sinc(f) < 0.5)])


@pytest.mark.parametrize("words", ["distance_m=0.35", "distance_m=0.9", "yaw_deg=12&roll_deg=-6&lux=300"])
@pytest.mark.parametrize("blur_px", [0.6, 1.4])
def test_sharpness_is_that_of_the_lens(words: str, blur_px: float) -> None:
    reading = reading_of(f"{words}&blur_px={blur_px}".strip("&"))
    assert reading.mtf50_cy_px == pytest.approx(half_contrast(blur_px), rel=0.1)
    assert reading.mtf50_corner_cy_px == pytest.approx(half_contrast(blur_px), rel=0.12)


@pytest.mark.parametrize(("distance_m", "blur_px"), [(0.4, 2.3), (0.4, 12.0), (0.7, 2.3), (0.7, 7.0)])
def test_a_blurred_camera_is_refused(distance_m: float, blur_px: float) -> None:
    with pytest.raises(BadConditions) as refused:
        calibrated(f"distance_m={distance_m}&blur_px={blur_px}")
    assert refused.value.reason == "blurred"


def test_a_page_that_is_too_blurred_to_read_is_no_plain_wall() -> None:
    assert looks_blurred(shots_of("blur_px=12").lit)
    assert not looks_blurred(shots_of("").lit)
    plain = 80 + np.random.default_rng(2).normal(0, 1.0, (720, 1280))
    assert not looks_blurred(plain.astype(np.float32))


@pytest.mark.parametrize(
    ("words", "lux", "seen"),
    [
        ("lux=50", None, "present"),
        ("lux=300", 300.0, "present"),
        ("lux=1000", 1000.0, "present"),
        ("lux=50&filtered=0", 50.0, "absent"),
        ("lux=300&filtered=0", None, "absent"),
        ("lux=0", None, "unknown"),
        ("lux=0&filtered=0", None, "unknown"),
        ("lux=5", 300.0, "present"),  # a lamp without infrared
    ],
)
def test_the_filter_is_told_by_what_it_keeps_out(words: str, lux: float | None, seen: str) -> None:
    shots = shots_of(words)
    page = find_target(shots.lit)
    assert page is not None
    assert filter_seen(page, shots, lux=lux) == seen


def test_a_page_printed_in_black_tells_nothing_of_the_filter() -> None:
    shots = shots_of("lux=50&filtered=0")
    page = find_target(shots.lit)
    assert page is not None
    black = type(shots)(
        off=shots.off, ring=2 * shots.off, side=None
    )  # infrared sees the squares as room light does
    assert filter_seen(page, black, lux=None) == "unknown"


def test_a_room_too_bright_for_a_camera_without_filter_names_the_filter() -> None:
    with pytest.raises(BadConditions) as refused:
        calibrated("lux=200&filtered=0")
    assert refused.value.reason == "no_filter"


@pytest.mark.parametrize("words", ["lux=300", "lux=1000", "lux=600&filtered=0", "lux=1000&filtered=0"])
def test_room_light_that_fills_the_sensor_is_not_a_ring_that_fails(words: str) -> None:
    with pytest.raises(BadConditions) as refused:
        calibrated(words)
    assert refused.value.reason == "too_bright"


@pytest.mark.parametrize("strength", [0.6, 0.9, 1.2])
def test_the_two_lights_are_compared_on_paper(strength: float) -> None:
    ratio = reading_of(f"side_strength={strength}").paper_ring_over_side
    assert ratio == pytest.approx(1 / strength, rel=0.06)


def test_tape_answers_the_ring_and_exchanged_wires_are_refused() -> None:
    tape = reading_of("distance_m=0.8").tape_ring_over_side
    assert tape is not None
    assert tape > 2.0
    assert reading_of("tape=0").tape_ring_over_side is None
    with pytest.raises(BadConditions) as refused:
        reading_of("distance_m=0.8&swapped=1")
    assert refused.value.reason == "swapped"


def test_ink_that_infrared_does_not_see_is_refused() -> None:
    shots = shots_of("")
    page = find_target(shots.lit)
    assert page is not None
    faint = type(shots)(off=shots.off, ring=shots.off + 60 + 0.05 * shots.lit, side=None)
    with pytest.raises(BadConditions) as refused:
        measure_target(page, faint)
    assert refused.value.reason == "target_faint"


def test_the_whole_calibration_keeps_the_reading_in_its_file() -> None:
    found = calibrated("distance_m=0.4&lux=100&distortion=-0.06", tape_m=0.4)
    assert found.target is not None
    assert found.target.field_of_view_deg == pytest.approx(62.0, abs=0.8)
    assert found.target.distortion_percent == pytest.approx(-6.0, abs=1.2)
    assert found.target.infrared_filter == "present"
    assert found.wall_m == pytest.approx(0.4, rel=0.1)
    assert load_calibration(found.as_toml()) == found


@pytest.mark.parametrize("broken", ['infrared_filter = "blue"', "mtf50_cy_px = nan", 'mtf50_cy_px = "x"', ""])
def test_a_reading_that_is_none_is_refused(broken: str) -> None:
    text = calibrated("").as_toml().partition("[target]")[0] + f"[target]\n{broken}\n"
    with pytest.raises(BadCalibration):
        load_calibration(text)
