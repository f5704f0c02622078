"""Draws what the phone page shows as one sheet to keep or to send: the word, what and where, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from firmware.i18n.catalog import Catalog
from firmware.report.formatting import LEVEL_COLOUR
from firmware.report.pdf_canvas import BODY_W_MM, MARGIN_MM, SMALL_PT, SOFT, WHITE, PdfCanvas
from firmware.verdict.model import Level

BAND_MM = 22.0
PAD_MM = 5.0
WORD_PT, MEANING_PT = 22.0, 11.0


def phone_sheet(content: Mapping[str, Any], catalog: Catalog, *, utc_ns: int, when: str) -> bytes:
    """Return the sheet as a PDF.

    Parameters
    ----------
    content : mapping
        The content of the phone page, in the catalogue's language.
    catalog : Catalog
        For the headings.
    utc_ns : int
        When it is made, ns since 1970.
    when : str
        The same, as people write it here.

    Returns
    -------
    bytes
        One or more A4 pages.
    """
    title = str(catalog.text("phone.pdf_title"))
    made = str(catalog.text("phone.pdf_made", when=when))
    sheet = PdfCanvas(title=title, foot=made, utc_ns=utc_ns, lang=catalog.lang)
    sheet.paragraph(title, bold=True)
    sheet.paragraph(made, size_pt=SMALL_PT, colour=SOFT)
    if content["simulated"]:
        sheet.paragraph(content["simulated"], bold=True)
    _draw_band(sheet, content)
    for line in (content["chance"], content["caught"]):
        if line:
            sheet.paragraph(line)
    sheet.heading(str(catalog.text("phone.found")))
    for thing in content["found"]:
        sheet.paragraph(thing["name"], bold=True)
        sheet.paragraph(thing["where"])
        if thing["noticed"]:
            sheet.paragraph(thing["noticed"], size_pt=SMALL_PT, colour=SOFT)
    if not content["found"]:
        sheet.paragraph(str(catalog.text("phone.nothing_yet")))
    _draw_list(sheet, str(catalog.text("phone.steps")), content["steps"])
    _draw_list(sheet, str(catalog.text("phone.lines")), content["lines"])
    _draw_list(sheet, str(catalog.text("phone.limits")), content["limits"])
    return sheet.bytes()


def _draw_band(sheet: PdfCanvas, content: Mapping[str, Any]) -> None:
    sheet.box(MARGIN_MM, sheet.y_mm, BODY_W_MM, BAND_MM, fill=LEVEL_COLOUR[Level(content["level"])])
    x_mm, width_mm = MARGIN_MM + PAD_MM, BODY_W_MM - 2 * PAD_MM
    sheet.put(
        content["word"], x_mm, sheet.y_mm + 2.5, width_mm=width_mm, size_pt=WORD_PT, colour=WHITE, bold=True
    )
    sheet.put(content["meaning"], x_mm, sheet.y_mm + 14, width_mm=width_mm, size_pt=MEANING_PT, colour=WHITE)
    sheet.y_mm += BAND_MM + 3


def _draw_list(sheet: PdfCanvas, title: str, lines: Sequence[str]) -> None:
    sheet.heading(title)
    for line in lines:
        sheet.need(12.0)
        sheet.y_mm += sheet.bullet(line, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM)
