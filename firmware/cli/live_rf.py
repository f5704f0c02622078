"""Draws a running radio sweep in a terminal: its progress, the spectrum, the camera's picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from firmware.cli.picture import terminal_picture, upright
from firmware.i18n.catalog import Catalog
from firmware.report.sweep import spectrum_line
from firmware.sensor import Views
from sweeper.picture import Picture, best_picture
from sweeper.plan import PlanSummary, RecordingSummary
from sweeper.spectral_sensor import SpectralSensor
from sweeper.views import SpectrumView

PICTURE_COLUMNS = 48  # 18 lines high: beside eight rows of the table and the spectrum
TABLE_COLUMNS = 80  # what the table wants beside it
SHADES = ("truecolor", "256")  # of a terminal; eight colours show no picture
LABEL_COLUMNS = 10  # of the scale: a frequency and the space after it
BAR_COLUMNS = 32


def cover_words(plan: PlanSummary, recording: RecordingSummary | None, catalog: Catalog) -> Text:
    """Return the coverage of a recording, or the cost and reach of the plan of a live sweep."""
    if recording is None:
        return plan_words(plan, catalog)
    told = catalog.text(
        "cli.rf.recording" if recording.stated else "cli.rf.recording_unstated",
        seconds=recording.seconds,
        low_mhz=recording.low_hz / 1e6,
        high_mhz=recording.high_hz / 1e6,
        width_mhz=(recording.high_hz - recording.low_hz) / 1e6,
    )
    return Text(told, style="dim" if recording.stated else "yellow")


def spectral_words(sensor: SpectralSensor, catalog: Catalog) -> Text:
    """Return what the spectra of a Wi-Fi adapter cover."""
    told = sensor.extent()
    return Text(
        catalog.text(
            "cli.rf.spectral",
            count=told.count,
            seconds=told.seconds,
            low_mhz=told.low_hz / 1e6,
            high_mhz=told.high_hz / 1e6,
        ),
        style="dim",
    )


def plan_words(summary: PlanSummary, catalog: Catalog) -> Text:
    """Return the cost and reach of the plan, and the bands that no plan of this receiver reaches."""
    return Text(
        catalog.text(
            "cli.rf.plan_high" if summary.high_share else "cli.rf.plan",
            hops=summary.hops,
            round_s=summary.round_s,
            analog=summary.analog_share,
            cofdm=summary.cofdm_share,
            high=summary.high_share,
        ),
        style="dim",
    )


def sweep_head(views: Views, catalog: Catalog, *, columns: int) -> list[RenderableType]:
    """Return plan, progress of the round and the spectrum over its scale; nothing where nobody sweeps."""
    sweep, spectrum = views.sweep, views.spectrum
    if sweep is None:
        return []
    bar = Table.grid(padding=(0, 1))
    word = catalog.text("cli.rf.round", number=sweep.rounds + 1)
    bar.add_row(word, ProgressBar(total=1.0, completed=sweep.share_of_round, width=BAR_COLUMNS))
    lines: list[RenderableType] = [cover_words(sweep.plan, sweep.recording, catalog)]
    if sweep.recording is None:
        lines.insert(0, bar)
    if spectrum is not None and len(spectrum.frequency_hz):
        lines.append(Text(spectrum_line(spectrum, columns=columns), style="cyan"))
        lines.append(Text(spectrum_scale(spectrum, columns=columns), style="dim"))
    return lines


def spectrum_scale(view: SpectrumView, *, columns: int) -> str:
    """Return the frequencies, in MHz, under a `spectrum_line` of the same width."""
    cells = len(view.frequency_hz)
    starts = [int(part[0]) for part in np.array_split(np.arange(cells), min(columns, cells))]
    marks = [f"╵{view.frequency_hz[at] / 1e6:.0f}" for at in starts[::LABEL_COLUMNS]]
    if len(marks) > 1 and len(starts) % LABEL_COLUMNS in range(1, len(marks[-1])):
        marks.pop()  # no room for it
    return "".join(mark.ljust(LABEL_COLUMNS) for mark in marks)[: len(starts)].rstrip() + " MHz"


def shows_pictures(console: Console) -> bool:
    """Say whether this is a terminal in which shades of grey can be told apart."""
    return console.is_terminal and console.color_system in SHADES


def with_picture(
    shown: RenderableType, pictures: Mapping[str, Picture], console: Console, catalog: Catalog
) -> RenderableType:
    """Put the clearest picture beside the table, or under it where the terminal is narrow."""
    best = best_picture(pictures)
    if best is None or not shows_pictures(console):
        return shown
    seen = picture_block(best, catalog)
    if console.width < TABLE_COLUMNS + PICTURE_COLUMNS:
        return Group(shown, seen)
    grid = Table.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(width=PICTURE_COLUMNS)
    grid.add_row(shown, seen)
    return grid


def picture_block(picture: Picture, catalog: Catalog) -> Group:
    """Return the picture in half blocks under its title."""
    line = catalog.text("cli.rf.picture", standard=picture.standard.upper(), score=picture.score)
    return Group(
        Text(line, style="bold red"), terminal_picture(upright(picture.pixels), columns=PICTURE_COLUMNS)
    )
