"""Draws the menu of settings that are switched by hand."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.page_frame import body, draw_frame, draw_mono, draw_selection, first_visible
from firmware.handheld.screen.state import ScreenState
from firmware.i18n.catalog import Catalog

ROW_H = 36


def draw_menu(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the menu."""
    items = state.menu
    chosen = min(max(0, state.selected), len(items) - 1)
    names = [catalog.text(f"menu.{item}") for item in items]
    if canvas.mode == "1":
        first = first_visible(chosen, len(names), 3)
        lines = [
            f"{'▶' if first + i == chosen else '  '} {n}" for i, n in enumerate(names[first : first + 3])
        ]
        draw_mono(canvas, state, catalog, tuple(lines))
        return
    room = body(draw_frame(canvas, state, catalog))
    height = min(ROW_H, (room.h - 4) // max(1, len(names)))
    for index, name in enumerate(names):
        row = Rect(room.x, room.y + 4 + index * height, room.w, height - 4)
        canvas.fill(row, canvas.theme.card, radius=6)
        draw_selection(canvas, row, selected=state.focused and index == chosen, alert=False)
        canvas.text(row.inset(left=14, right=10), name, size_px=16, min_px=12, color=canvas.theme.text)
