"""Runs one scan in the terminal: the live table, the verdict, the record, the exit code."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from firmware.cli import jsonl
from firmware.cli.context import Prepared, prepared_for, say_recording_is_clear
from firmware.cli.errors import LEVEL_EXIT, Exit, expected_errors
from firmware.cli.homing import home
from firmware.cli.options import ScanOptions
from firmware.cli.stills import still_kit
from firmware.cli.tables import tables
from firmware.cli.verdict import coverage_table, interrupted, print_verdict
from firmware.i18n.catalog import Catalog
from firmware.records.provenance import source_of
from firmware.runtime.interruption import asked_to_stop
from firmware.runtime.session import After, Outcome, Watch, inspect, session_length_s
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot
from hw.types import SensorName

if TYPE_CHECKING:
    from firmware.cli.overlay import Overlay
    from firmware.cli.scan_rf import SweepOptions
    from firmware.verdict.sensor_state import Recognise

REFRESH_S = 0.25
LIVE_ROWS = 8
UNREADABLE_SHOWN = 8


class LiveView:
    """Redraws the tables a few times a second, on standard error, where a person is watching."""

    def __init__(self, console: Console, catalog: Catalog, until_s: float | None) -> None:
        self._catalog, self._until_s = catalog, until_s
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._console = console
        self._due_s = 0.0

    def __enter__(self) -> LiveView:
        if self.is_shown:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    @property
    def is_shown(self) -> bool:
        """Whether anybody sees it: on a terminal."""
        return self._console.is_terminal

    def watch(self, snapshot: Snapshot) -> bool:
        """Show where the scan stands; never ends it."""
        now_s = time.monotonic()
        if self.is_shown and now_s >= self._due_s:
            self._live.update(self._picture(snapshot), refresh=True)
            self._due_s = now_s + REFRESH_S
        return False

    def _picture(self, snapshot: Snapshot) -> RenderableType:
        word = self._catalog.text("cli.scanning")
        first = Table.grid(padding=(0, 1))
        bar = self._until_s and ProgressBar(total=self._until_s, completed=snapshot.elapsed_s, width=32)
        first.add_row(Text(f"{word} · {snapshot.elapsed_s:.0f} s", style="bold"), bar or "")
        head: list[RenderableType] = [first]
        hint = Text(self._catalog.text("cli.keys"), style="dim")
        shown = tables(
            snapshot.observations, self._catalog, findings=snapshot.verdict.findings, rows=LIVE_ROWS
        )
        if snapshot.views.sweep is not None:  # only a sweep loads the code that draws one
            from firmware.cli.live_rf import sweep_head, with_picture

            head.extend(sweep_head(snapshot.views, self._catalog, columns=self._console.width - 6))
            shown = with_picture(shown, snapshot.views.pictures, self._console, self._catalog)
        return Group(*head, coverage_table(snapshot, self._catalog), shown, hint)


def scan(
    only: set[SensorName] | None,
    options: ScanOptions,
    *,
    keep_at: str | None = None,
) -> None:
    """Run one scan of some sensors (None: of all) and end with the exit code of its verdict."""
    with expected_errors():
        outcome = run_scan(only, options, prepared_for(options), keep_at=keep_at)
    raise typer.Exit(LEVEL_EXIT[outcome.snapshot.verdict.level])


def run_scan(
    only: set[SensorName] | None,
    options: ScanOptions,
    prepared: Prepared,
    *,
    also: Watch | None = None,
    keep_at: str | None = None,
    after: After | None = None,
    tell: Callable[[Console], None] | None = None,
) -> Outcome:
    """Run one scan to its end, print it, store it where that was asked for, and return it.

    Ctrl-C or SIGTERM at any moment of it ends the run early; what is there by then is printed and stored.
    """
    with asked_to_stop(), _begun_at(keep_at, prepared) as record:
        return _run_scan(
            only, options, prepared, also=also, keep_at=keep_at, record=record, after=after, tell=tell
        )


def _run_scan(
    only: set[SensorName] | None,
    options: ScanOptions,
    prepared: Prepared,
    *,
    also: Watch | None,
    keep_at: str | None,
    record: str,
    after: After | None,
    tell: Callable[[Console], None] | None,
) -> Outcome:
    settings, catalog = prepared
    until_s = session_length_s(options.kit, options.duration_s)
    say_recording_is_clear(options.kit, options.record_to, catalog)
    with LiveView(Console(stderr=True), catalog, until_s) as view:

        def watch(snapshot: Snapshot) -> bool:
            view.watch(snapshot)
            return also is not None and also(snapshot) is True

        outcome = inspect(
            options.kit,
            settings,
            only=only,
            until_s=until_s,
            record_to=options.record_to,
            watch=watch,
            after=after,
            recognise=_known_at(keep_at, settings),
            read_tables=view.is_shown or also is not None,
        )
    if tell is not None:
        tell(Console(stderr=True))
    source = source_of(options.kit, settings.hw.backend)
    show(outcome, catalog, as_jsonl=options.as_jsonl, simulated=source.simulated)
    if keep_at is not None:
        from firmware.cli.keep import keep_and_say

        keep_and_say(outcome, kit=options.kit, place=keep_at, settings=settings, name=record)
    return outcome


@contextmanager
def _begun_at(keep_at: str | None, prepared: Prepared) -> Iterator[str]:
    """Sign that the scan begins, and give the id of its record; nothing where it is not kept."""
    if keep_at is None:
        yield ""
        return
    from firmware.cli.keep import begun_at

    with begun_at(keep_at, settings=prepared.settings, catalog=prepared.catalog) as record:
        yield record


def _known_at(keep_at: str | None, settings: Settings) -> Recognise | None:
    """Return the recogniser of the site's own devices; a scan that is not kept loads no records."""
    if keep_at is None:
        return None
    from firmware.cli.keep import known_at

    return known_at(keep_at, settings)


