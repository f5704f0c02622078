"""`ansim scan`: one scan in the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from firmware.cli import jsonl
from firmware.cli.context import prepare
from firmware.cli.errors import LEVEL_EXIT, expected_errors
from firmware.cli.homing import home
from firmware.cli.lan import lan
from firmware.cli.live_rf import sweep_head, with_picture
from firmware.cli.options import (
    ConfigOption,
    KitOption,
    LangOption,
    SetOption,
    VerboseOption,
)
from firmware.cli.scan_rf import (
    AfterSweep,
    GainCheckOption,
    PictureOption,
    PlanOption,
    PlotOption,
    ReferenceOption,
    with_options,
)
from firmware.cli.stills import PicturesArgument, still_kit
from firmware.cli.tables import tables
from firmware.cli.verdict import coverage_table, print_verdict
from firmware.i18n.catalog import Catalog
from firmware.records.compare.allowlist import Recogniser
from firmware.records.compare.site_knowledge import recogniser_at
from firmware.records.save_scan import keep_scan, place_of, records_home, span_until_now
from firmware.runtime.sensor_snapshot import SensorSnapshot
from firmware.runtime.session import After, Outcome, Watch, inspect, scene_of, session_length_s
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot
from hw.types import SensorName

if TYPE_CHECKING:
    from firmware.cli.overlay import Overlay

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="One scan in the terminal: a live table, then the verdict. Exit code 0 nothing found, "
    "10 suspicious, 11 inconclusive.",
)
REFRESH_S = 0.25
LIVE_ROWS = 8
UNREADABLE_SHOWN = 8

DurationOption = Annotated[
    float | None,
    typer.Option("--duration", min=0.5, max=86_400, help="Seconds to scan; a recording ends by itself."),
]
JsonlOption = Annotated[
    bool, typer.Option("--jsonl", help="One JSON object a line on standard output, the verdict last.")
]
RecordOption = Annotated[
    Path | None, typer.Option("--record", help="Also record everything the devices give into this folder.")
]

KeepOption = Annotated[
    str | None,
    typer.Option("--keep", metavar="PLACE", help="Store the result as a signed record of site/room/cubicle."),
]


class LiveView:
    """Redraws the tables a few times a second, on standard error, where a person is watching."""

    def __init__(self, console: Console, catalog: Catalog, until_s: float | None) -> None:
        self._catalog, self._until_s = catalog, until_s
        self._live = Live(console=console, auto_refresh=False, transient=True)
        self._console = console
        self._due_s = 0.0

    def __enter__(self) -> LiveView:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._live.stop()

    def watch(self, snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> bool:
        """Show where the scan stands; never ends it."""
        now_s = time.monotonic()
        if self._console.is_terminal and now_s >= self._due_s:
            self._live.update(self._picture(snapshot, sensors), refresh=True)
            self._due_s = now_s + REFRESH_S
        return False

    def _picture(self, snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> RenderableType:
        seen = [o for sensor in sensors.values() for o in sensor.table]
        word = self._catalog.text("cli.scanning")
        first = Table.grid(padding=(0, 1))
        bar = self._until_s and ProgressBar(total=self._until_s, completed=snapshot.elapsed_s, width=32)
        first.add_row(Text(f"{word} · {snapshot.elapsed_s:.0f} s", style="bold"), bar or "")
        head: list[RenderableType] = [first]
        hint = Text(self._catalog.text("cli.keys"), style="dim")
        rf = sensors.get("rf")
        shown = tables(seen, self._catalog, rows=LIVE_ROWS)
        if rf is not None:
            head.extend(sweep_head(rf, self._catalog, columns=self._console.width - 6))
            shown = with_picture(shown, rf.pictures, self._console, self._catalog)
        return Group(*head, coverage_table(snapshot, self._catalog), shown, hint)


def run_scan(
    only: set[SensorName] | None,
    *,
    kit: str,
    config: Path | None,
    overrides: list[str] | None,
    lang: str | None,
    verbose: int,
    duration_s: float | None,
    as_jsonl: bool,
    record_to: Path | None,
    also: Watch | None = None,
    keep_at: str | None = None,
    after: After | None = None,
    tell: Callable[[Console], None] | None = None,
) -> None:
    """Run one scan and end with the exit code of its verdict."""
    with expected_errors():
        settings, catalog = prepare(config=config, overrides=overrides, lang=lang, verbose=verbose)
        until_s = session_length_s(kit, duration_s)
        with LiveView(Console(stderr=True), catalog, until_s) as view:

            def watch(snapshot: Snapshot, sensors: Mapping[SensorName, SensorSnapshot]) -> bool:
                view.watch(snapshot, sensors)
                return also is not None and also(snapshot, sensors) is True

            outcome = inspect(
                kit,
                settings,
                only=only,
                until_s=until_s,
                record_to=record_to,
                watch=watch,
                after=after,
                recognise=known_at(keep_at, settings),
            )
        if tell is not None:
            tell(Console(stderr=True))
        if keep_at is not None:
            name = keep(outcome, kit=kit, place=keep_at, settings=settings)
            typer.echo(f"ansim report show {name}", err=True)
        show(outcome, catalog, as_jsonl=as_jsonl, simulated=scene_of(kit) is not None)
    raise typer.Exit(LEVEL_EXIT[outcome.snapshot.verdict.level])


def show(outcome: Outcome, catalog: Catalog, *, as_jsonl: bool, simulated: bool) -> None:
    """Print a finished scan, as JSON lines or for people."""
    if as_jsonl:
        for link in outcome.unreadable:
            typer.echo(jsonl.encode(link.as_json()))
        for line in jsonl.lines(outcome.observations, outcome.counts, outcome.snapshot.verdict):
            typer.echo(line)
        return
    console = Console()
    console.print(tables(outcome.observations, catalog))
    if outcome.unreadable:
        macs = ", ".join(link.mac for link in outcome.unreadable[:UNREADABLE_SHOWN])
        console.print(Text(catalog.text("cli.unreadable", count=len(outcome.unreadable)) + f" {macs}"))
    if simulated:
        console.print(Text(catalog.text("report.simulated"), style="black on yellow"))
    print_verdict(console, outcome.snapshot, catalog, outcome.coverages)


def known_at(keep_at: str | None, settings: Settings) -> Recogniser | None:
    """Return what knows the site's own devices, where the result is kept for a site."""
    if keep_at is None:
        return None
    return recogniser_at(place_of(keep_at).site, folder=records_home(settings), config=settings.records)


