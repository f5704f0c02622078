"""Every word of the lens sensor has a sentence in both languages."""

from __future__ import annotations

import pytest

from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from lensdetect.guidance import GUIDANCE_KEYS
from lensdetect.score import REASONS


@pytest.mark.parametrize("lang", LANGUAGES)
def test_guidance_and_reasons_are_sentences(lang: Language) -> None:
    keys = [f"guide.{k}" for k in GUIDANCE_KEYS] + [f"glint_why.{r}" for r in REASONS]
    assert [k for k in keys if k not in catalog_for(lang)] == []
