"""Stamps that run backwards, jump or belong to several clocks: no time is invented, none is lost."""

from __future__ import annotations

import numpy as np
import pytest

from hw.formats.timeline import REORDER_NS, STEP_NS, Timeline

T0 = 1_700_000_000_000_000_000
SECOND = 10**9
TICK = SECOND // 20


def place(stamps: list[int]) -> list[int]:
    return [int(t) for t in Timeline().place(np.array(stamps, np.int64))]


def test_stamps_in_order_are_times_since_the_first() -> None:
    assert place([T0, T0 + 5, T0 + 4 * SECOND, T0 + 3600 * SECOND]) == [0, 5, 4 * SECOND, 3600 * SECOND]
    assert place([]) == []


@pytest.mark.parametrize("behind_s", [-7200, -30, -3, 1.8, 5, 60, 86_400 * 400])
def test_a_second_clock_adds_no_time(behind_s: float) -> None:
    truth = [n * TICK for n in range(600)]
    other = round(behind_s * SECOND)
    stamps = [T0 + t - (other if n % 3 == 1 else 0) for n, t in enumerate(truth)]
    times = np.array(place(stamps))
    assert np.abs(times - truth).max() <= 2 * TICK


@pytest.mark.parametrize("early_s", [2, 5, 9, 300])
def test_a_few_records_stamped_early_stay_where_the_file_has_them(early_s: int) -> None:
    truth = [n * TICK for n in range(1000)]
    stamps = [T0 + t - (early_s * SECOND + n if n % 50 == 7 else 0) for n, t in enumerate(truth)]
    assert np.abs(np.array(place(stamps)) - truth).max() <= TICK


@pytest.mark.parametrize("step_s", [-86_400 * 3650, -3600, -30, -4, 86_400 * 3650])
def test_a_clock_that_is_set_leaves_no_gap(step_s: int) -> None:
    stamps = [T0 + n * TICK for n in range(2000)]
    stamps[1000:] = [t + step_s * SECOND for t in stamps[1000:]]
    times = np.array(place(stamps))
    assert (np.diff(times) >= 0).all()
    assert times[-1] == pytest.approx(1999 * TICK, abs=2 * TICK)


def test_two_radios_that_are_written_in_turn_overlap() -> None:
    turn = [n * TICK for n in range(40)]  # two seconds of each
    stamps = [T0 + k * 40 * TICK + t for k in range(10) for t in (*turn, *turn)]
    times = place(stamps)
    assert times == [s - T0 for s in stamps]
    assert max(times) < 20 * SECOND


def test_silence_is_time() -> None:
    assert place([T0, T0 + 30 * SECOND, T0 + 31 * SECOND])[-1] == 31 * SECOND


def test_what_was_done_is_counted() -> None:
    timeline = Timeline()
    timeline.place(np.array([T0, T0 + SECOND, T0 - 5 * SECOND, T0 + SECOND]))
    assert (timeline.clocks, timeline.strays, timeline.disordered) == (1, 1, 0)
    timeline.place(np.array([T0 - 10**6 * SECOND, T0 - 10**6 * SECOND + 1]))
    assert timeline.clocks == 2


def test_extreme_stamps_end_in_bounded_times() -> None:
    rng = np.random.default_rng(5)
    timeline = Timeline()
    for _ in range(20):
        times = timeline.place(rng.integers(-(1 << 62), 1 << 62, 300))
        assert times.min() >= -(1 << 62)
        assert times.max() <= 1 << 62


def test_the_bounds_are_in_order() -> None:
    assert 0 < STEP_NS < REORDER_NS
