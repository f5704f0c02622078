"""The frame of every page but the readout: title, page dots, rows to choose from, an empty note."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect, mix
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.views import Page
from firmware.handheld.screen.widgets import MARGIN, draw_top
from firmware.i18n.catalog import Catalog

RING: tuple[Page, ...] = ("home", "spectrum", "devices", "lens", "sensors", "menu")
DOTS_H = 9
MONO_TITLE_H = 14
MONO_LINE_H = 16
MONO_TAG_W = 34


def draw_frame(canvas: Canvas, state: ScreenState, catalog: Catalog) -> Rect:
    """Draw title and page dots of a colour page; return the room between them."""
    below = draw_top(canvas, state, catalog, catalog.text(f"page.{state.page}"))
    ring = state.ring or RING
    if state.page in ring:
        _draw_dots(canvas, ring.index(state.page), len(ring))
        return below.inset(bottom=DOTS_H)
    return below.inset(bottom=2)


def _draw_dots(canvas: Canvas, current: int, count: int) -> None:
    step, y = 12, canvas.area.h - DOTS_H + 2
    left = (canvas.area.w - step * count) // 2
    for index in range(count):
        width = 10 if index == current else 4
        x = left + index * step + (step - width) // 2
        color = canvas.theme.accent if index == current else canvas.theme.rule
        canvas.fill(Rect(x, y, width, 4), color, radius=2)


def draw_empty(canvas: Canvas, room: Rect, words: str) -> None:
    """Say in the middle of an empty page why it is empty."""
    box = Rect(room.x + 20, room.y + room.h // 2 - 24, room.w - 40, 48)
    canvas.text(box, words, size_px=15, min_px=12, max_lines=3, color=canvas.theme.dim, align="center")


def draw_selection(canvas: Canvas, row: Rect, *, selected: bool, alert: bool) -> None:
    """Draw the background of a row: warning tint, and a frame around the selected one."""
    theme = canvas.theme
    if alert:
        canvas.fill(row, mix(theme.ground, theme.warn, 0.22), radius=5)
    if selected:
        canvas.frame(row, theme.accent, radius=5)
        canvas.fill(Rect(row.x, row.y + 4, 3, row.h - 8), theme.accent, radius=1)


def first_visible(selected: int, count: int, rows: int) -> int:
    """Return the first row to draw so that the selected one is in view, in the middle where possible."""
    return max(0, min(selected - rows // 2, count - rows))


def draw_scrollbar(canvas: Canvas, room: Rect, first: int, rows: int, count: int) -> None:
    """Draw a scrollbar: the part of a long list that the page shows."""
    if count <= rows:
        return
    height = max(12, room.h * rows // count)
    top = room.y + (room.h - height) * first // (count - rows)
    canvas.fill(Rect(canvas.area.w - 3, top, 2, height), canvas.theme.dim)


def draw_mono(
    canvas: Canvas, state: ScreenState, catalog: Catalog, lines: tuple[str, ...], *, title: str = ""
) -> None:
    """Draw a page of a small black-and-white panel: a title and three lines of text."""
    theme, width = canvas.theme, canvas.area.w
    canvas.fill(Rect(0, 0, width, MONO_TITLE_H), theme.text)
    tag_w = MONO_TAG_W if state.simulated else 0
    room = Rect(2, 0, width - 4 - tag_w, MONO_TITLE_H)
    name = title or catalog.text(f"page.{state.page}")
    canvas.text(room, name, size_px=12, min_px=10, color=theme.ground)
    if state.simulated:
        tag = Rect(width - tag_w, 0, tag_w - 2, MONO_TITLE_H)
        word = catalog.text("screen.simulated.short")
        canvas.text(tag, word, size_px=10, color=theme.ground, align="right")
    for index, line in enumerate(lines[:3]):
        if not line:
            continue
        box = Rect(0, MONO_TITLE_H + 1 + index * MONO_LINE_H, width, MONO_LINE_H)
        canvas.text(box, line, size_px=12, min_px=10, color=theme.text)


def body(room: Rect) -> Rect:
    """Return a page's room without its side margins."""
    return room.inset(left=MARGIN, right=MARGIN, top=3)
