"""The feed over a real UNIX socket: who may connect, what comes, and who is not waited for."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware.diag.feed import EVERY_NS, Feed
from firmware.errors import FeedTrouble
from tests.firmware.diag.moments import CAMERA_MAC, short_socket, snapshot

WAIT_S = 10.0  # only how long a broken test waits


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    with Feed(short_socket(tmp_path)) as served:
        yield served


def connect(path: Path) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(WAIT_S)
    link.connect(str(path))
    return link


def next_line(link: socket.socket) -> dict[str, Any]:
    data = b""
    while not data.endswith(b"\n"):
        chunk = link.recv(1)
        assert chunk, "the feed ended"
        data += chunk
    return dict(json.loads(data))


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def publish(feed: Feed, number: int) -> bool:
    return feed.publish(replace(snapshot(), t_ns=number * EVERY_NS))


def test_only_owner_and_group_may_connect(feed: Feed) -> None:
    mode = feed.path.stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


def test_every_client_gets_the_same_lines(feed: Feed) -> None:
    with connect(feed.path) as one, connect(feed.path) as two:
        publish(feed, 1)
        first = next_line(one)
        assert first == next_line(two)
        assert first["type"] == "feed"
        assert first["t_ns"] == EVERY_NS
        publish(feed, 2)
        assert next_line(one)["t_ns"] == 2 * EVERY_NS


def test_who_comes_late_gets_the_newest_line_at_once(feed: Feed) -> None:
    publish(feed, 7)
    with connect(feed.path) as link:
        assert next_line(link)["t_ns"] == 7 * EVERY_NS


def test_more_than_five_a_second_become_no_line_but_the_end_always_does(feed: Feed) -> None:
    assert publish(feed, 1)
    assert not feed.publish(replace(snapshot(), t_ns=EVERY_NS + EVERY_NS // 2))
    end = replace(snapshot(finished=True), t_ns=EVERY_NS + EVERY_NS // 2)
    assert feed.publish(end)


def test_a_slow_client_is_dropped_and_the_others_go_on(tmp_path: Path) -> None:
    with (
        Feed(short_socket(tmp_path), buffer_bytes=40_000) as feed,
        connect(feed.path) as slow,
        connect(feed.path) as fast,
    ):
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        number = 0
        while not feed.dropped_clients:
            number += 1
            assert number < 5000
            publish(feed, number)
            assert next_line(fast)["t_ns"] == number * EVERY_NS
        publish(feed, number + 1)
        assert next_line(fast)["t_ns"] == (number + 1) * EVERY_NS
        while slow.recv(65_536):
            pass  # what was under way still comes, then the end
        assert feed.dropped_clients == 1


def test_what_a_client_sends_is_thrown_away(feed: Feed) -> None:
    with connect(feed.path) as link:
        link.sendall(b'{"cmd": "retune"}\n' + os.urandom(100_000))
        publish(feed, 1)
        assert next_line(link)["t_ns"] == EVERY_NS


def test_clients_that_go_away_leave_no_trace(feed: Feed) -> None:
    for number in range(1, 30):
        with connect(feed.path) as link:
            publish(feed, number)
            assert next_line(link)["t_ns"] <= number * EVERY_NS
    with connect(feed.path) as link:
        publish(feed, 100)
        next_line(link)


def test_there_is_a_limit_to_clients(tmp_path: Path) -> None:
    with Feed(short_socket(tmp_path), clients_most=2) as feed:
        publish(feed, 1)
        with connect(feed.path) as one, connect(feed.path) as two, connect(feed.path) as three:
            assert next_line(one)
            assert next_line(two)
            assert three.recv(10) == b""


def test_a_socket_left_behind_is_replaced_and_a_living_one_is_not(tmp_path: Path) -> None:
    path = short_socket(tmp_path)
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(path))
    dead.close()
    with Feed(path) as feed:
        with pytest.raises(FeedTrouble, match="Another service"):
            Feed(path)
        publish(feed, 1)
        with connect(path) as link:
            assert next_line(link)


def test_a_file_in_the_way_is_never_removed(tmp_path: Path) -> None:
    path = short_socket(tmp_path)
    path.write_text("mine")
    with pytest.raises(FeedTrouble, match="no socket"):
        Feed(path)
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there_and_a_group_that_is_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(FeedTrouble, match="cannot be served"):
        Feed(tmp_path / "nowhere" / "s")
    with pytest.raises(FeedTrouble, match="cannot be served"):
        Feed(short_socket(tmp_path), group="no-such-group-here")


def test_closing_ends_the_thread_and_removes_the_socket(tmp_path: Path) -> None:
    feed = Feed(short_socket(tmp_path))
    with connect(feed.path) as link:
        publish(feed, 1)
        next_line(link)
        feed.close()
        feed.close()
        assert link.recv(10) == b""
    assert not feed.path.exists()
    wait_for(lambda: not any(t.name == "ansim-feed" and t.is_alive() for t in threading.enumerate()))


def test_no_address_leaves_by_default(feed: Feed) -> None:
    with connect(feed.path) as link:
        publish(feed, 1)
        text = json.dumps(next_line(link))
    assert CAMERA_MAC not in text
    assert "Minji" not in text
    assert "~" in text
