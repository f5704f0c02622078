"""Renders a screen state to a picture, which is the same on every machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PIL import Image

from firmware.handheld.screen.canvas import Canvas, Mode
from firmware.handheld.screen.pages.choose import draw_choose
from firmware.handheld.screen.pages.corridor import draw_corridor_page
from firmware.handheld.screen.pages.cubicle import draw_cubicle
from firmware.handheld.screen.pages.devices import draw_devices
from firmware.handheld.screen.pages.finding import draw_finding
from firmware.handheld.screen.pages.home import draw_home
from firmware.handheld.screen.pages.homing import draw_homing
from firmware.handheld.screen.pages.lens import draw_lens
from firmware.handheld.screen.pages.low_coverage import draw_low_coverage
from firmware.handheld.screen.pages.menu import draw_menu
from firmware.handheld.screen.pages.personal import draw_personal
from firmware.handheld.screen.pages.picture import draw_picture_page
from firmware.handheld.screen.pages.result import draw_result
from firmware.handheld.screen.pages.sensors import draw_sensors
from firmware.handheld.screen.pages.spectrum import draw_spectrum
from firmware.handheld.screen.pages.start import draw_start
from firmware.handheld.screen.pages.summary import draw_summary
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.theme import THEMES, ThemeName
from firmware.handheld.screen.views import Page
from firmware.i18n.catalog import Catalog, catalog_for

PAGES: Mapping[Page, Callable[[Canvas, ScreenState, Catalog], None]] = {
    "home": draw_home,
    "spectrum": draw_spectrum,
    "devices": draw_devices,
    "lens": draw_lens,
    "sensors": draw_sensors,
    "menu": draw_menu,
    "finding": draw_finding,
    "homing": draw_homing,
    "picture": draw_picture_page,
    "start": draw_start,
    "choose": draw_choose,
    "corridor": draw_corridor_page,
    "cubicle": draw_cubicle,
    "thin": draw_low_coverage,
    "summary": draw_summary,
    "personal": draw_personal,
    "result": draw_result,
}


MONO_LAYOUT = (128, 64)
LEAST_LAYOUT = (240, 240)
SCALE_FROM = (320, 240)  # panels that hold this twice are drawn with doubled pixels


def render(
    state: ScreenState, *, size: tuple[int, int] = (320, 240), mode: Mode = "RGB", theme: ThemeName = "dark"
) -> Image.Image:
    """Return the page as a picture of exactly this size and mode.

    Panels of 240 pixels a side and more, and 128×64 in black and white, are drawn pixel by pixel; other
    sizes are scaled from the nearest of these.
    """
    image = paint(state, size=layout_size(size, mode), mode=mode, theme=theme).image
    if image.size == size:
        return image
    larger = size[0] >= image.width and size[1] >= image.height
    exact = larger or mode == "1"
    return image.resize(size, Image.Resampling.NEAREST if exact else Image.Resampling.BOX)


def layout_size(size: tuple[int, int], mode: Mode) -> tuple[int, int]:
    """Return the size at which a panel's pages are laid out."""
    if mode == "1":
        return MONO_LAYOUT
    scale = max(1, min(size[0] // SCALE_FROM[0], size[1] // SCALE_FROM[1]))
    return (max(LEAST_LAYOUT[0], size[0] // scale), max(LEAST_LAYOUT[1], size[1] // scale))


def paint(
    state: ScreenState, *, size: tuple[int, int] = (320, 240), mode: Mode = "RGB", theme: ThemeName = "dark"
) -> Canvas:
    """Return the canvas of a page drawn at a layout size: the picture, and the place of each text."""
    canvas = Canvas(size, mode, THEMES[theme], turn=state.turn)
    PAGES[state.page](canvas, state, catalog_for(state.lang))
    return canvas
