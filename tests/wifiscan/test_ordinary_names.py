"""Ordinary names, thousands of them: next to none is called a camera's."""

from __future__ import annotations

from collections import Counter

from tests.benchmarks.wifi_names import false_rates, ordinary_names
from wifiscan.signatures import load_signatures


def test_next_to_no_ordinary_name_is_a_camera_s():
    names = ordinary_names(7000, seed=1)
    kinds = Counter(kind for kind, _ in names)
    assert min(kinds.values()) == max(kinds.values()) == 1000
    assert len({name for _, name in names}) > 3000
    _, wrong = false_rates(names, load_signatures())
    assert len(wrong) <= 0.001 * len(names), wrong[:20]


def test_a_camera_s_name_among_them_would_be_noticed():
    names = [("camera", "FTYC811847AGFDZ"), *ordinary_names(700, seed=2)]
    hits, wrong = false_rates(names, load_signatures())
    assert hits["uid-known"] == 1
    assert ("uid-known", "FTYC811847AGFDZ") in wrong
