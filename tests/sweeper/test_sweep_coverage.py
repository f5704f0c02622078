"""The coverage of a sweep, in parts: those above 2 GHz are told only where a receiver reaches them."""

from __future__ import annotations

import pytest

from sweeper.bands import load_bands
from sweeper.config import SweeperConfig
from sweeper.plan import plan_hops
from sweeper.sweep_coverage import heard_shares, sweep_coverage

STATES = {"rf_clipped": False, "rf_deaf": False}


def shares_of(rate_hz: float, reach_hz: tuple[tuple[float, float], ...]) -> dict[str, float]:
    bands = load_bands()
    hops = plan_hops(SweeperConfig(), bands=bands, rate_hz=rate_hz, reach_hz=reach_hz)
    return heard_shares(hops, bands=bands, region="kr", rate_hz=rate_hz)


def test_a_whole_round_of_an_rtl_sdr_is_all_it_can_hear() -> None:
    coverage = sweep_coverage(shares_of(2.4e6, ((24e6, 1766e6),)), states=STATES, reaches_high=False)
    assert coverage.share == pytest.approx(1.0)
    assert set(coverage.parts) == {"analog_low", "cofdm", "cellular"}
    assert coverage.reasons == ()


def test_a_receiver_that_reaches_them_tells_the_parts_above() -> None:
    shares = shares_of(2.4e6, ((1e6, 6e9),))
    coverage = sweep_coverage(shares, states=STATES, reaches_high=True)
    assert coverage.parts["analog_2g4"] == coverage.parts["analog_5g8"] == 1.0
    assert coverage.share == pytest.approx(1.0)
    nothing = dict.fromkeys(shares, 0.0)
    assert sweep_coverage(nothing, states=STATES, reaches_high=True).parts["analog_5g8"] == 0.0
    assert "analog_5g8" not in sweep_coverage(nothing, states=STATES, reaches_high=False).parts


def test_a_deaf_receiver_has_heard_nothing_of_any_part() -> None:
    states = {"rf_clipped": True, "rf_deaf": True}
    coverage = sweep_coverage(shares_of(20e6, ((1e6, 6e9),)), states=states, reaches_high=True)
    assert coverage.share == 0.0
    assert set(coverage.parts.values()) == {0.0}
    assert coverage.reasons == ("rf_clipped", "rf_deaf")


def test_what_was_not_heard_is_said() -> None:
    coverage = sweep_coverage(shares_of(2.4e6, ((24e6, 900e6),)), states=STATES, reaches_high=False)
    assert coverage.parts["analog_low"] < 0.2
    assert coverage.reasons == ("rf_not_all_bands",)
