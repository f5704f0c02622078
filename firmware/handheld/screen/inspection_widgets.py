"""Parts of the inspection pages: the readout as a strip, rows to choose from, the foot."""

from __future__ import annotations

from collections.abc import Sequence

from firmware.handheld.screen.canvas import LEAST_PX, Canvas, Rect, mix
from firmware.handheld.screen.inspection_views import Bar, Choice
from firmware.handheld.screen.page_frame import (
    MONO_LINE_H,
    MONO_TITLE_H,
    draw_mono,
    draw_scrollbar,
    draw_selection,
    first_visible,
)
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.text import text_width
from firmware.handheld.screen.widgets import MARGIN, draw_bar, draw_top, sensor_color, title_room
from firmware.i18n.catalog import Catalog
from firmware.i18n.numbers import write_percent

STRIP_H = 34
FOOT_H = 20
NOTICE_H = 19
ROW_GAP = 3
TITLE_H = 19  # of a title that needs a line of its own
DETAIL_H = 15  # a line below the words of a choice
TALL_CHOICE_H = 46  # choices from here on have room for two such lines
BAR_LEAST_H = 24
CELL_W, NARROW_CELL_W = 26, 20
NARROW_W = 250  # of a panel, below which the readout's strip has no room to waste
MONO_ROWS = 3


def draw_page(canvas: Canvas, state: ScreenState, catalog: Catalog) -> Rect:
    """Draw the top bar and the foot; return the room between them.

    The page's own title stands in the top bar, or on a line of its own where the bar is too short for it.
    """
    view = state.inspection
    name = catalog.text(f"page.{state.page}")
    own = "" if view.title is None else str(catalog.say(view.title))
    fits = text_width(own, LEAST_PX[canvas.mode]) <= title_room(canvas, state).w
    room = draw_top(canvas, state, catalog, own if own and fits else name)
    if not fits:
        line = Rect(MARGIN, room.y + 1, room.w - 2 * MARGIN, TITLE_H)
        canvas.text(line, own, size_px=16, min_px=12, color=canvas.theme.text)
        room = room.inset(top=TITLE_H + 1)
    if view.keys is not None:
        foot = Rect(0, canvas.area.h - FOOT_H, canvas.area.w, FOOT_H)
        canvas.fill(foot, canvas.theme.card)
        words = catalog.say(view.keys)
        inner = foot.inset(left=MARGIN, right=MARGIN)
        canvas.text(inner, words, size_px=13, min_px=12, color=canvas.theme.dim, align="center")
        room = room.inset(bottom=FOOT_H)
    if view.notice is not None:
        room = _draw_notice(canvas, room, state, catalog)
    return room.inset(left=MARGIN, right=MARGIN, top=ROW_GAP, bottom=ROW_GAP)


def _draw_notice(canvas: Canvas, room: Rect, state: ScreenState, catalog: Catalog) -> Rect:
    notice = state.inspection.notice
    theme, bar = canvas.theme, Rect(room.x, room.y + room.h - NOTICE_H, room.w, NOTICE_H)
    color = theme.warn if state.inspection.alarm else theme.accent
    canvas.fill(bar, mix(theme.ground, color, 0.22))
    canvas.shape("check" if state.inspection.alarm else "tick", bar.x + MARGIN, bar.y + 3, 13, color)
    words = "" if notice is None else catalog.say(notice)
    canvas.text(bar.inset(left=MARGIN + 18, right=MARGIN), words, size_px=13, min_px=12, color=theme.text)
    return room.inset(bottom=NOTICE_H)


