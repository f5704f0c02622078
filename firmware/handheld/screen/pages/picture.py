"""Draws the live picture of an analog camera, to be checked by waving at it."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.page_frame import body, draw_frame, draw_mono
from firmware.handheld.screen.pages.lens import draw_picture
from firmware.handheld.screen.state import ScreenState
from firmware.i18n.catalog import Catalog
from firmware.i18n.numbers import write_frequency

WORDS_H = 40


def draw_picture_page(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the picture, where it was found, and what to do to be sure."""
    view = state.picture
    where = ""
    if view is not None and view.center_hz is not None:
        where = write_frequency(view.center_hz, catalog.locale)
    if canvas.mode == "1":
        lines = (where or "–", catalog.text("guide.wave"))
        draw_mono(canvas, state, catalog, lines)
        return
    room = body(draw_frame(canvas, state, catalog))
    draw_picture(canvas, room.inset(bottom=WORDS_H), None if view is None else view.picture, catalog)
    top = Rect(room.x, room.y + room.h - WORDS_H + 2, room.w, 18)
    canvas.text(top, where or "–", size_px=15, min_px=12, color=canvas.theme.text, align="center")
    low = Rect(room.x, top.y + 18, room.w, 18)
    words = catalog.text("guide.wave")
    canvas.text(low, words, size_px=14, min_px=12, color=canvas.theme.dim, align="center")
