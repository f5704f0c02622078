"""The sensor over spectra: what it tells, what it covers, and what it says when nothing comes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import pytest

from hw.errors import DeviceLost, EndOfRecording
from hw.formats.spectral_scan import SpectralReader
from hw.types import DeviceHealth, DeviceInfo, SpectralBatch, SpectralSample
from sweeper.bands import load_bands
from sweeper.model import Emission
from sweeper.spectral_sensor import CHUNK_S, DEAF_NS, SpectralSensor, spectrum_of
from tests.sweeper.spectra import spectrum, video, visits

HALF_HZ = 7.8e6  # of a channel, as far as a peak at its edge is judged
FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "spectral"


class Radio:
    """Gives batches; an exception among them is raised."""

    def __init__(
        self, batches: Sequence[Sequence[SpectralSample] | Exception], *, channels: Sequence[float] = ()
    ):
        self.batches = deque(batches)
        self.channels, self.tuned = tuple(channels), list[float]()

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="spectral", backend="sim", name="test")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None:
        pass

    def __enter__(self) -> Radio:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def channels_hz(self) -> tuple[float, ...]:
        return self.channels

    def set_channel(self, *, center_hz: float) -> None:
        self.tuned.append(center_hz)

    def read_spectra(self, *, duration_s: float) -> SpectralBatch:
        if not self.batches:
            raise EndOfRecording("over")
        given = self.batches.popleft()
        if isinstance(given, Exception):
            raise given
        end = given[-1].t_ns if given else round(duration_s * 1e9)
        return SpectralBatch(
            t_ns=given[0].t_ns if given else 0, until_ns=end, samples=tuple(given), dropped={"cut_off": 1}
        )


def play(samples: Sequence[SpectralSample], *, piece: int = 9) -> SpectralSensor:
    sensor = SpectralSensor(radio=Radio([samples[a : a + piece] for a in range(0, len(samples), piece)]))
    for _ in range(0, len(samples), piece):
        sensor.step()
    with pytest.raises(EndOfRecording):
        sensor.step()
    return sensor


def carriers(sensor: SpectralSensor) -> list[Emission]:
    return [e for e in sensor.observations() if e.kind == "steady-carrier"]


def test_a_camera_is_told_and_the_counts_say_what_was_read() -> None:
    sensor = play(visits(video()))
    (found,) = carriers(sensor)
    assert found.center_hz == pytest.approx(2414e6, abs=0.7e6)
    assert sensor.counts().read == 27
    assert sensor.counts().dropped == {"cut_off": 3}
    assert sensor.name == "rf"
    assert sensor.health().ok


def test_it_covers_the_channels_it_heard_long_enough_and_no_other() -> None:
    sensor = play(visits(lambda _t: [], channels_hz=[2412e6, 2432e6], count=9))
    covered = sensor.coverage()
    channels = load_bands().high_channels("analog_2g4")
    heard = sum(abs(hz - 2412e6) <= HALF_HZ or abs(hz - 2432e6) <= HALF_HZ for hz in channels) / len(channels)
    assert 0.2 < heard < 0.6
    assert covered.parts == {"analog_2g4": pytest.approx(heard), "analog_5g8": 0.0}
    assert covered.share == pytest.approx(heard / 2)
    assert covered.reasons == ("rf_only_spectral", "rf_not_all_video_channels")
    brief = play(visits(lambda _t: [], channels_hz=[2412e6], count=3))
    assert brief.coverage().parts["analog_2g4"] == 0.0
    assert "rf_spectral_few" in brief.coverage().reasons
    raised = play(visits(video(), noise_dbm=-51.0))
    assert "rf_floor_raised" in raised.coverage().reasons


def test_it_goes_round_the_channels_of_an_adapter() -> None:
    radio = Radio([[], [], []], channels=[2412e6, 5745e6])
    sensor = SpectralSensor(radio=radio)
    for _ in range(3):
        assert sensor.step() == ()
    assert radio.tuned == [2412e6, 5745e6, 2412e6]


def test_silence_and_loss_are_said() -> None:
    reads = round(DEAF_NS / (CHUNK_S * 1e9))
    sensor = SpectralSensor(radio=Radio([[]] * reads + [DeviceLost("gone", hint="plug it in")]))
    for _ in range(reads):
        assert sensor.health().ok
        sensor.step()
    assert sensor.health().reason == "stalled"
    with pytest.raises(DeviceLost):
        sensor.step()
    assert sensor.health().hint == "plug it in"


def test_views_hold_every_fft_at_its_place() -> None:
    sensor = play(visits(video(), channels_hz=[2412e6, 2422e6]))
    fall = sensor.waterfall_view()
    assert fall.level_db.shape == (18, 64)
    assert set(fall.center_hz) == {2412e6, 2422e6}
    view = spectrum_of([spectrum([(2414e6, 0.4e6, -40.0)], t_ms=0, center_hz=2412e6)])
    top = view.frequency_hz[view.peak_db.argmax()]
    assert top == pytest.approx(2414e6, abs=0.5e6)
    extent = sensor.extent()
    assert (extent.count, extent.low_hz < 2405e6, extent.high_hz > 2429e6) == (18, True, True)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "mhz"),
    [
        ("ar9223_analog_camera_ch1", 2414.0),
        ("ar9390_analog_camera_ch1", 2414.0),
        ("ar9550_20mhz_analog_camera_ch1", 2414.0),
        ("ath10k_20mhz", 5645.0),
        ("ath10k_80mhz", 5645.0),
    ],
)
def test_real_cameras_are_named_within_a_megahertz_and_nothing_else_is(name: str, mhz: float) -> None:
    path = FOLDER / f"{name}.dump"
    if not path.is_file():
        pytest.skip(f"{path.name} is kept outside the project and is not here")
    reader = SpectralReader()
    sensor = play([*reader.feed(path.read_bytes()), *reader.finish()], piece=40)
    (found,) = carriers(sensor)
    assert abs(found.center_hz - mhz * 1e6) <= 1e6
    assert found.measures["duty"] >= 0.95
    assert bool(found.measures["floor_raised"]) == name.startswith("ar9550")
