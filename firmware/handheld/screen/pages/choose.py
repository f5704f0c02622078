"""Draws a list to choose from: the site, who inspects, the room, the corridor's reference."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas
from firmware.handheld.screen.inspection_widgets import draw_choices, draw_mono_rows, draw_page
from firmware.handheld.screen.state import ScreenState
from firmware.i18n.catalog import Catalog

LEAD_H = 44
ROW_H, DETAILED_ROW_H = 40, 50


def draw_choose(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the list."""
    view = state.inspection
    title = catalog.text("page.choose") if view.title is None else catalog.say(view.title)
    if canvas.mode == "1":
        draw_mono_rows(canvas, state, catalog, [catalog.say(c.words) for c in view.choices], title=title)
        return
    room = draw_page(canvas, state, catalog)
    if view.lead is not None:
        words = room._replace(h=LEAD_H)
        lead = catalog.say(view.lead)
        canvas.text(words, lead, size_px=15, min_px=12, max_lines=3, color=canvas.theme.text)
        room = room.inset(top=LEAD_H + 2)
    row_h = DETAILED_ROW_H if any(c.detail for c in view.choices) else ROW_H
    draw_choices(canvas, room, view.choices, state.selected, catalog, row_h=row_h)
