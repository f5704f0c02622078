"""Draws the page of one finding: its name, why it counts, and what to do now."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.page_frame import body, draw_empty, draw_frame, draw_mono
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.text import text_width
from firmware.handheld.screen.views import FindingView
from firmware.handheld.screen.widgets import ICON
from firmware.i18n.catalog import Catalog
from firmware.i18n.help_lines import call_words, support_words
from firmware.verdict.model import Level

HEAD_H = 40
HEADING_PX = 12
WHY_H = 52
STEPS = {Level.LIKELY_CAMERA: "likely", Level.CHECK: "check"}
STEP_COUNT = 4
FACTOR_MOST = 400.0  # larger factors are shown as "more than": no evidence here is that exact


def draw_finding(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the selected finding."""
    finding = _chosen(state)
    if canvas.mode == "1":
        _draw_mono(canvas, finding, state, catalog)
        return
    room = body(draw_frame(canvas, state, catalog))
    if finding is None:
        draw_empty(canvas, room, catalog.text("screen.no_findings"))
        return
    _draw_head(canvas, room._replace(h=HEAD_H), finding, state, catalog)
    why = Rect(room.x, room.y + HEAD_H + 3, room.w, WHY_H)
    reason = catalog.say(finding.reason)
    said = reason if finding.where is None else f"{reason}. {catalog.say(finding.where)}"
    canvas.text(why, said, size_px=15, min_px=12, max_lines=4, color=canvas.theme.text)
    rest = Rect(room.x, why.y + why.h + 3, room.w, room.y + room.h - why.y - why.h - 3)
    support = support_words(catalog, state.help_lines)
    _draw_steps(canvas, rest, _steps(state, catalog), support, catalog)


def _chosen(state: ScreenState) -> FindingView | None:
    if not state.findings:
        return None
    return state.findings[min(max(0, state.selected), len(state.findings) - 1)]


def _steps(state: ScreenState, catalog: Catalog) -> list[str]:
    """Return what to do; the last step is to call, with the number."""
    *keys, call = [f"todo.{STEPS.get(state.level, 'check')}.{n + 1}" for n in range(STEP_COUNT)]
    return [*(catalog.text(key) for key in keys), call_words(catalog, call, state.help_lines)]


def _draw_mono(canvas: Canvas, finding: FindingView | None, state: ScreenState, catalog: Catalog) -> None:
    if finding is None:
        draw_mono(canvas, state, catalog, (catalog.text("screen.no_findings"),))
        return
    subject = catalog.text("screen.verbatim", text=finding.subject)
    first, *_, call = _steps(state, catalog)
    where = first if finding.where is None else catalog.say(finding.where)
    lines = (catalog.say(finding.reason), where, call)
    draw_mono(canvas, state, catalog, lines, title=subject)


def _draw_head(
    canvas: Canvas, head: Rect, finding: FindingView, state: ScreenState, catalog: Catalog
) -> None:
    fill, ink = canvas.theme.level_fill[state.level], canvas.theme.level_ink[state.level]
    canvas.fill(head, fill, radius=7)
    canvas.shape(finding.sensor, head.x + 9, head.y + (head.h - 2 * ICON + 8) // 2, 2 * ICON - 8, ink)
    words = head.inset(left=42, right=8, top=2, bottom=2)
    subject = catalog.text("screen.verbatim", text=finding.subject)
    top = words._replace(h=20)
    canvas.text(top, subject, size_px=17, min_px=12, color=ink, heavy=True)
    low = Rect(words.x, words.y + 20, words.w, 16)
    canvas.text(low, _strength(finding, catalog), size_px=13, min_px=12, color=ink)


def _strength(finding: FindingView, catalog: Catalog) -> str:
    if finding.confirmed:
        return catalog.text("screen.confirmed")
    factor = exp(min(finding.log_lr, 20.0))
    key = "screen.factor_over" if factor > FACTOR_MOST else "screen.factor"
    return catalog.text(key, factor=float(f"{min(factor, FACTOR_MOST):.2g}"))


def _draw_steps(canvas: Canvas, room: Rect, steps: Sequence[str], support: str, catalog: Catalog) -> None:
    theme = canvas.theme
    canvas.fill(Rect(room.x, room.y, room.w, 1), theme.rule)
    heading = catalog.text("screen.what_now")
    title = Rect(room.x, room.y + 2, text_width(heading, HEADING_PX) + 4 if support else room.w, 17)
    canvas.text(title, heading, size_px=HEADING_PX, color=theme.accent)
    if support:
        beside = Rect(title.x + title.w, title.y, room.w - title.w, title.h)
        canvas.text(beside, support, size_px=13, min_px=12, color=theme.text, align="right")
    height = (room.h - 19) // STEP_COUNT
    for index, words in enumerate(steps):
        top = room.y + 19 + index * height
        number = Rect(room.x, top + (height - 16) // 2, 16, 16)
        canvas.shape("disc", number.x, number.y, number.w, theme.accent)
        canvas.text(number, str(index + 1), size_px=12, min_px=12, color=theme.ground, align="center")
        row = Rect(room.x + 22, top, room.w - 22, height)
        canvas.text(row, words, size_px=15, min_px=12, color=theme.text)
