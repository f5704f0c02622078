"""Exit codes of every command, and the printing of an expected error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

import typer
from rich.console import Console
from rich.text import Text

from firmware.errors import SettingsError
from firmware.log import printable
from hw.errors import AnsimError, BadKit, MissingComponent

MESSAGE_MOST = 8000  # characters of one message; mistakes in settings are listed all at once


class Exit(IntEnum):
    """Exit codes of every command; scripts rely on them."""

    NOTHING_FOUND = 0
    ERROR = 1
    USAGE = 2
    MISSING_COMPONENT = 3
    SUSPICIOUS = 10
    INCONCLUSIVE = 11
    INTERRUPTED = 130


# By the level's word: the wording of a command's end needs no verdict engine.
LEVEL_EXIT: dict[str, Exit] = {
    "nothing_found": Exit.NOTHING_FOUND,
    "check": Exit.SUSPICIOUS,
    "likely_camera": Exit.SUSPICIOUS,
    "inconclusive": Exit.INCONCLUSIVE,
}


def exit_code_for(error: Exception) -> Exit:
    """Return the exit code that the table gives an expected error."""
    if isinstance(error, MissingComponent):
        return Exit.MISSING_COMPONENT
    if isinstance(error, BadKit | SettingsError):
        return Exit.USAGE
    return Exit.ERROR


@contextmanager
def expected_errors() -> Iterator[None]:
    """Turn an expected error into what, why and what to do; anything else is a bug and shows its trace."""
    try:
        yield
    except AnsimError as error:
        print_error(error)
        raise typer.Exit(exit_code_for(error)) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(Exit.INTERRUPTED) from error
    except BrokenPipeError as error:
        raise typer.Exit(Exit.ERROR) from error


def print_error(error: AnsimError) -> None:
    """Say on standard error what happened, what it means and what to do."""
    console = Console(stderr=True, highlight=False)
    console.print(Text.assemble(("ansim: ", "bold red"), _safe(error.what)))
    if error.hint:
        console.print(Text.assemble(("  → ", "bold"), _safe(error.hint)))


def _safe(text: str) -> str:
    """Return words that may quote a file's name or content, without anything that steers a terminal."""
    return printable(text, limit=MESSAGE_MOST, keep_lines=True)
