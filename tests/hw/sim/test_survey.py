"""The simulated survey: counters that only grow, and are full beside a strong sender."""

from __future__ import annotations

import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, DeviceMissing
from hw.protocols import SurveyRadio
from hw.sim.high_air import CHANNELS_HZ, HOP_NS
from hw.sim.survey import SimSurvey, open_survey

ROUND_NS = HOP_NS * len(CHANNELS_HZ)


def opened(clock: ManualClock, target: str = "analog-2g4-camera") -> SimSurvey:
    return open_survey(target=target, config=HwConfig(), clock=clock)


def test_the_senders_channels_are_full_and_their_floor_is_raised() -> None:
    clock = ManualClock()
    radio = opened(clock)
    assert isinstance(radio, SurveyRadio)
    clock.sleep_until(ROUND_NS)
    first = {c.center_hz: c for c in radio.read_survey().channels}
    assert set(first) == set(CHANNELS_HZ)
    on, off = first[2432e6], first[5180e6]
    assert on.time_ms == on.busy_ms == 250
    assert on.rx_ms == 0
    assert (on.noise_dbm or 0) > -60
    assert (off.busy_ms or 0) < 100
    assert (off.noise_dbm or 0) < -90
    clock.sleep_until(2 * ROUND_NS)
    for channel in radio.read_survey().channels:
        assert channel.time_ms == 500
        assert (channel.busy_ms or 0) >= (channel.rx_ms or 0)


def test_one_channel_is_in_use_and_a_quiet_room_is_quiet() -> None:
    clock = ManualClock()
    radio = opened(clock, "empty-room?also=survey")
    clock.sleep_until(ROUND_NS + HOP_NS // 2)
    channels = radio.read_survey().channels
    assert [c.center_hz for c in channels if c.in_use] == [CHANNELS_HZ[0]]
    assert all((c.busy_ms or 0) < 0.6 * (c.time_ms or 0) for c in channels)


def test_a_unit_without_one_has_none_and_a_pulled_adapter_is_lost() -> None:
    with pytest.raises(DeviceMissing):
        opened(ManualClock(), "empty-room")
    clock = ManualClock()
    radio = opened(clock, "empty-room?also=survey&unplug=wifi@1")
    clock.sleep_until(2_000_000_000)
    with pytest.raises(DeviceLost):
        radio.read_survey()
    assert radio.health().ok
