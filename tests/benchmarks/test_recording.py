"""Every benchmark that prints figures can write them into the page of figures, under names that stay."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.benchmarks import (
    capture_fuzz,
    invariants,
    lens_quality,
    lens_second_rooms,
    results,
    rf_against_rtl_power,
    rf_blocks,
    rf_cameras,
    rf_quality,
    soapy_quality,
    wifi_captures,
    wifi_fuzz,
    wifi_names,
    wifi_train,
)

HERE = Path(__file__).parent
# The runner, and a script that writes a model.
NO_FIGURES = {"__main__", "lens_train"}


class Page:
    """A page of figures of its own, and what was written into it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._path, self._patch = path, monkeypatch

    def of(self, module: ModuleType) -> None:
        def record(name: str, value: Any, unit: str, command: str, **more: Any) -> bool:
            return results.record(
                name, value, unit, command, page=self._path, environ={results.RECORD: "1"}, **more
            )

        self._patch.setattr(module, "record", record)

    def run(self, module: ModuleType, *words: str) -> dict[str, str]:
        self.of(module)
        self._patch.setattr(sys, "argv", [module.__name__, *words])
        module.main()
        return self.texts()

    def texts(self) -> dict[str, str]:
        return {name: figure.text() for name, figure in results.read(self._path).items()}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(tmp_path / "RESULTS.md", monkeypatch)


def test_every_benchmark_with_a_command_line_records() -> None:
    said = {p.stem: p.read_text("utf-8") for p in HERE.glob("*.py") if not p.stem.startswith("test_")}
    runs = {name for name, text in said.items() if "argparse" in text or "def main(" in text}
    silent = {name for name in runs if "record(" not in said[name]}
    assert silent == NO_FIGURES


def test_the_fuzzers_record_what_they_tried(page: Page) -> None:
    page.run(wifi_fuzz, "--frames", "300", "--bodies", "100")
    done = page.run(capture_fuzz, "--packets", "200", "--blocks", "400")
    assert done == {
        "capture.fuzzed_blocks": "400 blocks",
        "capture.fuzzed_packets": "200 packets",
        "wifi.fuzzed_bodies": "100 bodies",
        "wifi.fuzzed_frames": "300 frames",
    }


def test_the_invariants_record_rushed_inspections(page: Page) -> None:
    done = page.run(invariants, "--runs", "1", "--walks", "0", "--seed", "3")
    assert done["invariants.negative_when_rushed"] == "0 of 1 inspections"


def test_the_sweep_records_what_it_found_and_its_false_alarms(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rf_quality, "is_video", lambda _samples: True)
    done = page.run(rf_quality, "--slices", "0", "--trials", "1", "--kinds", "PAL AM/VSB")
    assert done == {f"rf.found_m{snr}_db_pal_am": "1.00" for snr in (16, 13, 10, 5)}
    rows = [{"null": name, "slices": 6000, "video": n, "cofdm": 0} for n, name in enumerate(rf_quality.NULLS)]
    rf_quality.record_alarms(rows, 102_000, 7)
    assert page.texts()["rf.false_supply_worst"].endswith("of 6,000 slices")
    whole = sum(range(len(rows)))
    assert page.texts()["rf.false_video"] == f"{whole} of {6000 * len(rows):,} slices"


def test_cameras_of_their_own_rates_and_random_blocks_are_recorded(page: Page) -> None:
    done = page.run(rf_cameras, "--tables", "rates", "--trials", "1", "--cells", "16k -7000 ppm AM")
    assert done == {"rf_cameras.rates_16k_m7000_ppm_am": "1 of 1"}
    assert page.run(rf_blocks, "--blocks", "2", "--seed", "5")["rf.blocks_failed"] == "0 of 2 blocks"


def test_the_bands_above_2_ghz_record_their_false_alarms(page: Page) -> None:
    done = page.run(soapy_quality, "--trials", "0", "--looks", "0", "--slices", "2", "--kinds", "LTE-U")
    assert set(done) == {"rf.high_false_lte_u"}
    assert re.fullmatch(r"\d+ of [2-9] slices", done["rf.high_false_lte_u"])


def test_the_comparison_with_rtl_power_records_its_ratios(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rf_against_rtl_power, "why_not", lambda: None)
    monkeypatch.setattr(rf_against_rtl_power, "build_standin", lambda _folder: {})
    spent = {"871": 5.0, "0": 1.0}
    monkeypatch.setattr(
        rf_against_rtl_power,
        "cost",
        lambda command, *_: rf_against_rtl_power.Cost(cpu_s=spent.get(command[-1], 2.0), wall_s=1.0),
    )
    page.of(rf_against_rtl_power)
    rf_against_rtl_power.compare(5)
    assert page.texts() == {
        f"rf.against_rtl_power_{bins}": "2 × its processor time".replace("2 ", "2.0 ")
        for bins in rf_against_rtl_power.BINS
    }


def test_the_lens_records_recall_by_distance_and_filter(page: Page) -> None:
    page.of(lens_quality)
    trials = [
        lens_quality.Trial(
            ir_cut=cut, distance_m=distance_m, aperture_mm=1.5, off_axis_deg=1.0, beyond="", false=0,
            lost="" if cut == "none" else "no_candidate", errors_px=(0.2, 0.4), rival=False, refused=0,
            silent=False, trouble="",
        )
        for cut in lens_quality.IR_CUTS
        for distance_m in lens_quality.DISTANCES_M
    ]  # fmt: skip
    lens_quality.record_lenses(trials, 1, 100, seconds=lens_quality.LOOK_S, conditions={"side2": ""})
    done = page.texts()
    assert (done["lens.recall_none_60_cm"], done["lens.recall_blue_150_cm"]) == ("1.00", "0.00")
    assert done["lens.position"] == "0.40 px"
    quoted = set(results.read())
    assert {name for name in done if name.startswith("lens.recall")} <= quoted


def test_the_second_eye_records_recall_and_false_tracks(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        @staticmethod
        def observations() -> tuple[()]:
            return ()

    monkeypatch.setattr(lens_second_rooms, "watch", lambda _eye, _seconds: Blind())
    page.of(lens_second_rooms)
    lens_second_rooms.lens_table(8)
    lens_second_rooms.room_table(1)
    done = page.texts()
    assert done.pop("lens.second_false_tracks") == "0 in 1 rooms"
    assert done == {f"lens.second_recall_{cm}_cm": "0.00" for cm in (30, 60, 100, 150)}


def test_the_name_rules_record_their_mistakes(page: Page) -> None:
    assert page.run(wifi_names, "--names", "20")["wifi.names_mistaken"].endswith("of 60 readings")


def test_the_classifier_records_what_it_reaches_on_links_it_never_saw(page: Page) -> None:
    page.of(wifi_train)
    wifi_train.record_rates(0.98765, 0.0004, links=1500, seed=1)
    assert page.texts() == {"wifi.held_out_false": "0.0004", "wifi.held_out_found": "0.9877"}


def test_captures_are_counted_by_level_in_the_standard_folders_alone(
    page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = wifi_captures.Row(name="a", level="check", probability=0.1, share_caught=0.2, best="", score=0.0)
    monkeypatch.setattr(wifi_captures, "rows", lambda _folders: iter([row, row, ("b", "damaged")]))
    assert page.run(wifi_captures, str(tmp_path)) == {}
    assert page.run(wifi_captures) == {
        "wifi_captures.a": "check",
        "wifi.captures_check": "2 captures",
        "wifi.captures_not_replayed": "1 captures",
    }