def keep(outcome: Outcome, *, kit: str, place: str, settings: Settings) -> str:
    """Store a finished scan and return the id of its record."""
    return keep_scan(
        verdict=outcome.snapshot.verdict,
        observations=outcome.observations,
        coverages=outcome.coverages,
        counts=outcome.counts,
        span=span_until_now(outcome.snapshot.elapsed_s),
        place=place_of(place),
        kit=kit,
        simulated=scene_of(kit) is not None,
        settings=settings,
        folder=records_home(settings),
        eye=outcome.eye,
    )


def _register(name: str, only: set[SensorName] | None, help_text: str, *, example: str) -> None:
    @app.command(name, help=help_text, epilog=example)
    def command(
        kit: KitOption = "auto",
        config: ConfigOption = None,
        overrides: SetOption = None,
        lang: LangOption = None,
        verbose: VerboseOption = 0,
        duration: DurationOption = None,
        as_jsonl: JsonlOption = False,
        record: RecordOption = None,
        keep_at: KeepOption = None,
    ) -> None:
        run_scan(
            only, kit=kit, config=config, overrides=overrides, lang=lang, verbose=verbose,
            duration_s=duration, as_jsonl=as_jsonl, record_to=record, keep_at=keep_at,
        )  # fmt: skip


@app.command("rf", epilog="Try it: ansim scan rf --kit sim:analog-camera --plot sweep.png")
def rf(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    verbose: VerboseOption = 0,
    duration: DurationOption = None,
    as_jsonl: JsonlOption = False,
    record: RecordOption = None,
    plot: PlotOption = None,
    picture: PictureOption = None,
    reference: ReferenceOption = None,
    plan: PlanOption = None,
    gain_check: GainCheckOption = False,
) -> None:
    """Transmitters of wireless cameras, 24–1766 MHz, with an RTL-SDR.

    What an analog camera shows appears in the terminal. Sweep the corridor first (--record corridor), then
    the room with --reference corridor: what is stronger in the room is near. More settings: --set rf.….
    """
    with expected_errors():
        overrides = with_options(overrides, plan=plan, gain_check=gain_check)
        settings, catalog = prepare(config=config, overrides=overrides, lang=lang, verbose=verbose)
        after = AfterSweep(
            plot=plot, picture=picture, reference=reference, settings=settings, catalog=catalog
        )
    run_scan(
        {"rf"}, kit=kit, config=config, overrides=overrides, lang=lang, verbose=verbose,
        duration_s=duration, as_jsonl=as_jsonl, record_to=record, after=after, tell=after.tell,
    )  # fmt: skip


