"""Device × fault: each shows its reason and hint in ``diag check`` and on the screen, and heals when removed.

The fault is put below the real vendor library; everything above it is the real thing.
"""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gpiozero
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory, MockPin, MockPWMPin

from firmware.diag import checks, radio_checks
from firmware.diag.model import Asked, Check, DiagBench, Probe, Result
from firmware.handheld.screen.canvas import Canvas
from firmware.handheld.screen.pages.sensors import draw_sensors
from firmware.handheld.screen.state import ScreenState, SensorBadge
from firmware.handheld.screen.theme import DARK
from firmware.handheld.screen.view_model import _health
from firmware.i18n.catalog import Catalog
from firmware.verdict.model import Level
from firmware.verdict.sensor_state import SensorStatus
from hw.config import CameraConfig, HwConfig, PanelConfig, VideoReceiverConfig
from hw.errors import DeviceMissing
from hw.pi import camera as camera_driver
from hw.pi import grabber, hci, lcd, monitor, power, spectral, survey
from hw.pi.nl80211 import Wireless, open_wireless
from tests.firmware.handheld.screen.sample_states import ordinary
from tests.hw.pi.conftest import Faults
from tests.hw.pi.kernel import GET_SURVEY, NEW_INTERFACE, SET_INTERFACE, surveyed
from tests.hw.pi.spectral_tree import SpectralTree, records
from tests.hw.pi.tap import ETHERNET, RADIOTAP, Tap, in_namespace, needs_root
from tests.hw.pi.test_adapter import one_radio
from tests.hw.pi.test_hci import RESET, FakeController
from tests.hw.pi.test_lcd import Wire
from tests.hw.pi.test_power import GOOD, Bus
from tests.hw.pi.video_module import Capture, Module

CONFIG = HwConfig(camera=CameraConfig(width_px=320, height_px=240), panel=PanelConfig())
VIDEO = VideoReceiverConfig(module="rx5808")
FAULTS = ("not_found", "denied", "busy", "library", "unplugged", "stalled", "garbage")
SENSE = {"sdr": "rf", "monitor": "wifi", "ble": "ble", "camera": "lens"}
CANNOT = {  # what cannot be told or cannot happen, and why
    ("monitor", "stalled"): "a silent adapter is like a silent channel: monitor.frames warns",
    ("camera", "denied"): "libcamera says busy for both",
    ("display", "stalled"): "nothing is read from it",
    ("display", "garbage"): "nothing is read from it: look at the test card",
    ("buttons", "unplugged"): "a switch that is never pressed: --press asks for it",
    ("buttons", "stalled"): "as unplugged",
    ("buttons", "garbage"): "bouncing is filtered",
    ("spectral", "library"): "the kernel's files need none",
    ("survey", "busy"): "anybody may read the counters",
    ("survey", "stalled"): "counters that stand still are an adapter that nobody uses: the check warns",
    ("battery", "busy"): "I²C has no owner",
    ("battery", "stalled"): "an I²C read ends in an error",
}


