"""The sheet of the phone page holds every sentence of it, in its language, and says that it is no record."""

from __future__ import annotations

import io

import pytest

from firmware.handheld.browser.phone_content import content_of
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.report.phone_sheet import phone_sheet
from tests.firmware.handheld.browser.phone_run import MOMENT, state_at

WHEN, UTC_NS = "2026-11-22 12:00", 1_795_348_800_000_000_000


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sheet_says_what_the_page_says(lang: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    from firmware.report import phone_sheet as module

    said: list[str] = []
    put = module.PdfCanvas.put
    monkeypatch.setattr(
        module.PdfCanvas, "put", lambda sheet, text, *a, **k: said.append(text) or put(sheet, text, *a, **k)
    )
    content = content_of(MOMENT, state_at("result", lang), silent=False, seen_at={})
    pdf = phone_sheet(content, catalog_for(lang), utc_ns=UTC_NS, when=WHEN)
    assert pdf.startswith(b"%PDF")
    words = "".join("".join(said).split())
    single = [content[key] for key in ("word", "meaning", "chance", "simulated")]
    listed = [*content["steps"], *content["lines"], *content["limits"], content["found"][0]["where"]]
    for text in (*single, *listed, str(catalog_for(lang).text("phone.pdf_made", when=WHEN))):
        assert "".join(text.split()) in words, text
    assert phone_sheet(content, catalog_for(lang), utc_ns=UTC_NS, when=WHEN) == pdf
    assert len(io.BytesIO(pdf).getvalue()) < 200_000
