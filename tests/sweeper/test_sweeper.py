"""The whole RF sensor over the simulated receiver and over recorded blocks."""

from __future__ import annotations

from typing import Self

import numpy as np
import pytest

from firmware.sensor import Sensor
from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, EndOfRecording, FrequencyRefused
from hw.sim.sdr import open_sdr
from hw.types import DeviceHealth, DeviceInfo, IqBlock
from sweeper.config import SweeperConfig
from sweeper.model import Emission
from sweeper.sweeper import Sweeper
from tests.sweeper.air import RATE_HZ, Samples, heard

VIDEO = {"analog-video-pal", "analog-video-ntsc"}


class Tape:
    """A recorded receiver: gives its blocks in order, then it is over."""

    tunable = False

    def __init__(self, blocks: list[tuple[float, Samples]], *, rate_hz: float = RATE_HZ) -> None:
        self._blocks, self.rate_hz, self._t_ns = list(blocks), rate_hz, 0

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        raise AssertionError("a recording is never tuned")

    def read(self, *, count: int) -> IqBlock:
        if not self._blocks:
            raise EndOfRecording("The recording is over")
        center_hz, samples = self._blocks.pop(0)
        if len(samples) > count:
            self._blocks.insert(0, (center_hz, samples[count:]))
        samples = samples[:count]
        t_ns, self._t_ns = self._t_ns, self._t_ns + round(len(samples) * 1e9 / self.rate_hz)
        clipped = float(np.mean(np.abs(samples.real) >= 1)) if len(samples) else 0.0
        return IqBlock(
            t_ns=t_ns,
            center_hz=center_hz,
            rate_hz=self.rate_hz,
            gain_db=None,
            samples=samples,
            clipped_share=clipped,
        )

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="sdr", backend="replay", name="tape")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None: ...
    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None: ...


def play(blocks: list[tuple[float, Samples]], *, rate_hz: float = RATE_HZ) -> Sweeper:
    sweeper = Sweeper(sdr=Tape(blocks, rate_hz=rate_hz), clock=ManualClock(), config=SweeperConfig())
    _run_until(sweeper, EndOfRecording)
    return sweeper


def _run_until(sweeper: Sweeper, error: type[Exception]) -> None:
    with pytest.raises(error):
        _steps(sweeper, count=1000)


def _steps(sweeper: Sweeper, *, count: int) -> None:
    for _ in range(count):
        sweeper.step()


def sweep(target: str, *, seconds: float = 9.0, config: SweeperConfig | None = None) -> Sweeper:
    clock = ManualClock()
    sdr = open_sdr(target=target, config=HwConfig(), clock=clock)
    sweeper = Sweeper(sdr=sdr, clock=clock, config=config or SweeperConfig())
    while clock.now_ns() < seconds * 1e9:
        sweeper.step()
    return sweeper


def worst(sweeper: Sweeper) -> float:
    return max((e.scores["camera"] for e in sweeper.observations()), default=0.0)


def test_it_is_a_sensor() -> None:
    assert isinstance(play([]), Sensor)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_analog_camera_is_found_and_named(seed: int) -> None:
    sweeper = sweep(f"analog-camera?seed={seed}", seconds=11)
    cameras = [e for e in sweeper.observations() if e.kind in VIDEO]
    assert len(cameras) == 1
    (camera,) = cameras
    assert camera.kind == "analog-video-pal"
    assert camera.scores["camera"] > 0.95
    assert camera.channel == "1.2G ch3 1160 MHz"
    assert camera.center_hz == pytest.approx(1160e6, abs=4e6)
    assert camera.bandwidth_hz > 5e6
    assert camera.as_json()["type"] == "emission"


@pytest.mark.parametrize("room", ["empty-room", "tv-and-router"])
def test_clean_rooms_stay_quiet(room: str) -> None:
    sweeper = sweep(f"{room}?seed=3")
    assert worst(sweeper) < 0.3
    names = {e.service for e in sweeper.observations()}
    assert {"ADS-B / Mode S", "ATSC television", "28.8 MHz crystal"} <= names
    coverage = sweeper.coverage()
    assert coverage.parts["analog_low"] == 1.0
    assert coverage.share > 0.95


def test_coverage_grows_with_what_was_heard() -> None:
    shares = [sweep("empty-room", seconds=s).coverage().share for s in (0.0, 0.5, 3.0)]
    assert shares[0] == 0.0
    assert shares[0] < shares[1] < shares[2] < 1.0
    assert sweep("empty-room", seconds=0.5).coverage().reasons == ("rf_not_all_bands",)


