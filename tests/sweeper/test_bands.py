"""The band table and the plan made of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sweeper.bands import load_bands, parse_bands
from sweeper.config import HIGHEST_HZ, LOWEST_HZ, SweeperConfig
from sweeper.errors import BadBands, SweeperError
from sweeper.plan import Planner, heard_share, plan_hops, span_hops, summarise

BANDS = load_bands()
RATE_HZ = 2.4e6


def test_every_entry_has_a_source() -> None:
    for entry in (*BANDS.camera, *BANDS.service, *BANDS.receiver):
        assert len(entry.source) > 8


@pytest.mark.parametrize(
    ("center_hz", "channel"),
    [
        (1160.4e6, "1.2G ch3 1160 MHz"),
        (1079e6, "1.2G ch1 1080 MHz"),
        (1258e6, "1.2G ch5b 1258 MHz"),
        (911e6, "0.9G ch1 910 MHz"),
        (1394e6, "1.2G chuk 1394 MHz"),
        (600e6, None),
    ],
)
def test_channels_are_named(center_hz: float, channel: str | None) -> None:
    assert BANDS.channel_at(center_hz) == channel


def test_services_are_regional() -> None:
    assert [s.name for s in BANDS.services_at(433.92e6, region="kr")] == ["ISM 433 MHz"]
    assert "ISM 915 MHz" in [s.name for s in BANDS.services_at(915e6, region="us")]
    assert "ISM 915 MHz" not in [s.name for s in BANDS.services_at(915e6, region="kr")]
    assert BANDS.services_at(1090e6, region="kr")[0].name == "ADS-B / Mode S"


def test_the_crystal_is_known() -> None:
    assert BANDS.is_receiver_line(28.8e6 * 40 + 2e3)
    assert not BANDS.is_receiver_line(28.8e6 * 40 + 60e3)
    assert not BANDS.is_receiver_line(1e6)


@pytest.mark.parametrize("text", ["camera = 3", "[[camera]]\nname='x'", "\x00", "camera=[]\nservice=[]"])
def test_a_broken_table_is_one_clear_error(text: str) -> None:
    with pytest.raises(BadBands) as caught:
        parse_bands(text)
    assert isinstance(caught.value, SweeperError)
    assert isinstance(caught.value, ValueError)


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_an_error(text: str) -> None:
    with pytest.raises(BadBands):
        parse_bands(text)


@pytest.mark.parametrize("plan", ["camera", "full", "quick"])
def test_plans_stay_within_the_tuner(plan: str) -> None:
    config = SweeperConfig.model_validate({"plan": plan})
    hops = plan_hops(config, bands=BANDS, rate_hz=RATE_HZ)
    assert len(hops) == len(set(hops))
    assert min(hops) >= LOWEST_HZ
    assert max(hops) <= HIGHEST_HZ


def test_the_full_plan_leaves_no_gap() -> None:
    hops = np.sort(plan_hops(SweeperConfig(plan="full"), bands=BANDS, rate_hz=RATE_HZ))
    assert len(hops) == 871
    assert np.diff(hops).max() <= 2.0e6 + 1
    assert hops[0] - 1e6 <= LOWEST_HZ
    assert hops[-1] + 1e6 >= HIGHEST_HZ


def test_the_camera_plan_is_quick_and_hears_its_bands() -> None:
    config = SweeperConfig()
    hops = plan_hops(config, bands=BANDS, rate_hz=RATE_HZ)
    summary = summarise(hops, config=config, bands=BANDS)
    assert summary.round_s < 10
    assert summary.analog_share == summary.cofdm_share == 1.0
    quick = plan_hops(SweeperConfig(plan="quick"), bands=BANDS, rate_hz=RATE_HZ)
    assert set(BANDS.camera[0].channels_hz) <= set(quick)


def test_user_ranges_replace_the_plan() -> None:
    config = SweeperConfig(ranges_hz=((99e6, 105e6),))  # in the FM band, where no camera sends
    hops = plan_hops(config, bands=BANDS, rate_hz=RATE_HZ)
    assert hops == (100e6, 102e6, 104e6)
    assert heard_share(hops, bands=BANDS, modulation="analog") == 0.0
    with pytest.raises(ValidationError):
        SweeperConfig(ranges_hz=((105e6, 99e6),))
    with pytest.raises(ValidationError):
        SweeperConfig(ranges_hz=((1e6, 430e6),))


@given(
    low=st.floats(24e6, 1700e6),
    width=st.floats(1e3, 60e6),
    step=st.floats(0.5e6, 10e6),
)
def test_spans_cover_their_range(low: float, width: float, step: float) -> None:
    hops = span_hops(low, low + width, step_hz=step)
    gaps = np.diff([low - step / 2, *hops, low + width + step / 2])
    assert gaps.max() <= step * (1 + 1e-6)


def test_interesting_hops_come_back_but_not_for_ever() -> None:
    config = SweeperConfig(ranges_hz=((430e6, 436e6),), revisits=2)
    planner = Planner((431e6, 433e6, 435e6), config=config)
    first = planner.take()
    for _ in range(5):
        planner.look_closer(first.center_hz, gain_db=10.0)
    given_hops = [planner.take() for _ in range(4)]
    assert [h.closer for h in given_hops] == [True, True, False, False]
    assert given_hops[0].dwell_s == config.confirm_s
    assert given_hops[0].gain_db == 10.0
    assert planner.rounds == 1
    assert planner.progress == 1.0


def test_the_classic_channels_and_the_48_of_5_8_ghz_are_there() -> None:
    bands = load_bands()
    assert {2414e6, 2432e6, 2450e6, 2468e6} <= set(bands.high_channels("analog_2g4"))
    named = [n for band in bands.high if band.part == "analog_5g8" for n in band.channel_names]
    assert len(named) == 48
    assert (min(bands.high_channels("analog_5g8")), max(bands.high_channels("analog_5g8"))) == (
        5362e6,
        5945e6,
    )


def test_the_nearest_channel_above_2_ghz_is_named_with_its_distance() -> None:
    assert load_bands().high_channel_near(2414.3e6) == (pytest.approx(0.3e6), "2.4G ch1 2414 MHz")
    assert load_bands().high_channel_near(5645.2e6) == (pytest.approx(0.2e6), "5.8G chE4 5645 MHz")
