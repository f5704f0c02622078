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
from sweeper.receiver_group import ReceiverGroup, SweepGroup
from sweeper.spectral_sensor import SpectralSensor
from sweeper.survey_sensor import SurveySensor
from sweeper.sweeper import Sweeper
from tests.sweeper.test_spectral_sensor import Radio
from tests.sweeper.test_survey_sensor import Radio as Counters
from tests.sweeper.test_survey_sensor import quiet


def receiver() -> Any:
    return open_device("sdr", spec="sim:empty-room", config=HwConfig(), clock=ManualClock())


def test_the_second_receiver_is_asked_for_with_the_first_and_never_alone() -> None:
    assert roles_of(("rf", "wifi")) == ("sdr", "monitor", "spectral", "survey", "video_receiver")
    assert roles_of(("wifi",)) == ("monitor",)


def counters() -> Any:
    return Counters(ManualClock(), quiet)


def test_what_there_is_makes_the_sensor_that_fits() -> None:
    there: list[dict[str, Any]] = [
        {"sdr": receiver()},
        {"spectral": Radio([])},
        {"sdr": receiver(), "spectral": Radio([])},
        {"sdr": receiver(), "survey": counters()},
        {"spectral": Radio([]), "survey": counters()},
    ]
    kinds = [type(build_rf(rf_device(t), clock=ManualClock(), settings=Settings())) for t in there]
    assert kinds == [Sweeper, SpectralSensor, SweepGroup, SweepGroup, ReceiverGroup]
    assert rf_device({}) is None


def test_counters_alone_are_no_receiver_but_are_played_from_a_recording() -> None:
    alone = {"sdr": None, "survey": counters()}
    assert rf_device(alone) is None
    played = build_rf(rf_device(alone, recorded=True), clock=ManualClock(), settings=Settings())
    assert isinstance(played, SurveySensor)


def test_what_is_there_is_opened_and_nothing_at_all_is_the_receivers_error() -> None:
    def opens(**there: Any) -> Any:
        def open_role(role: str) -> Any:
            found = there.get(role, DeviceMissing(f"no {role}"))
            if isinstance(found, HwError):
                raise found
            return found

        return open_rf(open_role)

    radio = Radio([])
    assert opens(sdr=DeviceMissing("no dongle"), spectral=radio) is radio
    assert isinstance(opens(sdr=receiver(), spectral=radio), RfDevices)
    with pytest.raises(DeviceLost, match="no dongle"):
        opens(sdr=DeviceLost("no dongle"), spectral=DeviceMissing("no adapter"))
