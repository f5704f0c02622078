"""Draws the readout: level, number, four sensors, and what this scan could not see."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.shapes import SHAPES
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.text import text_width
from firmware.handheld.screen.theme import Rgb
from firmware.handheld.screen.widgets import MARGIN, draw_sensor, draw_top
from firmware.i18n.catalog import Catalog
from firmware.i18n.help_lines import number_of
from firmware.i18n.numbers import write_probability
from firmware.verdict.model import Level

CARD_H = 71
ROW_H = 24
FOOT_LINES = 3  # what it catches, what it cannot see, what to do next
SMALL_PX = 12  # the smallest text on this page
NUMBER_PX = 20  # larger numbers are drawn heavy
NARROW_W = 300  # panels narrower than this write the number below the word


def draw_home(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the home page: 320 or 240 pixels wide in colour, or 128×64 in black and white."""
    if canvas.mode == "1":
        _draw_mono(canvas, state, catalog)
        return
    below = draw_top(canvas, state, catalog, catalog.text("screen.title"))
    card = Rect(4, below.y + 3, below.w - 8, CARD_H)
    _draw_card(canvas, card, state, catalog)
    top = card.y + card.h + 3
    for index, sensor in enumerate(state.sensors):
        draw_sensor(canvas, Rect(0, top + index * ROW_H, below.w, ROW_H - 1), sensor, catalog)
    foot = Rect(MARGIN, top + len(state.sensors) * ROW_H, below.w - 2 * MARGIN, 0)
    _draw_foot(canvas, foot._replace(h=canvas.area.h - foot.y), state, catalog)


