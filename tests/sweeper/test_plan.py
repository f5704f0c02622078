"""The plan above 2 GHz: used as far as the receiver reaches, and heard in three seconds of air."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.bands import HIGH_PARTS, load_bands
from sweeper.config import HIGHEST_HZ, SweeperConfig
from sweeper.errors import OutOfReach
from sweeper.plan import (
    HIGH_FROM_HZ,
    RETUNE_S,
    Planner,
    dwell_of,
    heard_high,
    plan_hops,
    summarise,
)
from sweeper.wide_rates import covered_hz

BANDS, CONFIG = load_bands(), SweeperConfig()
HACKRF_HZ = ((1e6, 6e9),)


def hops(rate_hz: float = 20e6, reach_hz: tuple[tuple[float, float], ...] = HACKRF_HZ) -> tuple[float, ...]:
    return plan_hops(CONFIG, bands=BANDS, rate_hz=rate_hz, reach_hz=reach_hz)


def test_an_rtl_sdr_plans_nothing_above_its_tuner() -> None:
    for plan in ("camera", "full", "quick"):
        config = SweeperConfig(plan=plan)
        planned = plan_hops(config, bands=BANDS, rate_hz=2.4e6)
        assert max(planned) < HIGHEST_HZ
        summary = summarise(planned, config=config, bands=BANDS, rate_hz=2.4e6)
        assert summary.high_share == 0.0


def test_all_channels_of_2_4_and_5_8_ghz_are_heard_in_three_seconds_of_air() -> None:
    high = [hz for hz in hops() if hz >= HIGH_FROM_HZ]
    air_s = sum(dwell_of(hz, CONFIG) + CONFIG.settle_s + RETUNE_S for hz in high)
    assert air_s <= 3.0
    assert 0.05 <= CONFIG.high_look_s <= 0.1
    channels = [hz for band in BANDS.high for hz in band.channels_hz]
    assert len({hz for hz in channels if hz > 5e9}) == 47  # 48 channels; Raceband 7 and F 8 are both 5880 MHz
    away = np.abs(np.array(channels)[:, None] - np.array(high)).min(axis=1)
    assert away.max() <= covered_hz(20e6) / 2
    summary = summarise(hops(), config=CONFIG, bands=BANDS, rate_hz=20e6)
    assert summary.analog_share == summary.cofdm_share == summary.high_share == 1.0


def test_a_narrow_receiver_that_reaches_them_takes_more_hops() -> None:
    narrow = hops(rate_hz=2.4e6)
    assert summarise(narrow, config=CONFIG, bands=BANDS, rate_hz=2.4e6).high_share == 1.0
    assert len(narrow) > 2 * len(hops())


def test_what_the_receiver_does_not_reach_is_left_out() -> None:
    pluto = hops(reach_hz=((325e6, 3.8e9),))
    assert min(pluto) >= 325e6
    assert max(pluto) <= 3.8e9
    heard = {part: heard_high(pluto, bands=BANDS, part=part, width_hz=14e6) for part in HIGH_PARTS}
    assert heard == {"analog_2g4": 1.0, "analog_5g8": 0.0}
    config = SweeperConfig(ranges_hz=((2400e6, 2500e6),))
    assert len(plan_hops(config, bands=BANDS, rate_hz=20e6, reach_hz=HACKRF_HZ)) == 8
    with pytest.raises(OutOfReach, match="none of the frequencies"):
        plan_hops(config, bands=BANDS, rate_hz=2.4e6)


def test_a_full_plan_is_all_that_the_tuner_covers_and_the_bands_above() -> None:
    planned = np.sort(
        plan_hops(SweeperConfig(plan="full"), bands=BANDS, rate_hz=20e6, reach_hz=((100e6, 6e9),))
    )
    low = planned[planned < HIGH_FROM_HZ]
    assert low[0] - 10e6 <= 100e6 + 1e6
    assert np.diff(low).max() <= 20e6 * 5 / 6 + 1
    assert planned[-1] > 5.9e9


def test_a_longer_look_is_asked_for_once_for_all_slices_of_one_sender() -> None:
    planner = Planner((5800e6,), config=CONFIG)
    planner.look_closer(5800e6, unless_within_hz=6e6)
    planner.look_closer(5802e6, unless_within_hz=6e6)
    planner.look_closer(5808e6, unless_within_hz=6e6)
    asked = [planner.take() for _ in range(3)]
    assert [(hop.center_hz, hop.closer) for hop in asked] == [(5800e6, True), (5808e6, True), (5800e6, False)]
    assert asked[2].dwell_s == CONFIG.high_look_s
