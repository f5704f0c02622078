"""The dongle, through the real pyrtlsdr over a librtlsdr that has faults on demand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, SdrConfig
from hw.errors import (
    DeviceBusy,
    DeviceDenied,
    DeviceLost,
    DeviceMissing,
    FrequencyRefused,
    HwError,
    MissingComponent,
    Reason,
)
from hw.kit import open_device
from hw.pi import rtlsdr as driver
from hw.pi.librtlsdr import import_rtlsdr
from hw.pi.receiver import Receiver
from hw.protocols import Sdr
from tests.hw.pi.conftest import Faults

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


def test_a_dongle_tells_its_own_serial(faults: Faults, clock: ManualClock) -> None:
    faults.set(devices=2)
    with open_sdr(clock, serial="#2") as sdr:
        assert sdr.info().serial == "00000002"


def test_reads_what_the_dongle_gives_exactly(faults: Faults, clock: ManualClock) -> None:
    with open_sdr(clock) as sdr:
        assert isinstance(sdr, Sdr)
        sdr.tune(center_hz=433.92e6)
        clock.sleep_until(1_000_000_000)
        block = sdr.read(count=2000)
    assert block.center_hz == 433.92e6
    assert block.rate_hz == pytest.approx(RATE_HZ, rel=1e-6)
    assert block.sample_format == "cu8"
    assert len(block.samples) == 2000
    raw = np.round(block.samples.view(np.float32) * 127.5 + 127.5).astype(np.uint8).reshape(-1, 2)
    assert set(raw[:, 0]) == {433 & 0xFF}  # none of the (7, 9) left over from the tuning before
    assert np.array_equal(np.diff(raw[:, 1].astype(int)) % 256, np.ones(1999))  # and no sample is missing
    assert block.t_ns == 1_000_000_000 - block.duration_ns


def test_the_gain_is_the_nearest_step_and_is_stored(faults: Faults, clock: ManualClock) -> None:
    with open_sdr(clock, gain_db=30.0, ppm=12) as sdr:
        assert sdr.read(count=256).gain_db == 29.7
        sdr.tune(center_hz=100e6, gain_db=10.0)
        assert sdr.read(count=256).gain_db == 8.7
    diary = faults.diary()
    assert "gain 297" in diary
    assert "gain 87" in diary
    assert diary.index("gain_mode 1") < diary.index("gain 297")
    assert "ppm 12" in diary
    assert "agc 1" not in diary
    assert not [line for line in diary if line.startswith("bias")]  # no power onto somebody's antenna


def test_a_correction_of_zero_is_not_set(faults: Faults, clock: ManualClock) -> None:
    open_sdr(clock, ppm=0).close()
    assert not [line for line in faults.diary() if line.startswith("ppm")]


@pytest.mark.parametrize(
    ("fault", "error", "reason", "word"),
    [
        ({"devices": 0}, DeviceMissing, Reason.NOT_FOUND, "Plug in"),
        ({"open": -3}, DeviceDenied, Reason.DENIED, "rules"),
        ({"open": -6}, DeviceBusy, Reason.BUSY, "blacklist"),
        ({"open": -1}, DeviceMissing, Reason.STALLED, "Replug"),
        ({"late": -1}, DeviceMissing, Reason.STALLED, "Replug"),
        ({"rate": 0}, DeviceMissing, Reason.GARBAGE, "Replug"),
        ({"tune": -1}, DeviceMissing, Reason.STALLED, "Replug"),
    ],
)
def test_what_keeps_it_from_opening_is_named_and_heals(
    faults: Faults, clock: ManualClock, fault: dict[str, int], error: type[HwError], reason: Reason, word: str
) -> None:
    faults.set(**fault)
    with pytest.raises(error) as caught:
        open_sdr(clock)
    assert caught.value.reason is reason
    assert word in caught.value.hint
    faults.set()
    with open_sdr(clock) as sdr:  # a half-opened dongle would now be busy
        assert sdr.health().ok


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"read": -4}, Reason.UNPLUGGED),
        ({"read": -1}, Reason.UNPLUGGED),
        ({"read": -7}, Reason.STALLED),
        ({"short": 0}, Reason.STALLED),
        ({"constant": 128}, Reason.GARBAGE),
        ({"constant": 128, "constant_q": 131}, Reason.GARBAGE),
    ],
)
def test_a_dongle_that_fails_is_lost_and_found(
    faults: Faults, clock: ManualClock, fault: dict[str, int], reason: Reason
) -> None:
    with open_sdr(clock) as sdr:
        sdr.tune(center_hz=915e6, gain_db=19.7)
        sdr.read(count=1024)
        faults.set(**fault)
        with pytest.raises(DeviceLost) as caught:
            sdr.read(count=1024)
        assert caught.value.reason is reason
        health = sdr.health()
        assert (health.ok, health.reason) == (False, reason)
        assert health.hint
        faults.set()
        sdr.reopen()
        block = sdr.read(count=1024)
        assert (block.center_hz, block.gain_db) == (915e6, 19.7)  # tuned again as it was
        assert np.round(block.samples[0].real * 127.5 + 127.5) == 915 & 0xFF
        health = sdr.health()
        assert health.ok
        assert health.numbers["losses"] == 1


def test_a_lost_dongle_is_opened_by_nobody_but_its_owner(faults: Faults, clock: ManualClock) -> None:
    with open_sdr(clock) as sdr:
        faults.set(read=-4, devices=0)
        with pytest.raises(DeviceLost):
            sdr.read(count=512)
        with pytest.raises(DeviceLost, match="No RTL-SDR") as caught:
            sdr.reopen()
        assert caught.value.reason is Reason.UNPLUGGED
        faults.set()
        clock.sleep_until(3600 * 1_000_000_000)
        with pytest.raises(DeviceLost, match="No RTL-SDR"):  # plugged in again, but not opened again
            sdr.read(count=512)
        with pytest.raises(DeviceLost, match="No RTL-SDR"):
            sdr.tune(center_hz=433e6)
        sdr.reopen()
        sdr.read(count=512)


def test_a_stalled_transfer_does_not_hang_the_sweep(
    faults: Faults, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "STALL_S", 0.05)
    monkeypatch.setattr("hw.pi.deadline.PARTING_S", 0.01)
    with open_sdr(clock) as sdr:
        sdr.read(count=512)
        faults.set(stall=400)
        with pytest.raises(DeviceLost) as caught:
            sdr.read(count=512)
        assert caught.value.reason is Reason.STALLED
        faults.set()
        _wait_until(lambda: faults.diary().count("close 0") == 1)  # the driver came back and was closed
        sdr.reopen()
        assert len(sdr.read(count=512).samples) == 512


def _wait_until(done: Callable[[], bool]) -> None:
    import time

    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_short_transfer_gives_fewer_samples_and_is_counted(faults: Faults, clock: ManualClock) -> None:
    with open_sdr(clock) as sdr:
        faults.set(short=1025)
        sdr.read(count=4096)
        assert len(sdr.read(count=4096).samples) == 512
        assert sdr.health().numbers["short_reads"] == 2
        assert sdr.health().ok


def test_another_rate_is_said_and_used(faults: Faults, clock: ManualClock) -> None:
    faults.set(rate=2_048_000)
    with open_sdr(clock) as sdr:
        assert sdr.read(count=512).rate_hz == pytest.approx(2.048e6, rel=1e-6)
        health = sdr.health()
        assert (health.ok, health.reason) == (False, Reason.GARBAGE)
        assert "2048000" in health.hint


def test_a_serial_chooses_and_a_wrong_one_lists_what_is_there(faults: Faults, clock: ManualClock) -> None:
    faults.set(devices=2)
    open_sdr(clock, serial="00000002").close()
    assert "open 1" in faults.diary()
    with pytest.raises(DeviceMissing, match="00000001, 00000002"):
        open_sdr(clock, serial="nope")


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


def test_a_library_of_something_else_is_one_clear_error(
    clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ctypes

    monkeypatch.setattr("hw.pi.librtlsdr.load_library", lambda: ctypes.CDLL(None))
    with pytest.raises(MissingComponent, match="librtlsdr"):
        open_sdr(clock)


def test_without_pyrtlsdr_one_clear_error(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtlsdr", None)
    with pytest.raises(MissingComponent, match="rtlsdr") as caught:
        open_sdr(clock)
    assert "[pi]" in caught.value.hint


def test_closed_twice_and_not_usable_afterwards(faults: Faults, clock: ManualClock) -> None:
    sdr = open_sdr(clock)
    sdr.close()
    sdr.close()
    assert faults.diary().count("close 0") == 1
    with pytest.raises(DeviceLost):
        sdr.read(count=16)


def test_a_gap_of_the_tuner_is_refused_and_all_else_goes_on(faults: Faults, clock: ManualClock) -> None:
    with open_sdr(clock) as sdr:
        sdr.tune(center_hz=915e6)
        faults.set(gap_from=1100, gap_to=1250)
        with pytest.raises(FrequencyRefused, match="1160"):
            sdr.tune(center_hz=1160e6)
        assert sdr.health().ok
        sdr.tune(center_hz=1300e6)
        assert sdr.read(count=512).center_hz == 1300e6


def test_dongles_with_one_serial_are_told_apart_by_number(faults: Faults, clock: ManualClock) -> None:
    faults.set(devices=2)
    with open_sdr(clock, serial="#2"):
        assert "open 1" in faults.diary()
    with pytest.raises(DeviceMissing, match="number 3") as caught:
        open_sdr(clock, serial="#3")
    assert "#2" in caught.value.hint
