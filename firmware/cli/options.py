"""Options that several commands share, as dataclasses; importing them imports no sensor."""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from firmware.i18n.languages import LANGUAGES, Language

SCENE_SUFFIX = ".toml"


def complete_kit(begun: str) -> list[str]:
    """Return the kits that begin so: the ways to choose devices, and every simulated scene.

    It imports nothing of the simulation: a shell asks at every press of a key.
    """
    package = find_spec("hw")
    folders = [] if package is None else list(package.submodule_search_locations or ())
    scenes = [p.stem for f in folders for p in Path(f, "sim", "scenes").glob(f"*{SCENE_SUFFIX}")]
    named = [w for f in folders for w in tomllib.loads(Path(f, "sim", "walks.toml").read_text("utf-8"))]
    kits = ["auto", "pi", "replay:", *(f"sim:{name}" for name in sorted([*scenes, *named]))]
    return [kit for kit in kits if kit.startswith(begun)]


KitOption = Annotated[
    str,
    typer.Option(
        "--kit",
        help="Devices to use: auto (what is plugged in), pi, replay:PATH (a session folder, .pcap, .pcapng, "
        "btsnoop .log, .sigmf-meta or a folder of pictures) or sim:SCENE[?seed=N&unplug=wifi@10].",
        metavar="KIT",
        autocompletion=complete_kit,
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
        "--lang",
        help="Language of everything people read; by the locale if empty.",
        metavar="|".join(LANGUAGES),
    ),
]
VerboseOption = Annotated[
    int, typer.Option("-v", "--verbose", count=True, help="Say more on stderr; twice for every detail.")
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for what is left behind.")]
DurationOption = Annotated[
    float | None,
    typer.Option("--duration", min=0.5, max=86_400, help="Seconds to scan; a recording ends by itself."),
]
JsonlOption = Annotated[
    bool, typer.Option("--jsonl", help="One JSON object a line on standard output, the verdict last.")
]
RecordOption = Annotated[
    Path | None, typer.Option("--record", help="Also record everything the devices give into this folder.")
]
KeepOption = Annotated[
    str | None,
    typer.Option("--keep", metavar="PLACE", help="Store the result as a signed record of site/room/cubicle."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonOptions:
    """Options of every command that opens devices: the kit, the settings, the language."""

    kit: KitOption = "auto"
    config: ConfigOption = None
    overrides: SetOption = None
    lang: LangOption = None
    verbose: VerboseOption = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions(CommonOptions):
    """Options of every `ansim scan` command."""

    duration_s: DurationOption = None
    as_jsonl: JsonlOption = False
    record_to: RecordOption = None


def takes_options(kind: type[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that are the fields of a dataclass, before its own options.

    Parameters
    ----------
    kind
        A keyword-only dataclass whose fields are annotated as typer options.

    Returns
    -------
    Callable
        A decorator. It turns ``command(options, own_option=…)`` into a function whose signature lists every
        option, as typer reads it, and hands the dataclass over in one piece.
    """
    hints = get_type_hints(kind, include_extras=True)
    shared = [_parameter(f.name, hints[f.name], f.default) for f in fields(kind)]
    names = [f.name for f in fields(kind)]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]

        def called(**given: Any) -> None:
            options = kind(**{name: given.pop(name) for name in names})
            command(options, **given)

        parameters = [_parameter(p.name, p.annotation, p.default) for p in own]
        called.__name__, called.__doc__ = command.__name__, command.__doc__
        called.__signature__ = inspect.Signature([*shared, *parameters])  # type: ignore[attr-defined]
        called.__annotations__ = {p.name: p.annotation for p in [*shared, *parameters]}
        return called

    return decorate


def _parameter(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def language(word: str) -> Language:
    """Return the language, or end with a usage error that names the choices."""
    for known in LANGUAGES:
        if word == known:
            return known
    choices = " or ".join(LANGUAGES)
    raise typer.BadParameter(f"{word!r} is not a language ansim speaks; use {choices}", param_hint="--lang")


def default_language(environment_lang: str) -> Language:
    """Return the language of a locale such as ``ko_KR.UTF-8``; English for one that ansim does not speak."""
    locale = environment_lang.lower()
    return next((known for known in LANGUAGES if locale.startswith(known)), "en")