def test_the_same_room_gives_the_same_emissions() -> None:
    first, second = (sweep("tv-and-router?seed=5", seconds=4).observations() for _ in range(2))
    assert [e.as_json() for e in first] == [e.as_json() for e in second]


def test_a_recorded_sweep_gives_what_the_live_one_gave() -> None:
    clock = ManualClock()
    sdr = open_sdr(target="analog-camera", config=HwConfig(), clock=clock)
    live = Sweeper(sdr=sdr, clock=clock, config=SweeperConfig())
    blocks: list[IqBlock] = []
    read = sdr.read

    def taped(*, count: int) -> IqBlock:
        blocks.append(read(count=count))
        return blocks[-1]

    sdr.read = taped  # type: ignore[method-assign]
    while clock.now_ns() < 4e9:
        live.step()
    tape = Tape([])
    tape.read = lambda *, count: blocks.pop(0)  # type: ignore[method-assign]
    again = Sweeper(sdr=tape, clock=ManualClock(), config=SweeperConfig())
    while blocks:
        again.step()
    assert [e.as_json() for e in again.observations()] == [e.as_json() for e in live.observations()]


def test_steps_return_what_changed() -> None:
    tape = Tape([(433.9e6, heard("ook", snr_db=15)), (500e6, heard(None))])
    sweeper = Sweeper(sdr=tape, clock=ManualClock(), config=SweeperConfig())
    first = sweeper.step()
    assert {e.service for e in first} == {"ISM 433 MHz"}
    assert not sweeper.step()
    assert [e.id for e in sweeper.observations()] == [e.id for e in first]


@pytest.mark.parametrize("name", ["pal-fm", "ntsc-fm"])
def test_video_over_several_hops_is_one_camera(name: str) -> None:
    hops = [-4e6, -2e6, 0.0, 2e6, 4e6]
    sweeper = play([(1240e6 + hz, heard(name, snr_db=5, offset_hz=hz)) for hz in hops])
    (camera,) = sweeper.observations()
    assert camera.kind == f"analog-video-{name[:-3]}"
    assert camera.channel == "1.2G ch5 1240 MHz"
    assert camera.hits == 5
    assert camera.bandwidth_hz == pytest.approx(10e6, rel=0.05)


def test_a_cofdm_link_outside_the_television_band_is_suspicious() -> None:
    link = play([(345e6, heard("cofdm", snr_db=15, offset_hz=0.0))])
    broadcast = play([(563e6, heard("cofdm", snr_db=15, offset_hz=0.0))])
    assert link.observations()[0].kind == "cofdm"
    assert worst(link) > 0.7
    assert worst(broadcast) < 0.1


@pytest.mark.parametrize(
    ("name", "center_hz", "service"),
    [
        ("fm", 97.9e6, "FM broadcast"),
        ("dab", 208.736e6, "T-DMB / DAB"),
        ("tetra", 391e6, "TETRA / trunked radio"),
        ("adsb", 1090e6, "ADS-B / Mode S"),
        ("gsm", 947e6, "cellular downlink"),
        ("lte", 879e6, "cellular downlink"),
    ],
)
def test_services_are_known(name: str, center_hz: float, service: str) -> None:
    sweeper = play([(center_hz - 0.2e6, heard(name, snr_db=15, offset_hz=-0.2e6))])
    assert service in {e.service for e in sweeper.observations()}
    assert worst(sweeper) < 0.1


def test_bad_blocks_are_counted_and_do_not_stop_it() -> None:
    empty = np.zeros(0, np.complex64)
    flat, broken = np.zeros(50_000, np.complex64), np.full(50_000, np.nan, np.complex64)
    sweeper = play([(5e8, empty), (5e8, flat), (5e8, broken), (433.9e6, heard("ook", snr_db=15))])
    assert sweeper.counts().dropped == {"too_short": 1, "constant": 1, "not_finite": 1}
    assert sweeper.counts().read == 4
    assert {e.service for e in sweeper.observations()} == {"ISM 433 MHz"}


def test_a_dead_receiver_covers_nothing_and_says_so() -> None:
    sweeper = play([(3e8 + i * 2e6, np.zeros(50_000, np.complex64)) for i in range(10)])
    assert sweeper.coverage().share == 0.0
    assert not sweeper.health().ok
    assert "rf_deaf" in sweeper.coverage().reasons


