"""The window over real HTTP: pictures out, presses in, and nobody else's hands on the buttons."""

from __future__ import annotations

import http.client
import io
import json
import socket
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from dataclasses import replace as changed

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from firmware.errors import WindowTrouble
from firmware.handheld.browser import server as server_module
from firmware.handheld.browser.frame_broker import FrameBroker
from firmware.handheld.browser.page import WORDS, page_html
from firmware.handheld.browser.server import WindowServer
from firmware.handheld.browser.token_server import HEADER
from firmware.handheld.panel import Panel, PanelStyle
from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level, Verdict
from hw.queued_buttons import PRESSES_MOST
from hw.types import ButtonPress

VERDICT = Verdict(
    level=Level.CHECK, probability=0.2, prior=0.005, log_lr=3.0, share_caught=0.6,
    coverage={"rf": 0.5, "wifi": 0.5, "ble": 0.5, "lens": 0.5}, contributions=(),
)  # fmt: skip
MOMENT = Snapshot(
    t_ns=7_000_000_000, elapsed_s=7.0, phase="scanning", inspection=1, verdict=VERDICT, sensors=(),
    findings=(),
)  # fmt: skip
STRANGERS = ("evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", "")


def picture(grey: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    return Image.new("RGB", size, (grey, 0, 0))


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: http.client.HTTPMessage


class Client:
    """Speaks to the window as a browser, or as somebody who should not."""

    def __init__(self, server: WindowServer) -> None:
        self.server = server

    def ask(
        self,
        method: str,
        path: str = "",
        body: bytes | None = None,
        *,
        root: str = "",
        **headers: str,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=5)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        base = root or f"/{self.server.token}/"
        connection.request(method, base + path, body, sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.read(), response.headers)
        connection.close()
        return answer

    def press(self, said: object, **headers: str) -> int:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        own = {HEADER: "1", "Content_Type": "application/json"}
        return self.ask("POST", "press", body, **(own | headers)).status


@contextmanager
def served() -> Iterator[tuple[FrameBroker, Client]]:
    broker = FrameBroker("en")
    with WindowServer(broker) as server:
        yield broker, Client(server)


def test_the_page_stands_alone_and_says_everything_in_both_languages() -> None:
    with served() as (broker, client):
        broker.show(picture(1), MOMENT)
        answer = client.ask("GET")
        html = answer.body.decode()
        assert answer.status == 200
        nonce = html.split('nonce="')[1].split('"')[0]
        assert f"script-src 'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert html.count(f'nonce="{nonce}"') == 3
        assert client.ask("GET").body.decode().split('nonce="')[1].split('"')[0] != nonce
        words = json.loads(html.split(f'application/json" nonce="{nonce}">')[1].split("</script>")[0])[
            "words"
        ]
        for lang in LANGUAGES:
            assert words[lang]["level.check"] == catalog_for(lang).text("level.check")
            assert {w for w in WORDS if not words[lang][w]} == set()
        assert "http:" not in html.replace("http-equiv", "")
        assert "@" not in html.replace("@font-face", "").replace("@media", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_that_the_page_asks_for_is_there(lang: str) -> None:
    html = page_html(nonce="n", header=HEADER, lang="ko")
    asked = {part.split('"')[0] for part in html.split('data-word="')[1:]}
    assert asked <= set(WORDS)
    assert {"over", "lost", "title"} <= set(WORDS)


def test_pictures_come_as_they_change_and_only_then() -> None:
    with served() as (broker, client):
        assert client.ask("GET", "screen.png").status == 204
        broker.show(picture(10), MOMENT)
        first = client.ask("GET", "screen.png")
        with Image.open(io.BytesIO(first.body)) as image:
            assert (image.size, image.getpixel((5, 5))) == ((320, 240), (10, 0, 0))
        assert client.ask("GET", "screen.png", If_None_Match=first.headers["ETag"]).status == 304
        broker.show(picture(10), MOMENT)
        assert client.ask("GET", "screen.png", If_None_Match=first.headers["ETag"]).status == 304
        broker.show(picture(11), MOMENT)
        assert client.ask("GET", "screen.png", If_None_Match=first.headers["ETag"]).status == 200


def test_the_stream_brings_every_new_picture_and_says_when_it_is_over() -> None:
    with served() as (broker, client):
        broker.show(picture(20), MOMENT)
        connection = http.client.HTTPConnection("127.0.0.1", client.server.port, timeout=5)
        connection.request("GET", f"/{client.server.token}/frames")
        stream = connection.getresponse()
        greys = []
        for grey in (20, 30, 40):
            if grey != 20:
                broker.show(picture(grey, (240, 240)), MOMENT)
            event = json.loads(stream.readline().removeprefix(b"data: "))
            stream.readline()
            with Image.open(io.BytesIO(b64decode(event["png"]))) as image:
                greys.append(image.getpixel((0, 0))[0])
                assert image.size == (event["width"], event["height"])
            assert (event["level"], event["lang"]) == ("check", "en")
        assert greys == [20, 30, 40]
        broker.end()
        assert stream.readline() == b"event: over\n"
        connection.close()


def test_the_page_follows_the_language_of_the_handheld() -> None:
    broker = FrameBroker("ko")
    broker.show(picture(1), MOMENT)
    frame = broker.latest()
    assert frame is not None
    assert frame.lang == "ko"
    broker.follow(lambda: "en")
    broker.show(picture(2), MOMENT)
    assert broker.latest().lang == "en"  # type: ignore[union-attr]


def test_presses_reach_the_panel_at_the_time_of_the_picture() -> None:
    with served() as (broker, client):
        broker.show(picture(1), MOMENT)
        assert client.press({"button": "down", "long": False}) == 204
        assert client.press({"button": "ok", "long": True}) == 204
        assert list(broker.poll()) == [
            ButtonPress(t_ns=MOMENT.t_ns, button="down", long=False),
            ButtonPress(t_ns=MOMENT.t_ns, button="ok", long=True),
        ]
        assert list(broker.poll()) == []


def test_a_flood_of_presses_is_bounded() -> None:
    broker = FrameBroker("en")
    for _ in range(10_000):
        broker.press("ok", long=False)
    assert len(broker.poll()) == PRESSES_MOST


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {HEADER: "0"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
    ],
    ids=str,
)
def test_a_press_from_another_page_is_refused(headers: dict[str, str]) -> None:
    with served() as (broker, client):
        assert client.press({"button": "ok", "long": True}, **headers) == 403
        assert list(broker.poll()) == []
        own = {"Origin": f"http://127.0.0.1:{client.server.port}", "Sec_Fetch_Site": "same-origin"}
        assert client.press({"button": "ok", "long": True}, **own) == 204


@pytest.mark.parametrize("host", STRANGERS)
def test_another_host_name_is_refused(host: str) -> None:
    with served() as (broker, client):
        broker.show(picture(1), MOMENT)
        name = host.format(port=client.server.port)
        for path in ("", "screen.png", "frames"):
            answer = client.ask("GET", path, Host=name)
            assert (answer.status, answer.body) == (421, b"")
        assert client.press({"button": "ok", "long": True}, Host=name) == 421
        assert client.ask("GET", Host=f"localhost:{client.server.port}").status == 200


def test_without_the_secret_there_is_nothing() -> None:
    with served() as (broker, client):
        broker.show(picture(1), MOMENT)
        token = client.server.token
        for root in ("/", "//", "/favicon.ico", "/x/", f"/{token[:-1]}/", f"/{token}/../"):
            for path in ("", "screen.png", "frames"):
                answer = client.ask("GET", path, root=root)
                assert (answer.status, answer.body) == (404, b"")
        assert client.ask("POST", "press", b"{}", root="/nothing/").status == 404
        assert client.ask("GET", "press").status == 404
        assert client.ask("DELETE").status == 501
        assert len({WindowServerToken() for _ in range(8)}) == 8


def WindowServerToken() -> str:  # noqa: N802 - reads as what it counts
    with WindowServer(FrameBroker("en")) as server:
        return server.token


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("ok"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["button", "long", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
).map(lambda value: json.dumps(value).encode())


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300) | VALUES)
def test_any_body_is_a_press_or_a_plain_refusal(body: bytes, one_window: tuple[FrameBroker, Client]) -> None:
    broker, client = one_window
    status = client.press(body)
    presses = broker.poll()
    assert status in {204, 400}
    assert len(presses) == (status == 204)
    assert all(p.button in {"up", "down", "ok", "back"} and isinstance(p.long, bool) for p in presses)


