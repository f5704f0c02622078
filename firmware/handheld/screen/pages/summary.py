"""Draws the summary of a site: its cubicles, their results, what is missing, and the report's state."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.inspection_views import VisitRow
from firmware.handheld.screen.inspection_widgets import NARROW_W, draw_mono_cells, draw_page
from firmware.handheld.screen.page_frame import draw_empty, draw_mono, draw_scrollbar, first_visible
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.text import text_width
from firmware.i18n.catalog import Catalog
from firmware.verdict.model import Level

COUNT_H, COUNT_H_NARROW = 50, 62
LINE_H = 18
ROW_H = 33
COLUMNS_NARROW = 2
FIGURE_PX = 14
TALL_CELL_H = 40  # cells from here on have the word below the number


def draw_summary(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the counts, what is missing, and every place."""
    view = state.inspection
    lines = [catalog.say(line) for line in view.lines]
    if canvas.mode == "1":
        notice = "" if view.notice is None else catalog.say(view.notice)
        draw_mono(canvas, state, catalog, ("", *lines[:1], notice))
        cells = [(level, str(n)) for level, n in view.counts]
        draw_mono_cells(canvas, Rect(0, 15, canvas.area.w, 16), cells)
        return
    room = draw_page(canvas, state, catalog)
    count_h = COUNT_H if canvas.area.w > NARROW_W else COUNT_H_NARROW
    _draw_counts(canvas, room._replace(h=count_h), state, catalog)
    room = room.inset(top=count_h + 3)
    for line in lines[:2]:
        canvas.text(room._replace(h=LINE_H), line, size_px=14, min_px=12, color=canvas.theme.text)
        room = room.inset(top=LINE_H)
    rows = max(1, room.h // ROW_H)
    if not view.visits:
        draw_empty(canvas, room, catalog.text("walk.none_done"))
        return
    first = first_visible(state.selected, len(view.visits), rows)
    for index, visit in enumerate(view.visits[first : first + rows]):
        row = Rect(room.x, room.y + index * ROW_H, room.w, ROW_H - 2)
        canvas.fill(row, canvas.theme.card, radius=5)
        if first + index == state.selected:
            canvas.frame(row, canvas.theme.accent, radius=5)
        _draw_visit(canvas, row, visit, catalog)
    draw_scrollbar(canvas, room, first, rows, len(view.visits))


def _draw_counts(canvas: Canvas, room: Rect, state: ScreenState, catalog: Catalog) -> None:
    """Draw one cell a level: side by side, or two by two where a word needs the width."""
    counts = state.inspection.counts
    columns = len(counts) if canvas.area.w > NARROW_W else COLUMNS_NARROW
    rows = -(-len(counts) // max(1, columns))
    width, height = room.w // max(1, columns), room.h // max(1, rows)
    for index, (level, number) in enumerate(counts):
        down, along = divmod(index, columns)
        cell = Rect(room.x + along * width, room.y + down * height, width - 3, height - rows + 1)
        _draw_count(canvas, cell, Level(level), number, catalog)


def _draw_count(canvas: Canvas, cell: Rect, level: Level, number: int, catalog: Catalog) -> None:
    theme = canvas.theme
    fill = theme.level_fill[level] if number else theme.card
    ink = theme.level_ink[level] if number else theme.dim
    canvas.fill(cell, fill, radius=6)
    canvas.shape(level.value, cell.x + 3, cell.y + 3, 17, ink)
    word = catalog.text(f"level.{level.value}")
    if cell.h < TALL_CELL_H:
        figure_w = max(text_width(str(number), FIGURE_PX), FIGURE_PX) + 4
        canvas.text(cell.inset(left=22, right=figure_w), word, size_px=13, min_px=12, max_lines=2, color=ink)
        canvas.text(
            cell.inset(left=cell.w - figure_w, right=3),
            str(number),
            size_px=FIGURE_PX,
            color=ink,
            align="right",
        )
        return
    figure = Rect(cell.x + 26, cell.y + 1, cell.w - 30, 20)
    canvas.text(figure, str(number), size_px=18, min_px=12, color=ink, align="right")
    low = Rect(cell.x + 1, cell.y + 21, cell.w - 2, cell.h - 21)
    canvas.text(low, word, size_px=12, max_lines=2, color=ink, align="center")


def _draw_visit(canvas: Canvas, row: Rect, visit: VisitRow, catalog: Catalog) -> None:
    theme = canvas.theme
    known = visit.level in {level.value for level in Level}
    alarming = visit.level in {Level.CHECK.value, Level.LIKELY_CAMERA.value}
    ink = theme.warn if alarming else theme.text
    canvas.shape(visit.level if known else "cross", row.x + 6, row.y + 7, 16, ink)
    half = row.w * (3 if len(visit.notes) == 1 else 2) // 5  # what is said of it needs room, or the place
    words = Rect(row.x + 28, row.y, half - 28, row.h)
    canvas.text(words, catalog.say(visit.words), size_px=15, min_px=12, max_lines=2, color=theme.text)
    said = " · ".join(catalog.say(note) for note in visit.notes)
    right = Rect(row.x + half + 2, row.y, row.w - half - 8, row.h)
    canvas.text(right, said, size_px=13, min_px=12, max_lines=2, color=theme.dim, align="right")
