"""Draws the first page: the ways to use the handheld, and the sensors as they start."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.inspection_widgets import NARROW_W, draw_choices, draw_mono_rows, draw_page
from firmware.handheld.screen.state import ScreenState, SensorBadge
from firmware.handheld.screen.widgets import draw_bar, sensor_color
from firmware.i18n.catalog import Catalog

SENSORS_H = 40
SIGN = 14
ROW_LEAST, ROW_MOST = 36, 56
COMING = frozenset({"starting", "missing", "lost"})


def draw_start(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the rows to choose from, and the state of the sensors."""
    choices = state.inspection.choices
    if canvas.mode == "1":
        _draw_mono(canvas, state, catalog)
        return
    room = draw_page(canvas, state, catalog)
    rows = room.inset(bottom=SENSORS_H + 3)
    row_h = max(ROW_LEAST, min(ROW_MOST, rows.h // max(1, len(choices))))
    draw_choices(canvas, rows, choices, state.selected, catalog, row_h=row_h)
    sensors = Rect(room.x, room.y + room.h - SENSORS_H, room.w, SENSORS_H)
    width = sensors.w // max(1, len(state.sensors))
    for index, sensor in enumerate(state.sensors):
        _draw_sensor(
            canvas, Rect(sensors.x + index * width, sensors.y, width - 4, sensors.h), sensor, catalog
        )


def _draw_sensor(canvas: Canvas, cell: Rect, sensor: SensorBadge, catalog: Catalog) -> None:
    theme, color = canvas.theme, sensor_color(canvas, sensor)
    canvas.fill(cell, theme.card, radius=6)
    x = cell.x + 1 if canvas.area.w > NARROW_W else cell.x + cell.w // 2 - SIGN // 2
    canvas.shape(sensor.name, x, cell.y + 3, SIGN, color)
    if sensor.state in {"lost", "missing"} or sensor.trouble:
        canvas.shape("cross", x + 9, cell.y + 9, 10, theme.warn)
    if canvas.area.w > NARROW_W:
        name = Rect(cell.x + 16, cell.y + 2, cell.w - 16, 17)
        canvas.text(name, catalog.text(f"sense.{sensor.name}"), size_px=13, min_px=8, color=theme.text)
    word = Rect(cell.x + 2, cell.y + 19, cell.w - 4, 15)
    said = catalog.text(f"start.state.{sensor.state}")
    canvas.text(word, said, size_px=12, min_px=8, color=theme.dim, align="center")
    share = None if sensor.state in COMING else sensor.coverage
    draw_bar(canvas, Rect(cell.x + 5, cell.y + cell.h - 5, cell.w - 10, 3), share, color)


def _draw_mono(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Two rows to choose from, and below them one sign a sensor: lit once it works."""
    choices = state.inspection.choices
    rows = [catalog.say(c.words) for c in choices]
    draw_mono_rows(canvas, state, catalog, rows, title=catalog.text("page.start"))
    for index, sensor in enumerate(state.sensors):
        up = sensor.state not in COMING
        x = canvas.area.w - 4 * 9 + index * 9
        canvas.frame(Rect(x, 57, 7, 6), canvas.theme.text)
        if up:
            canvas.fill(Rect(x + 1, 58, 5, 4), canvas.theme.text)
