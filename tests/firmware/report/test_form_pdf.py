"""The printed form holds every cell, goes on over pages, and the certificate says what it does not mean."""

from __future__ import annotations

import pytest

from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.report import form_pdf as module
from firmware.report.form_pdf import WIDTHS_MM, certificate_pdf, form_pdf
from firmware.report.formatting import Wording
from firmware.report.inspection_form import InspectionForm, form_of
from firmware.report.pdf_canvas import BODY_W_MM
from tests.firmware.report.site_record import ENTRY, alarmed_site, quiet_site, site, visit
from tests.firmware.report.test_inspection_form import HEAD


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    put = module.PdfCanvas.put

    def listen(sheet: module.PdfCanvas, text: str, *args: float, **more: object) -> object:
        texts.append(text)
        return put(sheet, text, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(module.PdfCanvas, "put", listen)
    return texts


def joined(texts: list[str]) -> str:
    return "".join("".join(texts).split())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cell_head_sum_and_box_is_drawn(lang: Language, said: list[str]) -> None:
    form = form_of(alarmed_site(), ENTRY, HEAD, Wording(catalog_for(lang)))
    assert form_pdf(form).startswith(b"%PDF")
    cells = [*form.columns, *(c for row in form.rows for c in row), *(v for _, v in form.head), *form.sums]
    for text in [*cells, *form.approval, form.foot, form.notice]:
        assert "".join(text.split()) in joined(said), text


def test_the_columns_fill_the_page_and_a_long_site_goes_on() -> None:
    assert sum(WIDTHS_MM) == pytest.approx(BODY_W_MM)
    many = form_of(
        site(*(visit(n) for n in range(1, 121)), planned=120), ENTRY, HEAD, Wording(catalog_for("ko"))
    )
    assert form_pdf(many).count(b"/Type /Page\n") > 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_certificate_has_its_limit_on_it(lang: Language, said: list[str]) -> None:
    words = Wording(catalog_for(lang))
    form: InspectionForm = form_of(quiet_site(), ENTRY, HEAD, words)
    lines = [words.key("form.certificate.said"), words.key("form.certificate.limit")]
    assert certificate_pdf(form, lines, word=words.key("form.certificate")).startswith(b"%PDF")
    assert form.notice
    for text in (*lines, words.key("form.certificate"), HEAD.agency, form.foot, form.notice):
        assert "".join(text.split()) in joined(said), text
