"""The spreadsheet holds the same cells as text, and no name from a site becomes a formula."""

from __future__ import annotations

import io

import openpyxl
import pytest

from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.report.form_xlsx import form_xlsx
from firmware.report.formatting import Wording
from firmware.report.inspection_form import form_of
from tests.firmware.report.site_record import ENTRY, alarmed_site, site, visit
from tests.firmware.report.test_inspection_form import HEAD


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cell_stands_in_the_sheet(lang: Language) -> None:
    form = form_of(alarmed_site(), ENTRY, HEAD, Wording(catalog_for(lang)))
    sheet = openpyxl.load_workbook(io.BytesIO(form_xlsx(form))).active
    rows = [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)]
    top = next(n for n, row in enumerate(rows) if tuple(row[:8]) == form.columns)
    assert [tuple(row[:8]) for row in rows[top + 1 : top + 7]] == list(form.rows)
    assert [tuple(row[:2]) for row in rows[4:12]] == list(form.head)
    assert rows[1][5:8] == list(form.approval)
    assert sheet.freeze_panes == f"A{top + 2}"


def test_a_name_that_looks_like_a_formula_stays_a_name() -> None:
    record = site(visit(1, room='=HYPERLINK("http://evil.example")'))
    form = form_of(record, ENTRY, HEAD, Wording(catalog_for("en")))
    sheet = openpyxl.load_workbook(io.BytesIO(form_xlsx(form))).active
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}
