"""Follows one transmitter by its level, warmer or colder, never in metres: `ansim scan wifi --home MAC`."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from firmware.cli.jsonl import encode
from firmware.errors import FirmwareError
from firmware.i18n.catalog import Catalog
from firmware.settings.settings import Settings
from hw.clock import ManualClock, SystemClock
from hw.errors import EndOfRecording
from hw.kit import open_device, parse_spec
from wifiscan.homing import HomingReading, HomingScan

MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
BAR_CELLS = 40
BEEP_S = {"near": 0.25, "far": 2.0}  # between two terminal bells, at a full and at an empty bar
TREND_STYLE = {"warmer": "bold green", "colder": "bold blue", "lost": "yellow"}
NS_PER_S = 1e9


def home(
    mac: str, *, kit: str, settings: Settings, catalog: Catalog, duration_s: float | None, as_jsonl: bool
) -> bool:
    """Follow one transmitter until time is up, the recording is over or Ctrl-C.

    Returns
    -------
    bool
        Whether a frame of it was heard; the sentence that says so is on standard error.
    """
    address = mac.strip().lower().replace("-", ":")
    if not MAC.fullmatch(address):
        raise FirmwareError(f"{mac!r} is no MAC address", hint="For example --home 7c:b9:4c:51:20:0f.")
    clock = SystemClock() if parse_spec(kit)[0] == "pi" else ManualClock()
    radio = open_device("monitor", spec=kit, config=settings.hw, clock=clock)
    console = Console(stderr=True)
    scan = HomingScan(radio=radio, clock=clock, config=settings.wifi, mac=address)
    with (
        radio,
        Live(console=console, auto_refresh=False) as live,
        suppress(EndOfRecording, KeyboardInterrupt),
    ):
        bell = Bell(console)
        while duration_s is None or clock.now_ns() < duration_s * NS_PER_S:
            reading = scan.step()
            if as_jsonl:
                typer.echo(encode(_line(reading)))
            else:
                live.update(_picture(reading, catalog), refresh=True)
                bell.ring(reading)
    word = "cli.homing.heard" if scan.frames else "cli.homing.never"
    said = catalog.text(word, mac=address, frames=scan.frames, seconds=clock.now_ns() / NS_PER_S)
    console.print(Text(said, style="" if scan.frames else "yellow"))
    return scan.frames > 0


class Bell:
    """The terminal's bell, faster the nearer; quiet where nobody listens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._due_s = 0.0

    def ring(self, reading: HomingReading) -> None:
        """Ring if it is time to."""
        now_s = time.monotonic()
        if reading.beep_hz is not None and self._console.is_terminal and now_s >= self._due_s:
            self._console.bell()
            self._due_s = now_s + BEEP_S["far"] + reading.bar * (BEEP_S["near"] - BEEP_S["far"])


def _picture(reading: HomingReading, catalog: Catalog) -> RenderableType:
    level = "–" if reading.level_dbm is None else f"{reading.level_dbm:.0f} dBm"
    head = Text.assemble((reading.mac, "bold"), f"   {level}")
    word = Text(catalog.text(f"guide.{reading.trend}"), style=TREND_STYLE.get(reading.trend, ""))
    return Group(head, ProgressBar(total=1.0, completed=reading.bar, width=BAR_CELLS), word)


def _line(reading: HomingReading) -> dict[str, object]:
    return {
        "type": "homing",
        "t_ns": reading.t_ns,
        "mac": reading.mac,
        "trend": reading.trend,
        "level_dbm": reading.level_dbm,
        "bar": reading.bar,
    }
