"""Runs the handheld application on any kit: `ansim run`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from PIL import Image
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from firmware.cli.bare_machine import is_bare, print_ways
from firmware.cli.browser import linger, open_window
from firmware.cli.context import prepared_for, say_recording_is_clear
from firmware.cli.errors import LEVEL_EXIT, Exit, expected_errors
from firmware.cli.phone import open_phone
from firmware.cli.picture import terminal_picture
from firmware.cli.run_options import RunOptions
from firmware.cli.verdict import interrupted, print_verdict
from firmware.diag.feed_client import SOCKET
from firmware.errors import FeedTrouble
from firmware.handheld.commands import Command
from firmware.handheld.panel import Panel, PanelStyle
from firmware.i18n.catalog import Catalog
from firmware.log import get_logger, quiet_log
from firmware.runtime.interruption import asked_to_stop
from firmware.runtime.service_notify import Notifier
from firmware.runtime.session import Outcome, inspect, session_length_s
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot
from firmware.verdict.sensor_state import Recognise
from hw.kit import parse_spec
from hw.replay.provenance import provenance_to_record
from hw.types import ButtonPress

if TYPE_CHECKING:
    from firmware.diag.feed import Feed
    from firmware.diag.metrics import MetricsFile
    from firmware.inspection.controller import InspectionController

SCREEN_FILE = Path("ansim-screen.png")
TERMINAL_COLUMNS = 100
TERMINAL_EVERY_S = 0.5
FOREVER_S = 10 * 365 * 86_400.0  # the handheld runs until it is switched off
Show = Callable[[Image.Image, Snapshot], None]
Poll = Callable[[], Sequence[ButtonPress | Command]]
log = get_logger(__name__)


def run_handheld(options: RunOptions) -> None:
    """Run the handheld on the kit that was asked for and end with the exit code of its verdict."""
    with expected_errors(), asked_to_stop() as asked, ExitStack() as until_stored:
        settings, catalog = prepared_for(options)
        kit, place = options.kit, options.place
        say_recording_is_clear(kit, options.record_to, catalog)
        look = PanelStyle(
            lang=catalog.lang,
            theme=settings.ui.theme,
            silent=settings.ui.silent,
            country=settings.country,
        )
        backend = parse_spec(kit)[0]
        shown_elsewhere = options.window or options.phone
        by_a_person = not os.environ.get("NOTIFY_SOCKET")
        if backend == "pi" and by_a_person and not options.personal:
            _end_where_bare(catalog)
        if by_a_person and not options.verbose:
            quiet_log()
        handheld = backend == "pi" or (shown_elsewhere and backend == "sim")  # a recording has one story only
        endless = options.duration_s is None and handheld
        until_s = None if endless else session_length_s(kit, options.duration_s)
        console, notifier = Console(stderr=True), Notifier()
        record = "" if place is None else until_stored.enter_context(_begun_at(place, settings, catalog))
        guided = place is None and (options.personal or options.inspection is not None or handheld)
        with (
            Live(console=console, auto_refresh=False, transient=True) as live,
            _feed(options.feed) as served,
            open_window(
                wanted=options.window, browser=options.browser, port=options.port, lang=catalog.lang
            ) as broker,
            open_phone(
                wanted=options.phone,
                address=options.address,
                # the window takes the port that was asked for, where both are wanted
                port=0 if options.window else options.port,
                lang=catalog.lang,
            ) as phone,
            _inspection(options, settings, wanted=guided) as (controller, knowledge),
        ):
            in_terminal = console.is_terminal and backend != "pi" and not shown_elsewhere
            panel = Panel(
                look,
                until_s=until_s,
                simulated=provenance_to_record(kit, settings.hw.backend) == "simulated",
                also_show=shown_on(
                    broker.show if broker else None,
                    phone.show if phone else None,
                    TerminalScreen(live, wanted=in_terminal).show,
                ),
                also_poll=polled_from(broker.poll if broker else None, phone.poll if phone else None),
                controller=controller,
            )
            if broker:
                broker.follow(lambda: panel.look.lang)
            if phone:
                phone.attach(panel)
            outcome = inspect(
                kit,
                settings,
                until_s=FOREVER_S if endless else until_s,
                record_to=options.record_to,
                panel=panel,
                live=shown_elsewhere or backend != "replay",
                watch=Heartbeat(notifier, served, _metrics(options.metrics)).watch,
                recognise=knowledge if place is None else _known_at(place, settings),
            )
            if shown_elsewhere and options.duration_s is None and not endless and not outcome.stopped:
                linger(panel, outcome.snapshot, asked)
        notifier.stopping()
        if place is not None:
            keep_run(outcome, kit=kit, place=place, settings=settings, name=record)
        target = options.screen or (None if backend == "pi" else SCREEN_FILE)
        if target is not None and panel.picture is not None:
            panel.picture.save(target, "PNG")
            typer.echo(str(target), err=True)
        said = Catalog(panel.look.lang)
        if outcome.stopped and not endless:
            # On the output: where a service runs, the error stream is a journal of objects.
            typer.echo(interrupted(outcome.snapshot, said))
        print_verdict(Console(), outcome.snapshot, said, outcome.coverages)
    raise typer.Exit(LEVEL_EXIT[outcome.snapshot.verdict.level])


def _end_where_bare(catalog: Catalog) -> None:
    """End with what can be done all the same, where this machine has neither sensor nor panel."""
    from hw.pi.discover import discover

    found = discover()
    if is_bare(found, os.environ):
        print_ways(Console(), found, catalog)
        raise typer.Exit(Exit.MISSING_COMPONENT)


def shown_on(*screens: Show | None) -> Show:
    """Return what shows a picture on every screen there is."""
    wanted = [screen for screen in screens if screen is not None]

    def show(picture: Image.Image, snapshot: Snapshot) -> None:
        for screen in wanted:
            screen(picture, snapshot)

    return show


def polled_from(*sources: Poll | None) -> Poll | None:
    """Return what asks every browser for its presses; None where there is none."""
    wanted = [source for source in sources if source is not None]
    return (lambda: [one for source in wanted for one in source()]) if wanted else None


@contextmanager
def _inspection(
    options: RunOptions, settings: Settings, *, wanted: bool
) -> Iterator[tuple[InspectionController | None, Recognise | None]]:
    """Open the inspection where it is wanted; a plain run loads no records and no key for it."""
    if not wanted:
        yield None, None
        return
    from firmware.inspection.opening import open_inspection
    from firmware.records.compare.site_knowledge import SiteAllowlist

    knowledge = SiteAllowlist()
    with open_inspection(
        options.kit,
        settings,
        wanted=True,
        plan=options.inspection,
        personal=options.personal,
        knowledge=knowledge,
    ) as controller:
        yield controller, knowledge


def _known_at(place: str, settings: Settings) -> Recognise | None:
    from firmware.cli.keep import known_at

    return known_at(place, settings)


def _begun_at(place: str, settings: Settings, catalog: Catalog) -> AbstractContextManager[str]:
    from firmware.cli.keep import begun_at

    return begun_at(place, settings=settings, catalog=catalog)


def keep_run(outcome: Outcome, *, kit: str, place: str, settings: Settings, name: str = "") -> None:
    """Store the run; where the disk does not let us, say so and go on to the verdict."""
    from firmware.cli.keep import keep
    from firmware.records.custody.errors import RecordsError

    try:
        name = keep(outcome, kit=kit, place=place, settings=settings, name=name)
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
    from firmware.diag.feed import Feed

    try:
        feed = Feed(path)
    except FeedTrouble as trouble:
        log.warning("no feed", what=trouble.what, hint=trouble.hint)
        yield None
        return
    with feed:
        feed.tail.attach()
        yield feed


def _metrics(path: Path | None) -> MetricsFile | None:
    if path is None:
        return None
    from firmware.diag.metrics import MetricsFile

    return MetricsFile(path)


class Heartbeat:
    """Tells systemd and the feed that the loop turns, from the loop itself."""

    def __init__(self, notifier: Notifier, feed: Feed | None, metrics: MetricsFile | None = None) -> None:
        self._notifier, self._feed, self._metrics = notifier, feed, metrics
        self._ready = False
        self._due_s = 0.0

    def watch(self, snapshot: Snapshot) -> bool:
        """Beat, at most as often as the unit asks; never ends the run."""
        now_s, interval_s = time.monotonic(), self._notifier.interval_s
        if self._feed is not None:
            self._feed.publish(snapshot)
        if self._metrics is not None:
            self._metrics.publish(snapshot)
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
