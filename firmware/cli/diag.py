"""Prints the technician's self-tests, devices and live board: `ansim diag`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.diag_bundle import bundle
from firmware.cli.errors import Exit, expected_errors
from firmware.cli.jsonl import encode
from firmware.cli.options import ConfigOption, KitOption, LangOption, SetOption, default_language, language
from firmware.cli.report_options import RecordsOption, records_folder
from firmware.diag.checks import Check, Result, Unit, run_checks
from firmware.diag.dashboard import board
from firmware.diag.feed_client import SOCKET, parse_line, read_lines
from firmware.diag.high_ways import missing_ways
from firmware.diag.model import Asked
from firmware.errors import FeedTrouble
from firmware.i18n.catalog import Catalog, catalog_for
from firmware.i18n.escape import visible
from firmware.settings.calibration import calibration_folder
from firmware.settings.pi_model import board_name
from firmware.settings.settings import Settings, load_settings
from hw.errors import MissingComponent
from hw.kit import parse_spec
from hw.pi.discover import Found, discover

app = typer.Typer(no_args_is_help=True, help="For the technician: is every sensor of this unit alive?")
app.command("bundle")(bundle)
STYLE = {Result.PASS: "green", Result.WARN: "yellow", Result.FAIL: "bold red"}
BOARD_COLUMNS, BOARD_ROWS = 80, 24

SocketOption = Annotated[Path, typer.Option("--socket", help="Socket of the running unit.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
ToneOption = Annotated[
    float | None,
    typer.Option("--tone", min=24.5, max=1765, help="MHz of a tone that is fed in, instead of FM stations."),
]
PressOption = Annotated[
    float, typer.Option("--press", min=0, max=120, help="Seconds to press every button of the panel.")
]


@app.command("check")
def check(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
    tone: ToneOption = None,
    press: PressOption = 0.0,
    records: RecordsOption = None,
) -> None:
    """Test every device of the kit and the unit. Exit code 1 where one fails, 0 where all pass or only warn.

    Hold the open hand 20 to 30 cm in front of the lens meanwhile: the lights are measured on it.
    """
    with expected_errors():
        settings, catalog = load_settings(config=config, overrides=overrides or ()), _catalog(lang)
        unit = unit_of(kit, records_folder(records), settings)
        asked = Asked(tone_hz=None if tone is None else tone * 1e6, press_s=press)
        with Console(stderr=True).status(catalog.text("cli.scanning")) as status:

            def begin(name: str) -> None:
                status.update(Text(f"{catalog.text('check.running')} {name}"))

            results = []
            for result in run_checks(kit, settings.hw, unit=unit, asked=asked, on_begin=begin):
                results.append(result)
                if as_json:
                    typer.echo(encode(result.as_json(catalog)))
        if not as_json:
            _print_checks(results, catalog)
    failed = any(r.result is Result.FAIL for r in results)
    raise typer.Exit(Exit.ERROR if failed else Exit.NOTHING_FOUND)


def unit_of(kit: str, records: Path, settings: Settings) -> Unit:
    """Return this unit: its paths, its board and what is set for it."""
    is_pi = parse_spec(kit)[0] == "pi"
    return Unit(
        disk=Path.cwd(),
        records=records,
        calibrations=calibration_folder(),
        self_noise=settings.rf.self_noise,
        is_pi=is_pi,
        board=board_name() if is_pi else "",
        camera=settings.hw.camera,
    )


def _print_checks(results: Iterable[Check], catalog: Catalog) -> None:
    console = Console()
    table = Table(title=catalog.text("check.title"), title_justify="left", header_style="bold", box=None)
    for key in ("check.result", "check.item", "check.proves"):
        table.add_column(catalog.text(key))
    counts = dict.fromkeys(Result, 0)
    for result in results:
        counts[result.result] += 1
        said = Text(f"{catalog.say(result.said)}")
        said.append(f"\n{result.proves_text(catalog)}", style="dim")
        remedy = result.remedy_text(catalog)
        if remedy and result.result is not Result.PASS:
            said.append(f"\n→ {remedy}", style=STYLE[result.result])
        word = Text(str(catalog.text(f"check.{result.result.value}")), style=STYLE[result.result])
        table.add_row(word, result.name, said)
    console.print(table)
    summary = {"passed": counts[Result.PASS], "warned": counts[Result.WARN], "failed": counts[Result.FAIL]}
    console.print(Text(str(catalog.text("check.summary", **summary)), style="bold"))


@app.command("devices")
def devices(lang: LangOption = None, as_json: JsonOption = False) -> None:
    """List everything that is plugged in, and how to choose it. Nothing is opened."""
    with expected_errors():
        catalog, found = _catalog(lang), discover()
        missing = [
            Found(role=role, name="–", usable=False, hint=str(catalog.say(need)))
            for role, need in missing_ways(found)
        ]
        if as_json:
            for one in (*found, *missing):
                typer.echo(encode(_found_json(one)))
            return
        if not found:
            typer.echo(str(catalog.text("devices.none")))
        table = Table(header_style="bold", box=None, caption=str(catalog.text("devices.high")))
        table.caption_justify = "left"
        for key in ("devices.role", "devices.name", "devices.choose"):
            table.add_column(catalog.text(key))
        for one in (*found, *missing):
            name = Text(visible(f"{one.name} {one.detail}".strip(), limit=80))
            if one.hint:
                name.append(f"\n→ {one.hint}", style="yellow")
            style = "green" if one.usable else "yellow"
            choose = f"--set '{one.choose}'" if one.choose else "–"
            table.add_row(Text(one.role, style=style), name, Text(visible(choose, limit=120)))
        Console().print(table)


def _found_json(found: Found) -> dict[str, object]:
    return {
        "type": "device", "role": found.role, "name": found.name, "detail": found.detail,
        "usable": found.usable, "choose": found.choose, "hint": found.hint,
    }  # fmt: skip


@app.command("watch")
def watch(
    socket: SocketOption = SOCKET,
    lang: LangOption = None,
    once: Annotated[bool, typer.Option("--once", help="Print one board as plain text and end.")] = False,
    every: Annotated[
        float, typer.Option("--every", min=0.1, max=60, help="Seconds between updates; more on a slow line.")
    ] = 0.5,
) -> None:
    """Watch a running unit. It takes no device from it, and cannot change anything; q ends it."""
    with expected_errors():
        catalog = _catalog(lang)
        if once:
            _print_board(socket, catalog)
            return
        try:
            from firmware.diag.watch import Newest, WatchApp
        except ModuleNotFoundError as error:
            hint = "Install ansim with its [diag] extra, or use --once."
            raise MissingComponent("textual is not installed", hint=hint) from error
        next(read_lines(socket), None)  # say at once where there is nobody to watch
        WatchApp(Newest(lambda: read_lines(socket)), catalog, every_s=every, source=str(socket)).run(
            mouse=False
        )


def _print_board(socket: Path, catalog: Catalog) -> None:
    line = next(read_lines(socket), None)
    if line is None:
        raise FeedTrouble(f"The unit at {socket} ended the feed", hint="systemctl status ansim")
    for row in board(parse_line(line), catalog, width=BOARD_COLUMNS, height=BOARD_ROWS):
        typer.echo(row.plain.rstrip())


def _catalog(lang: str | None) -> Catalog:
    return catalog_for(language(lang) if lang else default_language(os.environ.get("LANG", "")))
