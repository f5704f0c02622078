"""Lays out A4 pages of a PDF: one font, a cursor that moves down, and no character that the font lacks.

Notes
-----
Tables are set here and not by `fpdf.FPDF.table`: with cells already cut to their width it took 3.7 times the
processor time of `PdfCanvas.table` for 400 rows and 5.0 times for 1600, for it breaks each cell again.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import segno
from fpdf import FPDF
from fpdf.enums import TextMode
from PIL import Image

from firmware.i18n.escape import spell_missing
from firmware.i18n.font import font_path
from firmware.report.line_breaking import bounded, break_lines, cut_to_width

Rgb = tuple[int, int, int]
Align = Literal["L", "R", "C"]

FONT = "noto"
PAGE_W_MM, PAGE_H_MM = 210.0, 297.0  # A4, ISO 216
MARGIN_MM = 16.0
BODY_W_MM = PAGE_W_MM - 2 * MARGIN_MM
BOTTOM_MM = 18.0  # kept free for the foot
MM_PER_PT = 25.4 / 72.0
LEADING = 1.42  # line height over font size: Hangul needs more air than Latin
BOLD_SHARE = 0.028  # of the font size: stroke that makes the one weight of the font look bold
FITS_MOST = 4096  # texts whose cut is remembered
CELL_PAD_MM = 1.2
BODY_PT, SMALL_PT, HEAD_PT = 9.5, 8.0, 12.5

INK: Rgb = (20, 26, 32)
SOFT: Rgb = (88, 100, 112)
LINE: Rgb = (208, 214, 220)
PALE: Rgb = (240, 243, 246)
BLUE: Rgb = (0, 94, 150)
WHITE: Rgb = (255, 255, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table: its heading, its width in mm, and how it is set."""

    title: str
    width_mm: float
    align: Align = "L"


# fpdf2 has no types.
class _Document(FPDF):  # type: ignore[misc]
    """A document that draws the foot of each page when the page is done."""

    def __init__(self, orientation: Literal["portrait", "landscape"], draw_foot: Callable[[], None]) -> None:
        super().__init__(orientation=orientation, format="A4", unit="mm")
        self._draw_foot = draw_foot

    def footer(self) -> None:
        """Draw the foot of the page that ends; FPDF calls this."""
        self._draw_foot()


