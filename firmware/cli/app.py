"""The command `ansim`: mounts the commands; each lives in a file of its own."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from firmware.cli import calibrate, config, demo, diag, explain, known, report, run, scan, session

app = typer.Typer(
    name="ansim",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="Finds hidden cameras with three senses and one honest readout. Passive: it transmits nothing.",
    epilog="Start with [bold]ansim demo[/bold]: a simulated inspection, no hardware.",
)
app.command("demo")(demo.demo)
app.command("run", epilog="Try it: ansim run --kit sim:six-cubicles --window")(run.run)
app.command("explain", epilog="Try it: ansim demo, then ansim explain ansim-demo/session")(explain.explain)
app.add_typer(scan.app, name="scan")
app.add_typer(session.app, name="session")
app.add_typer(diag.app, name="diag")
app.add_typer(calibrate.app, name="calibrate")
app.add_typer(report.app, name="report")
app.add_typer(known.app, name="known")
app.add_typer(config.app, name="config")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ansim {version('ansim')}")
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Hold the options that come before the command."""


def main() -> None:
    """Run the command line."""
    app()
