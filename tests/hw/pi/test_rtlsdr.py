"""The dongle, through the real pyrtlsdr over a librtlsdr that has faults on demand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path

import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, SdrConfig
from hw.errors import (
    DeviceMissing,
    MissingComponent,
    Reason,
)
from hw.kit import open_device
from hw.pi.librtlsdr import import_rtlsdr
from hw.pi.receiver import Receiver
from tests.hw.pi.conftest import Faults
from tests.hw.pi.test_usb_ports import StandInUsb

RATE_HZ = 2.4e6
SYSTEM_LIBRARY = find_library("rtlsdr")  # before any test puts its own in the way


@pytest.fixture(autouse=True)
def _library(use_library: Callable[[Path], None], full_library: Path) -> None:
    use_library(full_library)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def open_sdr(clock: ManualClock, **settings: object) -> Receiver:
    config = HwConfig(sdr=SdrConfig.model_validate(settings))
    receiver = open_device("sdr", spec="auto", config=config, clock=clock)
    assert isinstance(receiver, Receiver)
    return receiver


def test_debians_library_without_the_forks_functions_works(
    faults: Faults, clock: ManualClock, use_library: Callable[[Path], None], debian_library: Path
) -> None:
    use_library(debian_library)
    with open_sdr(clock) as sdr:
        assert len(sdr.read(count=512).samples) == 512
    assert "pyrtlsdrlib" not in sys.modules


def test_the_systems_own_library_loads(use_library: Callable[[Path], None], tmp_path: Path) -> None:
    if SYSTEM_LIBRARY is None:
        pytest.skip("librtlsdr is not installed")
    use_library(tmp_path)
    assert import_rtlsdr().librtlsdr.rtlsdr_get_device_count() >= 0


def test_no_library_is_one_clear_error(
    clock: ManualClock, use_library: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_library(tmp_path)
    monkeypatch.setattr("hw.pi.librtlsdr.load_library", lambda: None)
    monkeypatch.setattr("ctypes.CDLL.__init__", _no_library)
    with pytest.raises(MissingComponent, match="librtlsdr") as caught:
        open_sdr(clock)
    assert caught.value.reason is Reason.LIBRARY
    assert "apt install" in caught.value.hint


def _no_library(*_args: object, **_kwargs: object) -> None:
    raise OSError("cannot open shared object file")


def test_dongles_with_one_serial_are_told_apart_by_number(faults: Faults, clock: ManualClock) -> None:
    faults.set(devices=2)
    with open_sdr(clock, serial="#2"):
        assert "open 1" in faults.diary()
    with pytest.raises(DeviceMissing, match="number 3") as caught:
        open_sdr(clock, serial="#3")
    assert "#2" in caught.value.hint


def test_dongles_with_one_serial_are_told_apart_by_port(
    faults: Faults, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults.set(devices=2)
    monkeypatch.setattr("hw.pi.rtlsdr.load_libusb", lambda: StandInUsb(["1-1.4", "1-1.2"]))
    with open_sdr(clock, serial="usb:1-1.2"):
        assert "open 1" in faults.diary()
    with pytest.raises(DeviceMissing, match="port 2-1") as caught:
        open_sdr(clock, serial="usb:2-1")
    assert "usb:1-1.4, usb:1-1.2" in caught.value.hint


@pytest.mark.parametrize("usb", [None, ["1-1.2"]])
def test_without_the_ports_of_every_dongle_none_is_guessed(
    faults: Faults, clock: ManualClock, monkeypatch: pytest.MonkeyPatch, usb: list[str] | None
) -> None:
    faults.set(devices=2)
    monkeypatch.setattr("hw.pi.rtlsdr.load_libusb", lambda: None if usb is None else StandInUsb(usb))
    with pytest.raises(DeviceMissing, match="cannot be told") as caught:
        open_sdr(clock, serial="usb:1-1.2")
    assert "#2" in caught.value.hint
