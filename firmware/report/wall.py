"""Draws the map of the wall that the lens sensor keeps: which part of it the light fell on."""

from __future__ import annotations

from collections.abc import Mapping

from PIL import Image, ImageDraw

from firmware.i18n.numbers import write_decimal
from firmware.records.model import Wall
from firmware.report.formatting import Wording
from firmware.report.pdf_canvas import BODY_W_MM, MARGIN_MM, SMALL_PT, SOFT, PdfCanvas, Rgb

CELL_PX = 24
DOT_PX = 3  # one dot a side: the number of sides can be read without colour, too
PICTURE_MOST_PX = 2400  # a side; larger maps get smaller cells, and no dots
MAP_W_MM, MAP_H_MM = 110.0, 58.0
CELL_MOST_MM = 6.0
SWATCH_MM = 4.5
FILL: Mapping[str, Rgb] = {  # from light to dark, so that a copy in grey still shows the order
    "0": (255, 255, 255),
    "1": (206, 226, 240),
    "2": (120, 172, 208),
    "3": (0, 94, 150),
}
DOT: Mapping[str, Rgb] = {"0": (210, 210, 210), "1": (20, 26, 33), "2": (20, 26, 33), "3": (255, 255, 255)}
EDGE: Rgb = (176, 184, 192)
SOLID = frozenset("23")  # sides from which a lens cannot hide by its angle alone


def draw_wall(sheet: PdfCanvas, wall: Wall, words: Wording) -> None:
    """Draw the map with its legend, its size, and what it does not say."""
    columns, rows = len(wall.rows[0]), len(wall.rows)
    cell_mm = min(CELL_MOST_MM, MAP_W_MM / columns, MAP_H_MM / rows)
    w_mm, h_mm = cell_mm * columns, cell_mm * rows
    sheet.heading(words.key("wall.title"), need_mm=max(h_mm, 4 * 7.0) + 30)
    top_mm = sheet.y_mm
    sheet.picture(wall_picture(wall), MARGIN_MM, top_mm, w_mm, h_mm)
    _legend(sheet, words, MARGIN_MM + w_mm + 8, top_mm)
    sheet.y_mm = top_mm + max(h_mm, 4 * 7.0) + 3
    lit_m2 = sum(row.count(c) for row in wall.rows for c in SOLID) * wall.cell_m**2
    said = words.catalog.text(
        "wall.size",
        width=write_decimal(columns * wall.cell_m, words.locale, digits=1),
        height=write_decimal(rows * wall.cell_m, words.locale, digits=1),
        area=write_decimal(lit_m2, words.locale, digits=1),
    )
    sheet.paragraph(str(said))
    sheet.paragraph(words.key("wall.limit"), size_pt=SMALL_PT, colour=SOFT)


def _legend(sheet: PdfCanvas, words: Wording, x_mm: float, y_mm: float) -> None:
    for sides in FILL:
        one = wall_picture(Wall(cell_m=0.1, rows=(sides,)))
        sheet.picture(one, x_mm, y_mm, SWATCH_MM, SWATCH_MM)
        left_mm = x_mm + SWATCH_MM + 3
        sheet.put(words.key(f"wall.sides.{sides}"), left_mm, y_mm, width_mm=MARGIN_MM + BODY_W_MM - left_mm)
        y_mm += 7.0


def wall_picture(wall: Wall) -> Image.Image:
    """Return the map as a picture: a shade and as many dots as there were sides."""
    columns, rows = len(wall.rows[0]), len(wall.rows)
    cell_px = max(2, min(CELL_PX, PICTURE_MOST_PX // max(columns, rows)))
    image = Image.new("RGB", (columns * cell_px + 1, rows * cell_px + 1), FILL["0"])
    pen = ImageDraw.Draw(image)
    for y, row in enumerate(wall.rows):
        for x, sides in enumerate(row):
            left, top = x * cell_px, y * cell_px
            edge = EDGE if cell_px == CELL_PX else None
            pen.rectangle((left, top, left + cell_px, top + cell_px), fill=FILL[sides], outline=edge)
            for n in range(int(sides) if cell_px == CELL_PX else 0):
                middle, level = left + CELL_PX * (n + 1) // (int(sides) + 1), top + CELL_PX // 2
                half = DOT_PX // 2
                pen.rectangle((middle - half, level - half, middle + half, level + half), fill=DOT[sides])
    return image
