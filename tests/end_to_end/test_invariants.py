"""A short set of the invariants; the long one is ``python -m tests.benchmarks.invariants``."""

from __future__ import annotations

import pytest

from firmware.verdict.fusion import Level
from tests.end_to_end.invariants import CUBICLES, rush


@pytest.mark.parametrize("seed", range(10))
def test_a_rushed_site_never_gets_a_negative_headline(seed: int) -> None:
    done = rush(seed)
    assert len(done.levels) == CUBICLES
    assert done.headline != Level.NOTHING_FOUND.value
    assert Level.NOTHING_FOUND.value not in done.levels


def test_the_same_walk_without_hurry_does_get_one() -> None:
    done = rush(1, step_s=200.0)
    assert Level.NOTHING_FOUND.value in done.levels
