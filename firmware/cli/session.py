"""`ansim session`: record what the devices give, and look at what was recorded."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.context import prepare
from firmware.cli.errors import Exit, expected_errors
from firmware.cli.options import (
    ConfigOption,
    DurationOption,
    KitOption,
    LangOption,
    SetOption,
    VerboseOption,
)
from firmware.cli.scan import LiveView
from firmware.cli.verdict import print_verdict
from firmware.i18n.catalog import Catalog
from firmware.i18n.escape import visible
from firmware.runtime.session import inspect, session_length_s
from hw.kit import parse_spec
from hw.replay.manifest import Manifest, verify
from hw.replay.session import Parts, find_parts

app = typer.Typer(no_args_is_help=True, help="Record what the devices give; look at what was recorded.")
FolderArgument = Annotated[Path, typer.Argument(help="The session folder.", metavar="DIR")]
MEGABYTE = 1_000_000


@app.command("record")
def record(
    folder: FolderArgument,
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    verbose: VerboseOption = 0,
    duration: DurationOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Scan with every sensor there is and record all that the devices give into a new folder.

    The folder opens in other tools (SigMF, pcapng, PNG); `--kit replay:DIR` gives the same verdict again.
    What strangers send and pictures of the room are stored as they are: ask the people in it first.
    """
    with expected_errors():
        settings, catalog = prepare(config=config, overrides=overrides, lang=lang, verbose=verbose)
        until_s = session_length_s(kit, duration)
        _ask_for_clear_captures(kit, catalog, yes=yes)
        console = Console(stderr=True)
        console.print(Text(f"{catalog.text('cli.recording')} {folder}"), soft_wrap=True)
        with LiveView(console, catalog, until_s) as view:
            outcome = inspect(
                kit, settings, until_s=until_s, record_to=folder, watch=view.watch, read_tables=view.is_shown
            )
        print_verdict(Console(), outcome.snapshot, catalog, outcome.coverages)


def _ask_for_clear_captures(kit: str, catalog: Catalog, *, yes: bool) -> None:
    """Ask before addresses, names and pictures are stored as they are; a script has to say --yes."""
    if yes or parse_spec(kit)[0] != "pi":
        return
    said = catalog.text("session.clear")
    if not sys.stdin.isatty():  # nobody there who could be asked
        typer.echo(f"{said} {catalog.text('session.flag')}", err=True)
        raise typer.Exit(Exit.ERROR)
    if not typer.confirm(f"{said} {catalog.text('session.ask')}", err=True):
        raise typer.Exit(Exit.ERROR)


@app.command("info")
def info(folder: FolderArgument) -> None:
    """Say what a session or a single recording holds, and whether it is as it was recorded."""
    with expected_errors():
        parts = find_parts(str(folder))
        console = Console()
        console.print(Text(visible(parts.name, limit=120), style="bold"))
        if parts.warning:
            console.print(Text(visible(parts.warning, limit=200), style="yellow"))
        if parts.manifest is not None:
            _print_manifest(console, parts.manifest)
        console.print(_table_of(parts))


def _print_manifest(console: Console, manifest: Manifest) -> None:
    console.print(
        Text(f"recorded {_when(manifest.wall_ns)} UTC with --kit {visible(manifest.kit, limit=120)}")
    )
    for device in manifest.devices:
        console.print(
            Text(
                f"  {visible(device.role)}: {visible(device.name)} "
                f"({visible(device.backend)}) {visible(device.detail)}"
            )
        )
    for role, why in manifest.stopped.items():
        console.print(
            Text(f"  {visible(role)}: recording ended early, {visible(why, limit=120)}", style="yellow")
        )


def _when(wall_ns: int) -> str:
    try:
        return f"{datetime.fromtimestamp(wall_ns * 1e-9, tz=UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return "at no time that a calendar has"


def _table_of(parts: Parts) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in ("part", "files", "megabytes", "as recorded"):
        table.add_column(column, justify="right" if column in {"files", "megabytes"} else "left")
    for role in parts.roles():
        files = [f for path in parts.of(role) for f in (path.rglob("*") if path.is_dir() else (path,))]
        files += [f.with_suffix(".sigmf-data") for f in files if f.suffix == ".sigmf-meta"]
        size = sum(f.stat().st_size for f in files if f.is_file())
        verify(parts.root, parts.manifest, role)
        known = parts.manifest is not None and any(p.role == role for p in parts.manifest.parts)
        word = Text("yes, SHA-256", style="green") if known else Text("not verified", style="dim")
        table.add_row(role, f"{len(files):,}", f"{size / MEGABYTE:.1f}", word)
    return table
