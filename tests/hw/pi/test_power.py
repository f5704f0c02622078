"""Battery and supply from a tree of kernel files and from a gauge on a bus."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hw.errors import DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent, Reason
from hw.pi.power import Max17048, PiBattery, find_gauge, supply_numbers
from hw.protocols import Battery


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, "sys/class/power_supply/AC/type", "Mains\n")
    write(tmp_path, "sys/class/power_supply/BAT0/type", "Battery\n")
    write(tmp_path, "sys/class/power_supply/BAT0/capacity", "73\n")
    write(tmp_path, "sys/class/power_supply/A_MOUSE/type", "Battery\n")
    write(tmp_path, "sys/class/power_supply/A_MOUSE/scope", "Device\n")
    write(tmp_path, "sys/class/thermal/thermal_zone0/temp", "48312\n")
    write(tmp_path, "sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
    return tmp_path


def battery(root: Path) -> PiBattery:
    return PiBattery(lambda: find_gauge(root), root=root)


def test_the_kernels_battery_and_supply(root: Path) -> None:
    with battery(root) as device:
        assert isinstance(device, Battery)
        assert device.info().name == "BAT0"  # not the mouse's
        assert device.read() == 0.73
        health = device.health()
        assert health.ok
        assert health.numbers["temperature_c"] == pytest.approx(48.312)
        assert health.numbers["charge"] == 0.73
        assert health.numbers["under_voltage"] == 0.0


@pytest.mark.parametrize(
    ("path", "text", "reason", "word"),
    [
        ("sys/devices/platform/soc/soc:firmware/get_throttled", "50005", Reason.UNDER_VOLTAGE, "supply"),
        ("sys/devices/platform/soc/soc:firmware/get_throttled", "4", Reason.OVERHEATED, "cool"),
        ("sys/class/thermal/thermal_zone0/temp", "81000", Reason.OVERHEATED, "cool"),
    ],
)
def test_heat_and_low_voltage_are_said_and_heal(
    root: Path, path: str, text: str, reason: Reason, word: str
) -> None:
    with battery(root) as device:
        before = (root / path).read_text()
        write(root, path, text)
        health = device.health()
        assert (health.ok, health.reason) == (False, reason)
        assert word in health.hint
        write(root, path, before)
        assert device.health().ok


def test_low_voltage_of_the_past_is_not_now(root: Path) -> None:
    write(root, "sys/devices/platform/soc/soc:firmware/get_throttled", "50000")  # bits 16 and 18: since boot
    assert supply_numbers(root)["under_voltage"] == 0.0


@pytest.mark.parametrize("text", ["", "full", "250", "-3"])
def test_a_gauge_that_talks_nonsense_is_lost_and_found(root: Path, text: str) -> None:
    with battery(root) as device:
        device.read()
        write(root, "sys/class/power_supply/BAT0/capacity", text)
        with pytest.raises(DeviceLost):
            device.read()
        health = device.health()
        assert not health.ok
        assert health.hint
        write(root, "sys/class/power_supply/BAT0/capacity", "50")
        device.reopen()
        assert device.read() == 0.5
        assert device.health().ok


def test_what_the_kernel_does_not_say_is_absent(tmp_path: Path) -> None:
    assert supply_numbers(tmp_path) == {}


class Bus:
    """A MAX17048 at 0x36; words come low byte first, as SMBus has them."""

    def __init__(self, registers: dict[int, int], *, broken: bool = False) -> None:
        self.registers = registers
        self.broken = broken
        self.closed = 0

    def read_word_data(self, address: int, register: int) -> int:
        if self.broken or address != 0x36:
            raise OSError(121, "Remote I/O error")
        word = self.registers[register]
        return (word & 0xFF) << 8 | word >> 8

    def close(self) -> None:
        self.closed += 1


GOOD = {0x02: 0xC3F0, 0x04: 0x5580, 0x08: 0x0012}


def test_the_gauge_on_i2c() -> None:
    gauge = Max17048(Bus(GOOD))
    assert gauge.charge() == pytest.approx(0.855)
    assert Max17048(Bus(GOOD | {0x04: 0x6680})).charge() == 1.0


def test_the_gauge_is_lost_and_found() -> None:
    bus = Bus(GOOD)
    with PiBattery(lambda: Max17048(bus), root=Path("/nonexistent")) as device:
        assert device.read() is not None
        bus.broken = True
        with pytest.raises(DeviceLost):
            device.read()
        assert device.health().reason == Reason.UNPLUGGED
        bus.broken = False
        device.reopen()
        assert device.read() is not None
        assert device.health().ok
        bus.registers = GOOD | {0x02: 0}
        with pytest.raises(DeviceLost):
            device.read()
        assert device.health().reason == Reason.GARBAGE


def _smbus(monkeypatch: pytest.MonkeyPatch, made: object) -> None:
    def open_bus(_path: str) -> object:
        if isinstance(made, Exception):
            raise made
        return made

    monkeypatch.setitem(sys.modules, "smbus2", SimpleNamespace(SMBus=open_bus))


def test_i2c_is_asked_where_the_kernel_knows_no_battery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeviceMissing):
        find_gauge(tmp_path)
    write(tmp_path, "dev/i2c-1", "")
    _smbus(monkeypatch, Bus(GOOD))
    assert find_gauge(tmp_path).name == "MAX17048"


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (PermissionError(13, "Permission denied"), DeviceDenied),
        (Bus(GOOD, broken=True), DeviceMissing),
        (Bus(GOOD | {0x08: 0x4000}), DeviceMissing),
    ],
)
def test_why_there_is_no_gauge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: object, error: type[HwError]
) -> None:
    write(tmp_path, "dev/i2c-1", "")
    _smbus(monkeypatch, made)
    with pytest.raises(error) as caught:
        find_gauge(tmp_path)
    assert caught.value.hint


def test_without_smbus_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "dev/i2c-1", "")
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(MissingComponent, match="smbus2"):
        find_gauge(tmp_path)
