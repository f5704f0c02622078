"""Sets up the log, the settings and the language, which every command needs first."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from firmware.cli.options import CommonOptions, default_language, language
from firmware.i18n.catalog import Catalog, Language
from firmware.log import configure_log
from firmware.settings.settings import Settings, load_settings


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


def _chosen(lang: str | None, settings: Settings) -> Language:
    if lang:
        return language(lang)
    if settings.ui.lang != "auto":
        return settings.ui.lang
    return default_language(os.environ.get("LANG", ""))
