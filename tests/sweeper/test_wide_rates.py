"""The rates of the slices of a wide look."""

from __future__ import annotations

import pytest

from sweeper.comb import LINE_HZ
from sweeper.wide_rates import ROW, SLICE_RATE_HZ, covered_hz, slice_bins, slice_places

WIFI_SYMBOLS_HZ = 250e3


@pytest.mark.parametrize("rate_hz", [2e6, 2.4e6, 3.2e6, 4.7e6])
def test_a_narrow_rate_is_one_slice(rate_hz: float) -> None:
    assert slice_bins(rate_hz) == ROW
    assert slice_places(rate_hz) == (0,)
    assert covered_hz(rate_hz) == pytest.approx(rate_hz * 5 / 6)


@pytest.mark.parametrize(
    ("rate_hz", "slices"), [(5e6, 1), (8e6, 3), (10e6, 3), (16e6, 5), (20e6, 7), (61.44e6, 23)]
)
def test_a_wide_rate_has_an_odd_number_of_slices_within_its_usable_share(rate_hz: float, slices: int) -> None:
    places = slice_places(rate_hz)
    assert len(places) == slices
    assert places[slices // 2] == 0
    assert slice_bins(rate_hz) * rate_hz / ROW == pytest.approx(SLICE_RATE_HZ, rel=0.03)
    assert covered_hz(rate_hz) <= rate_hz * 5 / 6 * 1.01


@pytest.mark.parametrize("rate_hz", [5e6, 8e6, 10e6, 12.5e6, 16e6, 20e6, 25e6, 40e6, 61.44e6])
def test_the_symbol_clock_of_wifi_falls_between_the_lines_of_pal(rate_hz: float) -> None:
    """In the bands in which the comb is looked for, an eighth of the slice's rate."""
    band_hz = slice_bins(rate_hz) * rate_hz / ROW / 8
    folded_hz = abs(WIFI_SYMBOLS_HZ - band_hz * round(WIFI_SYMBOLS_HZ / band_hz))
    lines = folded_hz / LINE_HZ["pal"]
    assert abs(lines - round(lines)) > 0.1
