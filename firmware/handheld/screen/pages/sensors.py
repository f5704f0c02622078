"""Draws the health of the four sensors, and what to do about the one that is not well."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.page_frame import body, draw_frame, draw_mono
from firmware.handheld.screen.state import ScreenState, SensorBadge
from firmware.handheld.screen.views import HealthRow
from firmware.handheld.screen.widgets import draw_bar
from firmware.i18n.catalog import Catalog

ICON = 26
NAME_H = 16


def draw_sensors(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw one row a sensor: its state, what it read, and the hint if it needs one."""
    health = {row.sensor: row for row in state.health}
    rows = [(sensor, health.get(sensor.name, HealthRow(sensor=sensor.name))) for sensor in state.sensors]
    if canvas.mode == "1":
        # The ones that need a hand come first: three lines is all there is.
        rows.sort(key=lambda row: not row[0].unwell)
        lines = tuple(f"{catalog.text(f'sense.{s.name}')}: {_state(s, catalog)}" for s, _ in rows)
        draw_mono(canvas, state, catalog, lines)
        return
    room = body(draw_frame(canvas, state, catalog))
    height = room.h // max(1, len(rows))
    for index, (sensor, row) in enumerate(rows):
        _draw_row(canvas, Rect(room.x, room.y + index * height, room.w, height - 3), sensor, row, catalog)


def _state(sensor: SensorBadge, catalog: Catalog) -> str:
    return catalog.text(f"state.{sensor.state}")


def _draw_row(canvas: Canvas, rect: Rect, sensor: SensorBadge, row: HealthRow, catalog: Catalog) -> None:
    theme = canvas.theme
    well = not sensor.unwell and not row.hint
    color = theme.accent if well else theme.warn
    canvas.fill(rect, theme.card, radius=6)
    canvas.shape(sensor.name, rect.x + 8, rect.y + (rect.h - ICON) // 2 - 2, ICON, color)
    if not well:
        canvas.shape("cross", rect.x + 24, rect.y + rect.h // 2, 14, theme.warn)
    words = rect.inset(left=44, right=8, top=1, bottom=5)
    third = max(62, words.w // 3)
    half = min(NAME_H, words.h // 2)
    name = Rect(words.x, words.y, third, half)
    canvas.text(name, catalog.text(f"sense.{sensor.name}"), size_px=14, min_px=12, color=theme.text)
    state = Rect(words.x + third + 4, words.y, words.w - third - 4, half)
    ink = theme.dim if well else theme.warn
    canvas.text(state, _state(sensor, catalog), size_px=13, min_px=12, color=ink)
    says = catalog.text(row.hint) if row.hint else _numbers(sensor, row, catalog)
    low = Rect(words.x, words.y + half, words.w, words.h - half)
    canvas.text(low, says, size_px=13, min_px=12, max_lines=2, color=theme.text if row.hint else theme.dim)
    draw_bar(canvas, Rect(words.x, rect.y + rect.h - 4, words.w, 3), sensor.coverage, color)


def _numbers(sensor: SensorBadge, row: HealthRow, catalog: Catalog) -> str:
    read = catalog.text("screen.read_dropped", read=row.read, dropped=row.dropped)
    if sensor.coverage is None:
        return read
    return f"{catalog.text('screen.looked_at', share=sensor.coverage)} · {read}"
