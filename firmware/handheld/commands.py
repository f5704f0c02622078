"""What people can ask of the handheld itself, beside what the engine does (`firmware.verdict.commands`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware.handheld.screen.theme import ThemeName
from firmware.i18n.catalog import Language
from firmware.verdict.commands import EngineCommand

if TYPE_CHECKING:
    from firmware.inspection.controller import MenuWord


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """Speak this language."""

    lang: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTheme:
    """Draw the screen dark or bright."""

    theme: ThemeName


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSound:
    """Sound what changes, or be silent."""

    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Show how to walk towards the device of this subject, warmer or colder; None where there is none."""

    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnInspection:
    """Finish the inspection, choose another room, or go back to the first page."""

    word: MenuWord


Command = EngineCommand | SetLanguage | SetTheme | SetSound | Home | TurnInspection
