"""The window's web server: this machine only, one secret in the address, no use to any other page.

What keeps others out, each by itself enough for the case it is for:

* the socket listens on 127.0.0.1, so that no other machine reaches it;
* every path begins with 128 random bits that only whoever started the run was told;
* a request under another host name is refused, so that a name that was rebound to 127.0.0.1 is no way in;
* a press must be JSON with a header that a page of another origin cannot send without being asked first, and
  the browser's own word on where it comes from must not be another site.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from firmware.errors import WindowTrouble
from firmware.handheld.browser.frame_broker import FrameBroker, ShownFrame
from firmware.handheld.browser.page import page_html
from firmware.i18n.font import font_path
from firmware.log import get_logger
from hw.closing import Closing
from hw.queued_buttons import BUTTONS

HOST = "127.0.0.1"
NAMES = (HOST, "localhost")
TOKEN_BYTES = 16
BODY_MOST = 256  # bytes of a press
CLIENT_TIMEOUT_S = 10.0  # a client that says nothing for so long is dropped
HEARTBEAT_S = 2.0  # of a stream without news: shows a client that went away
STREAMS_MOST = 8
CONNECTIONS_MOST = 32  # at once, streams included: two pages need ten
REQUEST_MOST_S = 10.0  # from the first byte of a request to its answer, however slowly it trickles in
HEADER = "X-Ansim-Window"
NOTHING = "default-src 'none'"
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
log = get_logger(__name__)


class WindowServer(Closing):
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
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.streams = threading.BoundedSemaphore(STREAMS_MOST)
        try:
            self._server = _Server((HOST, port), partial(_Handler, broker, self))
        except (OSError, OverflowError) as error:
            hint = "Choose another one with --port, or leave it out."
            raise WindowTrouble(f"The window cannot be served at port {port}: {error}", hint=hint) from error
        self.port = int(self._server.server_address[1])
        self._broker = broker
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="ansim-window", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to open; who has it may press the buttons."""
        return f"http://{HOST}:{self.port}/{self.token}/"

    def close(self) -> None:
        """End every stream and stop; may be called twice."""
        self._broker.end()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(CLIENT_TIMEOUT_S)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True  # a port of a moment ago; two listeners at once stay impossible
    request_queue_size = 32

    def __init__(self, *args: Any) -> None:
        self._free = threading.BoundedSemaphore(CONNECTIONS_MOST)
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer on a thread of its own, or hang up where there are too many already."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer one request, then make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Say nothing on the terminal: a browser that went away is no error."""
        log.debug("window request failed", client=str(client_address), exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server_version, sys_version = "ansim", ""
    timeout = CLIENT_TIMEOUT_S

    def __init__(self, broker: FrameBroker, owner: WindowServer, *args: Any) -> None:
        self._broker, self._owner = broker, owner
        super().__init__(*args)

    def setup(self) -> None:
        """Give the request a time by which it must be there whole."""
        super().setup()
        self._deadline = threading.Timer(REQUEST_MOST_S, self._hang_up)
        self._deadline.daemon = True
        self._deadline.start()

    def finish(self) -> None:
        """Let go of the connection."""
        self._deadline.cancel()
        super().finish()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_GET(self) -> None:
        """Answer with the page, the picture or the stream of pictures."""
        answers = {
            "": self._page,
            "screen.png": self._picture,
            "frames": self._frames,
            "font.otf": self._font,
        }
        self._route(answers)

    def do_POST(self) -> None:
        """Take a press."""
        self._route({"press": self._press})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in http.server
        """Keep the token out of every log."""

    def _route(self, answers: Mapping[str, Callable[[], None]]) -> None:
        if self.headers.get("Host", "") not in {f"{name}:{self._owner.port}" for name in NAMES}:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        _, token, *rest = [*self.path.partition("?")[0].split("/"), ""][:3]
        known = hmac.compare_digest(token.encode("utf-8", "replace"), self._owner.token.encode())
        answer = answers.get("".join(rest)) if known and self.path.count("/") == 2 else None
        if answer is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        answer()

    def _page(self) -> None:
        nonce = secrets.token_urlsafe(TOKEN_BYTES)
        frame = self._broker.latest()
        html = page_html(nonce=nonce, header=HEADER, lang="en" if frame is None else frame.lang)
        self._send(html.encode(), "text/html; charset=utf-8", policy=POLICY.format(nonce=nonce))

    def _picture(self) -> None:
        frame = self._broker.latest()
        if frame is None:
            self._refuse(HTTPStatus.NO_CONTENT)
            return
        tag = f'"{frame.number}"'
        if self.headers.get("If-None-Match") == tag:
            self._refuse(HTTPStatus.NOT_MODIFIED)
            return
        self._send(frame.png, "image/png", tag=tag)

    def _font(self) -> None:
        self._send(font_path().read_bytes(), "font/otf")

    def _frames(self) -> None:
        if not self._owner.streams.acquire(blocking=False):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._deadline.cancel()  # a stream ends when its reader does
            self._start(HTTPStatus.OK, "text/event-stream")
            self._stream()
        except OSError:
            return  # the browser went away
        finally:
            self._owner.streams.release()

    def _stream(self) -> None:
        seen = 0
        while not self._broker.over:
            frame = self._broker.wait(seen, HEARTBEAT_S)
            if frame is not None:
                seen = frame.number
                self.wfile.write(b"data: " + _as_event(frame) + b"\n\n")
            elif not self._broker.over:
                self.wfile.write(b": still here\n\n")
        self.wfile.write(b"event: over\ndata: {}\n\n")

    def _press(self) -> None:
        if not self._is_own():
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        try:
            said = json.loads(self.rfile.read(max(0, min(int(self.headers["Content-Length"]), BODY_MOST))))
            button, long = said["button"], said["long"]
        except (ValueError, TypeError, KeyError, RecursionError):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        if button not in BUTTONS or not isinstance(long, bool):
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        self._broker.press(button, long=long)
        self._refuse(HTTPStatus.NO_CONTENT)

    def _is_own(self) -> bool:
        origins = {f"http://{name}:{self._owner.port}" for name in NAMES}
        return (
            self.headers.get("Origin", min(origins)) in origins
            and self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
            and self.headers.get(HEADER) == "1"
            and self.headers.get_content_type() == "application/json"
        )

    def _start(self, status: HTTPStatus, kind: str = "", *, policy: str = NOTHING, tag: str = "") -> None:
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("ETag", tag)):
            if value:
                self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", policy)
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.end_headers()

    def _send(self, body: bytes, kind: str, *, policy: str = NOTHING, tag: str = "") -> None:
        with suppress(OSError):
            self._start(HTTPStatus.OK, kind, policy=policy, tag=tag)
            self.wfile.write(body)

    def _refuse(self, status: HTTPStatus) -> None:
        with suppress(OSError):
            self._start(status)


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