def test_a_pulled_plug_is_told_and_overcome() -> None:
    clock = ManualClock()
    sdr = open_sdr(target="empty-room?unplug=rf@0.5-1.0", config=HwConfig(), clock=clock)
    sweeper = Sweeper(sdr=sdr, clock=clock, config=SweeperConfig())
    _run_until(sweeper, DeviceLost)
    assert not sweeper.health().ok
    clock.sleep_until(1_100_000_000)
    sweeper.step()
    assert sweeper.health().ok


def test_the_table_is_bounded() -> None:
    rng = np.random.default_rng(0)
    blocks = []
    for hop in range(6):
        x = heard(None, seconds=0.03, seed=hop)
        t = np.arange(len(x)) / RATE_HZ
        for hz in rng.uniform(-0.9e6, 0.9e6, size=12):
            x = x + np.complex64(0.02) * np.exp(2j * np.pi * hz * t).astype(np.complex64)
        blocks.append((250e6 + hop * 2e6, x))
    config = SweeperConfig(max_tracks=16)
    sweeper = Sweeper(sdr=Tape(blocks), clock=ManualClock(), config=config)
    for _ in range(6):
        sweeper.step()
    found = sweeper.observations()
    assert len(found) == 16
    assert all(isinstance(e, Emission) for e in found)


class Gapped(Tape):
    """A tuner with a hole that hears noise everywhere else."""

    tunable = True

    def __init__(self, low_hz: float, high_hz: float) -> None:
        super().__init__([])
        self._gap = (low_hz, high_hz)
        self._center_hz = 0.0
        self._noise = heard(None, seconds=0.026)

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None:
        if self._gap[0] < center_hz < self._gap[1]:
            raise FrequencyRefused("The tuner does not go there", hint="It has a gap.")
        self._center_hz = center_hz

    def read(self, *, count: int) -> IqBlock:
        self._blocks.append((self._center_hz, self._noise[:count]))
        return super().read(count=count)


def test_what_the_tuner_refuses_is_skipped_and_said() -> None:
    sweeper = Sweeper(sdr=Gapped(1100e6, 1250e6), clock=ManualClock(), config=SweeperConfig())
    _steps(sweeper, count=244)
    coverage = sweeper.coverage()
    assert sweeper.counts().dropped["tuner_gap"] > 20
    assert sweeper.counts().read > 180
    assert "rf_tuner_gap" in coverage.reasons


def test_a_tuner_that_reaches_nothing_is_an_error() -> None:
    sweeper = Sweeper(sdr=Gapped(0.0, 9e9), clock=ManualClock(), config=SweeperConfig())
    with pytest.raises(FrequencyRefused):
        _steps(sweeper, count=1000)
    assert not sweeper.health().ok


def test_a_wide_sweep_that_hears_nothing_of_the_outside_is_deaf() -> None:
    sweeper = Sweeper(sdr=Gapped(0.0, 0.0), clock=ManualClock(), config=SweeperConfig())
    _steps(sweeper, count=244)
    coverage = sweeper.coverage()
    assert coverage.share == 0.0
    assert set(coverage.parts.values()) == {0.0}
    assert "rf_deaf" in coverage.reasons
    health = sweeper.health()
    assert not health.ok
    assert "antenna" in health.hint


def test_a_look_too_short_is_left_out_and_the_others_judged() -> None:
    camera = heard("pal-fm", snr_db=20)
    sweeper = play([(1160e6, camera), (1160e6, camera[:9_000])])
    assert sweeper.counts().dropped == {"too_short": 1}
    assert any(e.kind in VIDEO for e in sweeper.observations())


def test_the_line_rate_in_a_short_look_is_no_service_and_no_clean_hop() -> None:
    sweeper = play([(1278e6, heard("pal-fm", snr_db=20, seconds=0.05))])
    (emission,) = sweeper.observations()
    assert emission.kind == "wideband-local"
    assert emission.service is None
    coverage = sweeper.coverage()
    assert coverage.share == 0.0
    assert "rf_look_short" in coverage.reasons


def test_a_recording_says_what_it_holds() -> None:
    sweeper = play([(1160e6, heard(None)), (1170e6, heard(None))])
    held = sweeper.recording
    assert held is not None
    assert held.seconds == pytest.approx(0.4)
    assert (held.low_hz, held.high_hz) == (1158.8e6, 1171.2e6)
    assert held.stated
    nowhere = play([(0.0, heard("carrier", snr_db=20))])
    assert nowhere.recording is not None
    assert not nowhere.recording.stated
    assert all(e.measures["frequency_unstated"] == 1.0 for e in nowhere.observations())
