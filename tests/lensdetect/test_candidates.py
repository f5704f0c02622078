"""Points are ranked by what the light changed, not by how bright they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lensdetect.candidates import background_of, find_peaks

RULES = {"threshold_sigma": 6.0, "min_contrast_dn": 10.0, "peak_over_wall": 1.0}


def crowd(*, lamps: int, answers: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return a ring picture full of lamps with some weaker answers among them, and the dark one."""
    rng = np.random.default_rng(4)
    dark = np.full((480, 640), 6.0)
    places = [(20 * (1 + i % 30), 20 * (1 + i // 30)) for i in range(lamps)]
    for x, y in places:
        dark[y - 1 : y + 2, x - 1 : x + 2] = 240.0
    ring = np.maximum(dark, 20.0)
    for i in range(answers):
        ring[300 + 12 * (i // 30), 30 + 20 * (i % 30)] = 120.0
    noise = rng.normal(0, 1.0, ring.shape)
    return (
        np.clip(ring + noise, 0, 255).astype(np.uint8),
        np.clip(dark + noise, 0, 255).astype(np.uint8),
    )


def test_lamps_do_not_push_an_answer_out() -> None:
    ring, dark = crowd(lamps=200, answers=1)

    def shines(places: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = places.astype(int).T
        return dark[y, x].astype(np.float64)

    peaks, left = find_peaks(ring, background_of(ring), limit=48, dark=shines, **RULES)
    assert (peaks[0].x_px, peaks[0].y_px) == (30.0, 300.0)
    assert left == 0  # lamps that were not examined cost nothing
    blind, _ = find_peaks(ring, background_of(ring), limit=48, **RULES)
    assert (30.0, 300.0) not in {(p.x_px, p.y_px) for p in blind}


def test_answers_beyond_the_limit_are_counted() -> None:
    ring, _ = crowd(lamps=0, answers=60)
    peaks, left = find_peaks(
        ring, background_of(ring), limit=48, dark=lambda places: np.zeros(len(places)), **RULES
    )
    assert (len(peaks), left) == (48, 12)