@app.command(
    "wifi", epilog="Try it: ansim scan wifi --kit sim:wifi-camera; then --home with the address it names"
)
def wifi(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    verbose: VerboseOption = 0,
    duration: DurationOption = None,
    as_jsonl: JsonlOption = False,
    record: RecordOption = None,
    home_to: Annotated[
        str | None,
        typer.Option("--home", metavar="MAC", help="Follow one transmitter: warmer or colder, bar and beep."),
    ] = None,
) -> None:
    """Wi-Fi cameras by name and by traffic, with an adapter in monitor mode."""
    if home_to is None:
        run_scan(
            {"wifi"}, kit=kit, config=config, overrides=overrides, lang=lang, verbose=verbose,
            duration_s=duration, as_jsonl=as_jsonl, record_to=record,
        )  # fmt: skip
        return
    with expected_errors():
        settings, catalog = prepare(config=config, overrides=overrides, lang=lang, verbose=verbose)
        home(
            home_to, kit=kit, settings=settings, catalog=catalog,
            duration_s=session_length_s(kit, duration), as_jsonl=as_jsonl,
        )  # fmt: skip


@app.command("lens", epilog="Try it: ansim scan lens --kit sim:card-camera --overlay seen.mp4")
def lens(
    pictures: PicturesArgument = None,
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    verbose: VerboseOption = 0,
    duration: DurationOption = None,
    as_jsonl: JsonlOption = False,
    record: RecordOption = None,
    overlay: Annotated[
        Path | None,
        typer.Option("--overlay", help="Draw what was seen and why into this film (.mp4) or folder."),
    ] = None,
) -> None:
    """Lenses, by what answers a ring light and not a light beside it."""
    with ExitStack() as stack, expected_errors():
        drawing = None if overlay is None else stack.enter_context(closing(_overlay(overlay)))
        if pictures:
            kit = stack.enter_context(still_kit(pictures))
            _, catalog = prepare(config=config, overrides=overrides, lang=lang, verbose=verbose)
            typer.echo(catalog.text("cli.stills"), err=True)
        run_scan(
            {"lens"}, kit=kit, config=config, overrides=overrides, lang=lang, verbose=verbose,
            duration_s=duration, as_jsonl=as_jsonl, record_to=record,
            also=None if drawing is None else drawing.watch,
        )  # fmt: skip


def _overlay(target: Path) -> Overlay:
    from firmware.cli.overlay import Overlay  # OpenCV is asked for by no other command here

    return Overlay(target)


app.command("lan")(lan)
_register(
    "all",
    None,
    "Every sense there is, one verdict.",
    example="Try it: ansim scan all --kit sim:wifi-camera; unplugged: --kit 'sim:wifi-camera?unplug=wifi@10'",
)
_register(
    "ble",
    {"ble"},
    "Bluetooth LE advertisers: cameras and smart glasses by identity.",
    example="Try it: ansim scan ble --kit sim:empty-room --jsonl",
)
