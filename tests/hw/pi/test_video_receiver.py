"""The receiver module through the real gpiozero and smbus2: words, levels, pictures, every fault."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gpiozero
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory

from hw.clock import ManualClock
from hw.config import HwConfig, VideoReceiverConfig
from hw.errors import (
    DeviceBusy,
    DeviceDenied,
    DeviceLost,
    DeviceMissing,
    FrequencyRefused,
    MissingComponent,
    Reason,
)
from hw.pi import grabber
from hw.pi.receiver_modules import receiver_modules, three_wire_word
from hw.pi.video_receiver import PiVideoReceiver, open_video_receiver
from hw.protocols import VideoReceiver
from sweeper.bands import load_bands
from tests.hw.pi.video_module import Capture, Module


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Module]:
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()
    made = Module(monkeypatch, tmp_path)
    made.solder()
    yield made
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before


def opened(unit: Module, clock: ManualClock | None = None, **settings: Any) -> PiVideoReceiver:
    how = {"module": "rx5808", "grabber": str(unit.node), **settings}
    config = HwConfig(video_receiver=VideoReceiverConfig.model_validate(how))
    return open_video_receiver(target="", config=config, clock=clock or ManualClock())


def test_every_channel_is_one_word_of_25_bits_on_the_wires(module: Module) -> None:
    clock = ManualClock()
    with opened(module, clock) as receiver:
        assert isinstance(receiver, VideoReceiver)
        module.register.words.clear()
        channels = load_bands().high_channels("analog_5g8")
        for hz in channels:
            receiver.read_level(center_hz=hz)
    expected = []
    for hz in channels:
        lo = (round(hz / 1e6) - 479) // 2
        expected.append(0x1 | 1 << 4 | ((lo // 32) << 7 | lo % 32) << 5)
    assert module.register.words == expected
    assert module.register.lengths == 25
    assert clock.now_ns() == pytest.approx((len(channels) + 1) * 35_000_000)  # settled after each


def test_the_level_is_the_voltage_of_the_pin_and_its_power(module: Module) -> None:
    with opened(module) as receiver:
        module.level_v = 0.8
        level = receiver.read_level(center_hz=5805e6)
        assert level.center_hz == 5805e6
        assert level.volts == pytest.approx(0.8, abs=0.004)
        assert level.level_dbm == pytest.approx(-43.0, abs=1.0)
        words = len(module.register.words)
        receiver.read_level(center_hz=5805e6)  # it is there already
        assert len(module.register.words) == words
        with pytest.raises(FrequencyRefused, match="2414"):
            receiver.read_level(center_hz=2414e6)
        assert receiver.health().ok
        assert receiver.reach_hz() == ((5345e6, 5965e6),)


def test_pictures_are_those_after_the_tuning_in_grey(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = iter(range(200))
    monkeypatch.setattr(Capture, "pictures", lambda: np.full((240, 320, 3), next(counted), np.uint8))
    with opened(module) as receiver:
        assert receiver.has_picture()
        grab = receiver.grab(center_hz=5805e6, count=3)
    assert [int(p[0, 0]) for p in grab.pictures] == [4, 5, 6]  # four waited from before
    assert grab.pictures[0].shape == (240, 320)
    assert module.register.words[-1] == three_wire_word(receiver_modules()["rx5808"].divider(5805e6))
    assert not grab.unlocked


def test_what_the_decoder_says_of_its_lock_is_told(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [0]

    def ioctl(_handle: int, request: int, data: bytes) -> bytes:
        if request == grabber.G_INPUT:
            return (1).to_bytes(4, "little")
        assert request == grabber.ENUM_INPUT
        fields = list(grabber.V4L2_INPUT.unpack(data))
        assert fields[0] == 1
        fields[6] = told[0]
        return grabber.V4L2_INPUT.pack(*fields)

    monkeypatch.setattr(grabber.fcntl, "ioctl", ioctl)
    with opened(module) as receiver:
        for status, unlocked in ((0, False), (0x2, True), (0x100, True), (0x10, False)):
            told[0] = status
            assert receiver.grab(center_hz=5805e6, count=1).unlocked is unlocked


def test_without_a_grabber_there_are_levels_and_no_pictures(module: Module) -> None:
    with opened(module, grabber=None) as receiver:
        assert not receiver.has_picture()
        assert receiver.grab(center_hz=5805e6, count=3).pictures == ()
        assert receiver.read_level(center_hz=5805e6).volts > 0


def test_the_other_converter_and_the_tuners_on_i2c(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    module.bus(monkeypatch)
    module.level_v = 0.75
    with opened(module, adc="ads1115", adc_channel=2) as receiver:
        assert receiver.read_level(center_hz=5805e6).volts == pytest.approx(0.75, abs=1e-4)
    # A single reading of input 2 against ground, ±2.048 V, 860 a second.
    assert set(module.wire.configured) == {0xE5E3}
    for key, mhz, sent in (("rx1322", 1080, (0x30, 0xBC, 0x8E)), ("rx5055", 2432, (0x3D, 0x04, 0x8E))):
        with opened(module, module=key) as receiver:
            level = receiver.read_level(center_hz=mhz * 1e6)
        assert module.wire.tuned[-1] == sent
        assert level.level_dbm is None


def test_nothing_is_looked_for_where_no_module_is_named() -> None:
    with pytest.raises(DeviceMissing, match="No analog video receiver") as missing:
        open_video_receiver(target="", config=HwConfig(), clock=ManualClock())
    assert "hw.video_receiver.module" in missing.value.hint


@pytest.mark.parametrize("volts", [0.0, 3.2])
def test_a_pin_that_is_not_connected_is_no_level(module: Module, volts: float) -> None:
    receiver = opened(module)
    module.level_v = volts
    with pytest.raises(DeviceLost) as caught:
        receiver.read_level(center_hz=5805e6)
    assert caught.value.reason is Reason.GARBAGE
    with pytest.raises(DeviceMissing):
        opened(module)
    module.level_v = 0.6
    receiver.reopen()
    assert receiver.read_level(center_hz=5805e6).volts > 0.5
    receiver.close()


def test_a_grabber_that_is_pulled_or_stalls_is_lost_and_found(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grabber, "PICTURE_S", 0.05)
    monkeypatch.setattr("hw.pi.deadline.PARTING_S", 0.01)
    receiver = opened(module)
    for name, value, reason in (("there", False, Reason.UNPLUGGED), ("stalls", 0.3, Reason.STALLED)):
        with monkeypatch.context() as fault:
            fault.setattr(Capture, name, value)
            with pytest.raises(DeviceLost) as caught:
                receiver.grab(center_hz=5805e6, count=1)
            assert caught.value.reason is reason
            assert caught.value.hint
        receiver.reopen()
        assert len(receiver.grab(center_hz=5805e6, count=1).pictures) == 1
    receiver.close()
    receiver.close()
    with pytest.raises(DeviceLost):
        receiver.grab(center_hz=5805e6, count=1)


def test_what_keeps_the_grabber_from_opening_is_named(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeviceMissing, match="no video grabber"):
        opened(module, grabber="/nowhere/video9")
    monkeypatch.setattr(Capture, "opens", False)
    with pytest.raises(DeviceBusy, match="does not open"):
        opened(module)
    monkeypatch.setattr(Capture, "opens", True)
    with monkeypatch.context() as fault:
        fault.setattr(os, "access", lambda *_: False)
        with pytest.raises(DeviceDenied):
            opened(module)
    opened(module).close()  # nothing of the attempts is held


def test_a_bus_without_rights_library_or_devices_is_named(
    module: Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    import smbus2

    def refusing(error: OSError) -> Any:
        def refuse(_number: int) -> Any:
            raise error

        return refuse

    for error, kind in (
        (PermissionError(errno.EACCES, "no"), DeviceDenied),
        (FileNotFoundError(errno.ENOENT, "no"), DeviceMissing),
    ):
        monkeypatch.setattr(smbus2, "SMBus", refusing(error))
        with pytest.raises(kind):
            opened(module, adc="ads1115")
    module.bus(monkeypatch)
    module.wire.broken = True
    with pytest.raises(DeviceMissing, match="48h"):
        opened(module, adc="ads1115")
    with pytest.raises(DeviceMissing, match="61h"):
        opened(module, module="rx1322")
    monkeypatch.setitem(sys.modules, "smbus2", None)
    with pytest.raises(MissingComponent):
        opened(module, adc="ads1115")
