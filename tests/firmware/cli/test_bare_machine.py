"""A plain laptop is told what it can do, on one page, in both languages; a unit is never taken for one."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.cli.bare_machine import WAYS, is_bare, print_ways
from firmware.cli.errors import Exit
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from hw.pi.discover import Found

DEAF = Found(role="monitor", name="wlan0", usable=False, hint="It cannot monitor.")


def test_only_a_machine_without_sensor_panel_and_service_is_bare() -> None:
    assert is_bare((), {})
    assert is_bare((DEAF, Found(role="battery", name="BAT0", usable=True)), {})
    assert not is_bare((), {"NOTIFY_SOCKET": "/run/n"})
    assert not is_bare((Found(role="display", name="spi", usable=True),), {})
    assert not is_bare((Found(role="sdr", name="RTL-SDR", usable=False, hint="It is busy."),), {})
    for role in ("sdr", "monitor", "ble", "camera"):
        assert not is_bare((Found(role=role, name="x", usable=True),), {})


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_names_every_way_the_places_and_what_is_missing(lang: Language) -> None:
    stream = io.StringIO()
    print_ways(Console(file=stream, width=80), (DEAF,), catalog_for(lang))
    page = stream.getvalue()
    assert len(page.splitlines()) <= 32
    for _, command in WAYS:
        assert command in page
    words = "".join(page.split())
    assert "".join(catalog_for(lang).text("step.bath.how").split()) in words
    assert "It cannot monitor." in page


def test_run_without_hardware_ends_with_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hw.pi.discover.discover", lambda: (DEAF,))
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    said = CliRunner().invoke(app, ["run", "--lang", "ko"])
    assert said.exit_code == Exit.MISSING_COMPONENT
    assert catalog_for("ko").text("bare.places") in said.output
    assert "sensor lost" not in said.output
