"""Draws every page on one picture, for the folder's page: Korean and English in turn.

python -m tests.firmware.handheld.screen.make_pages_picture
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from firmware.handheld.render import PAGES, render
from firmware.i18n.catalog import LANGUAGES
from tests.firmware.handheld.screen.sample_pages import filled

TARGET = Path(__file__).parents[4] / "firmware" / "handheld" / "screen" / "pages.png"
SIZE = (320, 240)
COLUMNS, GAP_PX, COLOURS = 5, 8, 96
GROUND = (96, 104, 114)


def main() -> None:
    """Write the picture."""
    w, h = SIZE[0] + GAP_PX, SIZE[1] + GAP_PX
    rows = -(-len(PAGES) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * w + GAP_PX, rows * h + GAP_PX), GROUND)
    for n, page in enumerate(PAGES):
        picture = render(filled(page, LANGUAGES[n % len(LANGUAGES)]), size=SIZE)
        sheet.paste(picture, (GAP_PX + n % COLUMNS * w, GAP_PX + n // COLUMNS * h))
    sheet.quantize(COLOURS, dither=Image.Dither.NONE).save(TARGET, optimize=True)
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
