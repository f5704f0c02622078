"""The rates of the slices of a wide look."""

from __future__ import annotations

import pytest

from sweeper.wide_rates import LEAST_SLICE_HZ, covered_share, decimation


@pytest.mark.parametrize(
    ("rate_hz", "divide"),
    [(2.4e6, 1), (3.2e6, 1), (4e6, 2), (8e6, 4), (10e6, 4), (20e6, 8), (61.44e6, 16)],
)
def test_slices_have_two_to_four_megasamples(rate_hz: float, divide: int) -> None:
    assert decimation(rate_hz) == divide
    if divide > 1:
        assert LEAST_SLICE_HZ <= rate_hz / divide < 2 * LEAST_SLICE_HZ


def test_one_slice_less_than_would_fit_is_covered() -> None:
    assert covered_share(2.4e6) == 1.0
    assert covered_share(20e6) == 7 / 8
    assert covered_share(10e6) == 3 / 4
