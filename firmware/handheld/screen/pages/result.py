"""Draws the result of a guided scan: the word, what to do, and what could not be checked."""

from __future__ import annotations

from dataclasses import replace

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.inspection_widgets import NARROW_W, draw_mono_words, draw_page
from firmware.handheld.screen.pages.lens import draw_picture
from firmware.handheld.screen.pages.spectrum import draw_plot
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.text import text_width
from firmware.i18n.catalog import Catalog, Sentence
from firmware.i18n.help_lines import number_of, support_words
from firmware.verdict.model import Level

CARD_H = 74
LINE_H, NAMED_LINE_H = 30, 42
PATCH_W, PATCH_H = 96, 72  # of the picture of what is named
LEAF_TITLE_H = 19
HEADING_PX = 13
FOUND = frozenset({Level.CHECK, Level.LIKELY_CAMERA})


def draw_result(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the result; up and down turn between what to do and what could not be checked."""
    view = state.inspection
    lead = "" if view.lead is None else catalog.say(view.lead)
    police = number_of(state.help_lines, "police")
    lines = [catalog.fill(line.key, {**line.params, "police": police}) for line in view.lines]
    if canvas.mode == "1":
        level = Sentence(key=f"level.{state.level}")
        titled = replace(state, inspection=replace(view, title=level))
        last = "" if not lines else lines[-1] if state.level in FOUND else lines[0]
        said = (lines[1], lines[0]) if view.named and len(lines) > 1 else (lead, last)
        draw_mono_words(canvas, titled, catalog, *said)
        return
    theme, room = canvas.theme, draw_page(canvas, state, catalog)
    fill, ink = theme.level_fill[state.level], theme.level_ink[state.level]
    card = room._replace(h=CARD_H)
    canvas.fill(card, fill, radius=8)
    canvas.shape(state.level.value, card.x + 8, card.y + (card.h - 44) // 2, 44, ink)
    words = card.inset(left=62, right=8, top=3, bottom=3)
    name = catalog.text(f"level.{state.level}")
    canvas.text(words._replace(h=30), name, size_px=24, min_px=14, color=ink, heavy=True)
    low = Rect(words.x, words.y + 31, words.w, words.h - 31)
    canvas.text(low, lead, size_px=15, min_px=12, max_lines=2, color=ink)
    room = room.inset(top=CARD_H + 3)
    title = "" if view.detail is None else catalog.say(view.detail)
    support = support_words(catalog, state.help_lines) if state.level in FOUND else ""
    title_w = min(text_width(title, HEADING_PX) + 4, room.w * 2 // 3)
    head = room._replace(w=title_w if support else room.w, h=LEAF_TITLE_H)
    canvas.text(head, title, size_px=HEADING_PX, color=theme.accent)
    if support:
        beside = head._replace(x=head.x + head.w, w=room.w - head.w)
        canvas.text(beside, support, size_px=14, min_px=12, color=theme.text, align="right")
    room = room.inset(top=LEAF_TITLE_H)
    if view.named in {"lens", "rf"} and canvas.area.w > NARROW_W:
        room = _draw_named(canvas, room, state, catalog)
    height = min(LINE_H if not view.named else NAMED_LINE_H, room.h // max(1, len(lines)))
    for index, line in enumerate(lines):
        row = Rect(room.x, room.y + index * height, room.w, height - 1)
        canvas.shape("disc", row.x + 2, row.y + height // 2 - 4, 7, theme.accent)
        most = 3 if view.named else 2
        canvas.text(row.inset(left=16), line, size_px=16, min_px=12, max_lines=most, color=theme.text)


def _draw_named(canvas: Canvas, room: Rect, state: ScreenState, catalog: Catalog) -> Rect:
    """Draw the picture of what an alarm names, or its spectrum; return the room beside it."""
    frame = Rect(room.x + room.w - PATCH_W, room.y, PATCH_W, min(room.h, PATCH_H))
    if state.inspection.patch is not None:
        draw_picture(canvas, frame, state.inspection.patch, catalog)
    elif state.inspection.named == "rf":
        draw_plot(canvas, frame, state.spectrum)
    else:
        return room
    return room.inset(right=PATCH_W + 6)
