"""The sensor over an adapter's counters: dwells, what it tells, what it covers, and its faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from hw.clock import ManualClock
from hw.errors import DeviceLost, EndOfRecording
from hw.types import ChannelSurvey, DeviceHealth, DeviceInfo, SurveyBatch
from sweeper.bands import load_bands
from sweeper.survey_levels import ChannelBaseline
from sweeper.survey_sensor import WORTH, SurveySensor, dwell_between

CHANNELS_MHZ = (*range(2412, 2473, 5), 5180, 5200, 5220, 5240, 5745, 5765, 5785, 5805, 5825)
VISIT_MS = 250


class Radio:
    """An adapter that hops; ``busy`` says how much of a visit is energy, and how much frames."""

    def __init__(
        self,
        clock: ManualClock,
        air: Callable[[int], tuple[float, float | None, int | None]],
        *,
        channels_mhz: Sequence[int] = CHANNELS_MHZ,
    ) -> None:
        self.clock, self.air, self.channels_mhz = clock, air, channels_mhz
        self.counted: dict[int, ChannelSurvey] = {}
        self.faults: list[Exception] = []
        self.visit = 0

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="survey", backend="sim", name="test")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None:
        pass

    def __enter__(self) -> Radio:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def hop(self) -> None:
        """Visit the next channel."""
        mhz = self.channels_mhz[self.visit % len(self.channels_mhz)]
        self.visit += 1
        energy, frames, noise_dbm = self.air(mhz)
        was = self.counted.get(mhz)
        rx_ms = None if frames is None else round(frames * VISIT_MS)
        busy_ms = round(energy * VISIT_MS) + (rx_ms or 0)
        self.counted[mhz] = ChannelSurvey(
            center_hz=mhz * 1e6,
            noise_dbm=noise_dbm,
            time_ms=VISIT_MS + ((was.time_ms or 0) if was else 0),
            busy_ms=busy_ms + ((was.busy_ms or 0) if was else 0),
            rx_ms=None if rx_ms is None else rx_ms + ((was.rx_ms or 0) if was else 0),
            tx_ms=0,
        )
        self.clock.sleep_until(self.clock.now_ns() + VISIT_MS * 1_000_000)

    def read_survey(self) -> SurveyBatch:
        if self.faults:
            raise self.faults.pop()
        return SurveyBatch(t_ns=self.clock.now_ns(), channels=tuple(self.counted.values()))


def quiet(_mhz: int) -> tuple[float, float | None, int | None]:
    return 0.01, 0.02, -95


def camera(
    center_mhz: int, *, noise_dbm: int = -60
) -> Callable[[int], tuple[float, float | None, int | None]]:
    return lambda mhz: (1.0, 0.0, noise_dbm) if abs(mhz - center_mhz) <= 10 else quiet(mhz)


def listened(
    air: Callable[[int], tuple[float, float | None, int | None]],
    *,
    rounds: int = 6,
    baseline: dict[float, ChannelBaseline] | None = None,
    channels_mhz: Sequence[int] = CHANNELS_MHZ,
) -> SurveySensor:
    clock = ManualClock()
    radio = Radio(clock, air, channels_mhz=channels_mhz)
    sensor = SurveySensor(radio=radio, clock=clock, baseline=baseline)
    for _ in range(rounds * len(channels_mhz)):
        radio.hop()
        sensor.step()
    return sensor


def test_a_strong_sender_beside_silence_is_told_once_with_its_channels() -> None:
    (found,) = listened(camera(2432)).observations()
    assert found.kind == "non-wifi-energy"
    assert found.center_hz == 2432e6
    assert found.bandwidth_hz == 40e6
    assert found.camera_score == 0.85
    assert found.measures["duty"] == pytest.approx(1.0)
    assert found.snr_db == 35.0
    assert found.hits > 1
    assert found.first_ns < found.last_ns


def test_either_sign_alone_is_worth_less_than_both_and_without_frames_counted_least() -> None:
    def raised(mhz: int) -> tuple[float, float | None, int | None]:
        return (0.0, 0.0, -70) if mhz in (2437, 2442) else quiet(mhz)

    def uncounted(mhz: int) -> tuple[float, float | None, int | None]:
        return 0.5, None, -70 if mhz in (2437, 2442) else -95

    scores = [listened(air).observations()[0].camera_score for air in (raised, uncounted)]
    both = listened(camera(2432)).observations()[0].camera_score
    assert both > scores[0] > scores[1] > 0.5


def test_nothing_is_told_of_ordinary_air_and_of_what_the_baseline_knows() -> None:
    assert listened(quiet).observations() == ()
    known = {mhz * 1e6: ChannelBaseline(noise_dbm=-60.0, energy_share=1.0) for mhz in CHANNELS_MHZ}
    assert listened(camera(2432), baseline=known).observations() == ()


def test_it_covers_a_part_of_the_video_channels_whose_counters_it_has_seen() -> None:
    sensor = listened(quiet)
    share = sensor.part_shares()
    channels = load_bands().high_channels("analog_2g4")
    near = sum(any(abs(hz - mhz * 1e6) <= 10e6 for mhz in CHANNELS_MHZ) for hz in channels)
    assert share["analog_2g4"] == pytest.approx(WORTH * near / len(channels))
    assert 0 < share["analog_5g8"] < WORTH
    assert sensor.coverage_reasons() == ("rf_survey_weak",)
    assert sensor.coverage().reasons == ("rf_only_survey", "rf_survey_weak")


def test_what_a_driver_does_not_count_is_said_and_covers_nothing() -> None:
    sensor = listened(lambda _mhz: (0.5, None, None))
    assert sensor.part_shares() == {"analog_2g4": 0.0, "analog_5g8": 0.0}
    assert sensor.coverage_reasons() == ("rf_survey_uncounted",)
    fresh = SurveySensor(radio=Radio(ManualClock(), quiet), clock=ManualClock())
    assert fresh.coverage_reasons() == ("rf_survey_few",)
    lying = listened(lambda _mhz: (1.0, 0.0, -95))
    assert lying.observations() == ()
    assert lying.part_shares() == {"analog_2g4": 0.0, "analog_5g8": 0.0}
    assert "rf_survey_implausible" in lying.coverage_reasons()


def test_it_reads_four_times_a_second_and_no_faster() -> None:
    clock = ManualClock()
    sensor = SurveySensor(radio=Radio(clock, quiet), clock=clock)
    for _ in range(100):
        sensor.step()
        clock.sleep_until(clock.now_ns() + 10_000_000)
    assert sensor.counts().read == 4


def test_a_loss_is_said_and_what_the_counters_did_meanwhile_is_not_judged() -> None:
    clock = ManualClock()
    radio = Radio(clock, camera(2412), channels_mhz=[2412])
    sensor = SurveySensor(radio=radio, clock=clock)
    radio.hop()
    sensor.step()
    radio.faults.append(DeviceLost("gone", hint="plug it in"))
    radio.hop()
    with pytest.raises(DeviceLost):
        sensor.step()
    assert (sensor.health().ok, sensor.health().hint) == (False, "plug it in")
    for _ in range(3):
        radio.hop()
    sensor.step()
    assert sensor.health().ok
    assert sensor.levels("analog_2g4") == ()  # one read after the loss: no dwell is known yet
    radio.faults.append(EndOfRecording("over"))
    radio.hop()
    with pytest.raises(EndOfRecording):
        sensor.step()


def survey(time_ms: int | None, busy_ms: int | None = 0, rx_ms: int | None = 0) -> ChannelSurvey:
    return ChannelSurvey(
        center_hz=2437e6, time_ms=time_ms, busy_ms=busy_ms, rx_ms=rx_ms, tx_ms=0, noise_dbm=-95
    )


def test_a_dwell_is_the_difference_of_two_reads() -> None:
    dwell = dwell_between(survey(1000, 500, 100), survey(1200, 650, 130), 7)
    assert dwell is not None
    assert (dwell.time_ms, dwell.busy_ms, dwell.frames_ms, dwell.t_ns) == (200, 150, 30, 7)
    assert dwell.energy_share == pytest.approx(0.6)
    assert dwell_between(None, survey(1000), 0) is None
    assert dwell_between(survey(1000), survey(1005), 0) is None
    assert dwell_between(survey(None), survey(1005), 0) is None
    reset = dwell_between(survey(9000, 8000, 10), survey(100, 90, 5), 0)
    assert reset is not None
    assert (reset.time_ms, reset.busy_ms, reset.frames_ms) == (100, 90, 5)
    visit = dwell_between(survey(200, 200, 0), survey(260, 10, 5), 0)  # counted visit by visit
    assert visit is not None
    assert (visit.time_ms, visit.busy_ms, visit.frames_ms) == (260, 10, 5)
    untold = dwell_between(survey(1000, None, None), survey(1200, 100, None), 0)
    assert untold is not None
    assert (untold.busy_ms, untold.frames_ms, untold.energy_share) == (None, None, None)


def test_counters_that_cannot_be_are_counted_and_left_out() -> None:
    clock = ManualClock()
    radio = Radio(clock, lambda _mhz: (1.5, 0.0, -95), channels_mhz=[2412])
    sensor = SurveySensor(radio=radio, clock=clock)
    for _ in range(5):
        radio.hop()
        sensor.step()
    assert sensor.counts().dropped == {"impossible": 4}
    assert sensor.observations() == ()


def test_alone_it_waits_for_its_time_as_nobody_else_moves_the_clock() -> None:
    clock = ManualClock()
    sensor = SurveySensor(radio=Radio(clock, quiet), clock=clock, waits=True)
    for _ in range(5):
        sensor.step()
    assert sensor.counts().read == 5
    assert clock.now_ns() == 1_000_000_000
