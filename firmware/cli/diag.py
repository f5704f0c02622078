"""`ansim diag`: for the technician over SSH."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.failure import Exit, expected_errors
from firmware.cli.jsonl import encode
from firmware.cli.options import ConfigOption, KitOption, LangOption, SetOption, default_language, language
from firmware.diag.checks import Result, run_checks
from firmware.i18n.catalog import Catalog
from firmware.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="For the technician: is every sense of this unit alive?")
STYLE = {Result.PASS: "green", Result.WARN: "yellow", Result.FAIL: "bold red"}


@app.callback()
def root() -> None:
    """Keep `check` a command of its own beside those to come."""


@app.command("check")
def check(
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a check.")] = False,
) -> None:
    """Test every device of the kit. Exit code 1 where one fails, 0 where all pass or only warn."""
    with expected_errors():
        settings = load_settings(config=config, overrides=overrides or ())
        catalog = Catalog(language(lang) if lang else default_language(os.environ.get("LANG", "")))
        table = Table(title=catalog.text("check.title"), title_justify="left", header_style="bold")
        for key in ("check.result", "check.item", "check.proves", "check.remedy"):
            table.add_column(catalog.text(key))
        failed = False
        with Console(stderr=True).status(catalog.text("cli.scanning")):
            for result in run_checks(kit, settings.hw, disk=Path.cwd()):
                failed = failed or result.result is Result.FAIL
                if as_json:
                    typer.echo(encode(result.as_json()))
                word = Text(catalog.text(f"check.{result.result.value}"), style=STYLE[result.result])
                proves = catalog.text(f"check.proves.{result.name}")
                remedy = catalog.text(result.remedy) if result.remedy in catalog else result.remedy
                table.add_row(word, result.name, Text(f"{proves}\n{result.detail}"), Text(remedy))
        if not as_json:
            Console().print(table)
    raise typer.Exit(Exit.ERROR if failed else Exit.NOTHING_FOUND)
