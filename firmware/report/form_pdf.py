"""Draws the form that is filed, and the certificate for the wall, as PDF."""

from __future__ import annotations

from collections.abc import Sequence

from firmware.report.inspection_form import InspectionForm
from firmware.report.pdf_canvas import (
    BODY_W_MM,
    INK,
    LINE,
    MARGIN_MM,
    SMALL_PT,
    SOFT,
    Column,
    PdfCanvas,
    Rgb,
)

WIDTHS_MM = (9.0, 46.0, 13.0, 30.0, 18.0, 14.0, 16.0, 32.0)  # 178 mm: the whole width
WRAPPED = (1, 3, 7)  # place, result and action may take several lines
ALERT: Rgb = (179, 38, 30)
LABEL_MM, HEAD_STEP_MM = 26.0, 6.0
BOX_W_MM, BOX_H_MM, BOX_TITLE_MM = 26.0, 22.0, 6.0
TITLE_PT, WORD_PT = 18.0, 30.0


def form_pdf(form: InspectionForm) -> bytes:
    """Return the form: head and approval boxes, the table over as many pages as it takes, the sums."""
    sheet = PdfCanvas(title=form.title, foot=form.foot, utc_ns=form.utc_ns, lang=form.lang)
    boxes_mm = BOX_W_MM * len(form.approval)
    top_mm = sheet.y_mm
    sheet.put(
        form.title, MARGIN_MM, top_mm + 4, width_mm=BODY_W_MM - boxes_mm - 4, size_pt=TITLE_PT, bold=True
    )
    _draw_boxes(sheet, form.approval, MARGIN_MM + BODY_W_MM - boxes_mm, top_mm)
    sheet.y_mm = top_mm + BOX_H_MM + 5
    _draw_head(sheet, form.head)
    if form.notice:
        sheet.paragraph(form.notice, colour=ALERT, bold=True)
    columns = [
        Column(title=title, width_mm=width) for title, width in zip(form.columns, WIDTHS_MM, strict=True)
    ]
    sheet.table(columns, form.rows, wrap=WRAPPED, mark=lambda i: ALERT if i in form.alarms else None)
    for line in form.sums:
        sheet.paragraph(line)
    return sheet.bytes()


def certificate_pdf(form: InspectionForm, lines: Sequence[str], *, word: str) -> bytes:
    """Return the page for the wall: the word, the site, when, and what it does not mean."""
    sheet = PdfCanvas(title=word, foot=form.foot, utc_ns=form.utc_ns, lang=form.lang)
    sheet.frame(MARGIN_MM, MARGIN_MM, BODY_W_MM, 240.0, colour=LINE, dashed=False)
    x_mm, width_mm = MARGIN_MM + 12, BODY_W_MM - 24
    y_mm = MARGIN_MM + 26
    y_mm += sheet.block(word, x_mm, y_mm, width_mm=width_mm, size_pt=WORD_PT, bold=True) + 10
    if form.notice:
        y_mm += sheet.block(form.notice, x_mm, y_mm, width_mm=width_mm, size_pt=12, colour=ALERT) + 6
    for label, value in form.head:
        if value:
            sheet.put(label, x_mm, y_mm, width_mm=34, size_pt=12, colour=SOFT)
            y_mm += max(8.0, sheet.block(value, x_mm + 36, y_mm, width_mm=width_mm - 36, size_pt=12) + 2)
    y_mm += 8
    for line in lines:
        y_mm += sheet.block(line, x_mm, y_mm, width_mm=width_mm, size_pt=12, colour=INK) + 3
    return sheet.bytes()


def _draw_boxes(sheet: PdfCanvas, names: Sequence[str], x_mm: float, y_mm: float) -> None:
    for n, name in enumerate(names):
        left_mm = x_mm + n * BOX_W_MM
        sheet.frame(left_mm, y_mm, BOX_W_MM, BOX_H_MM, colour=LINE, dashed=False)
        sheet.frame(left_mm, y_mm, BOX_W_MM, BOX_TITLE_MM, colour=LINE, dashed=False)
        sheet.put(
            name, left_mm + 1, y_mm + 1, width_mm=BOX_W_MM - 2, size_pt=SMALL_PT, colour=SOFT, align="C"
        )


def _draw_head(sheet: PdfCanvas, head: Sequence[tuple[str, str]]) -> None:
    """Draw two fields a line, each with its label; an empty one keeps its line to be written on."""
    half_mm = BODY_W_MM / 2
    for n, (label, value) in enumerate(head):
        x_mm = MARGIN_MM + (n % 2) * half_mm
        sheet.put(label, x_mm, sheet.y_mm, width_mm=LABEL_MM, size_pt=SMALL_PT, colour=SOFT)
        sheet.put(value, x_mm + LABEL_MM, sheet.y_mm, width_mm=half_mm - LABEL_MM - 2)
        if n % 2 or n == len(head) - 1:
            sheet.y_mm += HEAD_STEP_MM
            sheet.rule(sheet.y_mm - 1.0)
    sheet.y_mm += 3
