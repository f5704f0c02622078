"""Draws the page of Wi-Fi and Bluetooth devices, the suspicious ones on top."""

from __future__ import annotations

from collections.abc import Sequence

from firmware.handheld.screen.canvas import Canvas, Rect
from firmware.handheld.screen.page_frame import (
    body,
    draw_empty,
    draw_frame,
    draw_mono,
    draw_scrollbar,
    draw_selection,
    first_visible,
)
from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.views import DEVICES_MOST, DeviceRow
from firmware.i18n.catalog import Catalog

ROW_H = 34
ICON = 18
UNCLEAR_SCORE = 0.15
SIGNAL_STEPS_DBM = (-85.0, -75.0, -65.0, -55.0)  # one more bar from each level on


def draw_devices(canvas: Canvas, state: ScreenState, catalog: Catalog) -> None:
    """Draw the list of devices; the selected row stays in view."""
    devices = ranked(state.devices)
    if canvas.mode == "1":
        _draw_mono(canvas, devices, state, catalog)
        return
    room = body(draw_frame(canvas, state, catalog))
    if not devices:
        draw_empty(canvas, room, catalog.text("screen.no_devices"))
        return
    rows = room.h // ROW_H
    first = first_visible(state.selected, len(devices), rows)
    for index, device in enumerate(devices[first : first + rows]):
        row = Rect(room.x, room.y + index * ROW_H, room.w, ROW_H - 2)
        chosen = state.focused and first + index == state.selected
        draw_selection(canvas, row, selected=chosen, alert=device.alert)
        _draw_device(canvas, row, device, catalog)
    draw_scrollbar(canvas, room, first, rows, len(devices))


def ranked(devices: Sequence[DeviceRow]) -> list[DeviceRow]:
    """Return the devices with the suspicious ones on top, then the nearest ones."""
    order = sorted(devices, key=lambda d: (not d.alert, -d.score, -(d.rssi_dbm or -200.0), d.name))
    return order[:DEVICES_MOST]


def _draw_mono(canvas: Canvas, devices: list[DeviceRow], state: ScreenState, catalog: Catalog) -> None:
    first = first_visible(state.selected, len(devices), 3)
    shown = devices[first : first + 3]
    lines = tuple(f"{'! ' if d.alert else ''}{catalog.text('screen.verbatim', text=d.name)}" for d in shown)
    draw_mono(canvas, state, catalog, lines or (catalog.text("screen.no_devices"),))


def _draw_device(canvas: Canvas, row: Rect, device: DeviceRow, catalog: Catalog) -> None:
    theme = canvas.theme
    color = theme.warn if device.alert else theme.accent
    sign = "check" if device.alert else device.sensor
    canvas.shape(sign, row.x + 7, row.y + (row.h - ICON) // 2, ICON, color)
    left, side = row.x + 32, 58
    words = Rect(left, row.y + 1, row.w - 32 - side, 17)
    name = catalog.text("screen.verbatim", text=device.name)
    canvas.text(words, name, size_px=14, min_px=12, color=theme.text)
    detail = Rect(left, row.y + 18, words.w, 14)
    canvas.text(detail, catalog.say(device.detail), size_px=12, color=theme.dim)
    right = Rect(row.x + row.w - side + 4, row.y + 1, side - 10, 17)
    word = _word(device)
    if word:
        ink = theme.text if device.alert else theme.dim
        canvas.text(right, catalog.text(word), size_px=14, min_px=12, color=ink, align="right")
    _draw_signal(canvas, right.x + right.w, row.y + 30, device.rssi_dbm)


def _word(device: DeviceRow) -> str:
    """Return the key of how suspicious a device is: a word, because its score is no share of rooms."""
    if device.known:
        return "device.known"
    if device.alert:
        return "device.suspect"
    return "device.unclear" if device.score >= UNCLEAR_SCORE else ""


def _draw_signal(canvas: Canvas, right: int, bottom: int, rssi_dbm: float | None) -> None:
    theme = canvas.theme
    for index, step in enumerate(SIGNAL_STEPS_DBM):
        height = 4 + 2 * index
        lit = rssi_dbm is not None and rssi_dbm >= step
        x = right - 6 * (len(SIGNAL_STEPS_DBM) - index)
        canvas.fill(Rect(x, bottom - height, 4, height), theme.text if lit else theme.rule)
