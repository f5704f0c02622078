"""The technician's board: fits, tells what was planted, and cannot be broken by what the feed says."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from firmware.diag.dashboard import board, sensor_block, spectrum_block, things_block, verdict_block
from firmware.diag.feed_client import Row, parse_line
from firmware.i18n.catalog import Language, catalog_for
from tests.firmware.diag.moments import CAMERA_MAC, KEY, line, moment
from tests.firmware.diag.test_feed_client import JSON

EN = catalog_for("en")
COLUMNS, ROWS = 80, 24
FIELDS = tuple(json.loads(line()))


def rows_of(shown: Row, lang: Language = "en", width: int = COLUMNS, height: int = ROWS) -> list[str]:
    return [text.plain.rstrip() for text in board(shown, catalog_for(lang), width=width, height=height)]


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_board_of_a_known_room(lang: Language, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(rows_of(moment(), lang)) == snapshot


@pytest.mark.parametrize("lang", ["en", "ko"])
@pytest.mark.parametrize(("width", "height"), [(40, 24), (80, 23), (80, 24), (132, 43), (240, 70), (80, 10)])
def test_it_fits_every_terminal(lang: Language, width: int, height: int) -> None:
    rows = rows_of(moment(), lang, width, height)
    assert len(rows) == height
    assert max(map(cell_len, rows)) <= width


def test_it_tells_what_was_planted() -> None:
    text = "\n".join(rows_of(moment()))
    for planted in ("Disconnected", "Came loose", "bad_fcs 7", "1513", "inbox 3", "0:00:30", "0.99"):
        assert planted in text, planted
    assert KEY.pseudonym(CAMERA_MAC)[:9] in text
    assert CAMERA_MAC not in text


def test_a_camera_stands_first_and_is_marked() -> None:
    first = things_block(moment(), EN, COLUMNS)[1]
    assert KEY.pseudonym(CAMERA_MAC)[:9] in first.plain
    assert any("red" in str(span.style) for span in first.spans)


def test_a_lost_sense_is_marked() -> None:
    lens = sensor_block(moment(), EN, COLUMNS)[4]
    assert any("red" in str(span.style) for span in lens.spans)


def test_a_bar_stands_where_the_transmission_is() -> None:
    told = {"spectrum": [{"center_hz": 1166e6, "bandwidth_hz": 1e6, "snr_db": 40.0, "score": 0.9}]}
    bars = [row.plain for row in spectrum_block(Row(told), EN, 100)[1:5]]
    assert [row.rstrip() for row in bars] == [" " * 65 + "█"] * 4  # (1166-24)/(1766-24) of 100 columns


@pytest.mark.parametrize("is_finding", [True, False])
def test_a_finding_is_red_and_has_its_score_and_a_high_score_alone_has_neither(is_finding: bool) -> None:
    about = {"score": 0.97, "finding": is_finding}
    told = Row(
        {
            "spectrum": [{"center_hz": 1166e6, "bandwidth_hz": 1e6, "snr_db": 40.0} | about],
            "stations": [{"as": "station", "address": "aa:bb"} | about],
            "glints": [{"id": 1, "label": "lens", "poses": 9} | about],
        }
    )
    bars = spectrum_block(told, EN, 100)[4]
    things = things_block(told, EN, COLUMNS)[1]
    for row in (bars, things):
        assert any("red" in str(span.style) for span in row.spans) is is_finding
    assert things.plain.count("0.97") == (2 if is_finding else 0)


def test_an_alarm_whose_number_is_below_the_prior_stands_without_it() -> None:
    verdict = {"level": "check", "probability": 0.004, "number_fits": False, "share_caught": 0.5}
    head = verdict_block(Row({"verdict": verdict}), EN, COLUMNS)[0].plain
    assert "0.4" not in head
    assert "50" in head


def test_whatever_was_heard_is_seen() -> None:
    told = {"spectrum": [{"center_hz": 500e6, "bandwidth_hz": 1e3, "snr_db": 0.4, "score": 0.0}]}
    assert spectrum_block(Row(told), EN, 80)[4].plain.strip() == "▁"


def test_numbers_that_make_no_sense_draw_nothing() -> None:
    told = {"spectrum": [{"center_hz": hz, "snr_db": 9.0} for hz in (-1, 1e300, None, "x")]}
    assert all(not row.plain.strip() for row in spectrum_block(Row(told), EN, 80)[1:5])


@settings(max_examples=60)
@example(changed={"elapsed_s": 3.6e35}, width=40, height=1)
@given(
    changed=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6),
    width=st.integers(40, 240),
    height=st.integers(1, 70),
)
def test_no_feed_can_break_it(changed: dict[str, object], width: int, height: int) -> None:
    told = json.loads(line()) | {k: v for k, v in changed.items() if k not in ("type", "version")}
    rows = rows_of(parse_line(json.dumps(told).encode()), "en", width, height)
    assert len(rows) <= height
    assert all(cell_len(row) <= width for row in rows)


@given(name=st.text(max_size=40))
def test_a_hostile_name_changes_no_other_row(name: str) -> None:
    told = json.loads(line())
    told["stations"][0] |= {"vendor": name, "ssid": name}
    other, usual = rows_of(Row(told)), rows_of(moment())
    assert [a == b for a, b in zip(other, usual, strict=True)].count(False) <= 1
    assert not any("\x1b" in row or "\n" in row for row in other)
