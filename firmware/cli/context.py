"""Sets up the log, the settings and the language, which every command needs first, and says what it must."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import typer

from firmware.cli.options import CommonOptions, default_language, language
from firmware.i18n.catalog import Catalog, Language
from firmware.log import configure_log
from firmware.settings.settings import Settings, load_settings
from hw.kit import parse_spec


class Prepared(NamedTuple):
    """Settings, and the sentences of the language that people read."""

    settings: Settings
    catalog: Catalog


def prepare(
    *, config: Path | None, overrides: list[str] | None, lang: str | None, verbose: int = 0
) -> Prepared:
    """Set up the log and return settings and language: --lang, then the setting, then the locale."""
    configure_log(verbose=verbose)
    settings = load_settings(config=config, overrides=overrides or ())
    return Prepared(settings, Catalog(_chosen(lang, settings)))


def prepared_for(options: CommonOptions) -> Prepared:
    """Return settings and language for a command's options."""
    return prepare(
        config=options.config, overrides=options.overrides, lang=options.lang, verbose=options.verbose
    )


def say_recording_is_clear(kit: str, record_to: Path | None, catalog: Catalog) -> None:
    """Say before a recording of real devices that it holds what strangers send, and the room's pictures."""
    if record_to is not None and parse_spec(kit)[0] == "pi":
        typer.echo(catalog.text("session.clear"), err=True)


def _chosen(lang: str | None, settings: Settings) -> Language:
    if lang:
        return language(lang)
    if settings.ui.lang != "auto":
        return settings.ui.lang
    return default_language(os.environ.get("LANG", ""))
