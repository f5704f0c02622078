"""Draws the spectrum page: every line over the noise, and the most important one in words."""

from __future__ import annotations

from collections.abc import Sequence

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.page_frame import body, draw_empty, draw_frame, draw_mono
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.theme import Rgb
from firmware.handheld.screen.views import LINES_MOST, SpectrumLine, SpectrumPageView
from firmware.i18n.catalog import Catalog
from firmware.i18n.numbers import write_decimal, write_frequency

FULL_SCALE_DB = 40.0  # a line this far over the noise reaches the top
GRID_DB = 10.0
AXIS_H = 14
WORDS_H = 20
WORDS = 3  # lines of text below the plot
WIDE_ROW = 250
FREQUENCY_W = 88
LABELLED_W = 160
MHZ = 1e6


def draw_spectrum(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the spectrum page."""
    lines = ranked(state.spectrum.lines)
    if canvas.mode == "1":
        words = tuple(_words(line, catalog) for line in lines) or (catalog.text("screen.no_lines"),)
        draw_mono(canvas, state, catalog, words)
        return
    room = body(draw_frame(canvas, state, catalog))
    plot = room.inset(bottom=AXIS_H + WORDS * WORDS_H)
    draw_plot(canvas, plot, state.spectrum)
    below = Rect(room.x, plot.y + plot.h + AXIS_H, room.w, WORDS * WORDS_H)
    if not lines:
        draw_empty(canvas, plot, catalog.text("screen.no_lines"))
    for index, line in enumerate(lines[:WORDS]):
        _draw_words(canvas, Rect(below.x, below.y + index * WORDS_H, below.w, WORDS_H), line, catalog)


def draw_plot(canvas: Canvas, plot: Rect, view: SpectrumPageView) -> None:
    """Draw the lines over the range that is swept, those that matter on top."""
    _draw_grid(canvas, plot, view)
    for line in reversed(ranked(view.lines)):
        _draw_line(canvas, plot, view, line)


def ranked(lines: Sequence[SpectrumLine]) -> list[SpectrumLine]:
    """Return the lines that matter first, then the unknown, then the known, each loudest first."""
    order = sorted(lines, key=lambda line: (not line.alert, line.known, -line.snr_db, line.center_hz))
    return order[:LINES_MOST]


def _color(canvas: Canvas, line: SpectrumLine) -> Rgb:
    if line.alert:
        return canvas.theme.warn
    return canvas.theme.dim if line.known else canvas.theme.accent


def _x_of(plot: Rect, view: SpectrumPageView, hz: float) -> int:
    share = (hz - view.low_hz) / max(1.0, view.high_hz - view.low_hz)
    return plot.x + round(min(1.0, max(0.0, share)) * (plot.w - 1))


def _draw_grid(canvas: Canvas, plot: Rect, view: SpectrumPageView) -> None:
    theme = canvas.theme
    canvas.fill(plot, theme.card, radius=4)
    for step in range(1, round(FULL_SCALE_DB / GRID_DB)):
        y = plot.y + plot.h - round(plot.h * step * GRID_DB / FULL_SCALE_DB)
        canvas.fill(Rect(plot.x + 2, y, plot.w - 4, 1), theme.rule)
    marks = 4 if plot.w >= LABELLED_W else 0  # a small plot has no room for frequencies
    width = plot.w // max(1, marks)
    for index in range(marks):
        hz = view.low_hz + (view.high_hz - view.low_hz) * (index + 0.5) / marks
        room = Rect(plot.x + index * width, plot.y + plot.h, width, AXIS_H)
        words = f"{hz / MHZ:.0f} MHz"
        canvas.text(room, words, size_px=11, min_px=12, color=theme.dim, align="center")
    if view.at_hz is not None:
        canvas.fill(Rect(_x_of(plot, view, view.at_hz), plot.y, 1, plot.h), theme.dim)


def _draw_line(canvas: Canvas, plot: Rect, view: SpectrumPageView, line: SpectrumLine) -> None:
    left = _x_of(plot, view, line.center_hz - line.bandwidth_hz / 2)
    right = _x_of(plot, view, line.center_hz + line.bandwidth_hz / 2)
    least = 4 if line.alert else 2
    height = round(plot.h * min(1.0, max(0.05, line.snr_db / FULL_SCALE_DB)))
    width = max(least, right - left + 1)
    x = min(left, plot.x + plot.w - width)
    canvas.fill(Rect(x, plot.y + plot.h - height, width, height), _color(canvas, line))
    if line.alert:
        peak = max(plot.y + 1, plot.y + plot.h - height - 14)
        at = min(max(plot.x, x + width // 2 - 6), plot.x + plot.w - 12)
        canvas.shape("check", at, peak, 12, canvas.theme.warn)


def _words(line: SpectrumLine, catalog: Catalog) -> str:
    return f"{write_frequency(line.center_hz, catalog.locale)} {catalog.say(line.label)}"


def _draw_words(canvas: Canvas, row: Rect, line: SpectrumLine, catalog: Catalog) -> None:
    theme, color = canvas.theme, _color(canvas, line)
    canvas.fill(Rect(row.x, row.y + 4, 4, row.h - 8), color, radius=2)
    frequency = Rect(row.x + 10, row.y, FREQUENCY_W, row.h)
    words = write_frequency(line.center_hz, catalog.locale)
    canvas.text(frequency, words, size_px=13, min_px=12, color=theme.text)
    level = Rect(row.x + row.w, row.y, 0, row.h)
    if row.w > WIDE_ROW:  # a narrow row keeps its room for the name: the plot shows the strength
        level = Rect(row.x + row.w - 44, row.y, 44, row.h)
        strength = f"{write_decimal(round(line.snr_db), catalog.locale)} dB"
        canvas.text(level, strength, size_px=13, min_px=12, color=theme.dim, align="right")
    label = Rect(frequency.x + frequency.w + 4, row.y, level.x - frequency.x - frequency.w - 8, row.h)
    ink = theme.text if line.alert else theme.dim
    canvas.text(label, catalog.say(line.label), size_px=13, min_px=12, color=ink)
