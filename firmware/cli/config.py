"""`ansim config`: every setting, its meaning, and whether a file is right."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.failure import expected_errors
from firmware.cli.options import ConfigOption, SetOption
from firmware.settings import list_settings, load_with_origins

app = typer.Typer(no_args_is_help=True, help="The settings: what they are, where each was set.")


@app.command("show")
def show(config: ConfigOption = None, overrides: SetOption = None) -> None:
    """List every setting with its value, its meaning and where it was set."""
    with expected_errors():
        settings, origins = load_with_origins(config=config, overrides=overrides or ())
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for column in ("setting", "value", "set in", "meaning"):
            table.add_column(column)
        for row in list_settings(settings, origins):
            where = Text(row.origin, style="dim" if row.origin == "built in" else "cyan")
            table.add_row(row.key, Text(_written(row.value)), where, Text(row.description))
        Console().print(table)


def _written(value: object) -> str:
    if value is None:
        return "–"
    return str(value).lower() if isinstance(value, bool) else str(value)


@app.command("check")
def check(config: ConfigOption = None, overrides: SetOption = None) -> None:
    """Check the settings; all mistakes are named at once. Exit code 2 where there are any."""
    with expected_errors():
        load_with_origins(config=config, overrides=overrides or ())
        typer.echo("The settings are free of mistakes.")
