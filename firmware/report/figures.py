"""Draws the plots of a report; matplotlib is imported only when a plot is drawn."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from firmware.i18n.catalog import Catalog
from firmware.i18n.font import font_path
from firmware.i18n.numbers import write_frequency, write_percent
from firmware.records.model import Finding
from firmware.report.formatting import number
from firmware.verdict.model import Verdict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DPI = 200
INCH_MM = 25.4
FONT_PT = 8.0
INK, SOFT, LINE = "#141a20", "#586470", "#d0d6dc"
ALERT, CALM = "#b3261e", "#5b87a6"
SWEEP_MHZ = (24.0, 1766.0)  # what the receiver can tune
NAMED = 6  # suspicious emissions that get their frequency written beside them
MARKS_MOST = 4000  # points that a plot this small can still show
FLIP_FROM = 0.75  # of the width: right of it a label stands on the left of its point
FRAME_PX = (640.0, 480.0)  # smallest picture that glints are drawn in


def spectrum(findings: Sequence[Finding], catalog: Catalog, *, w_mm: float, h_mm: float) -> io.BytesIO | None:
    """Plot every transmission over frequency; None where there was none."""
    heard = [f for f in findings if f.sensor == "rf" and math.isfinite(number(f.data, "center_hz"))][
        :MARKS_MOST
    ]
    if not heard:
        return None
    figure, axes = _figure(w_mm, h_mm, (0.07, 0.2, 0.91, 0.7))
    for group, colour, mark, size in ((False, CALM, "o", 10), (True, ALERT, "^", 46)):
        points = [
            (number(f.data, "center_hz") / 1e6, number(f.data, "snr_db"))
            for f in heard
            if f.suspicious is group
        ]
        if points:
            x, y = zip(*points, strict=True)
            axes.vlines(x, 0, y, color=colour, linewidth=1.6 if group else 0.7)
            axes.scatter(x, y, color=colour, marker=mark, s=size, zorder=3)
    for f in [f for f in heard if f.suspicious][:NAMED]:
        x_mhz, y_db = number(f.data, "center_hz") / 1e6, number(f.data, "snr_db")
        text = write_frequency(x_mhz * 1e6, catalog.locale)
        _label(axes, text, x_mhz, y_db, flip=x_mhz > FLIP_FROM * SWEEP_MHZ[1])
    axes.set_xlim(SWEEP_MHZ[0], max(SWEEP_MHZ[1], *(number(f.data, "center_hz") / 1e6 * 1.02 for f in heard)))
    axes.set_ylim(bottom=0)
    axes.margins(y=0.2)
    axes.set_xlabel(catalog.text("paper.axis_mhz"))
    axes.set_ylabel("SNR, dB")
    return _png(figure)


def kinds(verdict: Verdict, catalog: Catalog, *, w_mm: float, h_mm: float) -> io.BytesIO | None:
    """Plot which kind of camera would explain what was found; None where there is no arithmetic."""
    total = sum(row.product for row in verdict.arithmetic)
    if not total > 0.0:
        return None
    rows = sorted(verdict.arithmetic, key=lambda row: row.product)
    figure, axes = _figure(w_mm, h_mm, (0.3, 0.06, 0.6, 0.92))
    shares = [row.product / total for row in rows]
    names = [str(catalog.text(f"kind.{row.kind}")) for row in rows]
    axes.barh(names, [row.weight for row in rows], color=LINE, height=0.75)
    axes.barh(names, shares, color=CALM, height=0.4)
    for i, share in enumerate(shares):
        axes.annotate(
            write_percent(share, catalog.locale),
            (max(share, rows[i].weight), i),
            (4, -3),
            textcoords="offset points",
        )
    axes.set_xlim(0, max(*shares, *(row.weight for row in rows)) * 1.15)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return _png(figure)


def glints(findings: Sequence[Finding], catalog: Catalog, *, w_mm: float, h_mm: float) -> io.BytesIO | None:
    """Plot where in the picture the answers to the light stood; None where there was none."""
    seen = [f for f in findings if f.sensor == "lens" and math.isfinite(number(f.data, "x_px"))][:MARKS_MOST]
    if not seen:
        return None
    figure, axes = _figure(w_mm, h_mm, (0.09, 0.15, 0.88, 0.82))
    widest = max(FRAME_PX[0], *(number(f.data, "x_px") * 1.05 for f in seen))
    for f in reversed(seen):
        x_px, y_px = number(f.data, "x_px"), number(f.data, "y_px")
        colour, mark, size = (ALERT, "o", 90) if f.suspicious else (SOFT, "x", 14)
        axes.scatter([x_px], [y_px], color=colour, marker=mark, s=size, linewidths=1.2, zorder=3)
        if f.suspicious:
            text = f"#{f.data.get('id', '')} {catalog.text('glint.lens')}"
            _label(axes, text, x_px, y_px, flip=x_px > FLIP_FROM * widest)
    axes.set_xlim(0, widest)
    axes.set_ylim(max(FRAME_PX[1], *(number(f.data, "y_px") * 1.05 for f in seen)), 0)
    axes.set_aspect("equal", adjustable="box", anchor="W")
    axes.set_xlabel("px")
    return _png(figure)


def _label(axes: Axes, text: str, x: float, y: float, *, flip: bool) -> None:
    """Write beside a point, on the side that has room."""
    across = -7 if flip else 7
    side: Literal["left", "right"] = "right" if flip else "left"
    axes.annotate(text, (x, y), (across, 5), textcoords="offset points", color=ALERT, ha=side)


def _figure(w_mm: float, h_mm: float, place: tuple[float, float, float, float]) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(w_mm / INCH_MM, h_mm / INCH_MM), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes(place)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(SOFT)
    axes.grid(axis="y" if place[0] < 0.2 else "x", color=LINE, linewidth=0.4)
    axes.set_axisbelow(True)
    return figure, axes


def _png(figure: Figure) -> io.BytesIO:
    """Draw with the one font, and without a date, so that the same record gives the same bytes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.text import Text

    font = FontProperties(fname=str(font_path()), size=FONT_PT)
    for text in figure.findobj(Text):
        text.set_fontproperties(font)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    buffer.seek(0)
    return buffer
