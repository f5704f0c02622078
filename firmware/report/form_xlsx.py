"""Writes the form that is filed as a spreadsheet, for the cells that an office fills in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.worksheet import Worksheet

from firmware.report.inspection_form import InspectionForm

NS_PER_S = 10**9
WIDTHS = (7, 42, 10, 18, 14, 12, 14, 36)  # of the columns, in characters
LINE = Side(style="thin", color="B0B8C0")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
HEAD_FILL, ALARM_FILL = PatternFill("solid", fgColor="F0F3F6"), PatternFill("solid", fgColor="FBE3DC")
APPROVAL_HEIGHT = 48


def form_xlsx(form: InspectionForm) -> bytes:
    """Return the workbook. Every text is stored as text: a name that begins with ``=`` is no formula."""
    book = Workbook()
    sheet = book.active
    sheet.title = form.title[:31].translate(str.maketrans("[]:*?/\\", "       "))
    made = datetime.fromtimestamp(form.utc_ns // NS_PER_S, tz=UTC).replace(tzinfo=None)
    book.properties.created = book.properties.modified = made
    book.properties.creator = "ansim"
    for n, width in enumerate(WIDTHS):
        sheet.column_dimensions[chr(ord("A") + n)].width = width
    _write(sheet, 1, [form.title], bold=True, size=16, boxed=False)
    _write(sheet, 2, ["", "", "", "", "", *form.approval[:3]], bold=True)
    _write(sheet, 3, [""] * len(WIDTHS))
    sheet.row_dimensions[3].height = APPROVAL_HEIGHT
    row = 5
    for label, value in form.head:
        _write(sheet, row, [label, value], boxed=False)
        row += 1
    row += 1
    _write(sheet, row, form.columns, bold=True, fill=HEAD_FILL)
    sheet.freeze_panes = f"A{row + 1}"
    sheet.print_title_rows = f"{row}:{row}"
    for n, values in enumerate(form.rows):
        row += 1
        _write(sheet, row, values, fill=ALARM_FILL if n in form.alarms else None)
    row += 1
    for line in (form.notice, *form.sums, form.foot):
        row += 1
        _write(sheet, row, [line], boxed=False)
    sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = sheet.PAPERSIZE_A4, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _write(
    sheet: Worksheet,
    row: int,
    values: Sequence[str],
    *,
    bold: bool = False,
    size: int = 11,
    fill: PatternFill | None = None,
    boxed: bool = True,
) -> None:
    for column, value in enumerate(values, start=1):
        cell = sheet.cell(row=row, column=column)
        if not isinstance(cell, Cell):
            continue
        cell.value = value
        cell.data_type = "s"
        cell.font = Font(bold=bold, size=size)
        cell.alignment = Alignment(wrap_text=boxed, vertical="top")
        if boxed:
            cell.border = BOX
        if fill is not None:
            cell.fill = fill