@pytest.fixture(scope="module")
def one_window() -> Iterator[tuple[FrameBroker, Client]]:
    with served() as pair:
        yield pair


def test_it_listens_on_this_machine_alone() -> None:
    with served() as (_, client):
        assert client.server._server.server_address[0] == "127.0.0.1"
        assert client.server.url.startswith("http://127.0.0.1:")


def test_it_closes_at_once_with_streams_open_and_frees_its_port() -> None:
    broker = FrameBroker("en")
    server = WindowServer(broker)
    streams = []
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
        connection.request("GET", f"/{server.token}/frames")
        streams.append(connection.getresponse())
    server.close()
    for stream in streams:
        assert b"over" in stream.read()
    assert not server._thread.is_alive()
    with WindowServer(FrameBroker("en"), port=server.port) as again:
        assert again.port == server.port
        with pytest.raises(WindowTrouble):
            WindowServer(FrameBroker("en"), port=again.port)
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()


def test_more_streams_than_there_is_room_for_are_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "STREAMS_MOST", 2)
    with served() as (_, client):
        held = []
        for _ in range(2):
            connection = http.client.HTTPConnection("127.0.0.1", client.server.port, timeout=5)
            connection.request("GET", f"/{client.server.token}/frames")
            held.append(connection.getresponse())
        assert client.ask("GET", "frames").status == 503


def test_a_whole_handheld_in_a_window() -> None:
    broker = FrameBroker("en")
    look = PanelStyle(lang="en", theme="dark", silent=True)
    panel = Panel(look, until_s=None, simulated=True, also_show=broker.show, also_poll=broker.poll)
    broker.follow(lambda: panel.look.lang)
    with WindowServer(broker) as server:
        client = Client(server)
        panel.watch(MOMENT)
        home = client.ask("GET", "screen.png").body
        assert client.press({"button": "down", "long": False}) == 204
        assert panel.poll() == ()  # it turns a page, which is none of the engine's business
        panel.watch(changed(MOMENT, t_ns=MOMENT.t_ns + 1))
        assert client.ask("GET", "screen.png").body != home


def test_a_request_that_trickles_in_is_cut_and_connections_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("firmware.handheld.browser.token_server.REQUEST_MOST_S", 0.3)
    monkeypatch.setattr("firmware.handheld.browser.token_server.CONNECTIONS_MOST", 3)
    with WindowServer(FrameBroker("en")) as server:
        slow = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(8)]
        for one in slow:
            with suppress(OSError):
                one.sendall(b"GET / HTTP/1.0\r\nX: ")
        for one in slow:
            with suppress(ConnectionError):
                while one.recv(4096):
                    pass
            one.close()
        assert threading.active_count() < 20
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as again:
            again.sendall(b"GET /x HTTP/1.0\r\n\r\n")
            assert again.recv(20).startswith(b"HTTP/1.0 421")