class Plugged:
    """A whole unit below the real libraries; `spoil` puts one fault in, `mend` takes it out."""

    def __init__(self, patch: pytest.MonkeyPatch, folder: Path, sdr: Faults) -> None:
        self.patch, self.folder, self.sdr = patch, folder, sdr
        self.kernel, self.link_type, self.taps = one_radio(), RADIOTAP, dict[str, Tap]()
        self.wireless: Callable[[], Wireless] = self._connect
        self.controller: Callable[[], FakeController] = FakeController
        self.wire, self.bus = Wire(), Bus(GOOD)
        self.tree = SpectralTree(folder)
        self.video = Module(patch, folder)
        self.video_node = self.video.node
        self.before_reading: Callable[[], object] = self._spectra_flow
        self.mended: list[Callable[[], object]] = []

    def _connect(self) -> Wireless:
        self.kernel.on_add = lambda name: self.taps.update({name: Tap(name, self.link_type)})
        self.kernel.on_remove = lambda name: self.taps.pop(name).close()
        return Wireless(self.kernel)

    def spoil(self, role: str, fault: str) -> None:
        getattr(self, f"_{role}")(fault)

    def mend(self) -> None:
        while self.mended:
            self.mended.pop()()
        self.before_reading = self._spectra_flow

    def change(self, thing: Any, name: str, value: Any) -> None:
        was = getattr(thing, name)
        setattr(thing, name, value)
        self.mended.append(lambda: setattr(thing, name, was))

    def hide(self, module: str) -> None:
        was = sys.modules.get(module)
        sys.modules[module] = None  # type: ignore[assignment]
        self.mended.append(lambda: sys.modules.update({module: was}) if was else sys.modules.pop(module))

    def _sdr(self, fault: str) -> None:
        if fault == "library":
            self.hide("rtlsdr")
            return
        how = {
            "not_found": {"devices": 0}, "denied": {"open": -3}, "busy": {"open": -6},
            "unplugged": {"read": -4}, "stalled": {"read": -7}, "garbage": {"constant": 128},
        }[fault]  # fmt: skip
        self.sdr.set(**how)
        self.mended.append(self.sdr.set)

    def _spectral(self, fault: str) -> None:
        tree = self.tree
        if fault in {"denied", "busy"}:
            trouble = PermissionError(13, "denied") if fault == "denied" else OSError(16, "busy")
            self.change(spectral.os, "open", _refusing(trouble))
        elif fault == "not_found":
            tree.unplug()
            self.mended.append(tree.plug)
        else:
            spoilt = {"unplugged": tree.unplug, "stalled": tree.plug, "garbage": self._rubbish}[fault]
            self.before_reading = spoilt
            self.mended.append(tree.plug)

    def _survey(self, fault: str) -> None:
        if fault == "denied":
            self.change(self.kernel, "refuse", {GET_SURVEY: errno.EPERM})
        elif fault in {"not_found", "library"}:
            self._monitor(fault)
        else:
            spoilt = {"unplugged": self._pull, "garbage": self._miscount}[fault]
            self.before_reading = spoilt

    def _pull(self) -> None:
        self.change(self.kernel, "interfaces", {})

    def _miscount(self) -> None:
        self.change(self.kernel, "surveys", {0: [surveyed(2412, time=10, busy=90_000)]})

    def _video_receiver(self, fault: str) -> None:
        self.patch.setattr(gpiozero.Device.pin_factory, "pin_class", MockPin)
        self.video.solder()
        if fault == "not_found":
            self.change(self, "video_node", self.folder / "nowhere")
        elif fault == "denied":
            self.change(grabber.os, "access", lambda *_: False)
        elif fault == "busy":
            self.change(Capture, "opens", False)
        elif fault == "library":
            self.hide("gpiozero")
        else:
            how: dict[str, Callable[[], object]] = {
                "unplugged": lambda: self.change(Capture, "there", False),
                "stalled": lambda: self.change(Capture, "stalls", 0.5),
                "garbage": lambda: self.change(self.video, "level_v", 0.0),
            }
            self.before_reading = how[fault]

    def _rubbish(self) -> None:
        self.tree.plug()
        self.tree.feed(bytes(range(256)) * 8)

    def _spectra_flow(self) -> None:
        self.tree.feed(records(4))

    def _monitor(self, fault: str) -> None:
        refuse = {"denied": errno.EPERM, "busy": errno.EBUSY}
        if fault in refuse:
            codes = {NEW_INTERFACE: refuse[fault], SET_INTERFACE: refuse[fault]}
            self.change(self.kernel, "refuse", codes)
        elif fault == "not_found":
            self.change(self, "wireless", lambda: open_wireless(self.folder / "empty"))
        elif fault == "library":
            (self.folder / "class/ieee80211/phy0").mkdir(parents=True, exist_ok=True)
            self.hide("pyroute2")
            self.change(self, "wireless", lambda: open_wireless(self.folder))
        elif fault == "garbage":
            self.change(self, "link_type", ETHERNET)
        else:
            self.before_reading = lambda: self.taps["ansim0"].close()
            self.mended.append(self.kernel.interfaces.copy)

    def _ble(self, fault: str) -> None:
        if fault == "library":
            self.change(hci, "open_user_channel", self.real_channel)
            self.patch.delattr(socket, "AF_BLUETOOTH", raising=False)
        elif fault in {"denied", "busy"}:
            self.patch.setattr(socket, "AF_BLUETOOTH", 31, raising=False)
            self.patch.setattr(socket, "BTPROTO_HCI", 1, raising=False)
            self.change(hci, "open_user_channel", lambda _number: self.real_channel(15))
            self.change(hci, "may_administer", lambda: fault == "busy")
        elif fault == "not_found":
            self.change(hci, "find_controller", lambda _wanted: self.real_finder(None, self.folder))
        elif fault == "unplugged":
            self.before_reading = lambda: FakeController.made[-1].unplug()
        else:
            self.change(self, "controller", lambda: self._unwell("mute" if fault == "stalled" else "refuse"))

    @staticmethod
    def _unwell(how: str) -> FakeController:
        controller = FakeController()
        getattr(controller, how).add(RESET)
        return controller

    def _camera(self, fault: str) -> None:
        import picamera2

        self.mended.append(picamera2.reset)
        if fault == "library":
            self.hide("picamera2")
        elif fault == "stalled":
            picamera2.Faults.stalled.clear()
        else:
            name, value = {
                "not_found": ("cameras", 0), "busy": ("busy", True), "unplugged": ("gone", True),
                "garbage": ("shape", (10, 10)),
            }[fault]  # fmt: skip
            setattr(picamera2.Faults, name, value)

    def _display(self, fault: str) -> None:
        trouble = {
            "not_found": FileNotFoundError(2, "no such bus"), "denied": PermissionError(13, "denied"),
            "busy": OSError(16, "busy"),
        }  # fmt: skip
        if fault == "library":
            self.hide("luma.lcd.device")
        elif fault == "unplugged":
            self.before_reading = lambda: self.change(self.wire, "cut", True)
        else:
            self.change(lcd, "open_serial", _refusing(trouble[fault]))

    def _buttons(self, fault: str) -> None:
        trouble = {
            "not_found": gpiozero.BadPinFactory("no pins"), "denied": PermissionError(13, "denied"),
            "busy": OSError(16, "busy"),
        }  # fmt: skip
        if fault == "library":
            self.hide("gpiozero")
        else:
            self.change(gpiozero, "Button", _refusing(trouble[fault]))

    def _battery(self, fault: str) -> None:
        real = power.Max17048
        if fault == "unplugged":
            self.before_reading = lambda: self.change(self.bus, "broken", True)
        elif fault == "garbage":
            self.before_reading = lambda: self.change(self.bus, "registers", GOOD | {0x02: 0})
        elif fault == "not_found":
            self.change(power, "find_gauge", lambda: self.real_gauge(self.folder / "empty"))
        else:
            assert real
            (self.folder / "dev").mkdir(exist_ok=True)
            (self.folder / "dev/i2c-1").touch()
            self.change(power, "find_gauge", lambda: self.real_gauge(self.folder))
            if fault == "library":
                self.hide("smbus2")
            else:
                import smbus2

                self.change(smbus2, "SMBus", _refusing(PermissionError(13, "denied")))


