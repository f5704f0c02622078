"""Draws the corridor page: measuring the reference that tells near from far."""

from __future__ import annotations

from dataclasses import replace

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.inspection_views import Bar
from firmware.handheld.screen.inspection_widgets import (
    draw_bars,
    draw_mono_cells,
    draw_mono_words,
    draw_page,
    draw_strip,
)
from firmware.handheld.screen.state import ScreenState
from firmware.i18n.catalog import Catalog, Sentence
from firmware.i18n.numbers import write_percent

LEAD_H = 58


def draw_corridor_page(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the instruction for the corridor, and the coverage of each sensor."""
    view = state.inspection
    lead = "" if view.lead is None else catalog.say(view.lead)
    if canvas.mode == "1":
        named = replace(view, title=Sentence(key="page.corridor"))
        draw_mono_words(canvas, replace(state, inspection=named), catalog, lead, "")
        cells = [(b.shape, _share(b, catalog)) for b in view.bars]
        draw_mono_cells(canvas, Rect(0, 48, canvas.area.w, 16), cells)
        return
    room = draw_strip(canvas, draw_page(canvas, state, catalog), state, catalog)
    words = room._replace(h=LEAD_H)
    canvas.text(words, lead, size_px=17, min_px=12, max_lines=3, color=canvas.theme.text)
    draw_bars(canvas, room.inset(top=LEAD_H + 4), view.bars, catalog)


def _share(bar: Bar, catalog: Catalog) -> str:
    return "–" if bar.share is None else write_percent(bar.share, catalog.locale)
