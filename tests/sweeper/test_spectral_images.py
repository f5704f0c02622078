"""What the chip makes itself is not told as received."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweeper.spectral_carrier import Carrier, find_carriers
from sweeper.spectral_images import received
from tests.sweeper.spectra import measured, spectrum, video, visits


def carrier(center_hz: float, level_dbm: float) -> Carrier:
    (found,) = find_carriers(measured(visits(video())))
    return replace(found, center_hz=center_hz, level_dbm=level_dbm)


@pytest.mark.parametrize(
    ("apart_hz", "weaker_db", "kept"),
    [(22e6, 30, 1), (44e6, 20, 1), (22e6, 5, 2), (31e6, 30, 2), (69e6, 40, 1)],
)
def test_a_weaker_carrier_at_a_multiple_of_the_rate_is_a_fold(
    apart_hz: float, weaker_db: float, kept: int
) -> None:
    pair = [carrier(5745e6, -30.0), carrier(5745e6 + apart_hz, -30.0 - weaker_db)]
    assert len(received(pair)) == kept
    assert received(pair)[0].level_dbm == -30.0


def test_a_line_that_moves_with_the_channel_is_the_chips_own() -> None:
    channels = [5180e6, 5220e6, 5260e6, 5300e6]
    made = [
        spectrum([(hz + 3e6, 0.3e6, -60.0)], t_ms=40 * i + 1.5 * n, center_hz=hz)
        for i, hz in enumerate(channels)
        for n in range(9)
    ]
    found = find_carriers(measured(made))
    assert len(found) == 4
    assert received(found) == ()
    assert len(received(found[:2])) == 2


def test_a_line_between_overlapping_channels_contradicts_itself() -> None:
    made = [
        spectrum([(hz + 1e6, 0.3e6, -60.0)], t_ms=40 * i + 1.5 * n, center_hz=hz)
        for i, hz in enumerate([2412e6, 2417e6, 2422e6])
        for n in range(9)
    ]
    assert find_carriers(measured(made)) == ()