def _refusing(trouble: Exception) -> Callable[..., Any]:
    def refuse(*_args: object, **_more: object) -> Any:
        raise trouble

    return refuse


@pytest.fixture
def plugged(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    faults: Faults,
    use_library: Callable[[Path], None],
    full_library: Path,
) -> Iterator[Plugged]:
    use_library(full_library)
    unit = Plugged(monkeypatch, tmp_path, faults)
    unit.real_channel, unit.real_finder = hci.open_user_channel, hci.find_controller  # type: ignore[attr-defined]
    unit.real_gauge = power.find_gauge  # type: ignore[attr-defined]
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory(pin_class=MockPWMPin)
    monkeypatch.setattr(hci, "find_controller", lambda _wanted: 0)
    monkeypatch.setattr(hci, "open_user_channel", lambda _number: unit.controller().scapy_socket())
    monkeypatch.setattr(hci, "ANSWER_S", 0.1)
    monkeypatch.setattr(lcd, "open_serial", lambda _panel: unit.wire)
    monkeypatch.setattr("atexit.register", lambda *_args: None)
    monkeypatch.setattr("luma.lcd.device.sleep", lambda _s: None)
    monkeypatch.setattr(power, "find_gauge", lambda: power.Max17048(unit.bus))
    monkeypatch.setattr(camera_driver, "STALL_S", 0.2)
    monkeypatch.setitem(
        monitor.PiMonitor.__init__.__kwdefaults__, "connect_wireless", lambda: unit.wireless()
    )
    monkeypatch.setattr(Capture, "pictures", lambda: np.zeros((24, 32, 3), np.uint8))
    monkeypatch.setattr(grabber, "PICTURE_S", 0.1)
    monkeypatch.setattr(survey, "open_wireless", lambda _root: unit.wireless())
    monkeypatch.setattr(radio_checks, "BLE_LISTEN_S", 0.02)
    monkeypatch.setattr(radio_checks, "SURVEY_S", 0.02)
    monkeypatch.setattr(radio_checks, "open_device", _refusing(DeviceMissing("no adapter listens meanwhile")))
    monkeypatch.setattr(radio_checks, "SPECTRA_S", 0.05)
    monkeypatch.setattr(spectral, "ROOT", tmp_path)
    monkeypatch.setattr(spectral, "STALLED_NS", 20_000_000)
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "standin"))
    sys.modules.pop("picamera2", None)
    import picamera2

    picamera2.reset()
    yield unit
    unit.mend()
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before
    sys.modules.pop("picamera2", None)
    while FakeController.made:
        FakeController.made.pop().end()


