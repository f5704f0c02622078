"""What every real device keeps, whatever it is: the protocol, its name, its health, and closing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin
from PIL import Image

from hw.clock import SystemClock
from hw.config import BleConfig, CameraConfig, HwConfig, MonitorConfig, VideoReceiverConfig
from hw.errors import DeviceLost
from hw.kit import BACKENDS, open_device
from hw.pi import hci, lcd, power, spectral, survey
from hw.pi.nl80211 import Wireless
from hw.protocols import (
    Battery,
    BleRadio,
    Buttons,
    Buzzer,
    Camera,
    Device,
    Display,
    Leds,
    MonitorRadio,
    Reopens,
    Sdr,
    SpectralRadio,
    SurveyRadio,
    VideoReceiver,
)
from hw.types import BleBatch, Dot11Batch, Frame, IqBlock, ReceiverLevel, SpectralBatch, SurveyBatch
from tests.hw.pi.conftest import Faults
from tests.hw.pi.spectral_tree import SpectralTree
from tests.hw.pi.tap import Tap, in_namespace, needs_root
from tests.hw.pi.test_adapter import one_radio
from tests.hw.pi.test_hci import FakeController
from tests.hw.pi.test_lcd import Wire
from tests.hw.pi.test_power import write
from tests.hw.pi.video_module import Module

CONFIG = HwConfig(
    camera=CameraConfig(width_px=320, height_px=240),
    monitor=MonitorConfig(interface="mon0"),
    ble=BleConfig(),
    video_receiver=VideoReceiverConfig(module="rx5808"),
)
USES: dict[str, tuple[type, Callable[[Any], object], type | None]] = {
    "sdr": (Sdr, lambda d: d.read(count=1024), IqBlock),
    "spectral": (SpectralRadio, lambda d: d.read_spectra(duration_s=0.01), SpectralBatch),
    "survey": (SurveyRadio, lambda d: d.read_survey(), SurveyBatch),
    "video_receiver": (VideoReceiver, lambda d: d.read_level(center_hz=5.8e9), ReceiverLevel),
    "monitor": (MonitorRadio, lambda d: d.read(duration_s=0.01), Dot11Batch),
    "ble": (BleRadio, lambda d: d.read(duration_s=0.01), BleBatch),
    "camera": (Camera, lambda d: d.read(), Frame),
    "leds": (Leds, lambda d: d.set("off"), None),
    "display": (Display, lambda d: d.show(Image.new(d.mode, d.size)), None),
    "buttons": (Buttons, lambda d: d.poll(), tuple),
    "buzzer": (Buzzer, lambda d: d.beep(frequency_hz=440.0, duration_ms=1), None),
    "battery": (Battery, lambda d: d.read(), float),
}


class Stage:
    """Everything is plugged in, below the real libraries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self._patch = monkeypatch
        self._root = root

    def open(self, role: str) -> Any:
        getattr(self, f"_{role}", lambda: None)()
        asked = "camera" if role == "leds" else role
        device = open_device(asked, spec="pi", config=CONFIG, clock=SystemClock())
        if asked != "camera":
            return device
        wanted, other = (device.camera, device.leds) if role == "camera" else (device.leds, device.camera)
        other.close()
        return wanted

    def _ble(self) -> None:
        self._patch.setattr(hci, "find_controller", lambda _wanted: 0)
        self._patch.setattr(hci, "open_user_channel", lambda _number: FakeController().scapy_socket())

    def _spectral(self) -> None:
        SpectralTree(self._root)
        self._patch.setattr(spectral, "ROOT", self._root)

    def _survey(self) -> None:
        self._patch.setattr(survey, "open_wireless", lambda _root: Wireless(one_radio()))

    def _video_receiver(self) -> None:
        self._patch.setattr(gpiozero.Device.pin_factory, "pin_class", MockPin)
        Module(self._patch, self._root).solder()

    def _display(self) -> None:
        self._patch.setattr(lcd, "open_serial", lambda _panel: Wire())
        self._patch.setattr("atexit.register", lambda *_args: None)

    def _battery(self) -> None:
        write(self._root, "sys/class/power_supply/BAT0/type", "Battery")
        write(self._root, "sys/class/power_supply/BAT0/capacity", "61")
        found = power.find_gauge(self._root)
        self._patch.setattr(power, "find_gauge", lambda: found)

    def _camera(self) -> None:
        self._patch.syspath_prepend(str(Path(__file__).parent / "standin"))
        self._patch.delitem(sys.modules, "picamera2", raising=False)
        import picamera2

        picamera2.reset()

    _leds = _camera


@pytest.fixture
def stage(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    faults: Faults,
    use_library: Callable[[Path], None],
    full_library: Path,
) -> Iterator[Stage]:
    use_library(full_library)
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory(pin_class=MockPWMPin)
    yield Stage(monkeypatch, tmp_path)
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before
    sys.modules.pop("picamera2", None)
    while FakeController.made:
        FakeController.made.pop().end()


@contextmanager
def _adapter() -> Iterator[None]:
    tap = Tap("mon0")
    yield
    tap.close()


def _roles() -> list[Any]:
    return [pytest.param(r, marks=[needs_root, pytest.mark.root]) if r == "monitor" else r for r in USES]


@pytest.mark.parametrize("role", _roles())
def test_a_real_device_keeps_the_contract(stage: Stage, role: str) -> None:
    def body() -> None:
        with _adapter() if role == "monitor" else nullcontext():
            _keep(stage.open(role), role)

    if role == "monitor":
        in_namespace(body)
    else:
        body()


def _keep(device: Any, role: str) -> None:
    protocol, use, result = USES[role]
    with device as same:
        assert same is device
        assert isinstance(device, Device)
        assert isinstance(device, protocol)
        info = device.info()
        assert (info.role, info.backend) == (role, "pi")
        assert info.name
        got = use(device)
        assert result is None or isinstance(got, result)
        if isinstance(got, Dot11Batch | BleBatch):
            assert 0 <= got.t_ns < got.until_ns
        assert isinstance(device, Reopens)
        device.reopen()  # as its owner does after a loss
        use(device)
        health = device.health()
        assert (health.ok, health.reason, health.hint) == (True, "", "")
        assert all(isinstance(value, float) for value in health.numbers.values())
    device.close()
    device.close()
    for call in (lambda: use(device), device.reopen):
        with pytest.raises(DeviceLost, match="closed"):
            call()


def test_every_role_of_the_kit_is_tried() -> None:
    assert {*BACKENDS["pi"]} | {"leds"} == set(USES)