def scan_rf(
    options: ScanOptions,
    sweep: SweepOptions,
    *,
    plot: Path | None,
    picture: Path | None,
    reference: str | None,
) -> None:
    """Sweep once, then plot, store the camera's picture and compare with another place, as asked."""
    from firmware.cli.scan_rf import AfterSweep, with_options

    with expected_errors():
        overrides = with_options(options.overrides, sweep)
        prepared = prepared_for(replace(options, overrides=overrides))
        after = AfterSweep(
            plot=plot,
            picture=picture,
            reference=reference,
            settings=prepared.settings,
            catalog=prepared.catalog,
        )
        outcome = run_scan({"rf"}, options, prepared, after=after, tell=after.tell)
    raise typer.Exit(LEVEL_EXIT[outcome.snapshot.verdict.level])


def follow(address: str, options: ScanOptions) -> None:
    """Follow one Wi-Fi transmitter by its level until time is up or Ctrl-C; never heard is inconclusive."""
    with expected_errors():
        settings, catalog = prepared_for(options)
        heard = home(
            address,
            kit=options.kit,
            settings=settings,
            catalog=catalog,
            duration_s=session_length_s(options.kit, options.duration_s),
            as_jsonl=options.as_jsonl,
        )
    raise typer.Exit(0 if heard else Exit.INCONCLUSIVE)


def scan_lens(options: ScanOptions, *, pictures: Sequence[Path], overlay: Path | None) -> None:
    """Look for lenses, with the camera or in still pictures, and draw what was seen where that was asked."""
    with ExitStack() as stack, expected_errors():
        prepared = prepared_for(options)
        drawing = (
            None if overlay is None else stack.enter_context(closing(_overlay(overlay, prepared.catalog)))
        )
        if pictures:
            options = replace(options, kit=stack.enter_context(still_kit(pictures)))
            typer.echo(prepared.catalog.text("cli.stills"), err=True)
        outcome = run_scan(
            {"lens"},
            options,
            prepared,
            also=None if drawing is None else drawing.watch,
            after=None if drawing is None else drawing.finish,
            tell=None if drawing is None else drawing.tell,
        )
    raise typer.Exit(LEVEL_EXIT[outcome.snapshot.verdict.level])


def _overlay(target: Path, catalog: Catalog) -> Overlay:
    from firmware.cli.overlay import Overlay  # OpenCV is asked for by no other scan

    return Overlay(target, catalog=catalog)


def show(outcome: Outcome, catalog: Catalog, *, as_jsonl: bool, simulated: bool) -> None:
    """Print a finished scan, as JSON lines or for people."""
    if as_jsonl:
        for link in outcome.snapshot.views.unreadable:
            typer.echo(jsonl.encode(link.as_json()))
        last = outcome.snapshot
        for line in jsonl.lines(
            outcome.observations,
            outcome.counts,
            last.verdict,
            last.whereabouts,
            interrupted=outcome.stopped,
        ):
            typer.echo(line)
        return
    console = Console()
    console.print(tables(outcome.observations, catalog, findings=outcome.snapshot.verdict.findings))
    unreadable = outcome.snapshot.views.unreadable
    if unreadable:
        macs = ", ".join(link.mac for link in unreadable[:UNREADABLE_SHOWN])
        console.print(Text(catalog.text("cli.unreadable", count=len(unreadable)) + f" {macs}"))
    if simulated:
        console.print(Text(catalog.text("report.simulated"), style="black on yellow"))
    if outcome.stopped:
        console.print(Text(interrupted(outcome.snapshot, catalog), style="yellow"))
    print_verdict(console, outcome.snapshot, catalog, outcome.coverages)
