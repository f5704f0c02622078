"""Table of the commands of `ansim`; a command is imported when it is asked for."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import Annotated

import typer

from firmware.cli.lazy import CommandEntry, LazyGroup
from firmware.runtime.interruption import interrupt_on_term


class Commands(LazyGroup):
    """Every command of `ansim`."""

    table = (
        CommandEntry(
            name="demo",
            target="firmware.cli.commands:demo",
            line="Walk through a simulated room: every sensor, the fusion, the screen, as on the handheld.",
        ),
        CommandEntry(
            name="run",
            target="firmware.cli.commands:run",
            line="Run the handheld application: every sensor at once, the screen, the buttons.",
            epilog="Try it: ansim run --kit sim:six-cubicles --window",
        ),
        CommandEntry(
            name="explain",
            target="firmware.cli.commands:explain",
            line="Say what moved the number, sentence by sentence, and write the arithmetic out.",
            epilog="Try it: ansim demo, then ansim explain ansim-demo/session",
        ),
        CommandEntry(
            name="scan",
            target="firmware.cli.scan_commands:app",
            line="One scan in the terminal: a live table, then the verdict. Exit code 0 nothing found, "
            "10 suspicious, 11 inconclusive.",
        ),
        CommandEntry(
            name="session",
            target="firmware.cli.session:app",
            line="Record what the devices give; look at what was recorded.",
        ),
        CommandEntry(
            name="diag",
            target="firmware.cli.diag:app",
            line="For the technician: is every sensor of this unit alive?",
        ),
        CommandEntry(
            name="calibrate",
            target="firmware.cli.calibrate:app",
            line="Measure this unit: do it once after assembly and when it was open.",
        ),
        CommandEntry(
            name="report",
            target="firmware.cli.report:app",
            line="Stored inspections: list, show, export, verify.",
        ),
        CommandEntry(
            name="known",
            target="firmware.cli.known:app",
            line="What was declared harmless at a site: list, add, remove.",
        ),
        CommandEntry(
            name="config",
            target="firmware.cli.config:app",
            line="The settings: what they are, where each was set.",
        ),
    )


app = typer.Typer(
    cls=Commands,
    name="ansim",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    help="Finds hidden cameras with three sensors and one honest readout. Passive: it transmits nothing.",
    epilog="Start with [bold]ansim demo[/bold]: a simulated inspection, no hardware.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # a zip and an e-mail parser: no other command needs them

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
    """Run the command line, and end with its exit code even where a device's thread hangs in a driver."""
    code = 0
    interrupt_on_term()
    try:
        app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if not _left_behind():
            raise
    if _left_behind():
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _left_behind() -> bool:
    """Say whether a thread still runs: one inside a driver makes the interpreter abort at its end."""
    return any(t is not threading.main_thread() for t in threading.enumerate())


if __name__ == "__main__":
    main()
