"""A glint behind an alarm is sketched where it stood, in words and pixels, with no picture of the room."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.i18n.catalog import LANGUAGES, Catalog, Language, catalog_for
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import Inspection
from firmware.report.eye_field import SKETCHES_MOST, marks_of, position_words, svg_of
from firmware.report.formatting import Wording
from firmware.report.html_summary import Scan, summary_html
from firmware.sensor import Views
from firmware.verdict.whereabouts import Whereabouts, locate
from lensdetect.model import LensView
from tests.firmware.records.rooms import inspection
from tests.firmware.report.test_document import paper, text_of
from tests.firmware.sensors import engine_for, glint
from tests.firmware.verdict.feeding import tick
from tests.firmware.verdict.test_whereabouts import FRAME

KEY = UnitKey(bytes(32))
GLINT = Whereabouts(sensor="lens", subject="lens:3", x=0.9, y=0.25, hour=2, width_px=320, height_px=240)
PHONE = Whereabouts(sensor="wifi", subject="ca:fe", level_dbm=-40.0, channel_mhz=2437)


def record_with(*located: dict[str, Any]) -> Inspection:
    plain = inspection(KEY)
    return replace(plain, verdict={**plain.verdict, "whereabouts": list(located)})


def test_a_glint_is_located_with_the_size_of_its_picture() -> None:
    view = LensView(frame=FRAME, glints=(), reasons={}, guidance="go_on", coverage_map=FRAME.pixels)
    (mark,) = marks_of(locate([replace(glint(3), x_px=288.0, y_px=60.0)], Views(lens=view)))
    assert (mark.subject, mark.x, mark.y, mark.size_px) == ("lens:3", 0.9, 0.25, (320, 240))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_report_says_direction_and_pixel_beside_the_alarm(lang: Language) -> None:
    said = text_of(paper(record_with(GLINT.as_json(), PHONE.as_json()), lang)).replace("\n", " ")
    words = Wording(catalog_for(lang))
    (mark,) = marks_of([GLINT])
    squeezed = said.replace(" ", "")
    for text in (position_words(mark, words), words.catalog.say(mark.said), words.key("paper.eye.limit")):
        assert str(text).replace(" ", "") in squeezed
    assert "288" in position_words(mark, words)
    without = text_of(paper(record_with(PHONE.as_json()), lang)).replace("\n", " ").replace(" ", "")
    assert words.key("paper.eye.limit").replace(" ", "") not in without


def test_a_picture_of_unknown_size_has_no_pixel() -> None:
    (mark,) = marks_of([replace(GLINT, width_px=None)])
    assert mark.size_px is None
    assert "320" not in position_words(mark, Wording(catalog_for("en")))


@given(
    x=st.floats(allow_nan=False), y=st.floats(allow_nan=False), width=st.integers(), height=st.integers(),
    hour=st.integers(min_value=0, max_value=12),
)  # fmt: skip
def test_no_number_of_a_record_leaves_the_sketch(
    x: float, y: float, width: int, height: int, hour: int
) -> None:
    (mark,) = marks_of([replace(GLINT, x=x, y=y, width_px=width, height_px=height, hour=hour)])
    assert 0.0 <= mark.x <= 1.0
    assert 0.0 <= mark.y <= 1.0
    assert 1 / 8 <= mark.aspect <= 8
    assert "nan" not in svg_of(mark)


def test_a_hostile_record_is_drawn_with_few_sketches() -> None:
    many = [
        replace(GLINT, subject=f"\x00<b>{n}" + "가" * 500, x=1e308, width_px=1, height_px=10**9).as_json()
        for n in range(40)
    ]
    assert paper(record_with(*many), "ko").startswith(b"%PDF")
    assert len(marks_of([GLINT] * 40)) == SKETCHES_MOST


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_web_page_says_where_and_sketches_the_glint(lang: Language) -> None:
    verdict = tick(engine_for(), 1.0).verdict
    scan = Scan(
        title="t", when="now", simulated=True, verdict=verdict, observations=(), counts=(), screens=(),
        whereabouts=(GLINT, PHONE),
    )  # fmt: skip
    html, catalog = summary_html(scan, Catalog(lang)), Catalog(lang)
    assert html.count("<svg") == 1
    assert str(catalog.text("paper.where")) in html
    assert "288" in html
    assert "<svg" not in summary_html(replace(scan, whereabouts=(PHONE,)), catalog)
