"""Two receivers answer as one sensor; the loss of the second costs its bands only."""

from __future__ import annotations

import pytest

from hw.clock import ManualClock
from hw.errors import DeviceLost, EndOfRecording
from sweeper.spectral_sensor import SpectralSensor
from sweeper.two_receivers import RETRY_S, TwoReceivers
from tests.sweeper.spectra import video, visits
from tests.sweeper.test_spectral_sensor import Radio
from tests.sweeper.test_sweeper import play


def both(radio: Radio, clock: ManualClock) -> TwoReceivers:
    return TwoReceivers(play([]), SpectralSensor(radio=radio), clock=clock)


def test_what_both_find_and_cover_is_told_together() -> None:
    samples = visits(video())
    sensor = both(Radio([samples]), ManualClock())
    for _ in range(3):
        sensor.step()
    with pytest.raises(EndOfRecording):
        sensor.step()
    assert [e.kind for e in sensor.observations()] == ["steady-carrier"]
    parts = sensor.coverage().parts
    assert parts["analog_2g4"] > 0
    assert parts["analog_low"] == 0.0
    assert sensor.counts().read == 27
    assert sensor.name == "rf"


def test_a_lost_adapter_is_said_and_opened_again() -> None:
    clock = ManualClock()
    radio = Radio([visits(video()), DeviceLost("gone"), visits(video(), start_ms=9000)], channels=[2412e6])
    sensor = both(radio, clock)
    for _ in range(4):
        sensor.step()
    assert sensor.coverage().parts["analog_2g4"] == 0.0
    assert "rf_spectral_lost" in sensor.coverage().reasons
    clock.sleep_until(round((RETRY_S + 1) * 1e9))
    for _ in range(2):
        sensor.step()
    assert "rf_spectral_lost" not in sensor.coverage().reasons
    assert sensor.coverage().parts["analog_2g4"] > 0.0
