"""The panel: luma's real drivers over a bus that keeps what is sent."""

from __future__ import annotations

import sys
from typing import Any

import luma.core.error
import luma.lcd.device
import luma.oled.device
import pytest
from PIL import Image

from hw.clock import ManualClock
from hw.config import HwConfig, PanelConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent, Reason
from hw.kit import open_device
from hw.pi import lcd
from hw.pi.lcd import PiDisplay, build
from hw.protocols import Display

# luma.oled asks Pillow in a way that Pillow is about to give up
pytestmark = pytest.mark.filterwarnings("ignore:Image.Image.getdata is deprecated:DeprecationWarning")

COLOUR = PanelConfig()
MONO = PanelConfig(driver="ssd1306", width_px=128, height_px=64, bus="i2c")


class Pins:
    OUT, LOW, HIGH = 0, 0, 1

    def __init__(self) -> None:
        self.levels: dict[int, int] = {}

    def setup(self, pin: int, _mode: int) -> None:
        self.levels[pin] = 0

    def output(self, pin: int, level: int) -> None:
        self.levels[pin] = level

    def cleanup(self, _pin: object = None) -> None:
        self.levels.clear()


class Wire:
    """A bus that counts the bytes of picture, and can be cut."""

    def __init__(self) -> None:
        self._gpio = Pins()
        self.sent = 0
        self.cut = False
        self.cleaned = 0

    def command(self, *_command: int) -> None:
        self._check()

    def data(self, data: Any) -> None:
        self._check()
        self.sent += len(data)

    def _check(self) -> None:
        if self.cut:
            raise OSError(5, "Input/output error")

    def cleanup(self) -> None:
        self.cleaned += 1


@pytest.fixture(autouse=True)
def _no_exit_hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atexit.register", lambda *_args: None)  # luma would talk to the wire at exit
    monkeypatch.setattr("luma.lcd.device.sleep", lambda _s: None)


def open_display(panel: PanelConfig, wire: Wire) -> PiDisplay:
    return PiDisplay(panel, connect=lambda _panel: wire)


def test_a_picture_is_sent_whole_then_only_what_changed_then_nothing() -> None:
    wire = Wire()
    with open_display(COLOUR, wire) as display:
        assert isinstance(display, Display)
        assert (display.size, display.mode) == ((320, 240), "RGB")
        assert wire._gpio.levels[18] == 1  # backlight
        image = Image.new("RGB", (320, 240), "navy")
        before = wire.sent
        display.show(image)
        assert wire.sent - before >= 320 * 240 * 3
        before = wire.sent
        image.putpixel((100, 100), (255, 255, 255))
        display.show(image)
        assert 3 <= wire.sent - before < 64 * 48 * 3
        before = wire.sent
        display.show(image.copy())
        assert wire.sent == before
        assert display.health().numbers["pictures"] == 2
    assert wire.cleaned == 1


@pytest.mark.parametrize(
    ("driver", "size", "bus", "mode"),
    [
        ("st7789", (240, 240), "spi", "RGB"),
        ("ssd1306", (128, 64), "i2c", "1"),
        ("sh1106", (128, 64), "i2c", "1"),
    ],
)
def test_other_chips_by_name(driver: str, size: tuple[int, int], bus: Any, mode: Any) -> None:
    wire = Wire()
    panel = PanelConfig(driver=driver, width_px=size[0], height_px=size[1], bus=bus)
    with open_display(panel, wire) as display:
        assert (display.size, display.mode) == (size, mode)
        before = wire.sent
        display.show(Image.new(mode, size, 1))
        assert wire.sent > before


def test_a_rotated_panel_has_its_sides_swapped() -> None:
    with open_display(COLOUR.model_copy(update={"rotate": 1}), Wire()) as display:
        assert display.size == (240, 320)
        display.show(Image.new("RGB", (240, 320)))


@pytest.mark.parametrize("panel", [COLOUR, MONO])
def test_a_panel_that_is_cut_off_is_lost_and_found(panel: PanelConfig) -> None:
    wire = Wire()
    with open_display(panel, wire) as display:
        first = Image.new(display.mode, display.size, 0)
        display.show(first)
        wire.cut = True
        second = Image.new(display.mode, display.size, 1)
        with pytest.raises(DeviceLost) as caught:
            display.show(second)
        assert "raspi-config" in caught.value.hint
        health = display.health()
        assert (health.ok, health.reason) == (False, Reason.UNPLUGGED)
        wire.cut = False
        display.reopen()
        before = wire.sent
        display.show(second)
        assert wire.sent - before >= panel.width_px * panel.height_px // 8  # the whole picture again
        assert display.health().ok


def test_a_picture_of_the_wrong_size_is_a_mistake() -> None:
    with open_display(COLOUR, Wire()) as display, pytest.raises(ValueError, match="RGB"):
        display.show(Image.new("1", (320, 240)))


def test_an_unknown_chip_lists_those_there_are() -> None:
    with pytest.raises(DeviceMissing) as caught:
        build(PanelConfig(driver="ili9999"), lambda _panel: Wire())
    assert "ili9341" in caught.value.hint
    assert "ssd1306" in caught.value.hint


def test_a_size_the_chip_has_not_says_which_setting() -> None:
    with pytest.raises(DeviceMissing) as caught:
        build(PanelConfig(driver="ssd1306"), lambda _panel: Wire())
    assert "hw.panel.width_px" in caught.value.hint


@pytest.mark.parametrize(
    ("trouble", "error", "reason"),
    [
        (luma.core.error.DeviceNotFoundError("SPI device not found"), DeviceMissing, Reason.NOT_FOUND),
        (luma.core.error.DevicePermissionError("denied"), DeviceDenied, Reason.DENIED),
        (PermissionError(13, "Permission denied"), DeviceDenied, Reason.DENIED),
        (OSError(16, "Device or resource busy"), DeviceBusy, Reason.BUSY),
        (luma.core.error.UnsupportedPlatform("GPIO access not available"), DeviceMissing, Reason.NOT_FOUND),
        (ModuleNotFoundError("No module named 'spidev'"), DeviceMissing, Reason.NOT_FOUND),
    ],
)
def test_what_keeps_the_panel_from_opening(trouble: Exception, error: type[HwError], reason: Reason) -> None:
    def refuse(_panel: PanelConfig) -> Any:
        raise trouble

    with pytest.raises(error) as caught:
        build(COLOUR, refuse)
    assert caught.value.reason is reason
    assert caught.value.hint


def test_without_luma_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "luma.lcd.device", None)
    with pytest.raises(MissingComponent, match="luma") as caught:
        open_device("display", spec="auto", config=HwConfig(), clock=ManualClock())
    assert "[pi]" in caught.value.hint


def test_a_laptop_has_no_panel_and_says_so() -> None:
    with pytest.raises((DeviceMissing, DeviceDenied)) as caught:
        open_device("display", spec="auto", config=HwConfig(panel=MONO), clock=ManualClock())
    assert caught.value.hint


def test_every_bus_speed_is_one_that_luma_takes() -> None:
    allowed = {
        round(mhz * 1_000_000) for mhz in (0.5, 1, 2, 4, 8, 16, 20, 24, 28, 32, 36, 40, 44, 48, 50, 52)
    }
    assert {*lcd.SPI_HZ.values(), lcd.SPI_HZ_OTHERS} <= allowed
