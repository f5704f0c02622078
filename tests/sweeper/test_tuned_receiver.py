"""The sensor over a receiver module: only a picture is a camera, a level on Wi-Fi's channels never is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from firmware.verdict.evidence.likelihoods import packaged_likelihoods
from firmware.verdict.evidence.rf import weigh_emission
from hw.errors import DeviceLost, EndOfRecording, FrequencyRefused
from hw.types import DeviceHealth, DeviceInfo, ReceiverLevel, VideoGrab
from sweeper.bands import load_bands
from sweeper.tuned_receiver import SAME_HZ, TunedReceiver, strongest
from tests.sweeper.test_grabbed_picture import room, snow

WIFI_149_TO_165_MHZ = (5745, 5765, 5785, 5805, 5825)


class Module:
    """A module; ``senders`` are MHz and volts over the floor, ``shows`` what the grabber gives there."""

    def __init__(
        self,
        senders: dict[float, float],
        shows: Callable[[float], list[NDArray[np.uint8]]] | None = None,
        *,
        reach_hz: tuple[float, float] = (5.345e9, 5.965e9),
    ) -> None:
        self.senders, self.shows, self._reach = senders, shows, reach_hz
        self.faults: list[Exception] = []
        self.grabbed: list[float] = []
        self._t_ns = 0

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="video_receiver", backend="sim", name="test")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None:
        pass

    def __enter__(self) -> Module:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def reach_hz(self) -> tuple[tuple[float, float], ...]:
        return (self._reach,)

    def has_picture(self) -> bool:
        return self.shows is not None

    def read_level(self, *, center_hz: float) -> ReceiverLevel:
        if self.faults:
            raise self.faults.pop()
        self._t_ns += 35_000_000
        volts = 0.5 + max(
            (v - 0.015 * max(0.0, abs(center_hz / 1e6 - mhz) - 4) for mhz, v in self.senders.items()),
            default=0.0,
        )
        return ReceiverLevel(t_ns=self._t_ns, center_hz=center_hz, volts=max(0.5, volts))

    def grab(self, *, center_hz: float, count: int) -> VideoGrab:
        self.grabbed.append(center_hz)
        self._t_ns += 200_000_000
        pictures = tuple(self.shows(center_hz)) if self.shows else ()
        return VideoGrab(t_ns=self._t_ns, center_hz=center_hz, pictures=pictures, unlocked=False)


def listened(module: Module, *, steps: int = 120) -> TunedReceiver:
    sensor = TunedReceiver(radio=module)
    for _ in range(steps):
        sensor.step()
    return sensor


def camera_at(mhz: float) -> Callable[[float], list[NDArray[np.uint8]]]:
    rng = np.random.default_rng(3)
    return lambda hz: room(rng) if abs(hz / 1e6 - mhz) < 6 else snow(rng)


def test_a_sender_with_a_picture_is_confirmed_and_shown() -> None:
    sensor = listened(Module({5865: 0.3}, camera_at(5865)))
    (found,) = sensor.observations()
    assert found.kind == "analog-video-pal"
    assert abs(found.center_hz - 5865e6) <= 4e6
    assert found.scores["picture"] >= 0.9
    assert set(sensor.pictures()) == {found.id}
    assert sensor.pictures()[found.id].pixels.shape == (288, 360)
    evidence = weigh_emission(found, packaged_likelihoods())
    assert evidence is not None
    assert evidence.confirmed
    assert set(evidence.log_lr_by_kind) == {"analog-high"}


@pytest.mark.parametrize("mhz", WIFI_149_TO_165_MHZ)
@pytest.mark.parametrize("volts", [0.06, 0.3, 0.6])
def test_a_level_on_wifis_channels_149_to_165_never_alarms(mhz: int, volts: float) -> None:
    for shows in (None, lambda _hz: snow(np.random.default_rng(1))):
        for found in listened(Module({mhz: volts}, shows)).observations():
            assert found.camera_score < 0.5
            assert weigh_emission(found, packaged_likelihoods()) is None


def test_a_level_elsewhere_raises_nothing_either() -> None:
    (found,) = listened(Module({5925: 0.4})).observations()
    assert found.kind == "unknown"
    assert weigh_emission(found, packaged_likelihoods()) is None


def test_the_board_that_a_grabber_shows_on_every_channel_is_no_camera() -> None:
    rng = np.random.default_rng(4)
    module = Module({5865: 0.3}, lambda _hz: room(rng, noise=1.0))
    found = listened(module).observations()
    assert len(found) == 1
    assert found[0].camera_score < 0.5


def test_the_emptiest_channel_is_looked_at_before_the_strong_ones() -> None:
    module = Module({5865: 0.3}, camera_at(5865))
    listened(module, steps=70)
    assert abs(module.grabbed[0] - 5865e6) > SAME_HZ
    assert abs(module.grabbed[1] - 5865e6) <= 4e6


def test_an_empty_band_costs_no_look_and_a_picture_that_was_proven_stays() -> None:
    quiet = Module({}, camera_at(5865))
    assert listened(quiet).observations() == ()
    assert quiet.grabbed == []
    module = Module({5865: 0.3}, camera_at(5865))
    sensor = listened(module)
    module.shows = lambda _hz: snow(np.random.default_rng(1))
    for _ in range(120):
        sensor.step()
    (found,) = sensor.observations()
    assert found.kind == "analog-video-pal"


def test_two_senders_are_two_and_the_channels_beside_one_are_not() -> None:
    levels = {
        hz: Module({5665: 0.3, 5865: 0.4}).read_level(center_hz=hz)
        for hz in load_bands().high_channels("analog_5g8")
    }
    assert [round(hz / 1e6) for hz in strongest(levels)] == [
        pytest.approx(5865, abs=4),
        pytest.approx(5665, abs=4),
    ]


def test_coverage_follows_the_channels_and_needs_a_grabber() -> None:
    module = Module({}, camera_at(5865))
    sensor = TunedReceiver(radio=module)
    assert sensor.part_shares() == {"analog_2g4": 0.0, "analog_5g8": 0.0}
    for _ in range(10):
        sensor.step()
    assert 0.1 < sensor.part_shares()["analog_5g8"] < 0.4
    sensor = listened(module)
    assert sensor.part_shares() == {"analog_2g4": 0.0, "analog_5g8": 1.0}
    assert sensor.coverage().reasons == ("rf_only_receiver", "rf_not_all_video_channels")
    bare = listened(Module({5865: 0.3}))
    assert bare.part_shares() == {"analog_2g4": 0.0, "analog_5g8": 0.0}
    assert "rf_receiver_no_grabber" in bare.coverage_reasons()


def test_the_cousin_at_2_4_ghz_listens_to_its_own_channels() -> None:
    module = Module({2432: 0.3}, camera_at(2432), reach_hz=(2.36e9, 2.52e9))
    sensor = listened(module)
    (found,) = sensor.observations()
    assert found.kind == "analog-video-pal"
    assert sensor.part_shares() == {"analog_2g4": 1.0, "analog_5g8": 0.0}


def test_faults_are_said_and_a_refused_channel_is_counted() -> None:
    module = Module({})
    sensor = TunedReceiver(radio=module)
    module.faults = [DeviceLost("gone", hint="plug it in"), FrequencyRefused("no")]
    assert sensor.step() == ()
    assert sensor.counts().dropped == {"refused": 1}
    with pytest.raises(DeviceLost):
        sensor.step()
    assert sensor.health().hint == "plug it in"
    sensor.step()
    assert sensor.health().ok
    module.faults = [EndOfRecording("over")]
    with pytest.raises(EndOfRecording):
        sensor.step()
    sensor.finish()
    sensor.close()
