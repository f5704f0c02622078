"""Carriers keep their number; what turns out to be the chip's own or a carrier's beginning is taken back."""

from __future__ import annotations

import pytest

from sweeper.spectral_carrier import find_carriers
from sweeper.spectral_tracks import MOVING_SCORE, ON_CHANNEL_SCORE, STEADY_SCORE, SpectralTracks
from sweeper.spectral_traffic import classify_traffic
from tests.sweeper.spectra import measured, video, visits


def update(tracks: SpectralTracks, samples: list) -> None:  # type: ignore[type-arg]
    window = measured(samples)
    carriers = find_carriers(window)
    tracks.update(carriers, classify_traffic(window, carriers), window)


@pytest.mark.parametrize(
    ("place_hz", "swing_hz", "score", "channel"),
    [
        (2414e6, 1.5e6, MOVING_SCORE, "2.4G ch1 2414 MHz"),
        (2414.2e6, 0.0, ON_CHANNEL_SCORE, "2.4G ch1 2414 MHz"),
        (2419.9e6, 0.0, STEADY_SCORE, None),
    ],
)
def test_a_carrier_is_scored_by_its_movement_and_its_place(
    place_hz: float, swing_hz: float, score: float, channel: str | None
) -> None:
    tracks = SpectralTracks()
    update(tracks, visits(video(place_hz, swing_hz=swing_hz)))
    (found,) = tracks.emissions()
    assert found.kind == "steady-carrier"
    assert found.scores["camera"] == score
    assert found.channel == channel
    assert found.center_hz == pytest.approx(place_hz, abs=0.7e6)
    assert found.measures["duty"] == 1.0


def test_a_carrier_that_moves_on_keeps_its_number() -> None:
    tracks = SpectralTracks()
    update(tracks, visits(video(2413.5e6)))
    update(tracks, visits(video(2414.5e6, dbm=-38), start_ms=9000))
    (found,) = tracks.emissions()
    assert found.id == "rf-s001"


def test_a_carrier_that_later_channels_do_not_show_is_taken_back() -> None:
    tracks = SpectralTracks()
    first = visits(video(2421e6, swing_hz=0.4e6, dbm=-49), channels_hz=[2427e6])
    update(tracks, first)
    assert len(tracks.emissions()) == 1
    # The channel below covers the same place and hears a sender elsewhere, 18 dB stronger, and nothing there.
    second = visits(video(2414e6, dbm=-31), channels_hz=[2417e6, 2422e6], start_ms=100)
    update(tracks, first + second)
    assert [round(e.center_hz / 1e6) for e in tracks.emissions()] == [2414]


def test_bursts_are_forgotten_where_they_turn_out_to_be_a_carrier() -> None:
    tracks = SpectralTracks()
    short = visits(video(5645e6, swing_hz=0), channels_hz=[5650e6], count=6, step_ms=0.3)
    update(tracks, short)
    assert [e.kind for e in tracks.emissions()] == ["unknown"]
    update(tracks, short + visits(video(5645e6, swing_hz=0), channels_hz=[5650e6], count=60, start_ms=50))
    assert [e.kind for e in tracks.emissions()] == ["steady-carrier"]
