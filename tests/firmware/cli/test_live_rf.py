"""What a sweep shows in the terminal: the camera's picture where it can be seen, the scale, the doubts."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console
from rich.text import Text

from firmware.cli.live_rf import PICTURE_COLUMNS, plan_words, spectrum_scale, with_picture
from firmware.cli.picture import UPPER_HALF
from firmware.cli.scan_rf import SweepOptions, comparison_table, with_options
from firmware.cli.tables import emission_table
from firmware.i18n.catalog import Catalog
from firmware.report.sweep import spectrum_line
from sweeper.config import SweeperConfig
from sweeper.model import Emission, EmissionKind
from sweeper.picture import Picture
from sweeper.plan import PlanSummary
from sweeper.reference import ReferenceComparison
from sweeper.views import SpectrumView

PICTURE = Picture(
    pixels=np.tile(np.arange(0, 240, 2, dtype=np.uint8), (64, 1)),
    standard="pal",
    slices=1,
    repeat=0.9,
    score=1.0,
)


def printed(*, width: int, colours: str | None, pictures: dict[str, Picture]) -> str:
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=colours is not None,
        color_system=colours,  # type: ignore[arg-type]
    )
    console.print(with_picture(Text("the table"), pictures, console, Catalog("en")))
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 150])
def test_the_picture_is_in_the_terminal_bright_where_the_camera_sees_light(width: int) -> None:
    shown = printed(width=width, colours="truecolor", pictures={"rf-0001": PICTURE})
    assert "the table" in shown
    assert "PAL" in shown
    rows = [line for line in shown.splitlines() if UPPER_HALF in line]
    assert len(rows) == PICTURE_COLUMNS * 3 // 8
    assert all(row.count(UPPER_HALF) == PICTURE_COLUMNS for row in rows)
    greys = [int(grey) for grey in re.findall(r"38;2;(\d+);", rows[0])]
    assert greys == sorted(greys)  # dark on the left, light on the right
    assert greys[0] < 15
    assert greys[-1] > 220


@pytest.mark.parametrize("colours", [None, "standard"])
def test_where_no_shades_can_be_seen_there_is_none(colours: str | None) -> None:
    assert UPPER_HALF not in printed(width=150, colours=colours, pictures={"rf-0001": PICTURE})
    assert UPPER_HALF not in printed(width=150, colours="truecolor", pictures={})


@pytest.mark.parametrize("columns", [9, 20, 57, 144])
def test_the_scale_stands_under_its_cells(columns: int) -> None:
    hz = np.concatenate([np.linspace(300e6, 302e6, 64) + 4e6 * k for k in range(30)])
    flat = np.zeros(len(hz), np.float32)
    view = SpectrumView(frequency_hz=hz, mean_db=flat, peak_db=flat, floor_db=flat)
    scale = spectrum_scale(view, columns=columns)
    assert scale.startswith("╵300")
    assert len(scale) <= columns + len(" MHz")
    parts = np.array_split(hz, columns)
    for at in (i for i, letter in enumerate(scale) if letter == "╵"):
        assert scale[at + 1 :].split()[0].split("╵")[0] == f"{parts[at][0] / 1e6:.0f}"
    assert len(spectrum_line(view, columns=columns)) == columns


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_plan_says_what_it_costs_and_what_it_cannot_hear(lang: str) -> None:
    summary = PlanSummary(hops=871, round_s=27.0, analog_share=1.0, cofdm_share=0.5)
    words = plan_words(summary, Catalog(lang)).plain  # type: ignore[arg-type]
    for part in ("871", "27", "100%", "50%", "2.4", "5.8"):
        assert part in words


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_a_receiver_that_reaches_further_is_not_called_deaf_there(lang: str) -> None:
    summary = PlanSummary(hops=104, round_s=5.0, analog_share=1.0, cofdm_share=1.0, high_share=0.75)
    words = plan_words(summary, Catalog(lang)).plain  # type: ignore[arg-type]
    assert "75%" in words
    assert "deaf" not in words
    assert "못합니다" not in words


def test_options_stand_before_settings_by_name() -> None:
    assert with_options(None, SweepOptions()) == []
    given = with_options(["rf.plan=quick"], SweepOptions(plan="full", gain_check=True))
    assert given == ["rf.plan=full", "rf.gain_drop_test=true", "rf.plan=quick"]
    fields = {word.partition("=")[0].removeprefix("rf.") for word in given}
    assert fields <= set(SweeperConfig.model_fields)


def test_a_comparison_says_where_it_is_worth_nothing() -> None:
    found = ReferenceComparison(
        local=(), compared=3, missing_hz=(300e6, 304e6, 308e6, 700e6), clipped_hz=(435e6,)
    )
    caption = str(comparison_table(found).caption)
    assert "4 hops, 300-308, 700 MHz" in caption
    assert "Overloaded in one of the two: 1 hops, 435 MHz" in caption
    assert (
        comparison_table(ReferenceComparison(local=(), compared=3, missing_hz=(), clipped_hz=())).caption
        is None
    )


def test_the_receivers_own_lines_come_last() -> None:
    def emission(kind: EmissionKind, snr_db: float) -> Emission:
        return Emission(
            id=kind, center_hz=5e8, bandwidth_hz=1e4, snr_db=snr_db, kind=kind, scores={"camera": 0.0},
            first_ns=0, last_ns=1, hits=1,
        )  # fmt: skip

    found = [emission("self-noise", 60.0), emission("unknown", 10.0)]
    out = io.StringIO()
    Console(file=out, width=120).print(emission_table(found, Catalog("en"), rows=8, findings=frozenset()))
    assert out.getvalue().index("Unknown") < out.getvalue().index("Own noise")


def test_numpy_is_loaded_with_one_thread() -> None:
    free = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    look = "import sys, os, firmware.cli; print('numpy' in sys.modules, os.environ['OPENBLAS_NUM_THREADS'])"
    done = subprocess.run([sys.executable, "-c", look], env=free, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "1"]
