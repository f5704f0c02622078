"""Options of the `ansim scan` commands; a sensor's code is imported when its scan runs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import typer

from firmware.cli.lazy import CommandEntry, LazyGroup
from firmware.cli.options import KeepOption, ScanOptions, default_language, takes_options
from firmware.cli.stills import PicturesArgument


class Scans(LazyGroup):
    """The scans whose code is elsewhere."""

    table = (
        CommandEntry(
            name="lan",
            target="firmware.cli.lan:lan",
            line="Ask the network this machine has joined which cameras are on it.",
        ),
    )


app = typer.Typer(
    cls=Scans,
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="One scan in the terminal: a live table, then the verdict. Exit code 0 nothing found, "
    "10 suspicious, 11 inconclusive.",
)

PLOTS = frozenset({".png", ".svg", ".pdf"})


def drawable(path: Path | None) -> Path | None:
    """Return the file of a plot; one that cannot be drawn is refused before anything is scanned."""
    if path is None or path.suffix.lower() in PLOTS:
        return path
    from firmware.i18n.catalog import Written, catalog_for
    from firmware.i18n.escape import visible

    catalog = catalog_for(default_language(os.environ.get("LANG", "")))
    raise typer.BadParameter(str(catalog.text("cli.plot_format", path=Written(visible(path.name)))))


PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot", callback=drawable, help="Write spectrum and waterfall, emissions named: PNG, SVG or PDF."
    ),
]
PictureOption = Annotated[
    Path | None,
    typer.Option(
        "--picture", help="Write the picture of an analog camera to this PNG. Stored only when asked."
    ),
]
ReferenceOption = Annotated[
    str | None,
    typer.Option(
        "--reference",
        metavar="SESSION",
        help="A sweep recorded elsewhere (the corridor, with --record): show what is local here.",
    ),
]
PlanOption = Annotated[
    Literal["camera", "full", "quick"] | None,
    typer.Option(
        "--plan",
        help="camera: the bands of camera senders, some seconds a round; full: 24-1766 MHz without a gap, "
        "half a minute; quick: the camera channels alone.",
    ),
]
GainCheckOption = Annotated[
    bool,
    typer.Option(
        "--gain-check",
        help="Hear what would alarm again with 10 dB less gain: what falls by more is made by overload.",
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option("--rate", min=1.0, help="Sample rate in Hz of a recording that does not say it: 2.4e6."),
]
CenterOption = Annotated[
    float | None,
    typer.Option(
        "--center", min=1.0, help="Centre frequency in Hz of a recording that does not say it: 433.92e6."
    ),
]
HomeOption = Annotated[
    str | None,
    typer.Option("--home", metavar="MAC", help="Follow one transmitter: warmer or colder, bar and beep."),
]
OverlayOption = Annotated[
    Path | None,
    typer.Option("--overlay", help="Draw what was seen and why into this film (.mp4) or folder."),
]


@app.command("rf", epilog="Try it: ansim scan rf --kit sim:analog-camera --plot sweep.png")
@takes_options(ScanOptions)
def rf(
    options: ScanOptions,
    plot: PlotOption = None,
    picture: PictureOption = None,
    reference: ReferenceOption = None,
    plan: PlanOption = None,
    gain_check: GainCheckOption = False,
    rate: RateOption = None,
    center: CenterOption = None,
) -> None:
    """Transmitters of wireless cameras, 24–1766 MHz, with an RTL-SDR.

    What an analog camera shows appears in the terminal. Sweep the corridor first (--record corridor), then
    the room with --reference corridor: what is stronger in the room is near. More settings: --set rf.….
    """
    from firmware.cli.scan import scan_rf
    from firmware.cli.scan_rf import SweepOptions

    sweep = SweepOptions(plan=plan, gain_check=gain_check, rate_hz=rate, center_hz=center)
    scan_rf(options, sweep, plot=plot, picture=picture, reference=reference)


@app.command(
    "wifi", epilog="Try it: ansim scan wifi --kit sim:wifi-camera; then --home with the address it names"
)
@takes_options(ScanOptions)
def wifi(options: ScanOptions, home_to: HomeOption = None) -> None:
    """Wi-Fi cameras by name and by traffic, with an adapter in monitor mode."""
    from firmware.cli.scan import follow, scan

    if home_to is None:
        scan({"wifi"}, options)
    else:
        follow(home_to, options)


@app.command("ble", epilog="Try it: ansim scan ble --kit sim:empty-room --jsonl")
@takes_options(ScanOptions)
def ble(options: ScanOptions, keep_at: KeepOption = None) -> None:
    """Bluetooth LE advertisers: cameras and smart glasses by identity."""
    from firmware.cli.scan import scan

    scan({"ble"}, options, keep_at=keep_at)


@app.command("lens", epilog="Try it: ansim scan lens --kit sim:card-camera --overlay seen.mp4")
@takes_options(ScanOptions)
def lens(options: ScanOptions, pictures: PicturesArgument = None, overlay: OverlayOption = None) -> None:
    """Lenses, by what answers a ring light and not a light beside it."""
    from firmware.cli.scan import scan_lens

    scan_lens(options, pictures=pictures or (), overlay=overlay)


@app.command(
    "all",
    epilog="Try it: ansim scan all --kit sim:wifi-camera; unplugged: --kit 'sim:wifi-camera?unplug=wifi@10'",
)
@takes_options(ScanOptions)
def everything(options: ScanOptions, keep_at: KeepOption = None) -> None:
    """Every sensor there is, one verdict."""
    from firmware.cli.scan import scan

    scan(None, options, keep_at=keep_at)
