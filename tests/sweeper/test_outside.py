"""Whether somebody outside is heard."""

from __future__ import annotations

import pytest

from sweeper.model import EmissionKind
from sweeper.outside import hears_outside, is_wide_sweep
from sweeper.track import EmissionTrack


def track(*, bandwidth_hz: float, snr_db: float = 15.0, kind: EmissionKind = "unknown") -> EmissionTrack:
    return EmissionTrack(
        number=1, low_hz=1e9, high_hz=1e9 + bandwidth_hz, first_ns=0, last_ns=0, kind=kind, service=None,
        center_hz=1e9, bandwidth_hz=bandwidth_hz, snr_db=snr_db,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "outside"),
    [
        (track(bandwidth_hz=2e3), False),  # a chance line, or one of its own
        (track(bandwidth_hz=200e3), True),
        (track(bandwidth_hz=200e3, snr_db=-20.0), False),
        (track(bandwidth_hz=2e6, kind="self-noise"), False),
    ],
)
def test_what_counts_as_outside(one: EmissionTrack, outside: bool) -> None:
    assert hears_outside([one]) is outside
    assert not hears_outside([])


def test_only_a_wide_sweep_must_hear_somebody() -> None:
    assert is_wide_sweep(1e9 + 5e6 * k for k in range(30))
    assert not is_wide_sweep(1e9 + 2e6 * k for k in range(30))
    assert not is_wide_sweep([1e9, 2e9])
