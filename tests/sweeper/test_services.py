"""Every service of the band table is named where it is sent, and none of them looks like a camera."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pytest

from hw.clock import ManualClock
from hw.types import DeviceHealth, DeviceInfo, IqBlock
from sweeper.bands import load_bands
from sweeper.config import Region, SweeperConfig
from sweeper.detect import detect
from sweeper.identify import Identification, identify
from sweeper.model import Emission
from sweeper.ofdm import OfdmTest, find_ofdm
from sweeper.spectrum import Spectrum, measure_spectrum
from sweeper.sweeper import Sweeper
from sweeper.video import VideoTest, find_video
from tests.sweeper.air import RATE_HZ, Samples, heard

BANDS = load_bands()
OFF_HZ = -0.37e6


class One:
    """A receiver that hears one block, tuned to one place."""

    tunable = False
    rate_hz = RATE_HZ

    def __init__(self, samples: Samples, center_hz: float) -> None:
        self._samples, self._center_hz = samples, center_hz

    def tune(self, *, center_hz: float, gain_db: float | None = None) -> None: ...
    def read(self, *, count: int) -> IqBlock:
        return IqBlock(
            t_ns=0,
            center_hz=self._center_hz,
            rate_hz=RATE_HZ,
            gain_db=29.7,
            samples=self._samples,
            clipped_share=0.0,
        )

    def info(self) -> DeviceInfo:
        return DeviceInfo(role="sdr", backend="replay", name="one")

    def health(self) -> DeviceHealth:
        return DeviceHealth(ok=True)

    def close(self) -> None: ...
    def __enter__(self) -> One:
        return self

    def __exit__(self, *exc: object) -> None: ...


def hear(name: str, center_hz: float, region: Region, *, offset_hz: float = -0.2e6) -> tuple[Emission, ...]:
    samples = heard(name, snr_db=15, offset_hz=offset_hz)
    sdr = One(samples, center_hz + offset_hz)
    sweeper = Sweeper(sdr=sdr, clock=ManualClock(), config=SweeperConfig(region=region))
    sweeper.step()
    return tuple(sweeper.observations())


@pytest.mark.parametrize(
    ("name", "center_hz", "region", "service"),
    [
        ("fm", 97.9e6, "eu", "FM broadcast"),
        ("dab", 208.736e6, "kr", "T-DMB / DAB"),
        ("dab", 227.36e6, "eu", "T-DMB / DAB"),
        ("tetra", 391e6, "eu", "TETRA / trunked radio"),
        ("ook", 433.92e6, "us", "ISM 433 MHz"),
        ("ook", 868.3e6, "eu", "ISM 868 MHz"),
        ("ook", 915e6, "us", "ISM 915 MHz"),
        ("ook", 920.5e6, "kr", "RFID and IoT 920 MHz"),
        ("gsm", 947e6, "eu", "cellular downlink"),
        ("gsm-bursts", 947e6, "kr", "cellular downlink"),
        ("lte", 879e6, "us", "cellular downlink"),
        ("dme", 1_010e6, "kr", "DME / TACAN"),
        ("adsb", 1_090e6, "us", "ADS-B / Mode S"),
        ("dect", 1_890e6, "eu", "DECT"),
        ("dect", 1_789e6, "kr", "DECT"),
        ("dvb-t", 562e6, "eu", "broadcast television"),
        ("carrier", 864e6, "kr", "28.8 MHz crystal"),
    ],
)
def test_each_service_is_named(name: str, center_hz: float, region: Region, service: str) -> None:
    found = hear(name, center_hz, region)
    assert service in {e.service for e in found}
    assert max(e.scores["camera"] for e in found) < 0.1


@pytest.mark.parametrize(("name", "center_hz"), [("gsm-bursts", 836e6), ("lte", 836e6), ("lte", 1_745e6)])
def test_a_handset_near_the_device_is_cellular(name: str, center_hz: float) -> None:
    found = hear(name, center_hz, "kr")
    assert {e.kind for e in found if e.bandwidth_hz > 1e5} == {"cellular-uplink"}


def test_lte_outside_its_bands_is_named_by_its_waveform() -> None:
    assert "LTE" in {e.service for e in hear("lte", 320e6, "kr", offset_hz=0.0)}


@pytest.mark.parametrize(
    "entry", BANDS.service, ids=lambda s: f"{s.name} {s.low_hz / 1e6:.0f} {s.regions[0]}"
)
def test_every_entry_of_the_table_is_reached_by_something_narrow_in_it(entry: object) -> None:
    service = next(s for s in BANDS.service if s is entry)
    for region in service.regions:
        verdict = _narrow(region, (service.low_hz + service.high_hz) / 2)
        names = {s.name for s in BANDS.services_at((service.low_hz + service.high_hz) / 2, region=region)}
        assert service.name in names
        if service.bursts:  # what stays on all the time is none of the services of pulses
            assert verdict.kind == "unknown"
            continue
        assert verdict.service in names
        assert verdict.kind == ("cellular-uplink" if "uplink" in (verdict.service or "") else "known-service")


@lru_cache(maxsize=1)
def _speech() -> tuple[Spectrum, VideoTest, OfdmTest]:
    samples = heard("tetra", snr_db=15, offset_hz=OFF_HZ, seconds=0.05)
    spectrum = measure_spectrum(samples, center_hz=0.0, rate_hz=RATE_HZ)
    return spectrum, find_video(samples, rate_hz=RATE_HZ), find_ofdm(samples, spectrum)


def _narrow(region: Region, center_hz: float) -> Identification:
    """25 kHz of speech or data, which any service may send, far from the receiver's own lines."""
    spectrum, video, ofdm = _speech()
    _, found = detect(replace(spectrum, center_hz=center_hz + OFF_HZ), pfa=1e-7)
    return identify(found[0], video=video, ofdm=ofdm, bands=BANDS, region=region, peaked=1.5)


@pytest.mark.parametrize("name", ["fm", "gsm", "cofdm", "pal-fm"])
def test_what_stays_on_in_a_band_of_pulses_is_not_named_by_its_place(name: str) -> None:
    for center_hz in (1_100e6, 1_278e6):
        found = hear(name, center_hz, "kr")
        assert {e.service for e in found}.isdisjoint({"DME / TACAN", "aviation radar"})


@pytest.mark.parametrize("seconds", [0.026, 0.2])
def test_multicarrier_that_fills_the_slice_is_one_link_from_the_first_look(seconds: float) -> None:
    samples = heard("cofdm", snr_db=20, seconds=seconds)
    sweeper = Sweeper(sdr=One(samples, 1_100e6), clock=ManualClock(), config=SweeperConfig())
    sweeper.step()
    (link,) = sweeper.observations()
    assert link.kind == "cofdm"
    assert link.scores["camera"] >= 0.5
