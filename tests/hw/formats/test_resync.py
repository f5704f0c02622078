"""The search behind damage finds what a plain search finds, and looks at no byte twice."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hw.formats.resync import FIRST_BYTES, Ints, Resync


@given(
    sure=st.sets(st.integers(0, 9_999)),
    perhaps=st.sets(st.integers(9_000, 9_999)),
    asked=st.lists(st.integers(0, 10_500), min_size=1).map(sorted),
)
def test_it_finds_what_a_plain_search_finds(sure: set[int], perhaps: set[int], asked: list[int]) -> None:
    looked: list[int] = []

    def look(low: int, high: int) -> tuple[Ints, Ints]:
        looked.extend(range(low, high))
        return tuple(np.array(sorted(p for p in s if low <= p < high), np.int64) for s in (sure, perhaps))

    search = Resync(look, 10_000)
    behind = 0  # a reader asks from behind what it was given
    for at in asked:
        if at < behind:
            continue
        found = search.sure(at)
        assert found == min((p for p in sure if p >= at), default=None)
        if found is None:
            assert search.perhaps(at) == min((p for p in perhaps if p >= at), default=None)
            break
        behind = found + 1
    assert len(looked) == len(set(looked))


def test_one_small_damage_costs_one_small_window() -> None:
    looked: list[int] = []

    def look(low: int, high: int) -> tuple[Ints, Ints]:
        looked.append(high - low)
        return np.array([low + 10], np.int64), np.zeros(0, np.int64)

    assert Resync(look, 1 << 20).sure(5) == 15
    assert looked == [FIRST_BYTES]