class PdfCanvas:
    """An FPDF document with a cursor. Text is cut or wrapped, never set outside its place."""

    def __init__(self, *, title: str, foot: str, utc_ns: int, lang: str, across: bool = False) -> None:
        """Begin a document; ``across`` lays its sheets on the long side, without margins or foot."""
        self._across = across
        self._pdf = _Document("landscape" if across else "portrait", self._draw_foot)
        self._pdf.set_auto_page_break(False)
        self._pdf.str_alias_nb_pages = None  # a name from the air may well be "{nb}"
        self._pdf.add_font(FONT, fname=str(font_path()))
        self._pdf.c_margin = 0.0
        self._pdf.set_title(spell_missing(title))
        self._pdf.set_lang(lang)
        self._pdf.set_creator("ansim")
        self._pdf.set_producer("ansim")
        self._pdf.set_creation_date(datetime.fromtimestamp(utc_ns // 10**9, tz=UTC))
        self._foot = foot
        self._fits: dict[tuple[str, float, float], str] = {}
        self._widths: dict[str, float] = {}  # of one character, mm per point of the font size
        self.y_mm = MARGIN_MM
        self.new_page()

    def bytes(self) -> bytes:
        """Return the finished PDF, and let go of the font's file; nothing can be drawn after it."""
        try:
            return bytes(self._pdf.output())
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the font's file; may be called twice."""
        for font in self._pdf.fonts.values():
            font.ttfont.close()

    def new_page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()
        self.y_mm = MARGIN_MM

    def _draw_foot(self) -> None:
        if self._across:
            return
        number, y_mm = f"{self._pdf.page_no()}", PAGE_H_MM - 11.0
        self.put(self._foot, MARGIN_MM, y_mm, width_mm=BODY_W_MM - 15, size_pt=7.0, colour=SOFT)
        self.put(number, PAGE_W_MM - MARGIN_MM - 15, y_mm, width_mm=15, size_pt=7.0, colour=SOFT, align="R")

    def room_mm(self) -> float:
        """Return the height left on the page, mm."""
        return PAGE_H_MM - BOTTOM_MM - self.y_mm

    def need(self, height_mm: float) -> bool:
        """Begin a new page where less than this is left; return whether one was begun."""
        if height_mm <= self.room_mm():
            return False
        self.new_page()
        return True

    def put(
        self,
        text: str,
        x_mm: float,
        y_mm: float,
        *,
        width_mm: float,
        size_pt: float = BODY_PT,
        colour: Rgb = INK,
        align: Align = "L",
        bold: bool = False,
    ) -> None:
        """Set one line inside ``width_mm``, cut with an ellipsis if it is longer."""
        if not text:
            return
        shown = self._fitted(text, width_mm, size_pt)
        self._font(size_pt, colour)
        with self._weight(size_pt, colour, bold=bold):
            self._pdf.set_xy(x_mm, y_mm)
            self._pdf.cell(w=width_mm, h=size_pt * MM_PER_PT * LEADING, text=shown, align=align)

    def lines(self, text: str, width_mm: float, size_pt: float = BODY_PT) -> list[str]:
        """Return the text broken into lines of this width."""
        if not text:
            return [""]
        return break_lines(spell_missing(bounded(text)), width_mm, self._measure(size_pt))

    def block(
        self,
        text: str,
        x_mm: float,
        y_mm: float,
        *,
        width_mm: float,
        size_pt: float = BODY_PT,
        colour: Rgb = INK,
        bold: bool = False,
    ) -> float:
        """Set text in as many lines as it needs; return the height, mm."""
        step_mm = size_pt * MM_PER_PT * LEADING
        broken = self.lines(text, width_mm, size_pt)
        for i, line in enumerate(broken):
            self.put(
                line,
                x_mm,
                y_mm + i * step_mm,
                width_mm=width_mm + 2,
                size_pt=size_pt,
                colour=colour,
                bold=bold,
            )
        return len(broken) * step_mm

    def heading(self, text: str, *, need_mm: float = 22.0) -> None:
        """Begin a section, on a new page where less than ``need_mm`` is left."""
        self.need(need_mm)
        self.y_mm += 4.0
        self.y_mm += self.block(
            text, MARGIN_MM, self.y_mm, width_mm=BODY_W_MM, size_pt=HEAD_PT, colour=BLUE, bold=True
        )
        self.rule(self.y_mm + 0.6)
        self.y_mm += 2.6

    def paragraph(
        self, text: str, *, size_pt: float = BODY_PT, colour: Rgb = INK, bold: bool = False
    ) -> None:
        """Set a paragraph over the whole width, broken over pages where needed."""
        step_mm = size_pt * MM_PER_PT * LEADING
        for line in self.lines(text, BODY_W_MM, size_pt):
            self.need(step_mm)
            self.put(
                line, MARGIN_MM, self.y_mm, width_mm=BODY_W_MM + 2, size_pt=size_pt, colour=colour, bold=bold
            )
            self.y_mm += step_mm
        self.y_mm += 1.2

    def bullet(self, text: str, x_mm: float, y_mm: float, *, width_mm: float, mark: str = "•") -> float:
        """Set one point of a list; return its height, mm."""
        self.put(mark, x_mm, y_mm, width_mm=4, colour=SOFT)
        return self.block(text, x_mm + 4, y_mm, width_mm=width_mm - 4) + 0.6

    def rule(self, y_mm: float, *, colour: Rgb = LINE) -> None:
        """Draw a thin line over the whole width."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(0.25)
        self._pdf.line(MARGIN_MM, y_mm, PAGE_W_MM - MARGIN_MM, y_mm)

    def box(
        self, x_mm: float, y_mm: float, w_mm: float, h_mm: float, *, fill: Rgb, radius_mm: float = 0.0
    ) -> None:
        """Fill a box."""
        self._pdf.set_fill_color(*fill)
        round_off = min(radius_mm, w_mm / 2, h_mm / 2)
        self._pdf.rect(
            x_mm, y_mm, w_mm, h_mm, style="F", round_corners=round_off > 0, corner_radius=round_off
        )

    def polygon(self, corners_mm: Sequence[tuple[float, float]], *, fill: Rgb) -> None:
        """Fill a shape given by its corners."""
        self._pdf.set_fill_color(*fill)
        self._pdf.polygon(corners_mm, style="F")

    def circle(self, x_mm: float, y_mm: float, radius_mm: float, *, colour: Rgb) -> None:
        """Draw an empty circle around a place, dashed."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(0.25)
        self._pdf.set_dash_pattern(dash=1.2, gap=1.0)
        self._pdf.circle(x_mm, y_mm, radius_mm, style="D")
        self._pdf.set_dash_pattern()

    def frame(self, x_mm: float, y_mm: float, w_mm: float, h_mm: float, *, colour: Rgb, dashed: bool) -> None:
        """Draw an empty box."""
        self._pdf.set_draw_color(*colour)
        self._pdf.set_line_width(0.5)
        self._pdf.set_dash_pattern(dash=2.0 if dashed else 0, gap=1.4 if dashed else 0)
        self._pdf.rect(x_mm, y_mm, w_mm, h_mm, style="D", round_corners=True, corner_radius=2.0)
        self._pdf.set_dash_pattern()

    def bar(
        self, x_mm: float, y_mm: float, w_mm: float, *, share: float, colour: Rgb, h_mm: float = 2.6
    ) -> None:
        """Draw a share 0…1 as a bar."""
        self.box(x_mm, y_mm, w_mm, h_mm, fill=LINE, radius_mm=h_mm / 2)
        filled_mm = w_mm * min(1.0, max(0.0, share))
        if filled_mm > 0.4:
            self.box(x_mm, y_mm, filled_mm, h_mm, fill=colour, radius_mm=h_mm / 2)

    def picture(
        self, image: Image.Image | io.BytesIO, x_mm: float, y_mm: float, w_mm: float, h_mm: float
    ) -> None:
        """Set a picture into a place."""
        self._pdf.image(image, x=x_mm, y=y_mm, w=w_mm, h=h_mm)

    def mask(self, mask: Image.Image, x_mm: float, y_mm: float, size_mm: float, *, colour: Rgb) -> None:
        """Set a shape, given as its mask, in one colour."""
        image = Image.new("RGBA", mask.size, (*colour, 0))
        image.putalpha(mask)
        self._pdf.image(image, x=x_mm, y=y_mm, w=size_mm, h=size_mm)

    def qr(self, text: str, x_mm: float, y_mm: float, size_mm: float) -> None:
        """Draw a QR code (ISO/IEC 18004, level M) as vectors, on white with its quiet zone."""
        code = segno.make(text, error="m", micro=False)
        rows = [bytes(row) for row in code.matrix]
        border = code.default_border_size
        step_mm = size_mm / (len(rows) + 2 * border)
        self.box(x_mm, y_mm, size_mm, size_mm, fill=WHITE)
        self._pdf.set_fill_color(0, 0, 0)
        for r, row in enumerate(rows):
            for start, length in runs(row):
                left_mm, top_mm = x_mm + (start + border) * step_mm, y_mm + (r + border) * step_mm
                self._pdf.rect(left_mm, top_mm, length * step_mm, step_mm * 1.02, style="F")

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str]],
        *,
        size_pt: float = SMALL_PT,
        wrap: Collection[int] = (),
        mark: Callable[[int], Rgb | None] | None = None,
    ) -> None:
        """Set a table that goes on over pages; the columns of ``wrap`` take several lines, others are cut.

        ``mark`` gives the colour of a row's text, None for ink.
        """
        step_mm = size_pt * MM_PER_PT * LEADING
        self.need(3 * step_mm + 4)
        self._table_head(columns, size_pt)
        for i, row in enumerate(rows):
            wrapped = {n: self.lines(row[n], columns[n].width_mm - 2 * CELL_PAD_MM, size_pt) for n in wrap}
            height_mm = max((1, *map(len, wrapped.values()))) * step_mm + 1.0
            if self.need(height_mm):
                self._table_head(columns, size_pt)
            colour = (mark(i) if mark else None) or INK
            x_mm = MARGIN_MM
            for n, column in enumerate(columns):
                for k, line in enumerate(wrapped.get(n, [row[n]])):
                    self._cell(line, x_mm, self.y_mm + k * step_mm + 0.3, column, size_pt, colour)
                x_mm += column.width_mm
            self.y_mm += height_mm
            self.rule(self.y_mm)
        self.y_mm += 2.0

    def _table_head(self, columns: Sequence[Column], size_pt: float) -> None:
        step_mm = size_pt * MM_PER_PT * LEADING + 1.0
        self.box(MARGIN_MM, self.y_mm, sum(c.width_mm for c in columns), step_mm, fill=PALE)
        x_mm = MARGIN_MM
        for column in columns:
            self._cell(column.title, x_mm, self.y_mm + 0.4, column, size_pt, SOFT)
            x_mm += column.width_mm
        self.y_mm += step_mm

    def _cell(self, text: str, x_mm: float, y_mm: float, column: Column, size_pt: float, colour: Rgb) -> None:
        self.put(
            text,
            x_mm + CELL_PAD_MM,
            y_mm,
            width_mm=column.width_mm - 2 * CELL_PAD_MM,
            size_pt=size_pt,
            colour=colour,
            align=column.align,
        )

    def _font(self, size_pt: float, colour: Rgb) -> None:
        self._pdf.set_font(FONT, size=size_pt)
        self._pdf.set_text_color(*colour)

    def _weight(self, size_pt: float, colour: Rgb, *, bold: bool) -> AbstractContextManager[object]:
        if not bold:
            return nullcontext()
        self._pdf.set_draw_color(*colour)
        stroke_mm = size_pt * MM_PER_PT * BOLD_SHARE
        context: AbstractContextManager[object] = self._pdf.local_context(
            text_mode=TextMode.FILL_STROKE, line_width=stroke_mm
        )
        return context

    def _fitted(self, text: str, width_mm: float, size_pt: float) -> str:
        """Return the text cut to its width; long tables say the same words again and again."""
        key = (text, round(width_mm, 2), size_pt)
        if key not in self._fits:
            if len(self._fits) >= FITS_MOST:
                self._fits.clear()
            shown = spell_missing(bounded(text))
            self._fits[key] = cut_to_width(shown, width_mm, self._measure(size_pt))
        return self._fits[key]

    def _measure(self, size_pt: float) -> Callable[[str], float]:
        """Return what tells the width of some characters at a size, mm."""
        return lambda text: sum(self._width_per_pt(char) for char in text) * size_pt

    def _width_per_pt(self, char: str) -> float:
        width = self._widths.get(char)
        if width is None:
            self._pdf.set_font(FONT, size=BODY_PT)
            width = self._widths[char] = float(self._pdf.get_string_width(char)) / BODY_PT
        return width


def runs(row: Sequence[int]) -> list[tuple[int, int]]:
    """Return (start, length) of the dark runs of a row."""
    found: list[tuple[int, int]] = []
    for i, dark in enumerate(row):
        if not dark:
            continue
        if found and sum(found[-1]) == i:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        else:
            found.append((i, 1))
    return found
