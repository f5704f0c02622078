"""The phone page's web server: one address that was asked for, one secret, no picture of the panel."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from firmware.handheld.browser.phone_broker import PhoneBroker
from firmware.handheld.browser.phone_content import page_words
from firmware.handheld.browser.token_server import (
    HEADER,
    LOOPBACK,
    POLICY,
    TOKEN_BYTES,
    TokenHandler,
    TokenServer,
)
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.i18n.font import font_path

FILE = "phone.html"
STREAMS_MOST = 4
MakePdf = Callable[[Mapping[str, Any]], bytes]


class PhoneServer(TokenServer):
    """Serves the content of one `PhoneBroker` to a phone. A context manager.

    Parameters
    ----------
    broker : PhoneBroker
        What is shown, and where presses go.
    make_pdf : callable
        Makes the sheet to share out of the content of the page.
    lang : Language
        Of the page before the first moment is there.
    address, port, token
        As of `TokenServer`.

    Raises
    ------
    WindowTrouble
        The port is taken, or this machine has no such address.
    """

    def __init__(
        self,
        broker: PhoneBroker,
        make_pdf: MakePdf,
        *,
        lang: Language,
        address: str = LOOPBACK,
        port: int = 0,
        token: str = "",
    ) -> None:
        self.broker, self.make_pdf, self.lang = broker, make_pdf, lang
        self.streams = threading.BoundedSemaphore(STREAMS_MOST)
        super().__init__(_Handler, address=address, port=port, token=token)

    def close(self) -> None:
        """End every stream and stop; may be called twice."""
        self.broker.end()
        super().close()


def phone_html(*, nonce: str, lang: Language) -> str:
    """Return the page: it shows what it is sent, and holds the words that no moment changes."""
    words = {one: page_words(catalog_for(one)) for one in LANGUAGES}
    data = json.dumps({"words": words, "header": HEADER, "lang": lang}, ensure_ascii=True)
    text = (files("firmware.handheld.browser") / FILE).read_text(encoding="utf-8")
    text = text.replace("@NONCE@", nonce).replace("@LANG@", lang)
    return text.replace("@DATA@", data.replace("<", "\\u003c"))


class _Handler(TokenHandler):
    owner: PhoneServer

    def answers(self) -> Mapping[str, Callable[[], None]]:
        """Return the page, the stream of its content, the sheet to share and the font."""
        return {
            "": self._page,
            "moments": self._moments,
            "ansim.pdf": self._pdf,
            "font.otf": lambda: self.send(font_path().read_bytes(), "font/otf"),
        }

    def presses(self) -> Mapping[str, Callable[[Any], bool]]:
        """Return what the page's buttons send."""
        return {"press": self.owner.broker.press}

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(TOKEN_BYTES)
        content = self.owner.broker.content
        lang = self.owner.lang if content is None else content["lang"]
        html = phone_html(nonce=nonce, lang=lang)
        self.send(html.encode(), "text/html; charset=utf-8", policy=POLICY.format(nonce=nonce))

    def _pdf(self) -> None:
        content = self.owner.broker.content
        if content is None:
            self.refuse(HTTPStatus.NO_CONTENT)
            return
        self.send(self.owner.make_pdf(content), "application/pdf")

    def _moments(self) -> None:
        broker = self.owner.broker
        self.stream(self._news, is_over=lambda: broker.over, room=self.owner.streams)

    def _news(self, seen: int, timeout_s: float) -> tuple[int, bytes] | None:
        news = self.owner.broker.wait(seen, timeout_s)
        return None if news is None else (news[0], news[1].encode("ascii"))
