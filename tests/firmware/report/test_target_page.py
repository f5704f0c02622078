"""The printed page holds its shapes where the measurement looks for them, and its words in both languages."""

from __future__ import annotations

import re
import zlib

import cv2
import numpy as np

from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.report.pdf_words import STREAM, pdf_words
from firmware.report.target_page import ABOVE, BELOW, draw_target
from lensdetect.target import find_target
from lensdetect.target_layout import PAGE_MM

DOTS_PER_MM = 4
MM_PER_PT = 25.4 / 72


def drawn_page() -> np.ndarray:
    """Draw the fills of the PDF with a reader of its own: rectangles and polygons, in their colour."""
    streams = [zlib.decompress(s) for s in STREAM.findall(draw_target()) if s[:1] == b"x"]
    content = next(s for s in streams if b" re f" in s or b" re\nf" in s).decode("latin-1")
    page = np.full((round(PAGE_MM[1] * DOTS_PER_MM), round(PAGE_MM[0] * DOTS_PER_MM)), 255, np.uint8)
    grey, path = 0.0, []
    for line in content.splitlines():
        words = line.split()
        if words and words[-1] in ("rg", "g"):
            grey = float(np.mean([float(v) for v in words[:-1]]))
        rectangle = re.match(r"([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re f", line)
        if rectangle:
            x, y, w, h = (float(v) for v in rectangle.groups())
            path = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
            _fill(page, path, grey)
        if words and words[-1] in ("m", "l"):
            path = [*([] if words[-1] == "m" else path), (float(words[-3]), float(words[-2]))]
        if words and words[-1] in ("f", "h") and len(path) > 2 and not rectangle:
            _fill(page, path, grey)
    return page


def _fill(page: np.ndarray, corners_pt: list[tuple[float, float]], grey: float) -> None:
    dots = np.array(corners_pt) * MM_PER_PT * DOTS_PER_MM
    dots[:, 1] = page.shape[0] - dots[:, 1]
    cv2.fillPoly(page, [np.round(dots).astype(np.int32)], round(255 * grey))


def test_the_measurement_finds_the_printed_page_in_its_place() -> None:
    page = drawn_page()
    framed = cv2.copyMakeBorder(page, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=160)
    found = find_target(framed.astype(np.float32) / 2)
    assert found is not None
    middle = found.to_px([[148.5, 105.0]])[0] - 60
    assert np.allclose(middle / DOTS_PER_MM, [148.5, 105.0], atol=0.5)


def test_black_is_where_it_is_measured_and_paper_is_free() -> None:
    page = drawn_page()

    def at(x: float, y: float) -> int:
        return int(page[round(y * DOTS_PER_MM), round(x * DOTS_PER_MM)])

    assert [at(x, y) for x, y in ((148.5, 105), (66, 66), (231, 144))] == [0, 0, 0]
    assert [at(x, y) for x, y in ((199, 105), (112, 66), (185, 66), (50, 50))] == [255] * 4
    assert 60 < at(112, 144) < 220  # an ink is a colour


def test_what_to_do_stands_on_it_in_both_languages() -> None:
    text = re.sub(r"\s", "", pdf_words(draw_target()))
    for lang in LANGUAGES:
        for key in ("calibrate.page.title", *ABOVE, *BELOW):
            assert re.sub(r"\s", "", str(catalog_for(lang).text(key))) in text, (lang, key)


def test_the_same_page_is_the_same_bytes() -> None:
    assert draw_target() == draw_target()
