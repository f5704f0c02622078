"""Draws the question before a cubicle is left too early: what was not looked at, and two ways on."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect, mix
from firmware.handheld.screen.inspection_widgets import draw_bars, draw_mono_words, draw_page
from firmware.handheld.screen.state import ScreenState
from firmware.i18n.catalog import Catalog

HEAD_H = 46
LINES_MOST = 2


def draw_low_coverage(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw what is missing, and the two ways on."""
    view = state.inspection
    lead = "" if view.lead is None else catalog.say(view.lead)
    lines = [catalog.say(line) for line in view.lines[:LINES_MOST]]
    if canvas.mode == "1":
        short = " · ".join(catalog.say(bar.words) for bar in view.bars)
        keys = "" if view.keys is None else catalog.say(view.keys)
        draw_mono_words(canvas, state, catalog, " · ".join([x for x in (short, *lines) if x]), keys)
        return
    theme, room = canvas.theme, draw_page(canvas, state, catalog)
    head = room._replace(h=HEAD_H)
    canvas.fill(head, mix(theme.ground, theme.warn, 0.25), radius=7)
    canvas.shape("check", head.x + 8, head.y + 7, 32, theme.warn)
    words = head.inset(left=48, right=6)
    canvas.text(words, lead, size_px=18, min_px=12, max_lines=2, color=theme.text)
    room = room.inset(top=HEAD_H + 6)
    for index, line in enumerate(lines):
        row = Rect(room.x, room.y + index * 22, room.w, 20)
        canvas.text(row, line, size_px=15, min_px=12, color=theme.text)
    draw_bars(canvas, room.inset(top=22 * len(lines) + 2), view.bars, catalog)
