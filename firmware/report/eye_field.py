"""Sketches where in the camera's picture the glint of an alarm stood; it needs no picture of the room.

The direction of a glint counts from the middle of the picture, as on a clock face: whoever holds the unit
where it was held then finds the place again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from firmware.i18n.catalog import Sentence
from firmware.i18n.escape import PDF_LIMIT, visible
from firmware.records.model import Inspection
from firmware.report.formatting import Wording, short
from firmware.report.pdf_canvas import BODY_W_MM, MARGIN_MM, SMALL_PT, SOFT, PdfCanvas, Rgb
from firmware.verdict.whereabouts import Whereabouts, where_sentence

SKETCHES_MOST = 4
ASPECT = 4 / 3  # of a picture whose size the record does not tell
ASPECT_MOST = 8  # of a side by the other: records may be hostile
FIELD_H_MM, GAP_MM = 36.0, 6.0
FIELD_W_MOST_MM = 64.0
MARK_MM, TICK_MM, ARROW_MM = 2.6, 1.6, 0.5
FIELD: Rgb = (240, 243, 246)
EDGE: Rgb = (176, 184, 192)
ALERT: Rgb = (179, 38, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMark:
    """One glint in the camera's picture: shares 0…1 of its width and height, and pixels where known."""

    subject: str
    x: float
    y: float
    size_px: tuple[int, int] | None  # width, height
    said: Sentence

    @property
    def aspect(self) -> float:
        """Width of the picture by its height."""
        return ASPECT if self.size_px is None else self.size_px[0] / self.size_px[1]


def marks_of(located: Sequence[Whereabouts]) -> tuple[FieldMark, ...]:
    """Return the glints of an alarm that have a place in the picture.

    Parameters
    ----------
    located : sequence of Whereabouts
        Of everything behind the alarm, strongest first.

    Returns
    -------
    tuple of FieldMark
        At most `SKETCHES_MOST`.
    """
    marks = []
    for one in located:
        if one.sensor != "lens" or one.x is None or one.y is None:
            continue
        key, params = where_sentence(one)
        x, y = (min(1.0, max(0.0, share)) for share in (one.x, one.y))
        said = Sentence(key=key, params=params)
        marks.append(FieldMark(subject=one.subject, x=x, y=y, size_px=_size_px(one), said=said))
    return tuple(marks[:SKETCHES_MOST])


def _size_px(where: Whereabouts) -> tuple[int, int] | None:
    """Return the size of the picture; None where it is unknown, or no picture can have it."""
    width, height = where.width_px or 0, where.height_px or 0
    believed = 0 < width <= ASPECT_MOST * height and 0 < height <= ASPECT_MOST * width
    return (width, height) if believed else None


def draw_eye_fields(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    """Draw a sketch for each glint of the alarm, with its direction in words and its pixel; none without."""
    marks = marks_of(words.located(record))
    if not marks:
        return
    sheet.need(FIELD_H_MM + 22)
    sheet.paragraph(words.key("paper.eye"))
    for mark in marks:
        sheet.need(FIELD_H_MM + GAP_MM)
        _draw(sheet, mark, words)
    sheet.paragraph(words.key("paper.eye.limit"), size_pt=SMALL_PT, colour=SOFT)


def _draw(sheet: PdfCanvas, mark: FieldMark, words: Wording) -> None:
    w_mm = min(FIELD_W_MOST_MM, FIELD_H_MM * mark.aspect)
    h_mm, left_mm, top_mm = w_mm / mark.aspect, MARGIN_MM, sheet.y_mm
    sheet.box(left_mm, top_mm, w_mm, h_mm, fill=FIELD, radius_mm=2.0)
    sheet.frame(left_mm, top_mm, w_mm, h_mm, colour=EDGE, dashed=False)
    middle = (left_mm + w_mm / 2, top_mm + h_mm / 2)
    at = (left_mm + mark.x * w_mm, top_mm + mark.y * h_mm)
    _cross(sheet, middle, EDGE)
    _arrow(sheet, middle, at)
    sheet.circle(*at, MARK_MM, colour=ALERT)
    _cross(sheet, at, ALERT)
    right_mm = left_mm + w_mm + GAP_MM
    across_mm = MARGIN_MM + BODY_W_MM - right_mm
    y_mm = top_mm + sheet.block(
        short(visible(mark.subject, limit=PDF_LIMIT)), right_mm, top_mm, width_mm=across_mm, bold=True
    )
    y_mm += sheet.block(str(words.catalog.say(mark.said)), right_mm, y_mm, width_mm=across_mm)
    sheet.block(
        position_words(mark, words), right_mm, y_mm, width_mm=across_mm, size_pt=SMALL_PT, colour=SOFT
    )
    sheet.y_mm = top_mm + h_mm + GAP_MM / 2


def position_words(mark: FieldMark, words: Wording) -> str:
    """Return the place in the picture in percent, and in pixels where the size of the picture is known."""
    across, down = words.percent(mark.x), words.percent(mark.y)
    if mark.size_px is None:
        return str(words.catalog.text("paper.eye.share", across=across, down=down))
    width, height = mark.size_px
    pixel = {"x": round(mark.x * width), "y": round(mark.y * height), "width": width, "height": height}
    return str(words.catalog.text("paper.eye.pixel", across=across, down=down, **pixel))


def _cross(sheet: PdfCanvas, at: tuple[float, float], colour: Rgb) -> None:
    x, y = at
    half = ARROW_MM / 2
    sheet.box(x - TICK_MM, y - half, 2 * TICK_MM, ARROW_MM, fill=colour)
    sheet.box(x - half, y - TICK_MM, ARROW_MM, 2 * TICK_MM, fill=colour)


def _arrow(sheet: PdfCanvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a wedge from the middle of the picture to the glint, thin at its beginning."""
    across, down = end[0] - start[0], end[1] - start[1]
    length = math.hypot(across, down)
    if length < 2 * MARK_MM:
        return
    side = (-down / length * ARROW_MM, across / length * ARROW_MM)
    tip = tuple(e - MARK_MM * v / length for e, v in zip(end, (across, down), strict=True))
    sheet.polygon(
        [start, (tip[0] + side[0], tip[1] + side[1]), (tip[0] - side[0], tip[1] - side[1])], fill=ALERT
    )


def svg_of(mark: FieldMark) -> str:
    """Return the sketch as SVG, with numbers of ours alone in it."""
    width, height = round(120 * mark.aspect), 120
    x, y = mark.x * width, mark.y * height
    line = f"<line x1='{width / 2:.0f}' y1='{height / 2:.0f}' x2='{x:.1f}' y2='{y:.1f}' stroke='#b3261e'/>"
    ring = f"<circle cx='{x:.1f}' cy='{y:.1f}' r='7' fill='none' stroke='#b3261e' stroke-width='2'/>"
    frame = f"<rect width='{width}' height='{height}' rx='6' fill='#f0f3f6' stroke='#b0b8c0'/>"
    return f"<svg viewBox='0 0 {width} {height}' width='{width}' height='{height}'>{frame}{line}{ring}</svg>"
