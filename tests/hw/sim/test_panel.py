"""The simulated panel is a panel: it keeps what it was shown, in bounds, and presses when it is time."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from hw.clock import ManualClock
from hw.config import HwConfig, PanelConfig
from hw.kit import open_device
from hw.protocols import Battery, Buttons, Buzzer, Device, Display
from hw.sim.panel import SimBattery, SimButtons, SimDisplay
from hw.types import ButtonPress

ROLES = {"display": Display, "buttons": Buttons, "buzzer": Buzzer, "battery": Battery}
SPEC = "sim:empty-room"


@pytest.mark.parametrize("role", ROLES)
def test_the_kit_opens_devices_that_satisfy_the_protocols(role: str) -> None:
    with open_device(role, spec=SPEC, config=HwConfig(), clock=ManualClock()) as device:
        assert isinstance(device, ROLES[role])
        assert isinstance(device, Device)
        assert (device.info().role, device.info().backend) == (role, "sim")
        assert device.health().ok
    device.close()
    assert device.closed


@pytest.mark.parametrize(("driver", "mode"), [("ili9341", "RGB"), ("ssd1306", "1")])
def test_the_display_has_the_configured_size_and_mode(driver: str, mode: str) -> None:
    config = HwConfig(panel=PanelConfig(driver=driver, width_px=128, height_px=64))
    display = open_device("display", spec=SPEC, config=config, clock=ManualClock())
    assert (display.size, display.mode) == ((128, 64), mode)


def test_the_display_keeps_copies_of_the_last_pictures_and_counts_all() -> None:
    display = SimDisplay(size=(8, 8), keep=3)
    assert display.latest is None
    picture = Image.new("RGB", (8, 8))
    for shade in range(5):
        picture.putpixel((0, 0), (shade, 0, 0))
        display.show(picture)
    picture.putpixel((0, 0), (99, 0, 0))
    assert [p.getpixel((0, 0)) for p in display.images] == [(2, 0, 0), (3, 0, 0), (4, 0, 0)]
    assert display.latest is display.images[-1]
    assert display.shown == 5


def test_the_display_saves_to_a_folder(tmp_path: Path) -> None:
    display = SimDisplay(size=(8, 8), folder=tmp_path / "shots")
    display.show(Image.new("RGB", (8, 8), (1, 2, 3)))
    with Image.open(tmp_path / "shots" / "000000.png") as stored:
        assert stored.getpixel((7, 7)) == (1, 2, 3)


@pytest.mark.parametrize("wrong", [Image.new("RGB", (9, 8)), Image.new("L", (8, 8))])
def test_the_display_refuses_what_a_panel_cannot_show(wrong: Image.Image) -> None:
    with pytest.raises(ValueError, match="the panel takes"):
        SimDisplay(size=(8, 8)).show(wrong)


def test_buttons_press_in_order_when_the_clock_gets_there() -> None:
    clock = ManualClock()
    script = [ButtonPress(t_ns=20, button="ok", long=True), ButtonPress(t_ns=10, button="up")]
    buttons = SimButtons(clock=clock, script=script)
    assert list(buttons.poll()) == []
    clock.sleep_until(15)
    assert [p.button for p in buttons.poll()] == ["up"]
    buttons.press("back")
    clock.sleep_until(20)
    assert [(p.t_ns, p.button, p.long) for p in buttons.poll()] == [(15, "back", False), (20, "ok", True)]
    assert list(buttons.poll()) == []


def test_the_buzzer_writes_down_its_sounds() -> None:
    clock = ManualClock(7)
    buzzer = open_device("buzzer", spec=SPEC, config=HwConfig(), clock=clock)
    buzzer.beep(frequency_hz=880.0, duration_ms=40)
    assert [(b.t_ns, b.frequency_hz, b.duration_ms) for b in buzzer.beeps] == [(7, 880.0, 40)]


def test_a_battery_gauge_may_not_answer() -> None:
    assert SimBattery(level=None).read() is None
    assert SimBattery().read() == 0.9
