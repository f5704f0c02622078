"""Draws the homing page: the level of one transmitter, warmer or colder, never metres; a glint has none."""

from __future__ import annotations

from collections.abc import Mapping

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.page_frame import body, draw_empty, draw_frame, draw_mono
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.theme import Rgb
from firmware.handheld.screen.views import HISTORY_MOST, HomingView, Trend
from firmware.i18n.catalog import Catalog
from firmware.i18n.numbers import write_number

# The range of levels that a gauge is worth drawing over, by their unit.
RANGES: Mapping[str, tuple[float, float]] = {"dbm": (-95.0, -25.0), "db": (0.0, 60.0)}
SHAPES: Mapping[Trend, str] = {
    "warmer": "up",
    "colder": "down",
    "steady": "level",
    "lost": "cross",
}


def draw_homing(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the homing page."""
    view = state.homing
    if canvas.mode == "1":
        _draw_mono(canvas, state, catalog)
        return
    room = body(draw_frame(canvas, state, catalog))
    if view is None:
        draw_empty(canvas, room, catalog.text("screen.no_homing"))
        return
    name = room._replace(h=20)
    words = catalog.text("screen.verbatim", text=view.name)
    canvas.text(name, words, size_px=15, min_px=12, color=canvas.theme.dim, align="center")
    if view.sensor == "lens":
        _draw_notices(canvas, Rect(room.x, room.y + 24, room.w, room.h - 26), view, catalog)
        return
    _draw_trend(canvas, Rect(room.x, room.y + 22, room.w, 66), view, catalog)
    _draw_gauge(canvas, Rect(room.x, room.y + 94, room.w, 24), view)
    below = Rect(room.x, room.y + 124, room.w, room.h - 126)
    if view.notices:
        _draw_notices(canvas, below, view, catalog)
    else:
        _draw_history(canvas, below, view)


def _notice(view: HomingView, catalog: Catalog) -> str:
    return " ".join(catalog.say(sentence) for sentence in view.notices)


def _draw_notices(canvas: Canvas, rect: Rect, view: HomingView, catalog: Catalog) -> None:
    """Say why there is no level, what to do about it, or how often a new one comes."""
    canvas.fill(rect, canvas.theme.card, radius=4)
    words = rect.inset(6, 6, 4, 4)
    size = 20 if view.sensor == "lens" else 15
    lines = 6
    canvas.text(
        words, _notice(view, catalog), size_px=size, min_px=12, max_lines=lines, color=canvas.theme.text
    )


def _color(canvas: Canvas, view: HomingView) -> Rgb:
    theme = canvas.theme
    return {"warmer": theme.warn, "colder": theme.accent}.get(view.trend, theme.dim)


def _draw_trend(canvas: Canvas, rect: Rect, view: HomingView, catalog: Catalog) -> None:
    color = _color(canvas, view)
    canvas.shape(SHAPES.get(view.trend, view.sensor), rect.x + 4, rect.y + 6, 54, color)
    words = Rect(rect.x + 66, rect.y, rect.w - 66, 30)
    trend = catalog.text(f"guide.{view.trend}")
    canvas.text(words, trend, size_px=20, min_px=12, max_lines=1, color=canvas.theme.text)
    level = "–" if view.level is None else write_number(view.level, view.unit, catalog.locale)
    number = Rect(rect.x + 66, rect.y + 30, rect.w - 66, 36)
    canvas.text(number, level, size_px=30, min_px=16, color=color, heavy=True)


def _share(level: float, view: HomingView) -> float:
    low, high = RANGES[view.unit]
    return min(1.0, max(0.0, (level - low) / (high - low)))


def _draw_gauge(canvas: Canvas, rect: Rect, view: HomingView) -> None:
    theme = canvas.theme
    canvas.fill(rect, theme.card, radius=6)
    if view.level is not None:
        width = max(12, round(rect.w * _share(view.level, view)))
        canvas.fill(rect._replace(w=width), _color(canvas, view), radius=6)
    if view.best is not None:
        x = rect.x + min(rect.w - 3, round(rect.w * _share(view.best, view)))
        canvas.fill(Rect(x, rect.y - 2, 3, rect.h + 4), theme.text)


def _draw_history(canvas: Canvas, rect: Rect, view: HomingView) -> None:
    theme = canvas.theme
    canvas.fill(rect, theme.card, radius=4)
    levels = view.history[-HISTORY_MOST:]
    inner = rect.inset(4, 4, 4, 4)
    step = inner.w / HISTORY_MOST
    for index, level in enumerate(levels):
        height = max(1, round(inner.h * _share(level, view)))
        x = inner.x + inner.w - round((len(levels) - index) * step)
        width = max(1, round(step))
        canvas.fill(Rect(x, inner.y + inner.h - height, width, height), theme.accent)


def _draw_mono(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    view = state.homing
    if view is None:
        draw_mono(canvas, state, catalog, (catalog.text("screen.no_homing"),))
        return
    level = "–" if view.level is None else write_number(view.level, view.unit, catalog.locale)
    said = (_notice(view, catalog),) if view.notices else ()
    lines = said if view.sensor == "lens" else (catalog.text(f"guide.{view.trend}"), level, *said)
    draw_mono(canvas, state, catalog, lines, title=catalog.text("screen.verbatim", text=view.name))
    theme, room = canvas.theme, Rect(0, 50, canvas.area.w, 12)
    canvas.frame(room, theme.text)
    if view.level is not None:
        inner = room.inset(2, 2, 2, 2)
        canvas.fill(inner._replace(w=round(inner.w * _share(view.level, view))), theme.text)
