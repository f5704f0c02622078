"""Steady carriers are found; what pauses, hops or is wide is not."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.spectral_carrier import LEAST_DBM, find_carriers
from tests.sweeper.spectra import Shape, measured, video, visits


def test_a_video_sender_is_found_on_three_channels_with_its_numbers() -> None:
    (found,) = find_carriers(measured(visits(video())))
    assert found.center_hz == pytest.approx(2414e6, abs=0.6e6)
    assert found.duty == 1.0
    # The third channel ends too near to it to count.
    assert found.hits == found.seen == 18
    assert found.level_dbm == pytest.approx(-45, abs=1)
    assert 2.0e6 <= found.wander_hz <= 3.2e6
    assert not found.raises_floor
    assert found.channels_hz == (2412e6, 2417e6)


def test_one_visit_of_nine_ffts_is_enough_and_one_of_four_is_not() -> None:
    assert find_carriers(measured(visits(video(), channels_hz=[2412e6])))
    assert not find_carriers(measured(visits(video(), channels_hz=[2412e6], count=4)))


def test_a_carrier_under_a_swallowed_floor_is_found_and_says_so() -> None:
    (found,) = find_carriers(measured(visits(video(), noise_dbm=-51.0)))
    assert found.raises_floor


@pytest.mark.parametrize("dbm", [LEAST_DBM - 4, LEAST_DBM + 4])
def test_a_line_that_does_not_move_must_be_strong(dbm: float) -> None:
    found = find_carriers(measured(visits(video(dbm=dbm, swing_hz=0.0))))
    assert bool(found) == (dbm > LEAST_DBM)
    moving = find_carriers(measured(visits(video(dbm=dbm))))
    assert len(moving) == 1


def hopping(t_ms: float) -> list[Shape]:
    rng = np.random.default_rng(int(t_ms / 0.625))
    return [(2402e6 + 1e6 * int(rng.integers(79)), 1e6, -40.0)]


def oven(t_ms: float) -> list[Shape]:
    return [(2455e6, 1e6, -25.0)] if t_ms % 20 < 9.5 else []


def wifi(t_ms: float) -> list[Shape]:
    return [(2412e6, 16.6e6, -40.0)] if int(t_ms / 2) % 5 else []


def slots(t_ms: float) -> list[Shape]:
    return [(2414e6, 1e6, -40.0)] if t_ms % 10 < 4 else []


@pytest.mark.parametrize(
    ("sender", "center_hz"), [(hopping, 2412e6), (oven, 2457e6), (wifi, 2412e6), (slots, 2412e6)]
)
@pytest.mark.parametrize(("count", "step_ms"), [(9, 1.5), (100, 0.21), (60, 1.5)])
def test_what_pauses_hops_or_is_wide_is_no_carrier(
    sender, center_hz: float, count: int, step_ms: float
) -> None:  # type: ignore[no-untyped-def]
    for start_ms in (0.0, 3.3, 11.7):
        made = visits(
            sender,
            channels_hz=[center_hz] * 2,
            count=count,
            step_ms=step_ms,
            pause_ms=47.0,
            start_ms=start_ms,
        )
        assert find_carriers(measured(made)) == ()


def test_wifi_bursts_over_a_carrier_hide_it_and_do_not_contradict_it() -> None:
    camera = video()

    def both(t_ms: float) -> list[Shape]:
        return camera(t_ms) + ([(2417e6, 16.6e6, -35.0)] if int(t_ms / 3) % 2 else [])

    (found,) = find_carriers(measured(visits(both, count=20)))
    assert found.duty == 1.0
    assert found.seen < 60
    assert found.center_hz == pytest.approx(2414e6, abs=0.8e6)


def test_the_edge_of_a_wide_neighbour_is_no_carrier() -> None:
    def beside(_t: float) -> list[Shape]:
        return [(2412e6, 16.6e6, -40.0)]

    assert find_carriers(measured(visits(beside, channels_hz=[2428e6], count=60))) == ()


def test_two_senders_are_two_carriers() -> None:
    one, other = video(5745e6), video(5785e6, dbm=-60.0)
    made = visits(
        lambda t: one(t) + other(t), channels_hz=[5765e6], count=60, step_ms=0.5, width_hz=88e6, bins=256
    )
    found = find_carriers(measured(made))
    assert [round(c.center_hz / 1e6) for c in found] == [5745, 5785]


def test_separate_visits_to_an_unmoving_carrier_count_where_no_oven_sends() -> None:
    still = video(5645e6, swing_hz=0.0)
    two = visits(still, channels_hz=[5650e6, 5650e6], count=8, step_ms=0.21, pause_ms=1000)
    assert len(find_carriers(measured(two))) == 1
    assert find_carriers(measured(two[:8])) == ()
    low = visits(video(2450e6, swing_hz=0.0), channels_hz=[2452e6] * 2, count=8, step_ms=0.21, pause_ms=1000)
    assert find_carriers(measured(low)) == ()


def test_noise_alone_and_nothing_at_all_hold_no_carrier() -> None:
    assert find_carriers(measured(visits(lambda _t: [], count=200))) == ()
    assert find_carriers([]) == ()
