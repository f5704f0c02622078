"""The technician's end of the feed trusts nothing that comes over the socket."""

from __future__ import annotations

import json
import os
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.diag.feed import Feed
from firmware.diag.feed_client import LINE_BYTES_MOST, ROWS_MOST, Row, parse_line, read_lines
from firmware.errors import FeedTrouble
from tests.firmware.diag.moments import line, short_socket, snapshot

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def serve_bytes(path: Path, content: bytes) -> threading.Thread:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen(1)

    def run() -> None:
        with listener:
            client, _ = listener.accept()
            with client:
                try:
                    client.sendall(content)
                except OSError:
                    return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def test_lines_of_a_running_unit_come_whole_and_its_end_ends_them(tmp_path: Path) -> None:
    with Feed(short_socket(tmp_path)) as feed:
        feed.publish(snapshot())
        lines = read_lines(feed.path)
        moment = parse_line(next(lines))
        feed.close()
        assert list(lines) == []
    assert moment.row("verdict").text("level") == snapshot().verdict.level.value
    assert {row.text("sensor") for row in moment.rows("sensors")} == {"rf", "wifi", "ble", "lens"}


def test_nobody_there_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FeedTrouble, match="No running unit") as caught:
        next(read_lines(short_socket(tmp_path)))
    assert "systemctl" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may connect to any socket")
def test_a_closed_door_names_the_group(tmp_path: Path) -> None:
    with Feed(short_socket(tmp_path)) as feed:
        feed.path.chmod(0)
        with pytest.raises(FeedTrouble, match="may not watch"):
            next(read_lines(feed.path))


def test_silence_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with Feed(short_socket(tmp_path)) as feed, pytest.raises(FeedTrouble, match="says nothing"):
        next(read_lines(feed.path, wait_s=0.05))


def test_a_line_without_end_is_given_up(tmp_path: Path) -> None:
    path = short_socket(tmp_path)
    thread = serve_bytes(path, b"x" * (LINE_BYTES_MOST * 3))
    with pytest.raises(FeedTrouble, match="no end"):
        list(read_lines(path))
    thread.join(5)


def test_another_version_is_refused_with_what_to_do() -> None:
    other = json.loads(line()) | {"version": 99}
    with pytest.raises(FeedTrouble, match="99") as caught:
        parse_line(json.dumps(other).encode())
    assert "restart" in caught.value.hint


@given(junk=st.binary(max_size=200))
def test_bytes_that_are_no_feed_raise_one_error_and_no_other(junk: bytes) -> None:
    with pytest.raises(FeedTrouble):
        parse_line(junk)


def test_deeply_nested_json_is_no_feed() -> None:
    with pytest.raises(FeedTrouble):
        parse_line(b"[" * 200_000)


@given(value=JSON)
def test_every_field_has_a_fallback(value: object) -> None:
    row = Row({"x": value})
    assert isinstance(row.text("x"), str)
    assert isinstance(row.count("x"), int)
    assert row.number("x") is None or isinstance(row.number("x"), float)
    assert len(row.rows("x")) <= ROWS_MOST
    assert isinstance(row.row("x").total(), int)


def test_a_text_cannot_steer_the_terminal() -> None:
    assert "\x1b" not in Row({"x": "\x1b]0;owned\x07 \u202eevil"}).text("x")
    assert "\u202e" not in Row({"x": "\u202eevil"}).text("x")


def test_a_number_too_large_for_a_float_is_none() -> None:
    assert Row({"x": 10**400}).number("x") is None
    assert Row({"x": True}).number("x") is None
