"""What both receivers keep, the RTL-SDR and the one that SoapySDR reaches, each over its real library."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

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
    Reason,
)
from hw.kit import open_device
from hw.pi import rtlsdr, soapy
from hw.pi.receiver import Receiver
from hw.types import IqBlock
from tests.hw.pi.conftest import Faults, SoapyFaults

Fault = Mapping[str, Any]


class Bench(Protocol):
    """A receiver without a device below its real library: its faults, its diary, and what it says."""

    close_line: str
    serials: tuple[str, str]
    settings: Mapping[str, object]
    reach_mhz: tuple[int, int]
    gap: Fault
    slow: tuple[Fault, float, str]  # another rate: how, Hz, and the setting or number that the hint names
    quick: Mapping[str, float]  # constants of the driver that a test of a hanging driver shortens
    wrong_serial: str
    open_lines: tuple[str, str]

    def set(self, **fault: Any) -> None: ...
    def diary(self) -> list[str]: ...
    def tuned_mhz(self, block: IqBlock) -> int: ...
    def by_serial(self, serial: str) -> Mapping[str, object]: ...


class RtlBench:
    """pyrtlsdr over a librtlsdr in C. Its first value is the tuned frequency in MHz."""

    close_line, open_lines = "close 0", ("open 0", "open 1")
    serials, wrong_serial = ("00000001", "00000002"), "00000001, 00000002"
    reach_mhz = (915, 1300)

    def __init__(self, faults: Faults) -> None:
        self.set, self.diary = faults.set, faults.diary
        self.settings: Mapping[str, object] = {}
        self.gap: Fault = {"gap_from": 1100, "gap_to": 1250}
        self.slow: tuple[Fault, float, str] = ({"rate": 2_048_000}, 2.048e6, "2048000")
        self.quick: Mapping[str, float] = {"STALL_S": 0.05}

    def tuned_mhz(self, block: IqBlock) -> int:
        return int(np.round(block.samples[0].real * 127.5 + 127.5))

    def by_serial(self, serial: str) -> Mapping[str, object]:
        return {"serial": serial}


class SoapyBench:
    """SoapySDR over a module in C++, which tells the tuned frequency in MHz where it is asked to."""

    close_line, open_lines = "close S1", ("open S1", "open S2")
    serials, wrong_serial = ("S1", "S2"), "S1, S2"
    reach_mhz = (2414, 5800)

    def __init__(self, faults: SoapyFaults) -> None:
        self._faults, self.diary = faults, faults.diary
        self.settings: Mapping[str, object] = {"soapy": "driver=standin"}
        self.gap: Fault = {"refuse": "3e9 4e9"}
        self.slow: tuple[Fault, float, str] = ({"rate": 16e6}, 16e6, "hw.sdr.soapy_rate_hz")
        self.quick: Mapping[str, float] = {"STALL_S": 0.05, "ANSWER_S": 0.05, "READ_S": 0.02}
        self.set()

    def set(self, **fault: Any) -> None:
        self._faults.set(**{"tell": 1, **fault})

    def tuned_mhz(self, block: IqBlock) -> int:
        return round(float(block.samples[0].real) * 128)

    def by_serial(self, serial: str) -> Mapping[str, object]:
        return {"soapy": f"driver=standin, serial={serial}"}


DRIVERS = {"rtl": rtlsdr, "soapy": soapy}


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "soapy":
        return SoapyBench(request.getfixturevalue("soapy"))
    faults: Faults = request.getfixturevalue("faults")
    use: Callable[[Path], None] = request.getfixturevalue("use_library")
    use(request.getfixturevalue("full_library"))
    return RtlBench(faults)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


both = pytest.mark.parametrize("bench", ["rtl", "soapy"], indirect=True)


def opened(bench: Bench, clock: ManualClock, **settings: object) -> Receiver:
    config = HwConfig(sdr=SdrConfig.model_validate({**bench.settings, **settings}))
    receiver = open_device("sdr", spec="auto", config=config, clock=clock)
    assert isinstance(receiver, Receiver)
    return receiver


def hurry(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    for name, seconds in bench.quick.items():
        patch.setattr(DRIVERS["soapy" if isinstance(bench, SoapyBench) else "rtl"], name, seconds)
    patch.setattr("hw.pi.deadline.PARTING_S", 0.01)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


OPENING: tuple[tuple[str, Fault, type[HwError], Reason, str], ...] = (
    ("rtl", {"devices": 0}, DeviceMissing, Reason.NOT_FOUND, "Plug in"),
    ("rtl", {"open": -3}, DeviceDenied, Reason.DENIED, "rules"),
    ("rtl", {"open": -6}, DeviceBusy, Reason.BUSY, "blacklist"),
    ("rtl", {"open": -1}, DeviceMissing, Reason.STALLED, "Replug"),
    ("rtl", {"late": -1}, DeviceMissing, Reason.STALLED, "Replug"),
    ("rtl", {"rate": 0}, DeviceMissing, Reason.GARBAGE, "Replug"),
    ("rtl", {"tune": -1}, DeviceMissing, Reason.STALLED, "Replug"),
    ("soapy", {"devices": 0}, DeviceMissing, Reason.NOT_FOUND, "Plug it in"),
    ("soapy", {"open": "busy"}, DeviceBusy, Reason.BUSY, "End it"),
    ("soapy", {"open": "denied"}, DeviceDenied, Reason.DENIED, "udev"),
    ("soapy", {"open": "broken"}, DeviceMissing, Reason.STALLED, "Replug"),
    ("soapy", {"refuse_rate": 1}, DeviceMissing, Reason.STALLED, "Replug"),
    ("soapy", {"rate": 0}, DeviceMissing, Reason.GARBAGE, "Replug"),
    ("soapy", {"refuse": "0 6e9"}, DeviceMissing, Reason.STALLED, "Replug"),
    ("soapy", {"unplug": 1}, DeviceMissing, Reason.NOT_FOUND, "Plug it in"),
)


@pytest.mark.parametrize(("bench", "fault", "error", "reason", "word"), OPENING, indirect=["bench"])
def test_what_keeps_it_from_opening_is_named_and_heals(
    bench: Bench, clock: ManualClock, fault: Fault, error: type[HwError], reason: Reason, word: str
) -> None:
    bench.set(**fault)
    with pytest.raises(error) as caught:
        opened(bench, clock)
    assert caught.value.reason is reason
    assert word in caught.value.hint
    bench.set()
    with opened(bench, clock) as sdr:  # a half-opened receiver would now be busy
        assert sdr.health().ok


LOSING: tuple[tuple[str, Fault, Reason], ...] = (
    ("rtl", {"read": -4}, Reason.UNPLUGGED),
    ("rtl", {"read": -1}, Reason.UNPLUGGED),
    ("rtl", {"read": -7}, Reason.STALLED),
    ("rtl", {"short": 0}, Reason.STALLED),
    ("rtl", {"constant": 128}, Reason.GARBAGE),
    ("rtl", {"constant": 128, "constant_q": 131}, Reason.GARBAGE),
    ("soapy", {"unplug": 1}, Reason.UNPLUGGED),
    ("soapy", {"read": -2}, Reason.UNPLUGGED),
    ("soapy", {"read": -5}, Reason.UNPLUGGED),
    ("soapy", {"read": -1}, Reason.STALLED),
    ("soapy", {"constant": 0.25, "tell": 0}, Reason.GARBAGE),
    ("soapy", {"overflow": 1}, Reason.GARBAGE),
)


@pytest.mark.parametrize(("bench", "fault", "reason"), LOSING, indirect=["bench"])
def test_a_receiver_that_fails_is_lost_and_found(
    bench: Bench, clock: ManualClock, fault: Fault, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(bench, monkeypatch)
    center_hz = bench.reach_mhz[0] * 1e6
    with opened(bench, clock) as sdr:
        sdr.tune(center_hz=center_hz, gain_db=19.7)
        gain_db = sdr.read(count=4096).gain_db
        bench.set(**fault)
        with pytest.raises(DeviceLost) as caught:
            sdr.read(count=4096)
        assert caught.value.reason is reason
        health = sdr.health()
        assert (health.ok, health.reason) == (False, reason)
        assert health.hint
        bench.set()
        sdr.reopen()
        block = sdr.read(count=4096)
        assert (block.center_hz, block.gain_db) == (center_hz, gain_db)  # tuned again as it was
        assert bench.tuned_mhz(block) % 256 == bench.reach_mhz[0] % 256
        health = sdr.health()
        assert health.ok
        assert health.numbers["losses"] == 1


@both
def test_a_lost_receiver_is_opened_by_nobody_but_its_owner(
    bench: Bench, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(bench, monkeypatch)
    with opened(bench, clock) as sdr:
        bench.set(read=-4, devices=0)
        with pytest.raises(DeviceLost):
            sdr.read(count=512)
        with pytest.raises(DeviceLost, match="No ") as caught:
            sdr.reopen()
        assert caught.value.reason is Reason.UNPLUGGED
        bench.set()
        clock.sleep_until(3600 * 1_000_000_000)
        with pytest.raises(DeviceLost, match="No "):  # plugged in again, but not opened again
            sdr.read(count=512)
        with pytest.raises(DeviceLost, match="No "):
            sdr.tune(center_hz=bench.reach_mhz[0] * 1e6)
        sdr.reopen()
        sdr.read(count=512)


@both
def test_a_driver_that_hangs_does_not_hang_the_sweep(
    bench: Bench, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(bench, monkeypatch)
    with opened(bench, clock) as sdr:
        sdr.read(count=512)
        bench.set(stall=700)
        with pytest.raises(DeviceLost) as caught:
            sdr.read(count=512)
        assert caught.value.reason is Reason.STALLED
        bench.set()
        until(lambda: bench.diary().count(bench.close_line) == 1)  # the driver came back and was closed
        sdr.reopen()
        assert len(sdr.read(count=512).samples) == 512


@both
def test_another_rate_is_said_and_used(bench: Bench, clock: ManualClock) -> None:
    how, rate_hz, word = bench.slow
    bench.set(**how)
    with opened(bench, clock) as sdr:
        assert sdr.read(count=512).rate_hz == pytest.approx(rate_hz, rel=1e-6)
        health = sdr.health()
        assert (health.ok, health.reason) == (False, Reason.GARBAGE)
        assert word in health.hint


@both
def test_a_serial_chooses_is_told_and_a_wrong_one_lists_what_is_there(
    bench: Bench, clock: ManualClock
) -> None:
    bench.set(devices=2)
    for serial, line in zip(bench.serials, bench.open_lines, strict=True):
        with opened(bench, clock, **bench.by_serial(serial)) as sdr:
            assert sdr.info().serial == serial
        assert [told for told in bench.diary() if told.startswith("open ")][-1] == line
    with pytest.raises(DeviceMissing) as caught:
        opened(bench, clock, **bench.by_serial("nope"))
    assert bench.wrong_serial in str(caught.value)


@both
def test_closed_twice_and_not_usable_afterwards(bench: Bench, clock: ManualClock) -> None:
    sdr = opened(bench, clock)
    sdr.close()
    sdr.close()
    assert bench.diary().count(bench.close_line) == 1
    with pytest.raises(DeviceLost):
        sdr.read(count=16)


@both
def test_a_gap_of_the_tuner_is_refused_and_all_else_goes_on(bench: Bench, clock: ManualClock) -> None:
    low_mhz, high_mhz = bench.reach_mhz
    refused_mhz = 1160 if low_mhz < 2000 else 3500
    with opened(bench, clock) as sdr:
        sdr.tune(center_hz=low_mhz * 1e6)
        bench.set(**bench.gap)
        with pytest.raises(FrequencyRefused, match=str(refused_mhz)):
            sdr.tune(center_hz=refused_mhz * 1e6)
        assert sdr.health().ok
        sdr.tune(center_hz=high_mhz * 1e6)
        assert sdr.read(count=512).center_hz == high_mhz * 1e6
