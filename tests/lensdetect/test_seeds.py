"""Nothing that was learned from is judged."""

from __future__ import annotations

from tests.benchmarks.lens_quality import ROOMS_FROM
from tests.benchmarks.lens_rooms import QUALITY_SEEDS, TRAIN_SEEDS
from tests.benchmarks.lens_second_rooms import ROOMS_FROM as SECOND_FROM
from tests.benchmarks.lens_train import HELD_FROM


def test_what_is_learned_from_is_never_judged() -> None:
    assert not set(QUALITY_SEEDS) & set(TRAIN_SEEDS)
    assert SECOND_FROM in QUALITY_SEEDS
    assert 0 < ROOMS_FROM < len(QUALITY_SEEDS)
    assert 0 < HELD_FROM < len(TRAIN_SEEDS)
