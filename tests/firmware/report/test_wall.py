"""The map of the wall: kept as the lens sensor gave it, drawn so that every cell can be read."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.records.build_record import WALL_CELLS_MOST, wall_of
from firmware.records.custody.errors import StoreDamaged
from firmware.records.custody.hash_chain import canonical
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import Wall, read_inspection
from firmware.report.formatting import Wording
from firmware.report.pdf_canvas import PdfCanvas
from firmware.report.wall import CELL_PX, DOT, FILL, PICTURE_MOST_PX, draw_wall, wall_picture
from tests.firmware.records.rooms import inspection
from tests.firmware.report.test_document import paper, text_of

KEY = UnitKey(bytes(32))
WALL = Wall(cell_m=0.1, rows=("0012", "0123", "3333"))


def test_the_map_is_kept_cell_by_cell() -> None:
    cells = np.array([[0, 0, 1, 2], [0, 1, 2, 3], [3, 3, 3, 3]], np.uint8)
    assert wall_of(cells, cell_m=0.1) == WALL
    assert wall_of(np.zeros((1, 1), np.uint8), cell_m=0.1) is None
    large = wall_of(np.ones((2000, 2000), np.uint8), cell_m=0.1)
    assert large is not None
    assert (len(large.rows), len(large.rows[0])) == (WALL_CELLS_MOST, WALL_CELLS_MOST)


def test_a_record_carries_the_map_and_reads_it_back() -> None:
    record = replace(inspection(KEY), wall=WALL)
    assert read_inspection(canonical(record.as_json())) == record
    plain = inspection(KEY).as_json()
    del plain["wall"], plain["country"]  # a record of before there were any
    assert read_inspection(canonical(plain)).wall is None
    for rows in (["9"], [""], [], ["x" * 9]):
        with pytest.raises(StoreDamaged):
            read_inspection(canonical(record.as_json() | {"wall": {"cell_m": 0.1, "rows": rows}}))


@given(st.lists(st.text("0123", min_size=3, max_size=3), min_size=1, max_size=4))
def test_every_cell_has_its_shade_and_its_dots(rows: list[str]) -> None:
    image = wall_picture(Wall(cell_m=0.1, rows=tuple(rows)))
    pixels = np.asarray(image)
    for y, row in enumerate(rows):
        for x, sides in enumerate(row):
            cell = pixels[y * CELL_PX + 1 : (y + 1) * CELL_PX, x * CELL_PX + 1 : (x + 1) * CELL_PX]
            assert tuple(cell[1, 1]) == FILL[sides]
            middle = (cell[CELL_PX // 2 - 1] == DOT[sides]).all(axis=1).astype(int)
            dots = int((np.diff(np.concatenate(([0], middle))) == 1).sum())
            assert dots == int(sides)


def drawn(wall: Wall, lang: Language) -> str:
    sheet = PdfCanvas(title="t", foot="f", utc_ns=0, lang=lang)
    with closing(sheet):
        sheet.new_page()
        draw_wall(sheet, wall, Wording(catalog_for(lang)))
        return text_of(sheet.bytes())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_map_says_its_shades_its_size_and_its_limit(lang: Language) -> None:
    catalog, text = catalog_for(lang), drawn(WALL, lang)
    assert catalog.text("wall.title") in text
    for sides in "0123":
        assert catalog.text(f"wall.sides.{sides}") in text
    assert "0.4 × 0.3 m" in " ".join(text.split())
    assert catalog.text("wall.limit").split()[0] in text


def test_a_report_has_the_map_where_the_record_has_one() -> None:
    title = catalog_for("en").text("wall.title")
    assert title in text_of(paper(replace(inspection(KEY), wall=WALL), "en"))


@pytest.mark.parametrize("rows", [("3" * 512,) * 2, ("1",) * 512, ("2" * 200,) * 200])
def test_any_map_fits_on_the_page(rows: tuple[str, ...]) -> None:
    assert drawn(Wall(cell_m=0.1, rows=rows), "ko")
    assert max(wall_picture(Wall(cell_m=0.1, rows=rows)).size) <= PICTURE_MOST_PX + 1