def checked(unit: Plugged, role: str) -> list[Check]:
    """Return what the real self-test of a device says, its first test alone."""
    name, run = checks.PROBES[role][0]

    def first(bench: DiagBench) -> Check | None:
        unit.before_reading()
        return run(bench)

    unit.patch.setattr(checks, "PROBES", {role: (Probe(name, first),)})
    try:
        video = VIDEO.model_copy(update={"grabber": str(unit.video_node)})
        config = CONFIG.model_copy(update={"video_receiver": video})
        return list(checks._check_role(role, "pi", config, Asked(), lambda _name: None))
    finally:
        unit.patch.setattr(checks, "PROBES", PROBES)


PROBES = checks.PROBES
TRIED = ("sdr", "spectral", "survey", "video_receiver", "monitor", "ble", "camera", "display")
TRIED += ("buttons", "battery")
ROWS = [
    pytest.param(role, fault, marks=[needs_root, pytest.mark.root] if role == "monitor" else [])
    for role in TRIED
    for fault in FAULTS
    if (role, fault) not in CANNOT
]


@pytest.mark.parametrize(("role", "fault"), ROWS)
def test_a_fault_is_named_with_a_remedy_and_heals(plugged: Plugged, role: str, fault: str) -> None:
    def body() -> None:
        wlan = Tap("wlan0", ETHERNET) if role == "monitor" else None
        plugged.spoil(role, fault)
        said = checked(plugged, role)
        told = next(c for c in said if c.reason)
        assert told.result is not Result.PASS
        assert told.reason == fault
        assert told.hint
        for lang in ("ko", "en"):
            assert told.hint in told.remedy_text(Catalog(lang))  # type: ignore[arg-type]
        plugged.mend()
        plugged.kernel.interfaces.pop(100, None)
        well = checked(plugged, role)
        assert not [c for c in well if c.reason], well
        assert well[0].name == role
        if wlan:
            wlan.close()

    in_namespace(body) if role == "monitor" else body()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("role", SENSE)
@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_page_of_the_senses_says_what_to_do_and_forgets_it_when_it_heals(
    role: str, fault: str, lang: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, shown = Catalog(lang), list[str]()
    monkeypatch.setattr(Canvas, "text", lambda _self, _rect, text, **_more: shown.append(str(text)))
    for state, reason, there in (("lost", fault, True), ("running", "", False)):
        shown.clear()
        status = SensorStatus(name=SENSE[role], state=state, coverage=None, reason=reason)  # type: ignore[arg-type]
        draw_sensors(Canvas((320, 240), "RGB", DARK), _page_of(status, lang), catalog)
        assert (str(catalog.text(f"hint.{fault}")) in shown) is there
        assert str(catalog.text(f"state.{state}")) in shown


def _page_of(status: SensorStatus, lang: Any) -> ScreenState:
    sensor = SensorBadge(name=status.name, state=status.state)
    state = ordinary(Level.INCONCLUSIVE, lang)
    return replace(state, page="sensors", sensors=(sensor,), health=(_health(status, lang),))


def test_every_device_and_fault_is_tried_or_has_a_reason_not_to_be() -> None:
    assert all(CANNOT.values())
    assert DeviceMissing("x").reason == "not_found"
    assert len(ROWS) + len(CANNOT) == len(TRIED) * len(FAULTS)
