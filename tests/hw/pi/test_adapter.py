"""Choosing an adapter, monitor mode and channels, against real nl80211 messages."""

from __future__ import annotations

import errno
import sys
from pathlib import Path

import pytest

from hw.clock import SystemClock
from hw.config import MonitorConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent
from hw.pi import adapter
from hw.pi.adapter import listen
from hw.pi.monitor import PiMonitor
from hw.pi.nl80211 import Wireless, open_wireless, widths
from tests.hw.pi.kernel import HT, NEW_INTERFACE, SET_WIPHY, VHT, Kernel, he
from tests.hw.pi.tap import Tap, in_namespace, needs_root

CHANNELS = [2412, 2437, 5180, 5240, 5745, 5955]


def one_radio(*, monitors: bool = True) -> Kernel:
    kernel = Kernel({0: ("phy0", monitors, CHANNELS, [2484])})
    kernel.interfaces[3] = ["wlan0", 0, 2]
    return kernel


@pytest.fixture
def switched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what would be switched on and off."""
    log: list[str] = []
    monkeypatch.setattr(
        adapter, "set_up_or_down", lambda name, up: log.append(f"{name} {'up' if up else 'down'}")
    )
    return log


def connected(root: Path, *names: str) -> Path:
    for name in names:
        folder = root / "class/net" / name
        folder.mkdir(parents=True)
        (folder / "operstate").write_text("up\n")
    return root


def test_a_listening_interface_is_added_and_removed(tmp_path: Path, switched: list[str]) -> None:
    kernel = one_radio()
    listening = listen(Wireless(kernel), wanted=None, sys_root=tmp_path)
    assert (listening.name, listening.index) == ("ansim0", 100)
    assert listening.channels_mhz == tuple(CHANNELS)  # without the disabled 2484
    assert switched == ["wlan0 down", "ansim0 up"]
    listening.undo()
    assert kernel.log == ["added ansim0", "removed ansim0"]
    assert switched[-1] == "wlan0 up"


def test_a_driver_with_one_interface_changes_its_type_and_back(tmp_path: Path, switched: list[str]) -> None:
    kernel = one_radio()
    kernel.refuse[NEW_INTERFACE] = errno.EOPNOTSUPP
    listening = listen(Wireless(kernel), wanted="wlan0", sys_root=tmp_path)
    assert listening.name == "wlan0"
    listening.undo()
    assert kernel.log == ["wlan0 is 6", "wlan0 is 2"]
    assert switched == ["wlan0 down", "wlan0 up", "wlan0 down", "wlan0 up"]


def test_a_connected_adapter_is_left_alone(tmp_path: Path, switched: list[str]) -> None:
    kernel = one_radio()
    with pytest.raises(DeviceBusy, match="nmcli device disconnect wlan0"):
        listen(Wireless(kernel), wanted=None, sys_root=connected(tmp_path, "wlan0"))
    assert (kernel.log, switched) == ([], [])
    kernel.radios[1] = ("phy1", True, [2412], [])
    kernel.interfaces[5] = ["wlan1", 1, 2]
    assert listen(Wireless(kernel), wanted=None, sys_root=tmp_path).name == "ansim1"


@pytest.mark.parametrize(
    ("able", "newest"),
    [
        ({0: HT, 1: HT + VHT}, {"2.4 GHz": 4, "5 GHz": 5, "6 GHz": 3}),
        ({0: HT + he(), 1: HT + VHT + he(), 3: he()}, {"2.4 GHz": 6, "5 GHz": 6, "6 GHz": 6}),
        ({0: HT, 1: HT + VHT + he(eht=True), 3: he(eht=True)}, {"2.4 GHz": 4, "5 GHz": 7, "6 GHz": 7}),
        ({}, {"2.4 GHz": 3, "5 GHz": 3, "6 GHz": 3}),
    ],
    ids=["ac", "ax", "be", "older"],
)
def test_the_newest_generation_is_known_by_band(
    tmp_path: Path, switched: list[str], able: dict[int, bytes], newest: dict[str, int]
) -> None:
    kernel = one_radio()
    kernel.abilities[0] = able
    assert listen(Wireless(kernel), wanted=None, sys_root=tmp_path).generations == newest


def test_one_that_monitors_already_comes_first(tmp_path: Path, switched: list[str]) -> None:
    kernel = one_radio()
    kernel.radios[1] = ("phy1", True, [2412], [])
    kernel.interfaces[9] = ["wlan1mon", 1, 6]
    listening = listen(Wireless(kernel), wanted=None, sys_root=tmp_path)
    assert listening.name == "wlan1mon"
    assert switched == ["wlan1mon up"]


def test_an_adapter_that_cannot_monitor_is_named(tmp_path: Path, switched: list[str]) -> None:
    kernel = one_radio(monitors=False)
    for wanted in (None, "wlan0", "wlan7"):
        with pytest.raises(DeviceMissing, match="wlan0") as caught:
            listen(Wireless(kernel), wanted=wanted, sys_root=tmp_path)
        assert "hw/README" in caught.value.hint


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (errno.EPERM, DeviceDenied),
        (errno.EBUSY, DeviceBusy),
        (errno.ENODEV, DeviceLost),
        (errno.EINVAL, DeviceMissing),
    ],
)
def test_what_the_kernel_says_is_said_in_words(code: int, error: type[HwError]) -> None:
    kernel = one_radio()
    kernel.refuse[SET_WIPHY] = code
    with pytest.raises(error) as caught:
        Wireless(kernel).set_channel(3, mhz=2412, width=1, middle_mhz=2412)
    assert caught.value.hint


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENODEV])
def test_without_rights_everything_is_put_back(tmp_path: Path, switched: list[str], code: int) -> None:
    kernel = one_radio()
    kernel.refuse[NEW_INTERFACE] = code
    with pytest.raises((DeviceDenied, DeviceLost)):
        listen(Wireless(kernel), wanted=None, sys_root=tmp_path)
    assert switched == ["wlan0 down", "wlan0 up"]


def test_wide_blocks_hold_their_primary_channel() -> None:
    assert widths(2437) == ((1, 2437), (0, 2437))
    assert widths(5180) == ((3, 5210), (2, 5190), (1, 5180), (0, 5180))
    assert widths(5240) == ((3, 5210), (2, 5230), (1, 5240), (0, 5240))
    assert widths(5785)[:2] == ((3, 5775), (2, 5795))
    assert widths(5825) == ((1, 5825), (0, 5825))
    assert widths(5955)[:2] == ((3, 5985), (2, 5965))
    for mhz in range(5180, 5800, 20):
        for width, middle in widths(mhz):
            assert abs(middle - mhz) <= {3: 30, 2: 10}.get(width, 0)


def test_no_adapter_and_no_pyroute2_are_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DeviceMissing, match="No Wi-Fi adapter"):
        open_wireless(tmp_path)
    (tmp_path / "class/ieee80211/phy0").mkdir(parents=True)
    monkeypatch.setitem(sys.modules, "pyroute2", None)
    with pytest.raises(MissingComponent, match="pyroute2"):
        open_wireless(tmp_path)


@needs_root
@pytest.mark.root
def test_the_whole_device_tunes_hears_loses_and_restores(tmp_path: Path) -> None:
    """nl80211 is the stand-in, the interfaces are real: adding one makes a TAP of link type 803."""

    def body() -> None:
        kernel = one_radio()
        kernel.widest = 2
        wlan, taps = Tap("wlan0", 1), {}
        kernel.on_add = lambda name: taps.update({name: Tap(name)})
        kernel.on_remove = lambda name: taps.pop(name).close()
        own = tmp_path / "class/net/ansim0/phy80211/macaddress"
        own.parent.mkdir(parents=True)
        own.write_text("00:c0:ca:11:22:33\n")
        radio = PiMonitor(
            MonitorConfig(), SystemClock(), connect_wireless=lambda: Wireless(kernel), sys_root=tmp_path
        )
        assert radio.channels_hz()[0] == 2412e6
        assert radio.info().serial == "00:c0:ca:11:22:33"
        radio.set_channel(center_hz=5180e6)
        assert kernel.tuned[-1] == (5180, 2, 5190)  # 80 MHz was refused, 40 taken
        taps["ansim0"].hear(bytes(64))
        batch = radio.read(duration_s=0.02)
        assert (len(batch.starts), batch.channel_hz) == (1, 5180e6)
        taps["ansim0"].hear(bytes(64))
        radio.set_channel(center_hz=2437e6)  # what was heard before it does not belong to it
        batch = radio.read(duration_s=0.02)
        assert (len(batch.starts), dict(batch.dropped)) == (0, {"before_retune": 1})
        taps.pop("ansim0").close()
        del kernel.interfaces[100]
        with pytest.raises(DeviceLost):
            radio.read(duration_s=0.5)
        kernel.radios[0] = ("phy0", True, [2412], [])  # it comes back in a country without this channel
        with pytest.raises(DeviceLost, match="EINVAL"):
            radio.reopen()
        assert kernel.log[-2:] == ["removed ansim0", "closed"]  # nothing was left behind
        kernel.radios[0] = ("phy0", True, CHANNELS, [])
        radio.reopen()  # plugged in again
        radio.read(duration_s=0.0)
        assert kernel.tuned[-1] == (2437, 1, 2437)
        radio.close()
        assert kernel.log[-2:] == ["removed ansim0", "closed"]
        wlan.close()

    in_namespace(body)
