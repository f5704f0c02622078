"""Traffic that the adapter cannot decode is named, for people and as a JSON line."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from firmware.cli.scan import show
from firmware.i18n.catalog import Catalog
from firmware.runtime.session import Outcome
from firmware.sensor import UnreadableLink, Views
from tests.firmware.handheld.test_panel import snapshot

LINK = UnreadableLink(mac="02:00:00:00:00:09", answers=812)
OUTCOME = Outcome(snapshot=replace(snapshot(30.0, over=True), views=Views(unreadable=(LINK,))))


def test_as_a_json_line_before_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    show(OUTCOME, Catalog("en"), as_jsonl=True, simulated=False)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == {"type": "unreadable_link", "mac": LINK.mac, "answers": 812}
    assert lines[-1]["type"] == "verdict"


def test_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    show(OUTCOME, Catalog("en"), as_jsonl=False, simulated=False)
    said = capsys.readouterr().out.replace("\n", " ")
    assert "1 devices whose traffic this adapter cannot read" in said
    assert LINK.mac in said
