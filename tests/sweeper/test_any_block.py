"""No block of any length, rate and content ends in an error."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.rf_blocks import CONTENTS, block, content, error_of
from tests.benchmarks.rf_cameras import play

LONGEST = 3e5  # samples; the benchmark goes to ten million


@pytest.mark.parametrize("seed", range(24))
def test_a_block_drawn_at_random(seed: int) -> None:
    kind, samples, rate_hz, center_hz = block(np.random.default_rng([5, seed]), LONGEST)
    assert error_of(samples, rate_hz=rate_hz, center_hz=center_hz) == "", kind


@pytest.mark.parametrize("count", [1, 2, 8191, 8192, 12_000, 23_000, 40_000])
@pytest.mark.parametrize("kind", CONTENTS)
def test_short_looks_of_a_wide_receiver(kind: str, count: int) -> None:
    samples = content(np.random.default_rng(count), kind, count)
    assert error_of(samples, rate_hz=10e6, center_hz=1.2e9) == ""


@pytest.mark.parametrize("kind", CONTENTS)
def test_wide_looks_above_two_gigahertz(kind: str) -> None:
    samples = content(np.random.default_rng(7), kind, 500_000)
    assert error_of(samples, rate_hz=7e6, center_hz=5.8e9) == ""


def test_what_is_left_out_is_counted() -> None:
    short = play(content(np.random.default_rng(1), "noise", 5000), rate_hz=10e6, center_hz=1.2e9)
    assert short.counts().dropped == {"too_short": 1}
