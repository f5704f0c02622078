"""The list of inspections: whole ids in 80 columns, the newest first to stay, nothing altered left out."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from firmware.cli.report_list import Filter, json_lines, listing, local_time
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.records.queries import Listed

ROW = Listed(
    seq=1, id="20261122-120000-ab12cd", kind="scan", site="동대문역사문화공원역", room="지하 2층 여자 화장실",
    cubicle="12", level="likely_camera", utc_ns=1_795_348_800_000_000_000, provenance="simulated",
    resolution="open",
)  # fmt: skip
ROWS = tuple(replace(ROW, seq=n, id=f"20261122-12{n:02d}00-ab12cd") for n in range(9))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_id_and_time_stands_whole_on_one_line_of_eighty_columns(lang: Language) -> None:
    stream = io.StringIO()
    Console(file=stream, width=80).print(listing(ROWS, catalog_for(lang)))
    lines = stream.getvalue().splitlines()
    assert max(cell_len(line) for line in lines) <= 80
    for row in ROWS:
        assert any(row.id in line and local_time(row.utc_ns) in line for line in lines)
    words = "".join("".join(lines).split())
    assert "동대문역사" in words
    assert "UTC" not in words


def test_the_time_is_the_one_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "Asia/Seoul")
    time.tzset()
    try:
        assert local_time(ROW.utc_ns) == "2026-11-22 21:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_filters_keep_the_newest_and_whatever_was_altered() -> None:
    other = replace(ROW, seq=9, site="other", level="nothing_found", resolution="")
    broken = replace(other, seq=10, fault="signature")
    rows = (*ROWS, other, broken)
    assert [r.seq for r in Filter(limit=2).of(rows)] == [9, 10]
    assert [r.seq for r in Filter(limit=99, site="other").of(rows)] == [9, 10]
    assert [r.seq for r in Filter(limit=3, level="likely_camera").of(rows)] == [7, 8, 10]
    assert {r.seq for r in Filter(limit=99, unanswered=True).of(rows)} == {*range(9), 10}


def test_json_has_one_object_a_line() -> None:
    said = [json.loads(line) for line in json_lines(ROWS)]
    assert [one["id"] for one in said] == [row.id for row in ROWS]
    assert {"seq", "utc_ns", "site", "level", "resolution", "fault"} <= set(said[0])
