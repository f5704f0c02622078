"""What is typed behind `ansim scan` reaches the scan as it was meant; no device is opened here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firmware.cli import scan as scans
from firmware.cli.options import ScanOptions
from firmware.cli.scan_commands import app
from firmware.cli.scan_rf import SweepOptions

RUNNER = CliRunner()
Calls = list[tuple[tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Return the calls that the commands make, instead of making them."""
    made: Calls = []
    for name in ("scan", "scan_rf", "scan_lens", "follow"):
        monkeypatch.setattr(scans, name, lambda *given, **more: made.append((given, more)))
    return made


def test_every_shared_option_reaches_the_scan(calls: Calls, tmp_path: Path) -> None:
    words = ["ble", "--kit", "sim:empty-room", "--set", "a.b=1", "--set", "c.d=2", "--lang", "ko", "-vv"]
    done = RUNNER.invoke(app, [*words, "--duration", "5", "--jsonl", "--record", str(tmp_path)])
    assert done.exit_code == 0
    expected = ScanOptions(
        kit="sim:empty-room",
        overrides=["a.b=1", "c.d=2"],
        lang="ko",
        verbose=2,
        duration_s=5.0,
        as_jsonl=True,
        record_to=tmp_path,
    )
    assert calls == [(({"ble"}, expected), {"keep_at": None})]


@pytest.mark.parametrize(("command", "only"), [("all", None), ("ble", {"ble"})])
def test_a_scan_that_is_kept_names_its_place(calls: Calls, command: str, only: set[str] | None) -> None:
    assert RUNNER.invoke(app, [command, "--keep", "Site/Room/3"]).exit_code == 0
    assert calls == [((only, ScanOptions()), {"keep_at": "Site/Room/3"})]


def test_the_options_of_a_sweep(calls: Calls) -> None:
    words = ["rf", "--plan", "quick", "--gain-check", "--plot", "a.png", "--reference", "corridor"]
    assert RUNNER.invoke(app, words).exit_code == 0
    sweep = SweepOptions(plan="quick", gain_check=True, rate_hz=None, center_hz=None)
    asked = {"plot": Path("a.png"), "picture": None, "reference": "corridor"}
    assert calls == [((ScanOptions(), sweep), asked)]


def test_an_unknown_plan_is_refused_with_the_choices(calls: Calls) -> None:
    done = RUNNER.invoke(app, ["rf", "--plan", "slow"], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "camera" in done.stderr
    assert calls == []


def test_an_address_to_follow_is_no_scan(calls: Calls) -> None:
    assert RUNNER.invoke(app, ["wifi", "--home", "7c:b9:4c:51:20:0f"]).exit_code == 0
    assert calls == [(("7c:b9:4c:51:20:0f", ScanOptions()), {})]


def test_still_pictures_come_in_their_order(calls: Calls) -> None:
    assert RUNNER.invoke(app, ["lens", "ring.png", "off.png", "--overlay", "seen"]).exit_code == 0
    pictures = [Path("ring.png"), Path("off.png")]
    assert calls == [((ScanOptions(),), {"pictures": pictures, "overlay": Path("seen")})]


def test_a_plot_that_cannot_be_drawn_is_refused_before_anything_is_scanned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scanned(*_: object, **__: object) -> None:
        pytest.fail("it was scanned")

    monkeypatch.setattr("firmware.cli.scan.scan_rf", scanned)
    target = tmp_path / "plot.txt"
    said = CliRunner().invoke(app, ["rf", "--kit", "sim:analog-camera", "--plot", str(target)])
    assert said.exit_code == 2
    assert "plot.txt" in said.output
    assert not target.exists()
