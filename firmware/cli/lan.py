"""Asks the joined network for cameras after saying what it will send: `ansim scan lan`."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.errors import Exit, expected_errors
from firmware.cli.jsonl import encode
from firmware.cli.options import LangOption, default_language, language
from firmware.errors import FirmwareError
from firmware.i18n.catalog import Catalog
from firmware.i18n.escape import visible
from hw.clock import SystemClock
from wifiscan.lan import LanDevice, LanScan, default_plan

CAMERA_SCORE = 0.5  # from here on a host is more likely a camera than not
WHY_LIMIT = 200  # graphemes

YesOption = Annotated[bool, typer.Option("--yes", help="Agree to what is printed, without being asked.")]
JsonlOption = Annotated[bool, typer.Option("--jsonl", help="One JSON object a host on standard output.")]


def lan(lang: LangOption = None, yes: YesOption = False, as_jsonl: JsonlOption = False) -> None:
    """Ask the network this machine has joined which cameras are on it.

    The only part of ansim that sends. It prints every datagram first and sends none before you agree: mDNS,
    SSDP, ONVIF, PPPP, V380 and TUTK discovery, then RTSP OPTIONS to hosts that answered. No passwords, no
    streams. Use it only on a network you are allowed to ask.
    """
    catalog = Catalog(language(lang) if lang else default_language(os.environ.get("LANG", "")))
    console = Console(stderr=True)
    plan = default_plan()
    console.print(Text(catalog.text("lan.will_send"), style="bold"))
    for line in plan.lines():
        console.print(Text(f"  {line}"))
    with expected_errors():
        if not yes and not typer.confirm(catalog.text("lan.agree"), err=True):
            raise FirmwareError(catalog.text("lan.nothing_sent"))
        scan = LanScan(plan, clock=SystemClock(), agreed=True)
        with console.status(catalog.text("cli.scanning")):
            devices = scan.run()
        for problem in scan.problems:
            console.print(Text(visible(problem, limit=WHY_LIMIT), style="yellow"))
        if len(scan.problems) >= len(plan.questions):
            raise FirmwareError(catalog.text("lan.no_network"), hint=catalog.text("lan.join_first"))
    _show(devices, catalog, as_jsonl=as_jsonl)
    found = any(device.score >= CAMERA_SCORE for device in devices)
    raise typer.Exit(Exit.SUSPICIOUS if found else Exit.NOTHING_FOUND)


def _show(devices: tuple[LanDevice, ...], catalog: Catalog, *, as_jsonl: bool) -> None:
    if as_jsonl:
        for d in devices:
            typer.echo(encode({"type": "lan_device", "host": d.host, "score": d.score, "why": d.why}))
        return
    table = Table(title=catalog.text("lan.title"), title_justify="left", header_style="bold")
    table.add_column(catalog.text("column.address"), no_wrap=True)
    table.add_column(catalog.text("column.signs"))
    table.add_column(catalog.text("column.score"), justify="right")
    for d in devices:
        style = "bold red" if d.score >= CAMERA_SCORE else "dim"
        table.add_row(d.host, Text(visible(d.why, limit=WHY_LIMIT)), Text(f"{d.score:.0%}", style=style))
    Console().print(table if devices else Text(catalog.text("lan.none")))
