"""Lists the settings with their meaning and origin, and checks settings and site plans: `ansim config`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.errors import expected_errors
from firmware.cli.options import ConfigOption, SetOption
from firmware.errors import Mistake, SettingsError
from firmware.i18n.escape import visible
from firmware.inspection.site_plan import load_sites
from firmware.settings.settings import list_settings, load_settings, load_with_origins

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


@app.command("sites")
def sites(
    path: Annotated[Path | None, typer.Argument(help="A plan, or a folder of plans (*.toml).")] = None,
    config: ConfigOption = None,
    overrides: SetOption = None,
) -> None:
    """List the site plans that the unit can inspect; all mistakes are named at once, exit code 2."""
    with expected_errors():
        settings = load_settings(config=config, overrides=overrides or ())
        folder = path or Path(settings.walk.sites)
        found = load_sites(folder)
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
        for column in ("site", "rooms", "cubicles", "operators"):
            table.add_column(column)
        for plan in found.plans:
            count = str(len(plan.room)), str(plan.cubicle_count), str(len(plan.site.operators))
            table.add_row(Text(visible(plan.name)), *count)
        Console().print(table)
        if path is not None and not path.exists():
            raise SettingsError([Mistake(key="file", origin=str(path), why="does not exist")])
        if found.mistakes:
            raise SettingsError(found.mistakes)
