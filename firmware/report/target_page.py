"""Draws the page that `ansim calibrate lens` measures a unit by, with what to do in Korean and English."""

from __future__ import annotations

import math

from firmware.i18n.catalog import LANGUAGES, Catalog, catalog_for
from firmware.report.pdf_canvas import LEADING, MM_PER_PT, SOFT, PdfCanvas, Rgb
from lensdetect.target_layout import (
    INK_SIDE_MM,
    INKS_MM,
    MARKER_MM,
    MARKERS_MM,
    MIDDLE_SQUARE,
    MODULES,
    OUTER_SQUARES,
    STAR_MM,
    STAR_RADIUS_MM,
    STAR_SPOKES,
    TAPE_RADIUS_MM,
    TAPES_MM,
    marker_modules,
)

TONER: Rgb = (0, 0, 0)
# Left edge and width of the text between the markers, mm; one column a language.
COLUMNS_MM = ((47.0, 81.0), (168.5, 81.0))
TOP_MM, BOTTOM_MM = 11.0, 169.0
TEXT_PT, TITLE_PT = 8.0, 9.5
RULER_MM, RULER_LEFT_MM, RULER_Y_MM = 100.0, 98.5, 161.0
ABOVE = ("calibrate.page.print", "calibrate.page.tape", "calibrate.page.hang")
BELOW = ("calibrate.page.focus", "calibrate.page.measure", "calibrate.page.outcome")


def draw_target() -> bytes:
    """Return the page as a PDF: the same bytes every time."""
    sheet = PdfCanvas(title="ansim target", foot="", utc_ns=0, lang="ko", across=True)
    for number, (left, top) in MARKERS_MM.items():
        _marker(sheet, number, left, top)
    for square in (MIDDLE_SQUARE, *OUTER_SQUARES):
        sheet.polygon([(float(x), float(y)) for x, y in square.corners_mm()], fill=TONER)
    _star(sheet)
    for (x, y), ink in ((place, ink) for ink, place in INKS_MM.items()):
        sheet.box(x - INK_SIDE_MM / 2, y - INK_SIDE_MM / 2, INK_SIDE_MM, INK_SIDE_MM, fill=ink)
    for x, y in TAPES_MM:
        sheet.circle(x, y, TAPE_RADIUS_MM, colour=SOFT)
    _ruler(sheet)
    for lang, (left, width) in zip(LANGUAGES, COLUMNS_MM, strict=True):
        _words(sheet, catalog_for(lang), left, width)
    return sheet.bytes()


def _marker(sheet: PdfCanvas, number: int, left_mm: float, top_mm: float) -> None:
    """Draw one black square and its white modules: no seam can show between black ones."""
    module = MARKER_MM / MODULES
    sheet.box(left_mm, top_mm, MARKER_MM, MARKER_MM, fill=TONER)
    for row, line in enumerate(marker_modules(number)):
        for column, black in enumerate(line):
            if not black:
                sheet.box(left_mm + column * module, top_mm + row * module, module, module, fill=(255,) * 3)


def _star(sheet: PdfCanvas) -> None:
    (x, y), step = STAR_MM, 2 * math.pi / STAR_SPOKES
    for spoke in range(STAR_SPOKES):
        ends = [spoke * step + share * step / 2 for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
        rim = [(x + STAR_RADIUS_MM * math.cos(a), y + STAR_RADIUS_MM * math.sin(a)) for a in ends]
        sheet.polygon([(x, y), *rim], fill=TONER)


def _ruler(sheet: PdfCanvas) -> None:
    sheet.box(RULER_LEFT_MM, RULER_Y_MM, RULER_MM, 0.25, fill=SOFT)
    for x in (RULER_LEFT_MM, RULER_LEFT_MM + RULER_MM - 0.25):
        sheet.box(x, RULER_Y_MM - 1.5, 0.25, 3.0, fill=SOFT)
    sheet.put(
        f"{RULER_MM:.0f} mm",
        RULER_LEFT_MM,
        RULER_Y_MM - 3.6,
        width_mm=RULER_MM,
        size_pt=TEXT_PT,
        colour=SOFT,
        align="C",
    )


def _words(sheet: PdfCanvas, catalog: Catalog, left_mm: float, width_mm: float) -> None:
    title = str(catalog.text("calibrate.page.title"))
    sheet.put(title, left_mm, TOP_MM, width_mm=width_mm, size_pt=TITLE_PT, bold=True)
    below_title_mm = TOP_MM + TITLE_PT * MM_PER_PT * LEADING + 0.6
    for first, keys, top_mm in ((1, ABOVE, below_title_mm), (1 + len(ABOVE), BELOW, BOTTOM_MM)):
        at_mm = top_mm
        for number, key in enumerate(keys, start=first):
            sheet.put(f"{number}", left_mm, at_mm, width_mm=4, size_pt=TEXT_PT, colour=SOFT)
            words = str(catalog.text(key))
            at_mm += 0.5 + sheet.block(words, left_mm + 4, at_mm, width_mm=width_mm - 4, size_pt=TEXT_PT)
