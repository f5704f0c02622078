"""Commands to the handheld itself; those to the engine are in `firmware.verdict.commands`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from firmware.handheld.screen.theme import ThemeName
from firmware.i18n.catalog import Language
from firmware.verdict.commands import EngineCommand
from hw.queued_buttons import ButtonName

if TYPE_CHECKING:
    from firmware.inspection.controller import MenuWord


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLanguage:
    """Change the language of the screen."""

    lang: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTheme:
    """Draw the screen dark or bright."""

    theme: ThemeName


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSound:
    """Switch the sounds on or off."""

    silent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Show the homing page for the device of this subject; None ends homing."""

    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnInspection:
    """Finish the inspection, choose another room, or go back to the first page."""

    word: MenuWord


@dataclass(frozen=True, slots=True, kw_only=True)
class PressInspection:
    """Press a button on the inspection's own page, whichever page the panel shows."""

    button: ButtonName


Command = EngineCommand | SetLanguage | SetTheme | SetSound | Home | TurnInspection | PressInspection
