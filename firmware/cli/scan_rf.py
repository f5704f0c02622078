"""`ansim scan rf`: the sweep, with its plot, the camera's picture and the comparison with another place."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table
from rich.text import Text

from firmware.cli.inspection import inspect
from firmware.errors import FirmwareError
from firmware.report.sweep import save_plot
from firmware.sensor import Sensor
from firmware.settings import Settings
from hw.types import SensorName
from sweeper.picture import Picture
from sweeper.reference import Comparison, compare
from sweeper.sweeper import Sweeper
from sweeper.views import HopLevels

RISES_SHOWN = 12

PlotOption = Annotated[
    Path | None, typer.Option("--plot", help="Write spectrum and waterfall, emissions named, to this PNG.")
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
        help="A sweep recorded elsewhere (the corridor): show what is local.",
    ),
]


class AfterSweep:
    """What is done with a sweep when it is over."""

    def __init__(
        self, *, plot: Path | None, picture: Path | None, reference: str | None, settings: Settings
    ) -> None:
        self._plot, self._picture = plot, picture
        self._known = None if reference is None else reference_levels(reference, settings)

    def __call__(self, sensors: Mapping[SensorName, Sensor]) -> None:
        """Plot, store the picture, compare: whatever was asked for."""
        sweeper = sensors.get("rf")
        if not isinstance(sweeper, Sweeper):
            return
        console = Console(stderr=True)
        if self._known is not None:
            console.print(comparison_table(compare(self._known, sweeper.levels())))
        if self._plot is not None:
            save_plot(self._plot, sweeper.spectrum_view(), sweeper.waterfall_view(), sweeper.observations())
            console.print(Text(str(self._plot)))
        if self._picture is not None:
            best = best_picture(sweeper.pictures())
            if best is None:
                console.print(Text("No picture: no analog video was clear enough.", style="yellow"))
            else:
                upright(best.pixels).save(self._picture, "PNG")
                console.print(Text(f"{self._picture}: {best.standard.upper()}, certain to {best.score:.0%}"))


def upright(pixels: NDArray[np.uint8]) -> Image.Image:
    """Return the picture as a television shows it, 4:3: a slice has few picture elements on a line."""
    return Image.fromarray(pixels).resize((768, 576), Image.Resampling.BICUBIC)


def best_picture(pictures: Mapping[str, Picture]) -> Picture | None:
    """Return the picture that is most surely one."""
    return max(pictures.values(), key=lambda p: p.score, default=None)


def reference_levels(target: str, settings: Settings) -> tuple[HopLevels, ...]:
    """Sweep through a recorded session and return the levels of its hops."""
    kept: list[tuple[HopLevels, ...]] = []

    def take(sensors: Mapping[SensorName, Sensor]) -> None:
        sweeper = sensors["rf"]
        if isinstance(sweeper, Sweeper):
            kept.append(sweeper.levels())

    inspect(f"replay:{target}", settings, only={"rf"}, after=take)
    if not kept or not kept[0]:
        raise FirmwareError(
            f"{target} holds no sweep to compare with", hint="Record one: ansim session record."
        )
    return kept[0]


def comparison_table(found: Comparison) -> Table:
    """Return what is stronger here than at the reference, and where that could not be said."""
    table = Table(
        title=f"Local here: {len(found.local)} · hops compared: {found.compared}", title_justify="left"
    )
    for column in ("from", "to", "rise", "level"):
        table.add_column(column, justify="right")
    for rise in found.local[:RISES_SHOWN]:
        table.add_row(
            f"{rise.low_hz / 1e6:.2f} MHz", f"{rise.high_hz / 1e6:.2f} MHz", f"+{rise.rise_db:.0f} dB",
            f"{rise.level_db:.0f} dB",
        )  # fmt: skip
    if not found.complete:
        missing, clipped = len(found.missing_hz), len(found.clipped_hz)
        table.caption = f"Not comparable: {missing} hops missing from the reference, {clipped} overloaded"
    return table
