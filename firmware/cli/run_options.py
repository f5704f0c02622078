"""Options of `ansim run` and `ansim explain`; importing them imports no sensor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from firmware.cli.options import CommonOptions, ConfigOption, LangOption, SetOption, VerboseOption

HandheldDurationOption = Annotated[
    float | None,
    typer.Option(
        "--duration", min=0.5, max=86_400, help="Stop after this many seconds; the handheld runs on."
    ),
]
ScreenOption = Annotated[
    Path | None,
    typer.Option(
        "--screen", help="Write the last screen to this PNG (default without a panel: ansim-screen.png)."
    ),
]
SessionRecordOption = Annotated[
    Path | None, typer.Option("--record", help="Record everything the devices give into this folder.")
]
FeedOption = Annotated[
    Path | None,
    typer.Option(
        "--feed", help="Serve `ansim diag watch` on this UNIX socket (the service: /run/ansim/feed.sock)."
    ),
]
WindowOption = Annotated[
    bool,
    typer.Option("--window", help="Show the handheld in a browser of this machine, its keys as buttons."),
]
BrowserOption = Annotated[
    bool,
    typer.Option("--browser/--no-browser", help="With --window: open a browser, or only print the address."),
]
PortOption = Annotated[
    int,
    typer.Option(
        "--port",
        min=0,
        max=65_535,
        help="With --window or --phone: serve at this port; 0 takes any.",
    ),
]
PhoneOption = Annotated[
    bool,
    typer.Option(
        "--phone", help="Serve a page for one phone: over the USB cable, else on this machine only."
    ),
]
AddressOption = Annotated[
    str | None,
    typer.Option("--address", metavar="IP", help="With --phone: serve at this address of this machine."),
]
MetricsOption = Annotated[
    Path | None,
    typer.Option(
        "--metrics",
        metavar="FILE.prom",
        help="Keep the unit's state in this OpenMetrics file, for node_exporter.",
    ),
]
InspectionOption = Annotated[
    Path | None,
    typer.Option("--inspection", metavar="SITE.toml", help="Begin a team's inspection of this site plan."),
]
PersonalOption = Annotated[bool, typer.Option("--personal", help="Begin the guided scan of one room.")]
PlaceOption = Annotated[
    str | None,
    typer.Option("--place", metavar="PLACE", help="Store the run as a signed record of site/room/cubicle."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print verdict and working as JSON lines.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions(CommonOptions):
    """Options of `ansim run`."""

    duration_s: HandheldDurationOption = None
    screen: ScreenOption = None
    record_to: SessionRecordOption = None
    feed: FeedOption = None
    window: WindowOption = False
    browser: BrowserOption = True
    port: PortOption = 0
    phone: PhoneOption = False
    address: AddressOption = None
    metrics: MetricsOption = None
    inspection: InspectionOption = None
    personal: PersonalOption = False
    place: PlaceOption = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainOptions:
    """Options of `ansim explain`, beside the session."""

    config: ConfigOption = None
    overrides: SetOption = None
    lang: LangOption = None
    verbose: VerboseOption = 0
    as_json: JsonOption = False
