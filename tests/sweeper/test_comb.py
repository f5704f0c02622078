"""The line search: any rate near television's, and one that wanders."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.comb import SEARCH_HZ, Comb, find_comb, is_nominal, nearest_standard
from sweeper.subbands import sub_bands
from sweeper.video import CONTRAST_LEAST_DB, VideoTest, find_video
from tests.benchmarks.rf_second_source import fm_slice, supply_slice
from tests.sweeper.air import RATE_HZ, heard


def camera(raster: str, **how: object) -> VideoTest:
    rng = np.random.default_rng([*raster.encode()])
    x = fm_slice(
        rng, raster=raster, rate_hz=RATE_HZ, seconds=0.2, swing_hz=6e6, snr_db=10, offset_hz=0.5e6,
        **how,  # type: ignore[arg-type]
    )  # fmt: skip
    return find_video(x, rate_hz=RATE_HZ)


@pytest.mark.parametrize(
    ("raster", "ppm", "line_hz", "standard"),
    [
        ("rs170", 0.0, 15_750.0, "ntsc"),
        ("pal", 400.0, 15_631.25, "pal"),
        ("pal", -5000.0, 15_546.875, "pal"),
        ("ntsc", 5000.0, 15_812.94, "ntsc"),
        ("pal", 7000.0, 15_734.375, "pal"),
        ("ntsc", -7000.0, 15_624.126, "ntsc"),
        ("288p", 0.0, 15_600.0, "pal"),
        ("262x60", 0.0, 15_720.0, "ntsc"),
        ("16k", 0.0, 16_000.0, "pal"),
    ],
)
def test_a_camera_with_a_line_rate_of_its_own_is_video(
    raster: str, ppm: float, line_hz: float, standard: str
) -> None:
    found = camera(raster, ppm=ppm)
    assert found.is_video
    assert found.standard == standard
    assert found.line_hz == pytest.approx(line_hz, rel=5e-6)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_lines_are_not_taken_for_those_of_a_field_beside_them(seed: int) -> None:
    """PAL 3,000 ppm slow has lines one field rate below PAL's own: those of its fields fall onto that."""
    x = fm_slice(
        np.random.default_rng(seed), raster="pal", rate_hz=RATE_HZ, seconds=0.2, swing_hz=4e6, snr_db=10,
        ppm=-3000.0, offset_hz=0.5e6,
    )  # fmt: skip
    found = find_video(x, rate_hz=RATE_HZ)
    assert found.is_video
    assert found.line_hz == pytest.approx(15_578.125, rel=5e-6)


def packets(seed: int, *, lines: int, line_hz: float) -> Comb:
    """The comb of a remote control whose packets come again every so many lines of a camera."""
    rng = np.random.default_rng(seed)
    count, period = round(0.2 * RATE_HZ), lines / line_hz
    into = np.arange(count) / RATE_HZ % period
    bits = rng.integers(0, 2, size=64).astype(np.float32)
    number = (into / 1e-4).astype(np.int64)
    keyed = np.where(number < 64, bits[np.minimum(number, 63)], np.float32(0)) * np.float32(0.4)
    x = keyed * np.exp(2j * np.pi * 0.1 * np.arange(count)).astype(np.complex64)
    return find_comb(sub_bands((x + heard(None)).astype(np.complex64), rate_hz=RATE_HZ))


@pytest.mark.parametrize("seed", range(6))
def test_packets_have_as_much_between_their_lines_as_on_them(seed: int) -> None:
    comb = packets(seed, lines=262, line_hz=15_975.6)
    assert comb.bare > 50, "lines there are"
    assert comb.contrast_db is not None
    assert comb.contrast_db < CONTRAST_LEAST_DB - 3
    camera = find_comb(sub_bands(heard("pal-fm", snr_db=0), rate_hz=RATE_HZ))
    assert camera.contrast_db is not None
    assert camera.contrast_db > CONTRAST_LEAST_DB + 3


@pytest.mark.parametrize("wander", [(-250.0, 250.0), (0.0, 400.0, -100.0, 300.0), (-600.0, 600.0)])
def test_a_line_rate_that_wanders_is_followed(wander: tuple[float, ...]) -> None:
    found = camera("pal", wander_ppm=np.array(wander))
    assert found.is_video
    assert found.score > 0.9


@pytest.mark.parametrize("switching_hz", [15_560.0, 15_687.5, 15_750.0, 16_000.0])
def test_a_supply_at_any_rate_in_the_search_is_none(switching_hz: float) -> None:
    rng = np.random.default_rng(round(switching_hz))
    x = supply_slice(rng, switching_hz=switching_hz, rate_hz=RATE_HZ, seconds=0.2, snr_db=15.0)
    found = find_video(x, rate_hz=RATE_HZ)
    assert not found.is_video
    assert found.score < 0.5


def test_the_rates_of_the_standards_are_told_from_others() -> None:
    assert is_nominal(15_625.0 * (1 + 1e-4))
    assert not is_nominal(15_750.0)
    assert SEARCH_HZ[0] < 15_625 * (1 - 0.007) < 16_000 * 1.007 < SEARCH_HZ[1]
    assert [nearest_standard(hz) for hz in (15_625.0, 15_750.0, 16_000.0)] == ["pal", "ntsc", "pal"]


@pytest.mark.parametrize("count", [1, 100, 2_000, 13_000, 20_000])
def test_a_look_too_short_for_lines_says_nothing(count: int) -> None:
    assert find_video(heard(None, seconds=0.05)[:count], rate_hz=10e6).comb < 11
