"""The receiver that SoapySDR reaches, through the real library over a module that has faults on demand."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, SdrConfig
from hw.errors import (
    DeviceMissing,
    MissingComponent,
)
from hw.kit import open_device
from hw.pi import rtlsdr
from hw.pi import soapy as driver
from hw.pi.libsoapy import ValueRange, load_soapy
from hw.pi.receiver import Receiver
from hw.pi.soapy_table import KnownReceiver
from hw.protocols import Reaches, Sdr
from tests.hw.pi.conftest import SoapyFaults

MS_NS = 1_000_000


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def open_sdr(clock: ManualClock, soapy: str = "driver=standin", **settings: object) -> Receiver:
    config = HwConfig(sdr=SdrConfig.model_validate({"soapy": soapy, **settings}))
    receiver = open_device("sdr", spec="auto", config=config, clock=clock)
    assert isinstance(receiver, Receiver)
    return receiver


def test_reads_what_the_receiver_gives_exactly(soapy: SoapyFaults, clock: ManualClock) -> None:
    soapy.set(tell=1)
    with open_sdr(clock) as sdr:
        assert isinstance(sdr, Sdr)
        assert isinstance(sdr, Reaches)
        assert sdr.reach_hz() == ((1e6, 6e9),)
        sdr.tune(center_hz=5865e6)
        clock.sleep_until(1_000 * MS_NS)
        block = sdr.read(count=400_000)
    assert block.center_hz == 5865e6
    assert block.rate_hz == 20e6
    assert block.sample_format == "ci8"
    assert len(block.samples) == 400_000
    codes = np.round(block.samples.view(np.float32) * 128).astype(int).reshape(-1, 2)
    assert set(codes[:, 0] % 256) == {5865 % 256}  # nothing is left of the tuning before
    assert np.array_equal(np.diff(codes[:, 1]) % 256, np.ones(399_999))  # and no sample is missing
    assert block.t_ns == 1_000 * MS_NS - block.duration_ns


@pytest.mark.parametrize(
    ("native", "form"), [("CS8", "ci8"), ("CS16", "ci16_le"), ("CF32", "cf32_le"), ("CU12", "cf32_le")]
)
def test_samples_come_in_the_converters_own_format(
    soapy: SoapyFaults, clock: ManualClock, native: str, form: str
) -> None:
    soapy.set(native=native, noise=-20)
    with open_sdr(clock) as sdr:
        block = sdr.read(count=50_000)
    assert block.sample_format == form
    power_db = 10 * np.log10(np.mean(np.abs(block.samples) ** 2))
    assert power_db == pytest.approx(-20, abs=0.2)
    assert block.clipped_share == 0.0


def test_a_converter_at_its_ends_is_said(soapy: SoapyFaults, clock: ManualClock) -> None:
    soapy.set(noise=3)
    with open_sdr(clock) as sdr:
        assert sdr.read(count=50_000).clipped_share > 0.1


def test_rate_gain_and_crystal_are_set_and_automatic_gain_is_off(
    soapy: SoapyFaults, clock: ManualClock
) -> None:
    with open_sdr(clock, gain_db=30.0, ppm=7, soapy_rate_hz=12e6) as sdr:
        assert sdr.rate_hz == 10e6
        assert sdr.health().ok
        assert sdr.read(count=256).gain_db == pytest.approx(30.0, abs=8)
        sdr.tune(center_hz=2450e6, gain_db=50.0)
        assert sdr.read(count=256).gain_db == pytest.approx(50.0, abs=8)
    diary = soapy.diary()
    assert {"rate 10000000", "agc 0", "ppm 7", "format CS8", "off", "close S1"} <= set(diary)
    assert "agc 1" not in diary


def test_a_receiver_without_gain_says_none(soapy: SoapyFaults, clock: ManualClock) -> None:
    soapy.set(no_gain=1)
    with open_sdr(clock) as sdr:
        sdr.tune(center_hz=2450e6, gain_db=20.0)
        assert sdr.read(count=256).gain_db is None
        assert "gain_db" not in sdr.health().numbers
        assert sdr.health().ok
    assert not [line for line in soapy.diary() if line.startswith("gain")]


def _wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("fault", ["overflow", "skip"])
def test_lost_samples_never_lie_within_a_block(soapy: SoapyFaults, clock: ManualClock, fault: str) -> None:
    """A read begins anew where samples were lost; the time stamps tell what the driver does not."""
    soapy.set(tell=1)
    with open_sdr(clock) as sdr:
        sdr.read(count=512)
        soapy.set(tell=1, **{fault: 5})
        blocks = [sdr.read(count=150_000) for _ in range(6)]
        numbers = sdr.health().numbers
    assert all(len(block.samples) == 150_000 for block in blocks)
    for block in blocks:
        counter = np.round(block.samples.imag * 128).astype(int)
        assert np.array_equal(np.diff(counter) % 256, np.ones(len(counter) - 1))
    assert numbers["overflows" if fault == "overflow" else "gaps"] > 0


def test_a_stretch_that_never_comes_whole_is_given_as_long_as_it_came(
    soapy: SoapyFaults, clock: ManualClock
) -> None:
    with open_sdr(clock) as sdr:
        sdr.read(count=512)
        soapy.set(overflow=4)
        block = sdr.read(count=1_000_000)
        assert len(block.samples) == 3 * 65536
        assert sdr.health().numbers["short_reads"] == 1


@pytest.mark.parametrize("text", ["", "hackrf", "serial=1", "driver=", "driver=hackrf,serial"])
def test_a_setting_without_a_driver_is_one_clear_error(text: str) -> None:
    with pytest.raises(DeviceMissing) as caught:
        driver.parse_arguments(text)
    assert "driver=hackrf" in caught.value.hint


@pytest.mark.parametrize(
    ("spans", "wanted_hz", "picked_hz"),
    [
        ((ValueRange(2e6, 2e6), ValueRange(10e6, 10e6), ValueRange(20e6, 20e6)), 20e6, 20e6),
        ((ValueRange(2e6, 2e6), ValueRange(10e6, 10e6)), 20e6, 10e6),
        ((ValueRange(0.1e6, 61.44e6),), 20e6, 20e6),
        ((ValueRange(25e6, 61e6),), 20e6, 25e6),
        ((ValueRange(0.25e6, 0.3e6), ValueRange(0.9e6, 3.2e6)), 0.5e6, 0.3e6),
        ((), 20e6, 20e6),
    ],
)
def test_the_rate_is_the_next_lower_one(
    spans: tuple[ValueRange, ...], wanted_hz: float, picked_hz: float
) -> None:
    assert driver.pick_rate(spans, wanted_hz) == picked_hz


@pytest.fixture
def server(soapy: SoapyFaults) -> Iterator[str]:
    """SoapyRemote's own server on the loopback, with the stand-in below it."""
    program = shutil.which("SoapySDRServer")
    if program is None or "libremoteSupport.so" not in load_soapy().modules():
        pytest.skip("SoapyRemote is not installed")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = subprocess.Popen(
        [program, f"--bind=127.0.0.1:{port}"], env=dict(os.environ), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_until(lambda: _answers(port) or running.poll() is not None)
        time.sleep(1.0)
        if running.poll() is not None:
            pytest.skip("SoapyRemote's server ends where no DNS-SD daemon runs")
        yield f"tcp://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_receiver_across_the_network_is_heard(soapy: SoapyFaults, clock: ManualClock, server: str) -> None:
    soapy.set(noise=-20)
    arguments = f"driver=remote,remote={server},remote:driver=standin,remote:prot=tcp"
    with open_sdr(clock, arguments) as sdr:
        sdr.tune(center_hz=5800e6)
        block = sdr.read(count=20_000)
        assert (block.center_hz, block.rate_hz) == (5800e6, 20e6)
        assert 10 * np.log10(np.mean(np.abs(block.samples) ** 2)) == pytest.approx(-20, abs=0.5)
        assert sdr.reach_hz() == ((1e6, 6e9),)


def test_without_an_rtl_sdr_the_receiver_that_is_plugged_in_is_opened(
    soapy: SoapyFaults, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> None:
        raise MissingComponent("rtlsdr is not installed")

    standin = KnownReceiver(driver="standin", name="Stand-in", module="", package="", usb=(), source="")
    monkeypatch.setattr(rtlsdr, "import_rtlsdr", absent)
    monkeypatch.setattr(rtlsdr, "plugged_in", lambda: iter([(Path("/"), standin)]))
    with open_device("sdr", spec="auto", config=HwConfig(), clock=clock) as sdr:
        assert "SoapySDR standin" in sdr.info().name
    monkeypatch.setattr(rtlsdr, "plugged_in", lambda: iter(()))
    with pytest.raises(MissingComponent, match="rtlsdr"):
        open_device("sdr", spec="auto", config=HwConfig(), clock=clock)
