"""Draws one step of the guided scan: what to do now, and how far it is."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.inspection_widgets import draw_mono_words, draw_page, draw_strip
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.widgets import draw_bar
from firmware.i18n.catalog import Catalog
from firmware.i18n.numbers import write_percent

SIGN = 64
BAR_H = 12


def draw_personal(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the step."""
    view = state.inspection
    lead = "" if view.lead is None else catalog.say(view.lead)
    detail = "" if view.detail is None else catalog.say(view.detail)
    number, count = view.step
    share = "" if view.progress is None else write_percent(view.progress, catalog.locale)
    if canvas.mode == "1":
        draw_mono_words(canvas, state, catalog, lead, f"{number}/{count} {share}")
        bar = Rect(64, 53, canvas.area.w - 66, 8)
        canvas.frame(bar, canvas.theme.text)
        inner = bar.inset(1, 1, 1, 1)
        done = min(1.0, max(0.0, view.progress or 0.0))
        canvas.fill(inner._replace(w=round(inner.w * done)), canvas.theme.text)
        return
    theme = canvas.theme
    room = draw_strip(canvas, draw_page(canvas, state, catalog), state, catalog)
    canvas.shape(view.shape or "person", room.x + 4, room.y + 6, SIGN, theme.accent)
    words = Rect(room.x + SIGN + 16, room.y + 2, room.w - SIGN - 16, SIGN + 8)
    canvas.text(words, lead, size_px=22, min_px=14, max_lines=3, color=theme.text, heavy=True)
    low = Rect(room.x, room.y + SIGN + 14, room.w, room.h - SIGN - 14 - BAR_H - 22)
    canvas.text(low, detail, size_px=16, min_px=12, max_lines=3, color=theme.text)
    foot = Rect(room.x, room.y + room.h - BAR_H - 20, room.w, 18)
    step = catalog.text("walk.step", number=number, count=count)
    canvas.text(foot._replace(w=foot.w - 60), step, size_px=13, min_px=12, color=theme.dim)
    right = Rect(foot.x + foot.w - 58, foot.y, 58, foot.h)
    canvas.text(right, share, size_px=15, min_px=12, color=theme.text, align="right")
    bar = Rect(room.x, room.y + room.h - BAR_H, room.w, BAR_H - 2)
    draw_bar(canvas, bar, view.progress, theme.accent)
