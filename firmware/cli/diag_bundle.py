"""Writes one file for support and lists what is in it first: `ansim diag bundle`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.errors import Exit, expected_errors
from firmware.cli.options import ConfigOption, KitOption, LangOption, SetOption, default_language, language
from firmware.diag.bundle import (
    BundlePart,
    Cleaner,
    file_parts,
    json_part,
    log_part,
    read_me,
    read_tail,
    recording_parts,
    settings_part,
    versions_part,
    write_bundle,
)
from firmware.diag.feed_client import SOCKET, parse_line, read_lines
from firmware.errors import FeedTrouble
from firmware.i18n.catalog import Catalog, catalog_for
from firmware.runtime.session import inspect
from firmware.settings.calibration import calibration_folder
from firmware.settings.settings import Settings, load_with_origins
from hw.pi.discover import discover
from hw.types import SensorName

JOURNAL_LINES = 2000
JOURNAL_WAIT_S = 15.0
WITHOUT_ADDRESSES: frozenset[SensorName] = frozenset({"rf", "lens"})

RecordOption = Annotated[
    float,
    typer.Option(
        "--record", min=0, max=60,
        help="Also record this many seconds: radio and pictures; with --clear Wi-Fi and Bluetooth too.",
    ),
]  # fmt: skip


def bundle(
    file: Annotated[Path, typer.Argument(help="The zip file to write; it must not exist yet.")],
    kit: KitOption = "auto",
    config: ConfigOption = None,
    overrides: SetOption = None,
    lang: LangOption = None,
    log: Annotated[
        Path | None, typer.Option("--log", help="A log file, instead of the service's journal.")
    ] = None,
    socket: Annotated[Path, typer.Option("--socket", help="Socket of the running unit.")] = SOCKET,
    record: RecordOption = 0.0,
    clear: Annotated[bool, typer.Option("--clear", help="Leave addresses and names as they are.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Collect versions, settings, health, log and calibration into one file for support.

    Addresses and names from the air are replaced unless --clear. The unit's key and its records never go in.
    """
    with expected_errors(), _recording(kit, config, overrides, record, clear=clear) as recorded:
        settings, origins = load_with_origins(config=config, overrides=overrides or ())
        catalog = catalog_for(language(lang) if lang else default_language(os.environ.get("LANG", "")))
        cleaner = Cleaner(clear=clear)
        parts = [
            versions_part(),
            settings_part(settings.model_dump(mode="json"), origins, cleaner),
            json_part("devices.json", "bundle.about.devices", [asdict(d) for d in discover()], cleaner),
            *_health(socket, cleaner),
            log_part(read_tail(log) if log is not None else _journal(), cleaner),
            *file_parts(_calibrations(), "calibration", "bundle.about.calibration", cleaner),
            *(recording_parts(recorded) if recorded is not None else ()),
        ]
        described = {p.about: str(catalog.text(p.about)) for p in parts}
        parts.insert(0, read_me(parts, described))
        _print_parts(parts, catalog)
        if not yes and not typer.confirm(str(catalog.text("bundle.ask", file=str(file))), err=True):
            raise typer.Exit(Exit.ERROR)
        size = write_bundle(file, parts)
        typer.echo(str(catalog.text("bundle.written", file=str(file), megabytes=size / 1e6)))


@contextmanager
def _recording(
    kit: str, config: Path | None, overrides: Sequence[str] | None, seconds: float, *, clear: bool
) -> Iterator[Path | None]:
    """Record for a moment into a folder that is gone afterwards."""
    if seconds <= 0:
        yield None
        return
    settings: Settings = load_with_origins(config=config, overrides=overrides or ())[0]
    only: set[SensorName] | None = None if clear else set(WITHOUT_ADDRESSES)
    with tempfile.TemporaryDirectory(prefix="ansim-") as folder:
        target = Path(folder) / "session"
        inspect(kit, settings, only=only, until_s=seconds, record_to=target)
        yield target


def _health(socket: Path, cleaner: Cleaner) -> list[BundlePart]:
    """Return the moment that a running unit tells; without one there is none."""
    try:
        line = next(read_lines(socket), b"")
        said: Any = dict(parse_line(line).fields)
    except FeedTrouble as error:
        said = {"trouble": error.what, "hint": error.hint}
    return [json_part("health.json", "bundle.about.health", said, cleaner)]


def _journal() -> str:
    """Return what the service logged lately; the reason where that cannot be read."""
    program = shutil.which("journalctl")
    if program is None:
        return "journalctl is not installed"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed words
            [program, "-u", "ansim", "-n", str(JOURNAL_LINES), "--no-pager", "-o", "short-iso"],
            capture_output=True, text=True, errors="replace", timeout=JOURNAL_WAIT_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"journalctl: {error}"
    return done.stdout or done.stderr


def _calibrations() -> list[Path]:
    folder = calibration_folder()
    return sorted(p for p in (*folder.glob("*.toml"), *folder.glob("*.json")) if p.is_file())


def _print_parts(parts: Sequence[BundlePart], catalog: Catalog) -> None:
    table = Table(title=catalog.text("bundle.title"), title_justify="left", header_style="bold", box=None)
    for key in ("bundle.name", "bundle.bytes", "bundle.addresses", "bundle.what"):
        table.add_column(catalog.text(key), justify="right" if key == "bundle.bytes" else "left")
    for part in parts:
        word = catalog.text("bundle.redacted" if part.redacted else "bundle.clear")
        style = "green" if part.redacted else "bold red"
        table.add_row(
            part.name, f"{part.size_bytes:,}", Text(str(word), style=style), catalog.text(part.about)
        )
    Console(stderr=True).print(table)
