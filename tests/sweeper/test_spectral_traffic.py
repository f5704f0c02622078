"""What comes and goes is named by what physics tells of it."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.spectral_carrier import find_carriers
from sweeper.spectral_traffic import classify_traffic
from tests.sweeper.spectra import Shape, measured, video, visits

CHANNELS = [2412e6 + 5e6 * n for n in range(11)]


def hopping(t_ms: float) -> list[Shape]:
    rng = np.random.default_rng(int(t_ms / 0.625))
    return [(2402e6 + 1e6 * int(rng.integers(79)), 1e6, -40.0)]


def oven(t_ms: float) -> list[Shape]:
    return [(2455e6, 1e6, -25.0)] if t_ms % 20 < 8 else []


def wifi(t_ms: float) -> list[Shape]:
    return [(2437e6, 16.6e6, -40.0)] if int(t_ms / 2) % 3 else []


def phone(t_ms: float) -> list[Shape]:
    return [(2414e6, 1e6, -40.0)] if t_ms % 10 < 4 else []


@pytest.mark.parametrize(
    ("sender", "kind"), [(hopping, "hopping"), (oven, "oven"), (wifi, "wifi"), (phone, "bursts")]
)
def test_traffic_is_named(sender, kind: str) -> None:  # type: ignore[no-untyped-def]
    made = measured(visits(sender, channels_hz=CHANNELS * 2, count=20, step_ms=1.3, pause_ms=7.7))
    assert kind in {t.kind for t in classify_traffic(made, ())}
    assert find_carriers(made) == ()


def test_noise_is_no_traffic_and_a_carrier_is_left_out() -> None:
    assert classify_traffic(measured(visits(lambda _t: [], channels_hz=CHANNELS)), ()) == ()
    made = measured(visits(video()))
    assert classify_traffic(made, find_carriers(made)) == ()
    assert classify_traffic([], ()) == ()
