"""The web page around the screen: one HTML file with the words of both languages."""

from __future__ import annotations

import json
from functools import lru_cache
from html import escape
from importlib.resources import files

from firmware.i18n.catalog import LANGUAGES, Catalog, Language, catalog_for
from firmware.verdict.model import Level

FILE = "page.html"
WORDS = (
    "title", "up", "down", "ok", "back", "hold", "hold_up", "hold_down", "hold_ok", "hold_back",
    "save", "over", "lost", "local",
)  # fmt: skip


@lru_cache(maxsize=1)
def _template() -> str:
    return (files("firmware.handheld.browser") / FILE).read_text(encoding="utf-8")


def words_of(catalog: Catalog) -> dict[str, str]:
    """Return the words of the page in one language."""
    said = {word: str(catalog.text(f"window.{word}")) for word in WORDS}
    return said | {f"level.{level.value}": str(catalog.text(f"level.{level.value}")) for level in Level}


def page_html(*, nonce: str, header: str, lang: Language) -> str:
    """Return the page. It begins in ``lang`` and follows the handheld's language from then on."""
    words = {one: words_of(catalog_for(one)) for one in LANGUAGES}
    data = json.dumps({"words": words, "header": header, "lang": lang}, ensure_ascii=True)
    text = _template().replace("@NONCE@", escape(nonce)).replace("@LANG@", lang)
    return text.replace("@DATA@", data.replace("<", "\\u003c"))
