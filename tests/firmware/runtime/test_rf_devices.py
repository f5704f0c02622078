"""The RF sensor stands on what a unit has."""

from __future__ import annotations

from typing import Any

import pytest

from firmware.runtime.rf_devices import build_rf, open_rf, rf_device, roles_of
from firmware.settings.settings import Settings
from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, DeviceMissing, HwError
from hw.kit import RfDevices, open_device
from sweeper.spectral_sensor import SpectralSensor
from sweeper.sweeper import Sweeper
from sweeper.two_receivers import TwoReceivers
from tests.sweeper.test_spectral_sensor import Radio


def receiver() -> Any:
    return open_device("sdr", spec="sim:empty-room", config=HwConfig(), clock=ManualClock())


def test_the_second_receiver_is_asked_for_with_the_first_and_never_alone() -> None:
    assert roles_of(("rf", "wifi")) == ("sdr", "monitor", "spectral")
    assert roles_of(("wifi",)) == ("monitor",)


def test_one_two_or_no_receiver_make_the_sensor_that_fits() -> None:
    devices = (rf_device(receiver(), None), rf_device(None, Radio([])), rf_device(receiver(), Radio([])))
    kinds = [type(build_rf(device, clock=ManualClock(), settings=Settings())) for device in devices]
    assert kinds == [Sweeper, SpectralSensor, TwoReceivers]
    assert rf_device(None, None) is None


def test_what_is_there_is_opened_and_nothing_at_all_is_the_receivers_error() -> None:
    def opens(**there: Any) -> Any:
        def open_role(role: str) -> Any:
            if isinstance(there[role], HwError):
                raise there[role]
            return there[role]

        return open_rf(open_role)

    radio = Radio([])
    assert opens(sdr=DeviceMissing("no dongle"), spectral=radio) is radio
    assert isinstance(opens(sdr=receiver(), spectral=radio), RfDevices)
    with pytest.raises(DeviceLost, match="no dongle"):
        opens(sdr=DeviceLost("no dongle"), spectral=DeviceMissing("no adapter"))
