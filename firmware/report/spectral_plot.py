"""Plots a spectral scan: levels over frequency, every FFT in order below. Imports matplotlib late."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmware.errors import FirmwareError
from firmware.i18n.catalog import catalog_for
from firmware.i18n.names import line_name
from hw.errors import MissingComponent
from sweeper.model import Emission
from sweeper.views import SpectrumView, WaterfallView

BANDS_HZ = ((2.3e9, 2.6e9), (4.8e9, 7.2e9))
GRID_HZ = 0.4e6  # of the waterfall's columns: about a bin of 20 MHz
GAP_HZ = 4e6  # a wider step between cells was not heard: no line is drawn over it
MARGIN_HZ = 4e6
RED, GREY = "#b3261e", "#444444"


def save_spectral_plot(
    path: Path,
    spectrum: SpectrumView,
    waterfall: WaterfallView,
    emissions: Sequence[Emission],
    *,
    findings: Collection[str],
) -> None:
    """Write one column a band, spectrum over waterfall, as a PNG.

    ``findings`` are the verdict's, and are red.

    Raises
    ------
    MissingComponent
        matplotlib is not installed (extra ``report``).
    FirmwareError
        There is nothing to plot, or the file cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingComponent("matplotlib is not installed", hint="Install ansim[report].") from error
    bands = [b for b in BANDS_HZ if np.any((waterfall.center_hz >= b[0]) & (waterfall.center_hz < b[1]))]
    if not bands:
        raise FirmwareError("No spectrum was made, so there is nothing to plot", hint="Scan for longer.")
    figure = Figure(figsize=(12, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(bands), squeeze=False, sharex="col", height_ratios=(2, 3))
    heard = waterfall.level_db
    limits = tuple(float(v) for v in np.percentile(heard, (5, 99.8)))
    for column, band in enumerate(bands):
        _draw_levels(axes[0, column], spectrum, emissions, band=band, findings=findings)
        mesh = _draw_waterfall(axes[1, column], waterfall, band=band, limits=limits)
    axes[0, 0].set_ylabel("dBm a bin")
    axes[1, 0].set_ylabel("FFT, in order")
    axes[0, -1].legend(loc="upper right", fontsize=8, frameon=False)
    figure.colorbar(mesh, ax=axes[1, :].tolist(), label="dBm a bin", pad=0.01, aspect=20)
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise FirmwareError(f"{path} cannot be written: {error.strerror}", hint="Choose another.") from error


def _draw_levels(
    axes: Any,
    view: SpectrumView,
    emissions: Sequence[Emission],
    *,
    band: tuple[float, float],
    findings: Collection[str],
) -> None:
    inside = (view.frequency_hz >= band[0]) & (view.frequency_hz < band[1])
    hz = view.frequency_hz[inside]
    holes = np.flatnonzero(np.diff(hz) > GAP_HZ) + 1
    for values, colour, label in ((view.peak_db, "#7aa6c2", "strongest"), (view.mean_db, "#0b4f6c", "mean")):
        axes.plot(np.insert(hz / 1e6, holes, np.nan), np.insert(values[inside], holes, np.nan), color=colour,
                  lw=0.9, label=label)  # fmt: skip
    axes.margins(x=0.01, y=0.35)
    axes.grid(alpha=0.2)
    catalog = catalog_for("en")
    for emission in emissions:
        if emission.kind != "steady-carrier" or not band[0] <= emission.center_hz < band[1]:
            continue
        beside = np.abs(hz - emission.center_hz) <= max(emission.bandwidth_hz / 2, 1e6)
        level = float(view.peak_db[inside][beside].max()) if beside.any() else float(view.peak_db.max())
        colour = RED if emission.subject in findings else GREY
        where = emission.channel or f"{emission.center_hz / 1e6:.1f} MHz"
        left = emission.center_hz < float(hz.mean())
        axes.annotate(
            f"{where}\n{catalog.say(line_name(emission))}",
            (emission.center_hz / 1e6, level),
            xytext=(14 if left else -14, 10), textcoords="offset points", ha="left" if left else "right",
            fontsize=9, color=colour, weight="bold",
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.8},
        )  # fmt: skip


def _draw_waterfall(
    axes: Any, view: WaterfallView, *, band: tuple[float, float], limits: tuple[float, ...]
) -> Any:
    rows = np.flatnonzero((view.center_hz >= band[0]) & (view.center_hz < band[1]))
    low = float(np.min(view.center_hz[rows] - view.width_hz[rows] / 2)) - MARGIN_HZ
    high = float(np.max(view.center_hz[rows] + view.width_hz[rows] / 2)) + MARGIN_HZ
    edges = np.arange(low, high + GRID_HZ, GRID_HZ)
    picture = np.stack([_row(view, int(row), edges) for row in rows])
    lines = np.arange(len(rows) + 1)
    mesh = axes.pcolormesh(edges / 1e6, lines, picture, vmin=limits[0], vmax=limits[-1], cmap="viridis")
    axes.set_facecolor("#e8e8e8")
    axes.set_xlabel("MHz")
    axes.invert_yaxis()
    return mesh


def _row(view: WaterfallView, row: int, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Levels of one FFT on the grid, dBm; NaN where it did not hear."""
    cells = view.level_db.shape[1]
    low = view.center_hz[row] - view.width_hz[row] / 2
    at = np.floor(((edges[:-1] + edges[1:]) / 2 - low) / view.width_hz[row] * cells).astype(int)
    inside = (at >= 0) & (at < cells)
    levels = np.full(len(at), np.nan)
    levels[inside] = view.level_db[row][at[inside]]
    return levels
