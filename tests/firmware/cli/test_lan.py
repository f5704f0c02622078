"""The one part that sends says first what, and sends nothing before somebody agrees."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from firmware.cli import lan as command
from firmware.cli.app import app
from wifiscan.lan import LanDevice, default_plan

RUNNER = CliRunner()


class Network:
    """Stands where the questions would be sent: remembers that it was asked, and answers."""

    asked = 0
    devices: tuple[LanDevice, ...] = ()

    def __init__(self, plan: Any, **more: Any) -> None:
        assert more["agreed"] is True
        self.problems: tuple[str, ...] = ()

    def run(self) -> tuple[LanDevice, ...]:
        type(self).asked += 1
        return self.devices


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> type[Network]:
    fresh = type("Fresh", (Network,), {"asked": 0, "devices": ()})
    monkeypatch.setattr(command, "LanScan", fresh)
    return fresh


def test_without_agreement_nothing_is_sent(network: type[Network]) -> None:
    done = RUNNER.invoke(app, ["scan", "lan", "--lang", "en"], input="n\n")
    assert done.exit_code == 1
    assert network.asked == 0
    said = " ".join(done.stderr.split())
    for line in default_plan().lines():
        assert " ".join(line.split()) in said


def test_agreement_sends_once_and_a_quiet_network_is_nothing_found(network: type[Network]) -> None:
    assert RUNNER.invoke(app, ["scan", "lan", "--yes"]).exit_code == 0
    assert network.asked == 1
