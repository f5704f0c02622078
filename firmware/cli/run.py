"""`ansim run`: the handheld application, on any kit."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from firmware.cli.browser import BrowserOption, Lingering, PortOption, WindowOption, open_window
from firmware.cli.context import prepare
from firmware.cli.errors import LEVEL_EXIT, expected_errors
from firmware.cli.options import (
    ConfigOption,
    KitOption,
    LangOption,
    SetOption,
    VerboseOption,
)
from firmware.cli.picture import terminal_picture
from firmware.cli.scan import keep, known_at
from firmware.cli.verdict import print_verdict
from firmware.diag.feed import Feed
from firmware.diag.feed_client import SOCKET
from firmware.errors import FeedTrouble
from firmware.handheld.panel import Panel, PanelStyle
from firmware.i18n.catalog import Catalog
from firmware.inspection.opening import InspectionOption, PersonalOption, PlaceOption, open_walk
from firmware.log import get_logger
from firmware.records.compare.site_knowledge import SiteAllowlist
from firmware.records.custody.errors import RecordsError
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.runtime.service_notify import Notifier
from firmware.runtime.session import Outcome, inspect, scene_of, session_length_s
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot
from hw.kit import parse_spec
from hw.types import SensorName

SCREEN_FILE = Path("ansim-screen.png")
TERMINAL_COLUMNS = 100
TERMINAL_EVERY_S = 0.5
FOREVER_S = 10 * 365 * 86_400.0  # the handheld runs until it is switched off
log = get_logger(__name__)

ScreenOption = Annotated[
    Path | None,
    typer.Option(
        "--screen", help="Write the last screen to this PNG (default without a panel: ansim-screen.png)."
    ),
]
RecordOption = Annotated[
    Path | None, typer.Option("--record", help="Record everything the devices give into this folder.")
]
FeedOption = Annotated[
    Path | None,
    typer.Option(
        "--feed", help="Serve `ansim diag watch` on this UNIX socket (the service: /run/ansim/feed.sock)."
    ),
]
DurationOption = Annotated[
    float | None,
    typer.Option(
        "--duration", min=0.5, max=86_400, help="Stop after this many seconds; the handheld runs on."
    ),
]


def run(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    verbose: VerboseOption = 0,
    duration: DurationOption = None,
    screen: ScreenOption = None,
    record: RecordOption = None,
    feed: FeedOption = None,
    window: WindowOption = False,
    browser: BrowserOption = True,
    port: PortOption = 0,
    inspection: InspectionOption = None,
    personal: PersonalOption = False,
    place: PlaceOption = None,
) -> None:
    """Run the handheld application: every sense at once, the screen, the buttons.

    A panel of the kit is drawn to; without one the screen is shown in the terminal and written to a PNG. A
    simulated room runs in real time; a recording is played as fast as it goes, to one verdict and one screen.
    With --window the screen is shown in a browser, every kit runs in real time, and a simulated room runs on.
    Whoever has buttons begins at the start page: a team inspects a site, a person is guided through a room.
    """
    with expected_errors():
        settings, catalog = prepare(config=config, overrides=overrides, lang=lang, verbose=verbose)
        look = PanelStyle(
            lang=catalog.lang,
            theme=settings.ui.theme,
            silent=settings.ui.silent,
            country=settings.country,
        )
        backend = parse_spec(kit)[0]
        handheld = backend == "pi" or (window and backend == "sim")  # a recording has one story only
        endless = duration is None and handheld
        until_s = None if endless else session_length_s(kit, duration)
        console, notifier, lingering = Console(stderr=True), Notifier(), Lingering()
        knowledge = SiteAllowlist()
        with (
            Live(console=console, auto_refresh=False, transient=True) as live,
            _feed(feed) as served,
            open_window(wanted=window, browser=browser, port=port, lang=catalog.lang) as showing,
            open_walk(
                kit,
                settings,
                wanted=place is None and (personal or inspection is not None or handheld),
                plan=inspection,
                personal=personal,
                knowledge=knowledge,
            ) as walker,
        ):
            in_terminal = console.is_terminal and backend != "pi" and not window
            panel = Panel(
                look,
                until_s=until_s,
                simulated=scene_of(kit) is not None,
                also_show=showing.show if showing else TerminalScreen(live, wanted=in_terminal).show,
                also_poll=showing.poll if showing else None,
                walker=walker,
            )
            if showing:
                showing.follow(lambda: panel.look.lang)
            outcome = inspect(
                kit,
                settings,
                until_s=FOREVER_S if endless else until_s,
                record_to=record,
                panel=panel,
                live=window or backend != "replay",
                watch=Heartbeat(notifier, served, lingering).watch,
                recognise=knowledge if place is None else known_at(place, settings),
            )
            if window and duration is None and not endless and not outcome.stopped:
                lingering.stay(panel, outcome.snapshot)
        notifier.stopping()
        if place is not None:
            keep_run(outcome, kit=kit, place=place, settings=settings)
        target = screen or (None if backend == "pi" else SCREEN_FILE)
        if target is not None and panel.picture is not None:
            panel.picture.save(target, "PNG")
            typer.echo(str(target), err=True)
        print_verdict(Console(), outcome.snapshot, Catalog(panel.look.lang), outcome.coverages)
    raise typer.Exit(LEVEL_EXIT[outcome.snapshot.verdict.level])


def keep_run(outcome: Outcome, *, kit: str, place: str, settings: Settings) -> None:
    """Store the run; where the disk does not let us, say so and go on to the verdict."""
    try:
        name = keep(outcome, kit=kit, place=place, settings=settings)
    except RecordsError as trouble:
        typer.echo(f"ansim: {trouble}", err=True)
    else:
        typer.echo(f"ansim report show {name}", err=True)


@contextmanager
def _feed(asked: Path | None) -> Iterator[Feed | None]:
    """Serve the feed where it was asked for, or where the service keeps it; without it the run goes on."""
    path = asked or (SOCKET if os.access(SOCKET.parent, os.W_OK) else None)
    if path is None:
        yield None
        return
    try:
        feed = Feed(path)
    except FeedTrouble as trouble:
        log.warning("no feed", what=trouble.what, hint=trouble.hint)
        yield None
        return
    with feed:
        feed.tail.attach()
        yield feed


class Heartbeat:
    """Tells systemd and the feed that the loop turns, from the loop itself."""

    def __init__(self, notifier: Notifier, feed: Feed | None, lingering: Lingering) -> None:
        self._notifier, self._feed, self._lingering = notifier, feed, lingering
        self._ready = False
        self._due_s = 0.0

    def watch(self, snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> bool:
        """Beat, at most as often as the unit asks; never ends the run."""
        now_s, interval_s = time.monotonic(), self._notifier.interval_s
        self._lingering.watch(sensors)
        if self._feed is not None:
            self._feed.publish(snapshot, [o for sensor in sensors.values() for o in sensor.table])
        if not self._ready:
            self._ready = True
            self._notifier.ready(snapshot.verdict.level.value)
        elif interval_s is not None and now_s >= self._due_s:
            self._due_s = now_s + interval_s
            self._notifier.alive(snapshot.verdict.level.value)
        return False


class TerminalScreen:
    """Shows the panel's picture in a terminal, twice a second."""

    def __init__(self, live: Live, *, wanted: bool) -> None:
        self._live, self._wanted = live, wanted
        self._due_s = 0.0

    def show(self, picture: Image.Image, snapshot: Snapshot) -> None:
        """Draw the picture, unless it was drawn a moment ago."""
        now_s = time.monotonic()
        if not self._wanted or now_s < self._due_s:
            return
        self._due_s = now_s + TERMINAL_EVERY_S
        columns = min(TERMINAL_COLUMNS, self._live.console.width)
        line = Text(f"ansim run · {snapshot.elapsed_s:.0f} s · Ctrl-C ends", style="dim")
        self._live.update(Group(terminal_picture(picture, columns=columns), line), refresh=True)
