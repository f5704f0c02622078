"""State in, picture out: the same picture on every machine."""

from __future__ import annotations

from PIL import Image

from firmware.i18n.catalog import catalog_for
from firmware.screen.canvas import Canvas, Mode
from firmware.screen.pages.home import draw_home, draw_home_mono
from firmware.screen.state import ScreenState
from firmware.screen.theme import THEMES, ThemeName


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
    draw = draw_home_mono if mode == "1" else draw_home
    draw(canvas, state, catalog_for(state.lang))
    return canvas