def _draw_card(canvas: Canvas, card: Rect, state: ScreenState, catalog: Catalog) -> None:
    fill, ink = canvas.theme.level_fill[state.level], canvas.theme.level_ink[state.level]
    canvas.fill(card, fill, radius=8)
    shape = 46 if card.w > NARROW_W else 38
    canvas.shape(state.level.value, card.x + 6, card.y + (card.h - shape) // 2, shape, ink)
    left = card.x + shape + (16 if card.w > NARROW_W else 12)
    inner = Rect(left, card.y + 3, card.x + card.w - 8 - left, card.h - 6)
    number_w = 84 if card.w > NARROW_W else 62
    word = inner._replace(w=inner.w - number_w - 4, h=35)
    name = catalog.text(f"level.{state.level}")
    canvas.text(word, name, size_px=28, min_px=15, max_lines=2, color=ink, heavy=True)
    _draw_number(canvas, Rect(inner.x + inner.w - number_w, inner.y, number_w, inner.h), state, catalog)
    note = Rect(inner.x, inner.y + 36, inner.w - 70, inner.h - 36)
    canvas.text(note, _note(state, catalog), size_px=14, min_px=12, max_lines=2, color=ink)


def _draw_number(canvas: Canvas, room: Rect, state: ScreenState, catalog: Catalog) -> None:
    """Draw the probability, and below it of what, or what was said of the alarm.

    It is small where it says little.
    """
    ink = canvas.theme.level_ink[state.level]
    size = 18 if state.level is Level.INCONCLUSIVE else 32
    label = Rect(room.x + room.w - 66, room.y + 36, 66, room.h - 36)
    if state.answer is not None:
        canvas.text(
            label, catalog.say(state.answer), size_px=12, min_px=12, max_lines=2, color=ink, align="right"
        )
    if not state.number_fits:
        return
    number = write_probability(state.probability, catalog.locale)
    canvas.text(
        room._replace(h=35), number, size_px=size, min_px=16, color=ink, align="right", heavy=size > NUMBER_PX
    )
    if state.answer is None:
        chance = catalog.text("screen.chance")
        canvas.text(label, chance, size_px=12, max_lines=2, color=ink, align="right")


def _note(state: ScreenState, catalog: Catalog) -> str:
    if state.reasons:
        return catalog.say(state.reasons[0])
    if state.scanning and state.level is Level.NOTHING_FOUND:
        return catalog.text("level.nothing_found.running")
    return catalog.text(f"level.{state.level}.meaning")


def _draw_foot(canvas: Canvas, foot: Rect, state: ScreenState, catalog: Catalog) -> None:
    theme = canvas.theme
    canvas.fill(Rect(foot.x, foot.y, foot.w, 1), theme.rule)
    lines: list[tuple[str, Rgb]] = [(catalog.text("screen.caught", share=state.share_caught), theme.text)]
    if state.blind_to:
        lines.append((_blind_words(state.blind_to, foot.w, catalog), theme.dim))
    next_step = state.advice.step
    count = len(lines) + bool(next_step)
    line = Rect(foot.x, foot.y + 2, foot.w, (foot.h - 3) // count)
    size = 12 if count == FOOT_LINES else 14
    for words, color in lines:
        canvas.text(line, words, size_px=size, min_px=SMALL_PX, color=color)
        line = line._replace(y=line.y + line.h)
    if next_step:
        canvas.shape("arrow", line.x, line.y + (line.h - 9) // 2, 9, theme.accent)
        call = f"{next_step}.call"  # where it is to call, with the number
        key = call if call in catalog else next_step
        step = catalog.text(key, police=number_of(state.help_lines, "police"))
        canvas.text(line.inset(left=13), step, size_px=14, min_px=12, color=theme.text)


def _blind_words(kinds: tuple[str, ...], width: int, catalog: Catalog) -> str:
    """Return what this scan cannot see; kinds that do not fit are counted, never dropped in silence."""
    for count in range(len(kinds), 0, -1):
        named = catalog.list_of(kinds[:count])
        rest = len(kinds) - count
        listed = catalog.text("screen.more", text=named, count=rest) if rest else named
        words = catalog.text("screen.blind", kinds=listed)
        if text_width(words, SMALL_PX) <= width:
            break
    return words


def _draw_mono(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    theme = canvas.theme
    canvas.shape(state.level.value, 0, 0, 26, theme.text)
    title = Rect(29, 0, canvas.area.w - 29, 17)
    canvas.text(title, catalog.text(f"level.{state.level}"), size_px=13, min_px=10, color=theme.text)
    number_w = 40 if state.simulated else 50
    number = Rect(29, 17, number_w, 13)
    probability = write_probability(state.probability, catalog.locale) if state.number_fits else ""
    canvas.text(number, probability, size_px=11, min_px=10, color=theme.text)
    if state.simulated:
        tag = Rect(number.x + number.w, 17, canvas.area.w - number.x - number.w, 13)
        word = catalog.text("screen.simulated.short")
        canvas.text(tag, word, size_px=10, color=theme.text, align="right")
    if state.progress is not None:
        canvas.fill(Rect(0, 31, round(canvas.area.w * min(1.0, max(0.0, state.progress))), 2), theme.text)
    for index, sensor in enumerate(state.sensors):
        _draw_cell(canvas, Rect(index * 32, 35, 31, 29), sensor.name, sensor.coverage, alert=sensor.alert)


def _draw_cell(canvas: Canvas, cell: Rect, name: str, coverage: float | None, *, alert: bool) -> None:
    theme = canvas.theme
    ink = theme.ground if alert else theme.text
    if alert:
        canvas.fill(cell, theme.text, radius=2)
    canvas.shape(name if name in SHAPES else "cross", cell.x + 8, cell.y + 2, 15, ink)
    bar = Rect(cell.x + 3, cell.y + 21, cell.w - 6, 5)
    if coverage is None:
        canvas.shape("cross", cell.x + 11, cell.y + 19, 9, ink)
        return
    canvas.frame(bar, ink)
    canvas.fill(bar.inset(1, 1, 1, 1)._replace(w=round((bar.w - 2) * min(1.0, max(0.0, coverage)))), ink)
