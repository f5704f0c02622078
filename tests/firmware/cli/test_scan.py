"""What people see of a scan: tables, verdict and summary survive hostile names and hide bystanders."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image
from rich.console import Console

from firmware.cli.picture import terminal_picture
from firmware.cli.tables import tables
from firmware.cli.verdict import verdict_panel
from firmware.i18n.catalog import LANGUAGES, Catalog, Language, catalog_for
from firmware.report.html_summary import Scan, summary_html
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level, WeighedSubject
from firmware.verdict.sensor_state import SensorStatus
from tests.firmware.cli.test_jsonl import ACCESS_POINT, BLE, EMISSION, GLINT, STATION, VERDICT

HOSTILE = "[red]<script>\x1b[2J\u202e"
OBSERVATIONS = [
    EMISSION,
    replace(STATION, vendor=HOSTILE, randomised=False),
    replace(ACCESS_POINT, ssid=HOSTILE),
    replace(BLE, name=HOSTILE),
    GLINT,
]


def printed(catalog: Catalog) -> str:
    console = Console(file=io.StringIO(), width=160, force_terminal=False)
    console.print(tables(OBSERVATIONS, catalog))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_tables_show_hostile_names_and_obey_none(lang: Language) -> None:
    text = printed(Catalog(lang))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "script" in text
    assert "[red]" in text


def test_only_a_finding_of_the_verdict_is_red_and_has_a_score() -> None:
    things = [replace(STATION, score=0.97), replace(GLINT, score=0.96)]
    console = Console(file=io.StringIO(), width=160, force_terminal=True, color_system="standard")
    console.print(tables(things, Catalog("en"), findings={STATION.mac}))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "97%" in text
    assert "96%" not in text
    assert text.count("\x1b[1;31m") == 1


def test_the_summary_lists_findings_and_counts_the_rest() -> None:
    subject = WeighedSubject(
        sensor="wifi", subject=STATION.mac, word="finding", nats=4.0, reason="reason.wifi.idle", params={}
    )
    verdict = replace(VERDICT, level=Level.CHECK, probability=0.001, prior=0.005, subjects=(subject,))
    scan = Scan(
        title="A room", when="2026-01-01", simulated=True, verdict=verdict,
        observations=[replace(STATION, score=0.97), replace(GLINT, score=0.96)], counts=[], screens=[],
    )  # fmt: skip
    html, en = summary_html(scan, Catalog("en")), Catalog("en")
    assert en.text("report.findings", count=1) in html
    assert en.text("report.heard", count=1) in html
    assert "97" in html
    assert "96 %" not in html
    assert "0.1 %" not in html  # CHECK beside a number below the prior


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_summary_escapes_names_and_hides_bystanders(lang: Language) -> None:
    scan = Scan(
        title="A room", when="2026-01-01", simulated=True, verdict=VERDICT,
        observations=OBSERVATIONS, counts=[], screens=[Image.new("RGB", (32, 24))],
    )  # fmt: skip
    html = summary_html(scan, Catalog(lang))
    assert "<script>" not in html
    assert "\x1b" not in html
    for address in (STATION.mac, ACCESS_POINT.bssid, BLE.address):
        assert address not in html
    assert Catalog(lang).text("report.simulated") in html
    assert "data:image/png;base64," in html


def test_a_picture_in_the_terminal_has_two_pixels_a_character() -> None:
    image = Image.new("RGB", (8, 4))
    image.putpixel((0, 0), (255, 0, 0))
    image.putpixel((0, 1), (0, 0, 255))
    first = terminal_picture(image, columns=8).segments[0]
    assert first.text == "▀"
    assert first.style is not None
    assert (first.style.color.name, first.style.bgcolor.name) == ("#ff0000", "#0000ff")  # type: ignore[union-attr]


def test_a_sensor_that_nobody_asked_for_is_named_once_and_not_called_disconnected() -> None:
    catalog = catalog_for("en")
    asked = SensorStatus(name="wifi", state="finished", coverage=0.5)
    absent = tuple(SensorStatus(name=n, state="missing", coverage=None) for n in ("rf", "ble"))
    broken = SensorStatus(name="lens", state="missing", coverage=None, hint="Plug it in.")
    now = Snapshot(
        t_ns=0, elapsed_s=7.0, phase="finished", inspection=1, verdict=VERDICT,
        sensors=(asked, *absent, broken), findings=(),
    )  # fmt: skip
    console = Console(file=io.StringIO(), width=100)
    console.print(verdict_panel(now, catalog))
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert "Not part of this scan: Radio, Bluetooth" in said
    assert said.count("Not connected") == 1
    assert "Plug it in." in said
