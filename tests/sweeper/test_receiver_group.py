"""Several ears answer as one sensor; the loss of one costs its own bands only."""

from __future__ import annotations

import pytest

from hw.clock import ManualClock
from hw.errors import DeviceLost, EndOfRecording
from sweeper.receiver_group import RETRY_S, ReceiverGroup, SweepGroup
from sweeper.spectral_sensor import SpectralSensor
from sweeper.survey_sensor import SurveySensor
from tests.sweeper.spectra import video, visits
from tests.sweeper.test_spectral_sensor import Radio
from tests.sweeper.test_survey_sensor import Radio as Counters
from tests.sweeper.test_survey_sensor import camera, quiet
from tests.sweeper.test_sweeper import play


def both(radio: Radio, clock: ManualClock) -> SweepGroup:
    return SweepGroup(play([]), {"spectral": SpectralSensor(radio=radio)}, clock=clock)


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


def test_three_ears_take_turns_and_what_another_hears_better_is_not_called_missing() -> None:
    clock = ManualClock()
    counters = Counters(clock, camera(2432))
    spectral = SpectralSensor(radio=Radio([visits(video())]))
    survey = SurveySensor(radio=counters, clock=clock)
    group = SweepGroup(play([]), {"spectral": spectral, "survey": survey}, clock=clock)
    for _ in range(300):
        counters.hop()
        group.step()
    assert {e.kind for e in group.observations()} == {"steady-carrier", "non-wifi-energy"}
    alone = survey.part_shares()
    parts = group.coverage().parts
    assert parts["analog_2g4"] == max(alone["analog_2g4"], spectral.part_shares()["analog_2g4"])
    assert parts["analog_5g8"] == alone["analog_5g8"] > 0
    assert "rf_survey_weak" in group.coverage().reasons  # at 5.8 GHz nothing else listens
    covered = SpectralSensor(radio=Radio([]))
    covered.part_shares = lambda: {"analog_2g4": 1.0, "analog_5g8": 1.0}  # type: ignore[method-assign]
    whole = SweepGroup(play([]), {"spectral": covered, "survey": survey}, clock=clock)
    assert "rf_survey_weak" not in whole.coverage().reasons
    assert whole.pictures() == {}


def test_a_group_without_a_sweep_plays_to_the_end_of_all_and_closes_them() -> None:
    clock = ManualClock()
    counters = Counters(clock, quiet)
    group = ReceiverGroup(
        SpectralSensor(radio=Radio([visits(video())])),
        {"survey": SurveySensor(radio=counters, clock=clock)},
        clock=clock,
    )
    counters.faults = [EndOfRecording("over")]
    for _ in range(4):
        clock.sleep_until(clock.now_ns() + 300_000_000)
        group.step()
    with pytest.raises(EndOfRecording):
        group.step()
    assert [e.kind for e in group.observations()] == ["steady-carrier"]
    assert group.health().ok
    group.finish()
    group.close()


def test_the_loss_of_the_survey_is_named_as_its_own() -> None:
    clock = ManualClock()
    counters = Counters(clock, quiet)
    counters.faults = [DeviceLost("gone")]
    group = SweepGroup(play([]), {"survey": SurveySensor(radio=counters, clock=clock)}, clock=clock)
    group.step()
    assert "rf_survey_lost" in group.coverage().reasons
    assert group.coverage().parts["analog_2g4"] == 0.0


def test_when_the_sweeps_recording_is_over_time_goes_on_for_the_others() -> None:
    clock = ManualClock()
    counters = Counters(clock, quiet)
    group = SweepGroup(play([]), {"survey": SurveySensor(radio=counters, clock=clock)}, clock=clock)
    for _ in range(200):
        group.step()
    assert group.counts().read >= 4
