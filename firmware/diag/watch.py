"""The technician's view over SSH: a Textual app that draws the feed of a running unit.

A thread reads lines and keeps the newest one; a timer draws it, at most every ``every_s``. Every row is a
widget of its own and is only sent where it changed, so a slow line carries little. No device is touched.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from firmware.diag.dashboard import board
from firmware.diag.feed_client import Row, parse_line
from firmware.errors import FeedTrouble
from firmware.i18n.catalog import Catalog

RETRY_S = 1.0
STALE_S = 3.0  # after this without a line the board says so
FOOT_ROWS = 1
MOST_ROWS = 70
LEAST_COLUMNS, MOST_COLUMNS = 40, 240
ReadLines = Callable[[], Iterator[bytes]]


class Newest:
    """The newest moment of a feed, kept by a thread that connects again and again."""

    def __init__(self, read: ReadLines, *, retry_s: float = RETRY_S) -> None:
        self._read, self._retry_s = read, retry_s
        self._lock = threading.Lock()
        self._moment: Row | None = None
        self._came_s = 0.0
        self._trouble = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ansim-watch", daemon=True)

    def start(self) -> None:
        """Begin to read; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to stop; returns at once."""
        self._stop.set()

    def look(self) -> tuple[Row | None, str, float]:
        """Return the newest moment, what is wrong with the feed, and the moment's age in s."""
        with self._lock:
            age_s = time.monotonic() - self._came_s if self._moment is not None else 0.0
            return self._moment, self._trouble, age_s

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
                self._say("")
            except FeedTrouble as error:
                self._say(str(error))
            self._stop.wait(self._retry_s)

    def _follow(self) -> None:
        for line in self._read():
            moment = parse_line(line)
            with self._lock:
                self._moment, self._came_s, self._trouble = moment, time.monotonic(), ""
            if self._stop.is_set():
                return

    def _say(self, trouble: str) -> None:
        with self._lock:
            self._trouble = trouble


class FeedLine(Widget):
    """One row of the board. It is redrawn only where its text changed."""

    DEFAULT_CSS = "FeedLine { height: 1; width: 100%; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - textual's own word
        super().__init__(id=id)
        self.text = Text()

    def render(self) -> Text:
        """Return the content of this row."""
        return self.text

    def show(self, text: Text) -> bool:
        """Take a new text; return whether it was one."""
        if text == self.text and text.spans == self.text.spans and text.style == self.text.style:
            return False
        self.text = text
        self.refresh()
        return True


class WatchApp(App[None]):
    """The board on the whole terminal; q ends it, p pauses the picture."""

    CSS = "Screen { overflow: hidden; } #foot { dock: bottom; }"
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit"), ("p", "hold", "hold")]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, newest: Newest, catalog: Catalog, *, every_s: float = 0.5, source: str = "") -> None:
        super().__init__()
        self._newest, self._catalog, self._every_s = newest, catalog, every_s
        self._source = source
        self._held = False
        self.rows = [FeedLine() for _ in range(MOST_ROWS)]
        self.foot = FeedLine(id="foot")
        self.drawn = 0

    def compose(self) -> ComposeResult:
        """Lay the rows under each other; those below the screen stay empty."""
        yield from self.rows
        yield self.foot

    def on_mount(self) -> None:
        """Begin to read and to draw."""
        self._newest.start()
        self.set_interval(self._every_s, self.draw)

    def on_unmount(self) -> None:
        """Let the reader end."""
        self._newest.stop()

    def on_resize(self) -> None:
        """Draw for the new size."""
        self.draw()

    def action_hold(self) -> None:
        """Hold the picture, or let it go on."""
        self._held = not self._held
        self.draw()

    def draw(self) -> None:
        """Give each row its text, where it changed."""
        moment, trouble, age_s = self._newest.look()
        width = min(max(self.size.width, LEAST_COLUMNS), MOST_COLUMNS)
        height = min(self.size.height - FOOT_ROWS, MOST_ROWS)
        if moment is not None and not (self._held and self.drawn):
            lines = board(moment, self._catalog, width=width, height=height)
            lines += [Text()] * (MOST_ROWS - len(lines))
            if trouble or age_s > STALE_S:  # an old verdict must not look like one of now
                lines[0] = self._foot(trouble, age_s, waiting=False)
            self.drawn += sum(row.show(line) for row, line in zip(self.rows, lines, strict=True))
        self.foot.show(self._foot(trouble, age_s, waiting=moment is None))

    def _foot(self, trouble: str, age_s: float, *, waiting: bool) -> Text:
        say = self._catalog.text
        if trouble:
            return Text(trouble, style="bold red", no_wrap=True)
        if waiting:
            return Text(str(say("watch.waiting")), style="yellow", no_wrap=True)
        if age_s > STALE_S:
            return Text(str(say("watch.stale", age=age_s)), style="bold yellow", no_wrap=True)
        state = say("watch.held" if self._held else "watch.live")
        return Text(f"{state} · {say('watch.keys')} · {self._source}", style="dim", no_wrap=True)
