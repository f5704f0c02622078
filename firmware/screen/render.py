"""State in, picture out: the same picture on every machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PIL import Image

from firmware.i18n.catalog import Catalog, catalog_for
from firmware.screen.canvas import Canvas, Mode
from firmware.screen.pages.devices import draw_devices
from firmware.screen.pages.finding import draw_finding
from firmware.screen.pages.home import draw_home
from firmware.screen.pages.homing import draw_homing
from firmware.screen.pages.lens import draw_lens
from firmware.screen.pages.menu import draw_menu
from firmware.screen.pages.picture import draw_picture_page
from firmware.screen.pages.sensors import draw_sensors
from firmware.screen.pages.spectrum import draw_spectrum
from firmware.screen.state import ScreenState
from firmware.screen.theme import THEMES, ThemeName
from firmware.screen.views import Page

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
}


def render(
    state: ScreenState, *, size: tuple[int, int] = (320, 240), mode: Mode = "RGB", theme: ThemeName = "dark"
) -> Image.Image:
    """Return the page as a picture for a panel of this size and mode."""
    return paint(state, size=size, mode=mode, theme=theme).image


def paint(
    state: ScreenState, *, size: tuple[int, int] = (320, 240), mode: Mode = "RGB", theme: ThemeName = "dark"
) -> Canvas:
    """Return the canvas after drawing: the picture, and where each text stands."""
    canvas = Canvas(size, mode, THEMES[theme])
    PAGES[state.page](canvas, state, catalog_for(state.lang))
    return canvas
