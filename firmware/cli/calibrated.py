"""Writes what `ansim calibrate lens` measured, or why it refused, in the reader's language."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from firmware.i18n.catalog import Catalog
from lensdetect.calibration import Calibration, TargetReading
from lensdetect.errors import BadConditions


def refusal(error: BadConditions, catalog: Catalog) -> BadConditions:
    """Return a refused calibration in the reader's words: what happened, and what to do."""
    key = f"calibrate.refused.{error.reason}"
    if key not in catalog:
        return error
    hint = str(catalog.text(f"calibrate.remedy.{error.reason}"))
    return BadConditions(str(catalog.text(key)), reason=error.reason, hint=hint)


def calibration_table(measured: Calibration, catalog: Catalog) -> Table:
    """Return a calibration as a table of two columns."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    ratio = "–" if measured.ring_over_side is None else f"{measured.ring_over_side:.2f}"
    rows = {
        "dark": f"{measured.dark_dn:.1f} / 255",
        "noise": f"{measured.noise_dn:.1f}",
        "delay": f"{measured.latency_ms:.0f} ms",
        "ratio": ratio,
        "wall": _wall(measured, catalog),
        "hot": f"{len(measured.hot_pixels)}",
        "focus": f"{measured.focus:.4f}",
    }
    reading = measured.target
    if reading is None:
        rows["target"] = str(catalog.text("calibrate.target.none"))
    else:
        rows.update(_target_rows(reading, catalog))
    for name, said in rows.items():
        table.add_row(Text(str(catalog.text(f"calibrate.row.{name}"))), Text(said))
    return table


def _target_rows(reading: TargetReading, catalog: Catalog) -> dict[str, str]:
    no_tape = str(catalog.text("calibrate.target.no_tape"))
    no_distance = str(catalog.text("calibrate.target.no_distance"))
    too_far = str(catalog.text("calibrate.target.too_far"))
    view, bend = reading.field_of_view_deg, reading.distortion_percent
    corner, tape = reading.mtf50_corner_cy_px, reading.tape_ring_over_side
    return {
        "sharp": f"{reading.mtf50_cy_px:.3f}",
        "sharp_corner": "–" if corner is None else f"{corner:.3f}",
        "view": no_distance if view is None else f"{view:.1f}°",
        "tilt": "–" if reading.tilt_deg is None else f"{reading.tilt_deg:.0f}°",
        "bend": too_far if bend is None else f"{bend:+.1f} %",
        "paper": "–" if reading.paper_ring_over_side is None else f"{reading.paper_ring_over_side:.2f}",
        "tape": no_tape if tape is None else f"{tape:.1f}",
        "filter": str(catalog.text(f"calibrate.filter.{reading.infrared_filter}")),
    }


def _wall(measured: Calibration, catalog: Catalog) -> str:
    if measured.wall_m is None:
        return str(catalog.text("calibrate.wall.none"))
    if measured.true_wall_m is None:
        return str(catalog.text("calibrate.wall.untaped", wall=measured.wall_m))
    return str(catalog.text("calibrate.wall.taped", wall=measured.wall_m, tape=measured.true_wall_m))
