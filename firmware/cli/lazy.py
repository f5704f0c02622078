"""A command group that imports a command's module only when that command is asked for.

A help page lists commands by the name and line in the group's table. `--version`, `--help`, completion and a
wrong command word therefore load no radio, picture or table code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    """One row of a group's table: the command's name, where it is, and its line on the help page.

    ``target`` is ``module:attribute``. The attribute is a function with typer options or a `typer.Typer`.
    """

    name: str
    target: str
    line: str
    epilog: str | None = None

    def load(self) -> Any:
        """Import the command and return it as the object that parses and runs it."""
        module, _, attribute = self.target.partition(":")
        found = getattr(import_module(module), attribute)
        holder = typer.Typer(add_completion=False, rich_markup_mode="rich")
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=self.name)
            return _only_child(get_command(holder), self.name)
        holder.command(self.name, epilog=self.epilog)(found)
        return get_command(holder)


def _only_child(group: Any, name: str) -> Any:
    return group.commands[name]


class UnloadedCommand(TyperCommand):
    """Stands in a group for a command that is not imported yet; parsing its words imports it."""

    def __init__(self, entry: CommandEntry) -> None:
        super().__init__(entry.name, help=entry.line)
        self.entry = entry

    def make_context(self, info_name: str | None, args: list[str], *rest: Any, **extra: Any) -> Any:
        """Import the command and let it parse its own words."""
        return self.entry.load().make_context(info_name, args, *rest, **extra)


class LazyGroup(TyperGroup):
    """A group whose commands are the rows of ``table``; a subclass gives the table."""

    table: ClassVar[Sequence[CommandEntry]] = ()

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update({entry.name: UnloadedCommand(entry) for entry in self.table})
