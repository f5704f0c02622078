"""Draws the page of one cubicle: the readout on top, and the places to look below it."""

from __future__ import annotations

from dataclasses import replace

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.inspection_views import CheckRow
from firmware.handheld.screen.inspection_widgets import draw_mono_rows, draw_page, draw_strip
from firmware.handheld.screen.page_frame import draw_scrollbar, draw_selection, first_visible
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.text import text_width
from firmware.handheld.screen.theme import Rgb
from firmware.i18n.catalog import Catalog

ROW_H = 32
PLACE_H, PLACE_PX = 20, 16
MARK_W = 84
MARKS = {"looked": "tick", "found": "check", "unreachable": "cross"}
MONO_MARKS = {"looked": "✓", "found": "!", "unreachable": "×"}


def draw_cubicle(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the readout and the list; below its last place is the way to the next cubicle."""
    view = state.inspection
    next_words = catalog.text("walk.next")
    if canvas.mode == "1":
        _draw_mono(canvas, state, catalog)
        return
    below = draw_page(canvas, replace(state, inspection=replace(view, title=None)), catalog)
    room = draw_strip(canvas, _draw_place(canvas, below, state, catalog), state, catalog)
    rows = max(1, room.h // ROW_H)
    count = len(view.checks) + 1
    first = first_visible(state.selected, count, rows)
    for index in range(first, min(count, first + rows)):
        row = Rect(room.x, room.y + (index - first) * ROW_H, room.w, ROW_H - 3)
        canvas.fill(row, canvas.theme.card, radius=6)
        draw_selection(canvas, row, selected=index == state.selected, alert=False)
        if index < len(view.checks):
            _draw_check(canvas, row, view.checks[index], catalog)
        else:
            canvas.shape("arrow", row.x + 12, row.y + 7, 15, canvas.theme.accent)
            words = row.inset(left=38, right=8)
            canvas.text(words, next_words, size_px=17, min_px=12, color=canvas.theme.accent)
    draw_scrollbar(canvas, room, first, rows, count)


def _draw_place(canvas: Canvas, room: Rect, state: ScreenState, catalog: Catalog) -> Rect:
    """Draw the cubicle's number on its own line, the room's name beside it; return what is below."""
    view = state.inspection
    line = room._replace(h=PLACE_H)
    number = "" if view.title is None else catalog.say(view.title)
    width = min(text_width(number, PLACE_PX) + 8, line.w * 3 // 4)
    canvas.text(line._replace(w=width), number, size_px=PLACE_PX, min_px=12, color=canvas.theme.text)
    if view.detail is not None:
        name = line.inset(left=width)
        canvas.text(
            name, catalog.say(view.detail), size_px=14, min_px=12, color=canvas.theme.dim, align="right"
        )
    return room.inset(top=PLACE_H)


def _draw_check(canvas: Canvas, row: Rect, check: CheckRow, catalog: Catalog) -> None:
    theme = canvas.theme
    color: Rgb = {"found": theme.warn, "unreachable": theme.dim}.get(check.mark, theme.accent)
    canvas.shape(check.shape, row.x + 8, row.y + (row.h - 22) // 2, 22, theme.text)
    words = row.inset(left=38, right=MARK_W + 4)
    canvas.text(words, catalog.say(check.words), size_px=16, min_px=12, max_lines=2, color=theme.text)
    right = Rect(row.x + row.w - MARK_W, row.y, MARK_W - 6, row.h)
    if not check.mark:
        canvas.frame(Rect(right.x + right.w - 18, row.y + (row.h - 16) // 2, 16, 16), theme.dim, radius=4)
        return
    canvas.shape(MARKS[check.mark], right.x + right.w - 18, row.y + (row.h - 16) // 2, 16, color)
    said = right.inset(right=22)
    canvas.text(said, catalog.text(f"mark.{check.mark}"), size_px=12, min_px=12, color=color, align="right")


def _draw_mono(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    view = state.inspection
    rows = [f"{MONO_MARKS.get(check.mark, '·')} {catalog.say(check.words)}" for check in view.checks] + [
        f"→ {catalog.text('walk.next')}"
    ]
    place = "" if view.title is None else catalog.say(view.title)
    draw_mono_rows(canvas, state, catalog, rows, title=place)
