"""The window's web server: this machine only, one secret in the address, no use to any other page."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from firmware.handheld.browser.frame_broker import FrameBroker, ShownFrame
from firmware.handheld.browser.page import page_html
from firmware.handheld.browser.token_server import HEADER, POLICY, TOKEN_BYTES, TokenHandler, TokenServer
from firmware.i18n.font import font_path
from hw.queued_buttons import BUTTONS

STREAMS_MOST = 8


class WindowServer(TokenServer):
    """Serves the pictures of one `FrameBroker` to the browsers of this machine. A context manager.

    Parameters
    ----------
    broker : FrameBroker
        What is shown, and where presses go.
    port : int
        0 takes any free one.

    Raises
    ------
    WindowTrouble
        The port is taken, or there is no loopback network.
    """

    def __init__(self, broker: FrameBroker, *, port: int = 0) -> None:
        self.broker = broker
        self.streams = threading.BoundedSemaphore(STREAMS_MOST)
        super().__init__(_Handler, port=port)

    def close(self) -> None:
        """End every stream and stop; may be called twice."""
        self.broker.end()
        super().close()


class _Handler(TokenHandler):
    owner: WindowServer

    def answers(self) -> Mapping[str, Callable[[], None]]:
        """Return the page, the picture, the stream of pictures and the font."""
        return {
            "": self._page,
            "screen.png": self._picture,
            "frames": self._frames,
            "font.otf": self._font,
        }

    def presses(self) -> Mapping[str, Callable[[Any], bool]]:
        """Return the buttons."""
        return {"press": self._press}

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(TOKEN_BYTES)
        frame = self.owner.broker.latest()
        html = page_html(nonce=nonce, header=HEADER, lang="en" if frame is None else frame.lang)
        self.send(html.encode(), "text/html; charset=utf-8", policy=POLICY.format(nonce=nonce))

    def _picture(self) -> None:
        frame = self.owner.broker.latest()
        if frame is None:
            self.refuse(HTTPStatus.NO_CONTENT)
            return
        tag = f'"{frame.number}"'
        if self.headers.get("If-None-Match") == tag:
            self.refuse(HTTPStatus.NOT_MODIFIED)
            return
        self.send(frame.png, "image/png", tag=tag)

    def _font(self) -> None:
        self.send(font_path().read_bytes(), "font/otf")

    def _frames(self) -> None:
        broker = self.owner.broker
        self.stream(self._news, is_over=lambda: broker.over, room=self.owner.streams)

    def _news(self, seen: int, timeout_s: float) -> tuple[int, bytes] | None:
        frame = self.owner.broker.wait(seen, timeout_s)
        return None if frame is None else (frame.number, _as_event(frame))

    def _press(self, said: Any) -> bool:
        button, long = said["button"], said["long"]
        if button not in BUTTONS or not isinstance(long, bool):
            return False
        self.owner.broker.press(button, long=long)
        return True


def _as_event(frame: ShownFrame) -> bytes:
    """Return a frame as one line of JSON."""
    shown = {
        "number": frame.number,
        "png": base64.b64encode(frame.png).decode("ascii"),
        "width": frame.width_px,
        "height": frame.height_px,
        "level": frame.level,
        "lang": frame.lang,
    }
    return json.dumps(shown, separators=(",", ":")).encode("ascii")
