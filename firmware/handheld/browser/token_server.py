"""A web server behind one secret in its address: for a page of this machine, or of one phone on a cable.

What keeps others out, each by itself enough for the case it is for:

* the socket listens on one address that whoever started the run chose, the loopback unless asked otherwise;
* every path begins with 128 random bits that only whoever started the run was told;
* a request under another host name is refused, so that a name that was rebound to the address is no way in;
* a press must be JSON with a header that a page of another origin cannot send without being asked first, and
  the browser's own word on where it comes from must not be another site.
"""

from __future__ import annotations

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
from typing import Any, TypeVar

from firmware.errors import WindowTrouble
from firmware.log import get_logger
from hw.closing import Closing

LOOPBACK = "127.0.0.1"
TOKEN_BYTES = 16
BODY_MOST = 256  # bytes of a press
CLIENT_TIMEOUT_S = 10.0  # a client that says nothing for so long is dropped
HEARTBEAT_S = 2.0  # of a stream without news: shows a reader that went away
CONNECTIONS_MOST = 32  # at once, streams included: two pages need ten
REQUEST_MOST_S = 10.0  # from the first byte of a request to its answer, however slowly it trickles in
HEADER = "X-Ansim-Window"
NOTHING = "default-src 'none'"
POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
    "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
T = TypeVar("T")
# Number and data of the newest event, once it is another than the one seen; None after a while in vain.
News = Callable[[int, float], tuple[int, bytes] | None]
log = get_logger(__name__)


class TokenServer(Closing):
    """Serves one kind of handler on a thread of its own. A context manager.

    Parameters
    ----------
    handler : type
        A `TokenHandler`; made for every request.
    address : str
        The address of this machine that it listens on.
    port : int
        0 takes any free one.
    token : str
        The secret of the address; empty draws a new one.

    Raises
    ------
    WindowTrouble
        The port is taken, or this machine has no such address.
    """

    def __init__(
        self, handler: type[TokenHandler], *, address: str = LOOPBACK, port: int = 0, token: str = ""
    ) -> None:
        self.token = token or secrets.token_urlsafe(TOKEN_BYTES)
        self.address = address
        try:
            self._server = _Server((address, port), partial(handler, self))
        except (OSError, OverflowError) as error:
            hint = "Choose another one with --port, or leave it out."
            raise WindowTrouble(
                f"The page cannot be served at {address}, port {port}: {error}", hint=hint
            ) from error
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="ansim-window", daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to open; who has it may press the buttons."""
        return f"http://{self.address}:{self.port}/{self.token}/"

    @property
    def names(self) -> tuple[str, ...]:
        """The host names under which it answers."""
        return (self.address, "localhost") if self.address == LOOPBACK else (self.address,)

    def close(self) -> None:
        """Stop; may be called twice."""
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


class TokenHandler(BaseHTTPRequestHandler):
    """Answers one request: only what `answers` and `presses` name, and only behind the secret."""

    server_version, sys_version = "ansim", ""
    timeout = CLIENT_TIMEOUT_S

    def __init__(self, owner: TokenServer, *args: Any) -> None:
        self.owner = owner
        super().__init__(*args)

    def answers(self) -> Mapping[str, Callable[[], None]]:
        """Return what can be read, by the last part of its path."""
        return {}

    def presses(self) -> Mapping[str, Callable[[Any], bool]]:
        """Return what can be pressed: each takes the JSON that came, and says whether it was understood."""
        return {}

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
        """Answer with what was asked for."""
        answer = self._routed(self.answers())
        if answer is not None:
            answer()

    def do_POST(self) -> None:
        """Take a press."""
        press = self._routed(self.presses())
        if press is None:
            return
        if not self._is_own():
            self.refuse(HTTPStatus.FORBIDDEN)
            return
        try:
            said = json.loads(self.rfile.read(max(0, min(int(self.headers["Content-Length"]), BODY_MOST))))
            understood = press(said)
        except (ValueError, TypeError, KeyError, RecursionError):
            understood = False
        self.refuse(HTTPStatus.NO_CONTENT if understood else HTTPStatus.BAD_REQUEST)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as in http.server
        """Keep the token out of every log."""

    def _routed(self, by_path: Mapping[str, T]) -> T | None:
        """Return what stands behind the secret at this path; refuse all else, and other host names."""
        if self.headers.get("Host", "") not in {f"{name}:{self.owner.port}" for name in self.owner.names}:
            self.refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        _, token, *rest = [*self.path.partition("?")[0].split("/"), ""][:3]
        known = hmac.compare_digest(token.encode("utf-8", "replace"), self.owner.token.encode())
        found = by_path.get("".join(rest)) if known and self.path.count("/") == 2 else None
        if found is None:
            self.refuse(HTTPStatus.NOT_FOUND)
        return found

    def _is_own(self) -> bool:
        origins = {f"http://{name}:{self.owner.port}" for name in self.owner.names}
        return (
            self.headers.get("Origin", min(origins)) in origins
            and self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
            and self.headers.get(HEADER) == "1"
            and self.headers.get_content_type() == "application/json"
        )

    def stream(self, news: News, *, is_over: Callable[[], bool], room: threading.BoundedSemaphore) -> None:
        """Send server-sent events until the run or the reader ends; refuse where there is no room for one."""
        if not room.acquire(blocking=False):
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        try:
            self._deadline.cancel()
            self.start(HTTPStatus.OK, "text/event-stream")
            self._send_events(news, is_over)
        except OSError:
            return  # the reader went away
        finally:
            room.release()

    def _send_events(self, news: News, is_over: Callable[[], bool]) -> None:
        seen = 0
        while not is_over():
            event = news(seen, HEARTBEAT_S)
            if event is not None:
                seen, data = event
                self.wfile.write(b"data: " + data + b"\n\n")
            elif not is_over():
                self.wfile.write(b": still here\n\n")
        self.wfile.write(b"event: over\ndata: {}\n\n")

    def start(self, status: HTTPStatus, kind: str = "", *, policy: str = NOTHING, tag: str = "") -> None:
        """Send the status and the headers of an answer."""
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

    def send(self, body: bytes, kind: str, *, policy: str = NOTHING, tag: str = "") -> None:
        """Send a whole answer."""
        with suppress(OSError):
            self.start(HTTPStatus.OK, kind, policy=policy, tag=tag)
            self.wfile.write(body)

    def refuse(self, status: HTTPStatus) -> None:
        """Answer with a status alone."""
        with suppress(OSError):
            self.start(status)
