"""Parts of pages: the top bar, the level card, a sensor's row, bars, the battery."""

from __future__ import annotations

from firmware.handheld.screen.canvas import Canvas, Rect, mix
from firmware.handheld.screen.state import ScreenState, SensorBadge
from firmware.handheld.screen.theme import Rgb
from firmware.i18n.catalog import Catalog
from firmware.i18n.numbers import write_clock

MARGIN = 6
TOP_H = 20
BAR_H = 4
ICON = 16
WIDE_ROW = 250  # rows wider than this have room for the name, the words and the share
WIDE_PANEL = 300  # panels wider than this have room for a wide tag
WIDE_TAG_W, TAG_W = 76, 44
ELAPSED_W, CLOCK_W, BATTERY_W = 48, 36, 26
TITLE_PX = 14
LOW_BATTERY = 0.2


def title_room(canvas: Canvas, state: ScreenState) -> Rect:
    """Return the room of the title in the top bar: what tag, clocks and battery leave."""
    tag = _tag_room(canvas, state)
    return Rect(MARGIN, 1, tag.x - MARGIN - 4, TOP_H - 3)


def _tag_room(canvas: Canvas, state: ScreenState) -> Rect:
    battery_w = BATTERY_W if state.battery is not None else 0
    clocks_w = ELAPSED_W + (CLOCK_W if state.clock else 0)
    tag_w = (WIDE_TAG_W if canvas.area.w > WIDE_PANEL else TAG_W) if state.simulated else 0
    return Rect(canvas.area.w - MARGIN - battery_w - clocks_w - tag_w - 2, 2, tag_w, TOP_H - 5)


def draw_top(canvas: Canvas, state: ScreenState, catalog: Catalog, title: str) -> Rect:
    """Draw the top bar: title, simulated or not, time of day, running time, battery, progress.

    Returns what is below. Nothing covers the title: it has a room of its own.
    """
    theme, width = canvas.theme, canvas.area.w
    tag = _tag_room(canvas, state)
    clock = Rect(tag.x + tag.w + 2, 1, CLOCK_W if state.clock else 0, TOP_H - 3)
    elapsed = Rect(clock.x + clock.w, 1, ELAPSED_W, TOP_H - 3)
    canvas.text(elapsed, write_clock(state.elapsed_s), size_px=13, min_px=12, color=theme.dim, align="right")
    if state.clock:
        canvas.text(clock, state.clock, size_px=13, min_px=12, color=theme.text, align="right")
    if state.battery is not None:
        _draw_battery(canvas, state.battery)
    if state.simulated:
        canvas.fill(tag, theme.warn, radius=3)
        word = catalog.text("screen.simulated" if width > WIDE_PANEL else "screen.simulated.short")
        canvas.text(tag.inset(3, 0, 3, 0), word, size_px=12, color=theme.ground, align="center")
    canvas.text(title_room(canvas, state), title, size_px=TITLE_PX, min_px=12, color=theme.text)
    line = Rect(0, TOP_H - 2, width, 2)
    canvas.fill(line, theme.rule)
    if state.progress is not None:
        canvas.fill(line._replace(w=round(width * min(1.0, max(0.0, state.progress)))), theme.accent)
    return Rect(0, TOP_H, width, canvas.area.h - TOP_H)


def _draw_battery(canvas: Canvas, share: float) -> None:
    level = min(1.0, max(0.0, share))
    theme = canvas.theme
    low = level < LOW_BATTERY
    body = Rect(canvas.area.w - MARGIN - 22, 4, 20, 11)
    canvas.frame(body, theme.dim, radius=2)
    canvas.fill(Rect(body.x + 20, 7, 2, 5), theme.dim)
    canvas.fill(Rect(body.x + 2, 6, round(16 * level), 7), theme.warn if low else theme.dim)


def draw_bar(canvas: Canvas, rect: Rect, share: float | None, color: Rgb) -> None:
    """Draw a share as a bar; an unknown share as an empty, dashed one."""
    theme = canvas.theme
    if share is None:
        for x in range(rect.x, rect.x + rect.w - 3, 8):
            canvas.fill(Rect(x, rect.y + rect.h // 2, 4, 1), theme.rule)
        return
    canvas.fill(rect, theme.rule, radius=rect.h // 2)
    width = round(rect.w * min(1.0, max(0.0, share)))
    if width:
        canvas.fill(rect._replace(w=max(width, rect.h)), color, radius=rect.h // 2)


def sensor_color(canvas: Canvas, sensor: SensorBadge) -> Rgb:
    """Return the colour of a sensor by its state: alert, lost or working."""
    theme = canvas.theme
    if sensor.alert or sensor.state == "lost" or sensor.trouble:
        return theme.warn
    return theme.dim if sensor.state in {"missing", "starting"} else theme.accent


def draw_sensor(canvas: Canvas, rect: Rect, sensor: SensorBadge, catalog: Catalog) -> None:
    """Draw the row of one sensor: icon, name, what it says, how much it looked at."""
    theme, color = canvas.theme, sensor_color(canvas, sensor)
    if sensor.alert:
        canvas.fill(rect.inset(2, 0, 2, 0), mix(theme.ground, theme.warn, 0.22), radius=4)
    canvas.shape(sensor.name, rect.x + MARGIN, rect.y + (rect.h - ICON) // 2, ICON, color)
    if sensor.unwell:
        canvas.shape("cross", rect.x + MARGIN + 8, rect.y + rect.h // 2, 10, theme.warn)
    left = rect.x + MARGIN + ICON + 6
    line = Rect(left, rect.y + 1, rect.x + rect.w - MARGIN - left, rect.h - BAR_H - 3)
    _draw_sensor_words(canvas, line, sensor, catalog)
    bar = Rect(left, rect.y + rect.h - BAR_H - 1, line.w, BAR_H - 1)
    draw_bar(canvas, bar, sensor.coverage, color)


def _draw_sensor_words(canvas: Canvas, line: Rect, sensor: SensorBadge, catalog: Catalog) -> None:
    """Write the name and what the sensor says; its bar alone shows how much it looked at."""
    theme = canvas.theme
    name_w = 64 if line.w > WIDE_ROW else 58
    name = catalog.text(f"sense.{sensor.name}")
    canvas.text(line._replace(w=name_w), name, size_px=14, min_px=12, color=theme.text)
    loud = sensor.alert or sensor.state == "lost" or bool(sensor.trouble)
    words = catalog.say(sensor.spoken())
    ink = theme.text if loud else theme.dim
    canvas.text(line.inset(left=name_w + 4), words, size_px=14, min_px=12, color=ink)
