"""The view over SSH, driven as a person would: on a terminal of 80×24, with a real feed behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from firmware.diag.feed import EVERY_NS, Feed
from firmware.diag.feed_client import read_lines
from firmware.diag.feed_encoder import make_redactor
from firmware.diag.watch import Newest, WatchApp
from firmware.errors import FeedTrouble
from firmware.i18n.catalog import Language, catalog_for
from tests.firmware.diag.moments import KEY, line, short_socket, snapshot

SIZE = (80, 24)
Step = Callable[[WatchApp], bool]


class Source:
    """Lines that a test hands out one by one, and troubles."""

    def __init__(self) -> None:
        self.queue: list[bytes | FeedTrouble] = []
        self.more = threading.Event()

    def give(self, item: bytes | FeedTrouble) -> None:
        self.queue.append(item)
        self.more.set()

    def read(self) -> Iterator[bytes]:
        while self.more.wait(5.0):
            self.more.clear()
            while self.queue:
                item = self.queue.pop(0)
                if isinstance(item, FeedTrouble):
                    raise item
                yield item


def app_for(source: Source | Path, lang: Language = "en") -> WatchApp:
    read = source.read if isinstance(source, Source) else lambda: read_lines(source)
    return WatchApp(
        Newest(read, retry_s=0.01), catalog_for(lang), every_s=0.02, source="/run/ansim/feed.sock"
    )


async def until(pilot: object, true: Callable[[], bool]) -> None:
    for _ in range(500):
        if true():
            return
        await pilot.pause(0.01)  # type: ignore[attr-defined]
    pytest.fail("it never came")


def shown(app: WatchApp) -> list[str]:
    return [row.text.plain.rstrip() for row in (*app.rows, app.foot)]


def test_it_waits_shows_the_room_and_ends_with_q() -> None:
    async def go() -> None:
        source = Source()
        app = app_for(source)
        async with app.run_test(size=SIZE) as pilot:
            assert shown(app)[-1].startswith("Waiting")
            source.give(line())
            await until(pilot, lambda: shown(app)[0] != "")
            assert "Disconnected" in "\n".join(shown(app))
            assert shown(app)[-1].startswith("live")
            await pilot.press("q")
            await until(pilot, lambda: not app.is_running)

    asyncio.run(go())


def test_hold_keeps_the_picture_and_says_so() -> None:
    async def go() -> None:
        source = Source()
        app = app_for(source)
        async with app.run_test(size=SIZE) as pilot:
            source.give(line())
            await until(pilot, lambda: app.drawn > 0)
            await pilot.press("p")
            await until(pilot, lambda: shown(app)[-1].startswith("HELD"))
            before = shown(app)[0]
            source.give(line().replace(b'"elapsed_s":30.0', b'"elapsed_s":99.0'))
            await pilot.pause(0.1)
            assert shown(app)[0] == before
            await pilot.press("p")
            await until(pilot, lambda: shown(app)[0].endswith("0:01:39"))

    asyncio.run(go())


def test_only_rows_that_changed_are_drawn_again() -> None:
    async def go() -> None:
        source = Source()
        app = app_for(source)
        async with app.run_test(size=SIZE) as pilot:
            source.give(line())
            await until(pilot, lambda: app.drawn > 0)
            await pilot.pause(0.1)
            drawn = app.drawn
            source.give(line().replace(b'"elapsed_s":30.0', b'"elapsed_s":31.0'))
            await until(pilot, lambda: shown(app)[0].endswith("0:00:31"))
            await pilot.pause(0.1)
            assert app.drawn == drawn + 1

    asyncio.run(go())


def test_trouble_is_said_and_heals() -> None:
    async def go() -> None:
        source = Source()
        app = app_for(source)
        async with app.run_test(size=SIZE) as pilot:
            source.give(line())
            await until(pilot, lambda: shown(app)[0].startswith(" Check"))
            source.give(FeedTrouble("No running unit at X", hint="Start it."))
            await until(pilot, lambda: shown(app)[-1].startswith("No running unit"))
            assert shown(app)[0].startswith("No running unit")  # the old verdict is gone
            source.give(line())
            await until(pilot, lambda: shown(app)[0].startswith(" Check"))
            assert shown(app)[-1].startswith("live")

    asyncio.run(go())


def test_a_resized_terminal_is_filled_again() -> None:
    async def go() -> None:
        source = Source()
        app = app_for(source)
        async with app.run_test(size=SIZE) as pilot:
            source.give(line())
            await until(pilot, lambda: app.drawn > 0)
            await pilot.resize_terminal(132, 43)
            await until(pilot, lambda: len(shown(app)[7]) == 132)

    asyncio.run(go())


def test_over_a_real_socket_the_picture_holds_what_the_unit_said(tmp_path: Path) -> None:
    async def go(feed: Feed) -> str:
        app = app_for(feed.path)
        async with app.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: app.drawn > 0)
            return app.export_screenshot()

    with Feed(short_socket(tmp_path), redact=make_redactor(KEY)) as feed:
        feed.publish(replace(snapshot(), t_ns=EVERY_NS))
        svg = asyncio.run(go(feed))
    assert svg.startswith("<svg")
    assert "Disconnected" in svg
    assert KEY.pseudonym("a4:cf:12:00:be:ef")[:9] in svg
    assert "a4:cf:12" not in svg