def draw_strip(canvas: Canvas, room: Rect, state: ScreenState, catalog: Catalog) -> Rect:
    """Draw the readout small: the level's shape and word, and the sensors; return what is below."""
    strip = room._replace(h=STRIP_H)
    fill, ink = canvas.theme.level_fill[state.level], canvas.theme.level_ink[state.level]
    wide = canvas.area.w > NARROW_W
    cell_w = CELL_W if wide else NARROW_CELL_W
    cells_w = cell_w * len(state.sensors)
    card = strip.inset(right=cells_w + 4)
    canvas.fill(card, fill, radius=6)
    canvas.shape(state.level.value, card.x + 5, card.y + 5, STRIP_H - 10, ink)
    words = card.inset(left=STRIP_H - 2, right=4, top=2, bottom=2)
    name = catalog.text(f"level.{state.level}")
    canvas.text(words, name, size_px=20, min_px=12, max_lines=2, color=ink, heavy=wide)
    for index, sensor in enumerate(state.sensors):
        cell = Rect(strip.x + strip.w - cells_w + index * cell_w, strip.y, cell_w, STRIP_H)
        color = sensor_color(canvas, sensor)
        canvas.shape(sensor.name, cell.x + (cell_w - 16) // 2, cell.y + 4, 16, color)
        if sensor.unwell:
            canvas.shape("cross", cell.x + cell_w - 12, cell.y + 11, 10, canvas.theme.warn)
        draw_bar(canvas, Rect(cell.x + 2, cell.y + STRIP_H - 8, cell_w - 4, 4), sensor.coverage, color)
    return room.inset(top=STRIP_H + ROW_GAP)


def draw_choices(
    canvas: Canvas, room: Rect, choices: Sequence[Choice], selected: int, catalog: Catalog, *, row_h: int
) -> None:
    """Draw rows to choose from; the selected one stays in view."""
    rows = max(1, room.h // row_h)
    first = first_visible(selected, len(choices), rows)
    for index, choice in enumerate(choices[first : first + rows]):
        row = Rect(room.x, room.y + index * row_h, room.w, row_h - ROW_GAP)
        canvas.fill(row, canvas.theme.card, radius=7)
        draw_selection(canvas, row, selected=first + index == selected, alert=False)
        _draw_choice(canvas, row, choice, catalog)
    draw_scrollbar(canvas, room, first, rows, len(choices))


def _draw_choice(canvas: Canvas, row: Rect, choice: Choice, catalog: Catalog) -> None:
    theme, left = canvas.theme, 12
    if choice.shape:
        size = min(34, row.h - 10)
        canvas.shape(choice.shape, row.x + 10, row.y + (row.h - size) // 2, size, theme.accent)
        left = size + 20
    words = row.inset(left=left, right=10, top=1, bottom=1)
    if choice.detail is not None:
        half = words.h - DETAIL_H * (2 if words.h > TALL_CHOICE_H else 1)
        low = Rect(words.x, words.y + half, words.w, words.h - half)
        canvas.text(low, catalog.say(choice.detail), size_px=13, min_px=12, max_lines=2, color=theme.dim)
        words = words._replace(h=half)
    canvas.text(words, catalog.say(choice.words), size_px=19, min_px=12, max_lines=2, color=theme.text)


def draw_bars(canvas: Canvas, room: Rect, bars: Sequence[Bar], catalog: Catalog) -> None:
    """Draw shares with their names; a mark shows how much is enough."""
    theme = canvas.theme
    shown = bars[: max(0, room.h // BAR_LEAST_H)]
    height = min(34, room.h // max(1, len(shown)))
    for index, one in enumerate(shown):
        row = Rect(room.x, room.y + index * height, room.w, height - 2)
        few = one.share is not None and one.share < one.enough
        color = theme.warn if few else theme.accent
        if one.shape:
            canvas.shape(one.shape, row.x, row.y + (row.h - 16) // 2, 16, color)
        words = row.inset(left=24, right=46, bottom=8)
        canvas.text(words, catalog.say(one.words), size_px=14, min_px=12, color=theme.text)
        share = "–" if one.share is None else write_percent(one.share, catalog.locale)
        number = Rect(row.x + row.w - 44, row.y, 44, row.h - 8)
        canvas.text(number, share, size_px=14, min_px=12, color=theme.text, align="right")
        bar = Rect(row.x + 24, row.y + row.h - 7, row.w - 24, 5)
        draw_bar(canvas, bar, one.share, color)
        if one.enough:
            canvas.fill(Rect(bar.x + round(bar.w * one.enough) - 1, bar.y - 2, 2, 9), theme.text)


def draw_mono_words(canvas: Canvas, state: ScreenState, catalog: Catalog, words: str, last: str) -> None:
    """Draw a page of a small black-and-white panel: words that may take two lines, and one line below."""
    view = state.inspection
    title = "" if view.title is None else catalog.say(view.title)
    draw_mono(canvas, state, catalog, (), title=title)
    room = Rect(0, MONO_TITLE_H + 1, canvas.area.w, 2 * MONO_LINE_H)
    canvas.text(room, words, size_px=13, min_px=10, max_lines=3, color=canvas.theme.text)
    low = Rect(0, room.y + room.h, canvas.area.w, MONO_LINE_H)
    if last:
        canvas.text(low, last, size_px=12, min_px=10, color=canvas.theme.text)


def draw_mono_cells(canvas: Canvas, room: Rect, cells: Sequence[tuple[str, str]]) -> None:
    """Draw signs with a word each in one line."""
    width = room.w // max(1, len(cells))
    for index, (shape, word) in enumerate(cells):
        x = room.x + index * width
        canvas.shape(shape, x, room.y + 1, 13, canvas.theme.text)
        words = Rect(x + 15, room.y, width - 16, room.h)
        canvas.text(words, word, size_px=11, min_px=10, color=canvas.theme.text)


def draw_mono_rows(
    canvas: Canvas, state: ScreenState, catalog: Catalog, rows: Sequence[str], *, title: str
) -> None:
    """Draw rows to choose from on a small black-and-white panel."""
    chosen = min(max(0, state.selected), max(0, len(rows) - 1))
    first = first_visible(chosen, len(rows), MONO_ROWS)
    shown = rows[first : first + MONO_ROWS]
    lines = tuple(f"{'▶' if first + i == chosen else '  '} {row}" for i, row in enumerate(shown))
    draw_mono(canvas, state, catalog, lines, title=title)
