"""One FFT in a few numbers."""

from __future__ import annotations

import pytest

from sweeper.spectral_peaks import half_bins, half_peak_hz, measure_sample
from tests.sweeper.spectra import spectrum


def test_a_carrier_is_one_peak_with_its_place_level_and_share() -> None:
    found = measure_sample(spectrum([(2414.2e6, 0.4e6, -50.0)], t_ms=0, center_hz=2412e6))
    peak = found.peaks[0]
    assert peak.frequency_hz == pytest.approx(2414.2e6, abs=0.35e6)
    assert peak.level_dbm == pytest.approx(-50, abs=0.5)
    assert peak.share > 0.99
    assert found.occupied_hz <= 0.8e6
    assert found.level_dbm == pytest.approx(-50, abs=0.5)


def test_wifi_fills_its_channel_and_has_no_peak_worth_the_name() -> None:
    found = measure_sample(spectrum([(2412e6, 16.6e6, -50.0)], t_ms=0, center_hz=2412e6))
    assert found.occupied_hz == pytest.approx(0.9 * 16.6e6, rel=0.1)
    assert all(p.share < 0.5 for p in found.peaks)


def test_two_carriers_in_a_wide_span_are_two_peaks() -> None:
    made = spectrum(
        [(5745e6, 0.6e6, -50.0), (5785e6, 0.6e6, -60.0)], t_ms=0, center_hz=5765e6, width_hz=88e6, bins=256
    )
    peaks = measure_sample(made).peaks
    assert [round(p.frequency_hz / 1e6) for p in peaks[:2]] == [5745, 5785]
    assert all(p.share > 0.9 for p in peaks[:2])


def test_the_level_near_a_place_is_that_of_its_strongest_part() -> None:
    found = measure_sample(spectrum([(2414e6, 0.4e6, -50.0)], t_ms=0, center_hz=2412e6))
    assert found.level_near(2413e6, reach_hz=4e6) == pytest.approx(-50, abs=0.5)
    assert found.level_near(2406e6, reach_hz=2e6) < -95
    assert found.level_near(5000e6, reach_hz=2e6) == float("-inf")


def test_a_longer_fft_allows_a_wider_peak_within_bounds() -> None:
    assert half_peak_hz(344e3) == 1.0e6
    assert half_peak_hz(172e3) == 2.0e6
    assert half_peak_hz(20e3) == 2.5e6
    assert half_peak_hz(2e6) == 1.0e6
    assert half_bins(2e6) == 1
