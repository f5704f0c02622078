"""The options that commands share, spelled once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

Language = Literal["ko", "en"]

KitOption = Annotated[
    str,
    typer.Option(
        "--kit",
        help="Devices to use: auto (what is plugged in), pi, replay:PATH (a session folder, .pcap, .pcapng, "
        "btsnoop .log, .sigmf-meta or a folder of pictures) or sim:SCENE[?seed=N&unplug=wifi@10].",
        metavar="KIT",
    ),
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A TOML file that overrides the packaged settings.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="One setting, e.g. --set hw.sdr.gain_db=20. May be repeated.", metavar="KEY=VALUE"
    ),
]
LangOption = Annotated[
    str | None,
    typer.Option(
        "--lang", help="Language of everything people read; by the locale if empty.", metavar="ko|en"
    ),
]
VerboseOption = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Say more on stderr; twice for every detail.")
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for what is left behind.")]


def language(word: str) -> Language:
    """Return the language, or end with a usage error that names the choices."""
    if word == "ko":
        return "ko"
    if word == "en":
        return "en"
    raise typer.BadParameter(f"{word!r} is not a language ansim speaks; use ko or en", param_hint="--lang")


def default_language(environment_lang: str) -> Language:
    """Return Korean for a Korean locale, English otherwise."""
    return "ko" if environment_lang.lower().startswith("ko") else "en"


def is_terminal() -> bool:
    """Say whether a person is watching standard error (progress goes there, results to standard output)."""
    return sys.stderr.isatty()
