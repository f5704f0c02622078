"""The screen, through luma.lcd or luma.oled: any panel chip that they know, chosen by its name."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from inspect import signature
from typing import Any, Literal

from PIL import Image

from hw.config import HwConfig, PanelConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent
from hw.pi.gpio import GROUP_HINT, OWNER_HINT, PI_HINT, pins
from hw.pi.held_device import HeldHandle, PiDevice
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo

SPI_HZ = {
    "ili9341": 32_000_000,
    "st7789": 40_000_000,
}  # over the data sheets' 10 MHz, as is usual
SPI_HZ_OTHERS = 8_000_000  # luma's default
MONO = "1"
# A picture is compared in 4 × 4 parts: of each, the box that changed is sent.
PARTS_A_SIDE = 4
LIBRARIES = ("luma.lcd.device", "luma.oled.device")
SPI_HINT = "Switch SPI on: sudo raspi-config nonint do_spi 0, check the wires (hw/wiring.svg)."
I2C_HINT = "Switch I2C on: sudo raspi-config nonint do_i2c 0, check the wires (hw/wiring.svg)."


def luma_error() -> type[Exception]:
    """Return the root of luma's errors."""
    error: type[Exception] = import_module("luma.core.error").Error
    return error


def find_driver(name: str) -> tuple[type[Any], bool]:
    """Return luma's class for a chip and whether it has a backlight.

    Raises
    ------
    MissingComponent, DeviceMissing
        luma is not installed, or knows no such chip.
    """
    known: set[str] = set()
    for library in LIBRARIES:
        try:
            module = import_module(library)
        except ImportError as error:
            hint = "Install ansim with its [pi] extra."
            raise MissingComponent(f"{library} is not installed", hint=hint) from error
        if name in module.__all__:
            return getattr(module, name), library == LIBRARIES[0]
        known |= set(module.__all__)
    hint = f"Set hw.panel.driver to one of: {', '.join(sorted(known))}."
    raise DeviceMissing(f"There is no panel driver {name!r}", hint=hint)


def open_serial(panel: PanelConfig) -> Any:
    """Open the bus that the panel hangs on; raises what luma raises."""
    serial = import_module("luma.core.interface.serial")
    if panel.bus == "i2c":
        return serial.i2c()
    wires = pins("panel")
    speed = SPI_HZ.get(panel.driver, SPI_HZ_OTHERS)
    return serial.spi(gpio_DC=wires["data_command"], gpio_RST=wires["reset"], bus_speed_hz=speed)


def build(panel: PanelConfig, connect: Callable[[PanelConfig], Any]) -> Any:
    """Make luma's device for the panel that is configured."""
    driver, has_light = find_driver(panel.driver)
    try:
        serial = connect(panel)
        light: dict[str, Any] = {}
        if has_light:
            light = {"gpio": getattr(serial, "_gpio", None), "gpio_LIGHT": pins("panel")["backlight"]}
        if has_light and "framebuffer" in signature(driver).parameters:
            light["framebuffer"] = difference((panel.width_px, panel.height_px))
        return driver(serial, width=panel.width_px, height=panel.height_px, rotate=panel.rotate, **light)
    except (luma_error(), OSError, ImportError, RuntimeError) as error:
        raise _why_not(panel, error) from error


def difference(size: tuple[int, int]) -> Any:
    """Return luma's way of finding the boxes that changed, in as many parts as the sides can be cut into."""
    parts = PARTS_A_SIDE if not any(side % PARTS_A_SIDE for side in size) else 1
    return import_module("luma.core.framebuffer").diff_to_previous(num_segments=parts * parts)


class PiDisplay(PiDevice[Any]):
    """The panel. A colour panel is sent the boxes that changed, a black-and-white one the whole picture.

    A picture that did not change is not sent.

    luma's ILI9341 compares pictures itself; its ST7789 sends all of every picture, so that is done here.
    """

    def __init__(self, panel: PanelConfig, *, connect: Callable[[PanelConfig], Any]) -> None:
        held = HeldHandle(lambda: build(panel, connect), lambda device: device.cleanup())
        super().__init__(DeviceInfo(role="display", backend="pi", name=panel.driver), held)
        held.open()
        device = held.hold()
        self._size: tuple[int, int] = (int(device.width), int(device.height))
        self._mode: Literal["RGB", "1"] = "1" if device.mode == MONO else "RGB"
        self._bus = panel.bus
        self._shown: tuple[Any, bytes] | None = None
        self._difference: Any = None
        self._sent = 0
        detail = f"{self._size[0]}×{self._size[1]}, {panel.bus}"
        self._info = DeviceInfo(role="display", backend="pi", name=panel.driver, detail=detail)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, after rotation."""
        return self._size

    @property
    def mode(self) -> Literal["RGB", "1"]:
        """Colour or black and white."""
        return self._mode

    def show(self, image: Image.Image) -> None:
        """Show a picture of the panel's size.

        Raises
        ------
        ValueError
            The picture has another size or mode.
        DeviceLost
            The panel does not answer. Opened again, it is sent the whole picture.
        """
        if (image.size, image.mode) != (self._size, self._mode):
            raise ValueError(f"the panel takes {self._mode} {self._size}, not {image.mode} {image.size}")
        device = self._held.hold()
        now = (device, image.tobytes())
        if now == self._shown:
            return
        try:
            self._send(device, image if device.mode == image.mode else image.convert(device.mode))
        except (luma_error(), OSError) as error:
            self._shown = None
            hint = I2C_HINT if self._bus == "i2c" else SPI_HINT
            raise self._held.lose(DeviceLost(f"The panel does not answer: {error}", hint=hint)) from error
        self._shown = now
        self._sent += 1

    def _send(self, device: Any, image: Image.Image) -> None:
        if self._mode == "1" or not hasattr(device, "set_window"):
            device.display(image)
            return
        turned = device.preprocess(image)
        if self._shown is None or self._shown[0] is not device:
            self._difference = difference(turned.size)
        for part, box in self._difference.redraw(turned):
            device.set_window(*box)
            device.data(list(part.convert("RGB").tobytes()))

    def health(self) -> DeviceHealth:
        """Return the health of the screen, with the number of pictures sent."""
        return self._held.health({"pictures": float(self._sent)})


def _why_not(panel: PanelConfig, error: Exception) -> HwError:
    name, text = type(error).__name__, str(error)
    if name == "DeviceDisplayModeError":
        hint = "Set hw.panel.width_px and hw.panel.height_px to a size of this chip."
        return DeviceMissing(f"{panel.driver}: {text}", hint=hint)
    if isinstance(error, PermissionError) or name == "DevicePermissionError":
        hint = f"{GROUP_HINT} Likewise the groups spi and i2c."
        return DeviceDenied("This user may not use the panel", hint=hint)
    if name == "UnsupportedPlatform" or isinstance(error, ImportError):
        return DeviceMissing(f"There is no panel bus here ({text})", hint=PI_HINT)
    if "busy" in text.lower():
        return DeviceBusy(f"The panel is in use: {text}", hint=OWNER_HINT)
    return DeviceMissing(f"No panel answers: {text}", hint=I2C_HINT if panel.bus == "i2c" else SPI_HINT)


def open_display(*, target: str, config: HwConfig, clock: Clock) -> PiDisplay:  # noqa: ARG001 - as every factory
    """Open the panel that is configured.

    Raises
    ------
    DeviceMissing, DeviceBusy, DeviceDenied, MissingComponent
        With the hint that helps.
    """
    return PiDisplay(config.panel, connect=open_serial)
