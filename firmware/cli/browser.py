"""Opens the browser window of `ansim run --window`, and keeps it in use after the run."""

from __future__ import annotations

import os
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

import typer

from firmware.handheld.browser.frame_broker import FrameBroker
from firmware.handheld.panel import Panel
from firmware.i18n.catalog import Catalog, Language
from firmware.verdict.engine import Snapshot

LINGER_EVERY_S = 0.05
TURN_EVERY = 60  # pauses, after which the next leaf of a long text is shown


@contextmanager
def open_window(*, wanted: bool, browser: bool, port: int, lang: Language) -> Iterator[FrameBroker | None]:
    """Serve a window where it is wanted, say where, and open it."""
    if not wanted:
        yield None
        return
    from firmware.handheld.browser.server import WindowServer  # no other run needs an HTTP server

    broker = FrameBroker(lang)
    with WindowServer(broker, port=port) as server:
        catalog = Catalog(lang)
        typer.echo(catalog.text("window.at", url=server.url), err=True)
        typer.echo(catalog.text("window.until"), err=True)
        if browser and has_display():
            with suppress(webbrowser.Error, OSError):
                webbrowser.open(server.url)
        yield broker


def has_display() -> bool:
    """Say whether a browser would have somewhere to open: on Linux only where there is a display."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def linger(
    panel: Panel,
    snapshot: Snapshot,
    asked: threading.Event,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Redraw the last moment at every press until Ctrl-C: a recording is over, its pages can be turned."""
    panel.draw(snapshot)
    for pauses in count(1):
        if asked.is_set():
            return
        panel.poll()
        if pauses % TURN_EVERY == 0:
            panel.turn, panel.stale = panel.turn + 1, True
        if panel.stale:
            panel.draw(snapshot)
        pause(LINGER_EVERY_S)
