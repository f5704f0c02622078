"""The phone's page over real HTTP: whoever has the address, and nobody else."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from firmware.errors import WindowTrouble
from firmware.handheld.browser.phone_server import PhoneServer, phone_html
from firmware.handheld.browser.token_server import HEADER
from firmware.handheld.commands import SetSound
from tests.firmware.handheld.browser.phone_run import Phone

SHEET = b"%PDF-sheet"
PATHS = ("", "moments", "ansim.pdf", "font.otf", "press")


@contextmanager
def served(phone: Phone) -> Iterator[PhoneServer]:
    with PhoneServer(phone.broker, lambda content: SHEET + content["lang"].encode(), lang="en") as server:
        yield server


def ask(
    server: PhoneServer, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = (answer.status, answer.read() if path[-7:] != "moments" else b"", dict(answer.headers))
    connection.close()
    return found


def test_the_page_has_a_strict_policy_and_only_its_own_script() -> None:
    with served(Phone()) as server:
        status, body, headers = ask(server, "GET", f"/{server.token}/")
        policy = headers["Content-Security-Policy"]
        nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)
    assert (status, headers["Cache-Control"]) == (200, "no-store")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert nonce
    scripts = re.findall(rb"<script[^>]*>", body)
    assert len(scripts) == body.count(b"</script>") == 2
    assert all(nonce[1].encode() in script for script in scripts)
    assert b" on" + b"click=" not in body
    assert not re.search(rb'(src|href)="https?:', body)


@pytest.mark.parametrize("path", PATHS)
def test_a_second_client_without_the_address_is_refused(path: str) -> None:
    phone = Phone()
    phone.show()
    with served(phone) as server:
        for root in ("", "/", "/wrong/", f"/{server.token[:-1]}/", f"/{server.token}x/"):
            for method in ("GET", "POST"):
                assert ask(server, method, (root + path) or "/")[0] == 404
        assert ask(server, "GET", f"/{server.token}/{path}", Host="evil.example")[0] == 421
    assert list(phone.broker.poll()) == []


def test_a_press_needs_the_page_s_own_header_and_origin() -> None:
    phone = Phone()
    phone.show()
    good = {HEADER: "1", "Content_Type": "application/json"}
    body = json.dumps({"do": "silent"}).encode()
    with served(phone) as server:
        path = f"/{server.token}/press"
        assert ask(server, "POST", path, body, Content_Type="application/json")[0] == 403
        assert ask(server, "POST", path, body, **good, Origin="http://evil.example")[0] == 403
        assert ask(server, "POST", path, b"{}", **good)[0] == 400
        assert ask(server, "POST", path, body, **good)[0] == 204
    assert list(phone.broker.poll()) == [SetSound(silent=True)]


def test_the_sheet_is_made_of_what_is_shown() -> None:
    phone = Phone("result", "ko")
    with served(phone) as server:
        assert ask(server, "GET", f"/{server.token}/ansim.pdf")[0] == 204
        phone.show()
        status, body, headers = ask(server, "GET", f"/{server.token}/ansim.pdf")
    assert (status, body, headers["Content-Type"]) == (200, SHEET + b"ko", "application/pdf")


def test_moments_are_a_bounded_number_of_streams() -> None:
    phone = Phone("result")
    phone.show()
    with served(phone) as server:
        open_ones = []
        for _ in range(4):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
            connection.request("GET", f"/{server.token}/moments")
            answer = connection.getresponse()
            line = answer.readline()
            assert json.loads(line.removeprefix(b"data: "))["stage"] == "result"
            open_ones.append(connection)
        assert ask(server, "GET", f"/{server.token}/moments")[0] == 503
        for connection in open_ones:
            connection.close()


def test_an_address_that_this_machine_has_not_is_an_expected_error() -> None:
    with pytest.raises(WindowTrouble, match=r"192\.0\.2\.1"):
        PhoneServer(Phone().broker, lambda _: SHEET, lang="ko", address="192.0.2.1")


def test_words_cannot_end_the_script_that_holds_them() -> None:
    html = phone_html(nonce="n", lang="ko")
    assert html.count("</script>") == 2
    assert "@" + "DATA@" not in html
