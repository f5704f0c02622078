"""The survey of a Wi-Fi adapter, from real nl80211 messages: counters, the interface asked, every fault."""

from __future__ import annotations

import errno

import pytest

from hw.clock import ManualClock
from hw.config import HwConfig, MonitorConfig
from hw.errors import DeviceDenied, DeviceLost, DeviceMissing, Reason
from hw.pi import survey as driver
from hw.pi.nl80211 import GET_SURVEY, MONITOR, Wireless
from hw.pi.survey import SurveyAdapter, is_impossible, open_survey
from hw.types import ChannelSurvey
from tests.hw.pi.kernel import Kernel, surveyed
from tests.hw.pi.test_adapter import one_radio

# A survey as ath9k answers it (`iw dev wlan0 survey dump`): the channel in use and one that was left.
RECORDED = (
    surveyed(2412, noise=0xA1, in_use=True, time=48_211, busy=47_903, rx=22, tx=0),
    surveyed(2437, noise=0xA1, time=1250, busy=310, rx=190, tx=4),
    surveyed(5180),
)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = one_radio()
    made.surveys[0] = list(RECORDED)
    monkeypatch.setattr(driver, "open_wireless", lambda _root: Wireless(made))
    return made


def opened(clock: ManualClock | None = None, wanted: str | None = None) -> SurveyAdapter:
    config = HwConfig(monitor=MonitorConfig(interface=wanted))
    return open_survey(target="", config=config, clock=clock or ManualClock())


def test_the_counters_are_read_as_the_kernel_sends_them(kernel: Kernel) -> None:
    clock = ManualClock()
    adapter = opened(clock)
    clock.sleep_until(5_000)
    batch = adapter.read_survey()
    assert batch.t_ns == 5_000
    assert batch.channels == (
        ChannelSurvey(
            center_hz=2412e6, noise_dbm=-95, time_ms=48_211, busy_ms=47_903, rx_ms=22, tx_ms=0, in_use=True
        ),
        ChannelSurvey(center_hz=2437e6, noise_dbm=-95, time_ms=1250, busy_ms=310, rx_ms=190, tx_ms=4),
        ChannelSurvey(center_hz=5180e6),
    )
    assert adapter.info().name == "wlan0"
    assert adapter.health().numbers["reads"] == 1.0
    adapter.close()
    adapter.close()
    assert kernel.log[-1] == "closed"
    with pytest.raises(DeviceLost):
        adapter.read_survey()


def test_a_long_time_and_a_floor_above_zero_are_read_whole(kernel: Kernel) -> None:
    kernel.surveys[0] = [surveyed(5745, noise=3, time=1 << 40, busy=1 << 39)]
    (channel,) = opened().read_survey().channels
    assert (channel.noise_dbm, channel.time_ms, channel.busy_ms) == (3, 1 << 40, 1 << 39)


def test_the_interface_that_listens_is_asked_as_soon_as_there_is_one(kernel: Kernel) -> None:
    kernel.radios[1] = ("phy1", True, [2412], [])
    kernel.interfaces[7] = ["wlan1", 1, 2]
    kernel.surveys[1] = [surveyed(2462, time=100, busy=1)]
    adapter = opened()
    assert adapter.read_survey().channels[0].center_hz == 2412e6
    kernel.interfaces[9] = ["ansim1", 1, MONITOR]
    assert adapter.read_survey().channels[0].center_hz == 2462e6
    assert opened(wanted="wlan1").info().name == "ansim1"
    del kernel.interfaces[9]
    assert opened(wanted="wlan1").info().name == "wlan1"


def test_a_driver_that_counts_nothing_is_missing_and_an_empty_survey_is_not(kernel: Kernel) -> None:
    kernel.surveys[0] = []
    assert opened().read_survey().channels == ()
    kernel.refuse[GET_SURVEY] = errno.EOPNOTSUPP
    with pytest.raises(DeviceMissing, match="gives no survey") as missing:
        opened()
    assert "ath9k" in missing.value.hint
    kernel.refuse[GET_SURVEY] = errno.EPERM
    with pytest.raises(DeviceDenied):
        opened()
    kernel.interfaces.clear()
    with pytest.raises(DeviceMissing, match="No Wi-Fi adapter"):
        opened()


def test_an_adapter_that_is_pulled_is_lost_and_found(kernel: Kernel) -> None:
    adapter = opened()
    was = dict(kernel.interfaces)
    kernel.interfaces.clear()
    with pytest.raises(DeviceLost) as away:
        adapter.read_survey()
    assert away.value.reason is Reason.UNPLUGGED
    with pytest.raises(DeviceLost):
        adapter.read_survey()
    kernel.interfaces.update(was)
    adapter.reopen()
    assert len(adapter.read_survey().channels) == 3
    assert adapter.health().ok


def test_counters_of_which_none_can_be_are_garbage(kernel: Kernel) -> None:
    adapter = opened()
    kernel.surveys[0] = [surveyed(2412, time=100, busy=4_000_000), surveyed(2417, time=100, busy=99, rx=400)]
    with pytest.raises(DeviceLost) as caught:
        adapter.read_survey()
    assert caught.value.reason is Reason.GARBAGE
    assert not is_impossible(ChannelSurvey(center_hz=1.0))
    assert not is_impossible(ChannelSurvey(center_hz=1.0, time_ms=100, busy_ms=105))
