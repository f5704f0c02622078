"""Plots a sweep: spectrum and waterfall, found emissions named. Imports matplotlib only when it plots."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from firmware.errors import FirmwareError
from firmware.i18n.catalog import catalog_for
from firmware.i18n.names import line_name
from hw.errors import MissingComponent
from sweeper.model import Emission
from sweeper.views import SpectrumView, WaterfallView

NAMED_MOST = 12
LABEL_SHARE, LABEL_PT = 0.12, 30  # of the plot's width, and points of its height, that a label takes
NEAR_HZ = 0.1e6  # around a narrow signal: its peak is somewhere in here
GAP_HZ = 4e6  # a wider step between cells is a stretch that was not swept: no line is drawn over it
BLOCKS = " ▁▂▃▄▅▆▇█"


def spectrum_line(view: SpectrumView, *, columns: int) -> str:
    """Return the stitched sweep as one line of block characters, the strongest cell of each stretch."""
    if len(view.peak_db) == 0:
        return ""
    parts = np.array_split(view.peak_db - view.floor_db, min(columns, len(view.peak_db)))
    over_db = np.array([float(p.max()) for p in parts])
    steps = np.clip(over_db / 5.0, 0, len(BLOCKS) - 1).astype(int)  # 5 dB a step: 40 dB fill the line
    return "".join(BLOCKS[i] for i in steps)


def save_plot(
    path: Path,
    spectrum: SpectrumView,
    waterfall: WaterfallView,
    emissions: Sequence[Emission],
    *,
    findings: Collection[str],
) -> None:
    """Write spectrum over waterfall as a PNG; ``findings`` are the verdict's, and are red.

    Raises
    ------
    MissingComponent
        matplotlib is not installed (extra ``report``).
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingComponent("matplotlib is not installed", hint="Install ansim[report].") from error
    if len(spectrum.frequency_hz) == 0:
        raise FirmwareError("Nothing was swept, so there is nothing to plot", hint="Scan for longer.")
    figure = Figure(figsize=(12, 7.5), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _draw_spectrum(upper, spectrum, emissions, findings)
    _draw_waterfall(lower, waterfall)
    try:
        figure.savefig(path, dpi=110)
    except OSError as error:
        raise FirmwareError(f"{path} cannot be written: {error.strerror}", hint="Choose another.") from error


def _draw_spectrum(
    axes: Any, view: SpectrumView, emissions: Sequence[Emission], findings: Collection[str]
) -> None:
    mhz = view.frequency_hz / 1e6
    holes = np.flatnonzero(np.diff(view.frequency_hz) > GAP_HZ) + 1
    for values, colour, width, label in (
        (view.peak_db, "#7aa6c2", 0.6, "strongest"),
        (view.mean_db, "#0b4f6c", 0.9, "mean"),
        (view.floor_db, "#b36b00", 0.9, "floor"),
    ):
        axes.plot(
            np.insert(mhz, holes, np.nan),
            np.insert(values, holes, np.nan),
            color=colour,
            lw=width,
            label=label,
        )
    _name(axes, view, emissions, findings)
    axes.set_ylabel("dBFS less gain")
    axes.margins(x=0.01, y=0.25)
    axes.legend(loc="upper right", fontsize=8, frameon=False)


def _name(axes: Any, view: SpectrumView, emissions: Sequence[Emission], findings: Collection[str]) -> None:
    """Write what was found over the spectrum: findings red, neighbours above each other, alike ones once."""
    catalog = catalog_for("en")
    foreign = [e for e in emissions if e.kind != "self-noise"]
    span_hz = float(np.ptp(view.frequency_hz)) + 1.0
    named: list[tuple[float, str]] = []
    for emission in sorted(foreign, key=lambda e: (e.subject not in findings, -e.camera_score, -e.snr_db)):
        name = catalog.say(line_name(emission))
        near = [n for hz, n in named if abs(hz - emission.center_hz) < LABEL_SHARE * span_hz]
        if name in near or len(named) >= NAMED_MOST:
            continue
        named.append((emission.center_hz, name))
        alert = emission.subject in findings
        beside = np.abs(view.frequency_hz - emission.center_hz) <= max(emission.bandwidth_hz / 2, NEAR_HZ)
        at = beside if beside.any() else int(np.argmin(np.abs(view.frequency_hz - emission.center_hz)))
        where = emission.channel or f"{emission.center_hz / 1e6:.1f} MHz"
        axes.annotate(
            f"{where}\n{name}",
            (emission.center_hz / 1e6, float(np.max(view.peak_db[at]))),
            xytext=(0, 14 + LABEL_PT * len(near)), textcoords="offset points", ha="center", fontsize=8,
            color="#b3261e" if alert else "#444444", weight="bold" if alert else "normal", zorder=5,
            bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85},
            arrowprops={"arrowstyle": "-", "color": "#b3261e" if alert else "#999999", "lw": 0.8},
        )  # fmt: skip


def _draw_waterfall(axes: Any, view: WaterfallView) -> None:
    """Draw every look from its time until the same place was looked at again."""
    if len(view.t_ns) == 0:
        return
    low, high = np.percentile(view.level_db, (5, 99.5))
    end_s = float(view.t_ns[-1]) / 1e9 + 0.1
    until_s: dict[float, float] = {}
    for i in range(len(view.t_ns) - 1, -1, -1):
        center, width, start_s = float(view.center_hz[i]), float(view.width_hz[i]), float(view.t_ns[i]) / 1e9
        edges = np.linspace(center - width / 2, center + width / 2, view.level_db.shape[1] + 1) / 1e6
        rows = [start_s, until_s.get(center, end_s)]
        mesh = axes.pcolormesh(edges, rows, view.level_db[i : i + 1], vmin=low, vmax=high, cmap="viridis")
        until_s[center] = start_s
    axes.set_xlabel("MHz")
    axes.set_ylabel("s")
    axes.invert_yaxis()
    axes.figure.colorbar(mesh, ax=axes, label="mean, dBFS less gain", pad=0.01, aspect=12)
