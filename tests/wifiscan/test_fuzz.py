"""A short run of the damaged-input benchmark: nothing raises, everything is read or counted."""

from __future__ import annotations

import pytest

from tests.benchmarks.wifi_fuzz import fuzz_bodies, fuzz_frames


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_frames(seed):
    assert 0 < fuzz_frames(60_000, seed) < 60_000


def test_damaged_bodies():
    fuzz_bodies(3_000, 3)
