"""The form has one row a cubicle, in order, and says what was not inspected; a person fills in the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.report.formatting import Wording
from firmware.report.inspection_form import FormHead, form_of, why_no_certificate
from tests.firmware.report.site_record import ENTRY, alarmed_site, quiet_site, site, visit

HEAD = FormHead(agency="서울특별시 ○○구청", address="서울 중구 한강대로 405", team="점검 1팀", unit="AS-0007")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_cubicle_has_a_row_with_what_was_seen_and_done(lang: Language) -> None:
    words = Wording(catalog_for(lang))
    form = form_of(alarmed_site(), ENTRY, HEAD, words, came={"site-0005": "harmless"})
    assert [row[0] for row in form.rows] == ["1", "2", "3", "4", "5", "6"]
    assert all(len(row) == len(form.columns) == 8 for row in form.rows)
    assert form.alarms == {4}
    number, _, time, result, looked, found, sealed, action = form.rows[4]
    assert (number, time, looked, found, sealed) == ("5", "21:05", "12/12", "2", "")
    assert words.key("level.likely_camera") == result
    assert words.came_of_alarm("harmless") in action
    assert form.rows[5][3] == words.key("form.not_inspected")
    assert words.early("early.occupied") == form.rows[5][7]
    values = [value for _, value in form.head]
    assert values[:4] == [HEAD.agency, "서울역 Station", HEAD.address, HEAD.team]
    assert values[6:] == ["2026-11-22 21:00 (UTC+09:00)", "2026-11-22 21:01 (UTC+09:00)"]
    assert ENTRY.hash in form.foot
    assert words.provenance(alarmed_site()) == form.notice
    assert len(form.approval) == 3


def test_the_site_file_names_the_boxes() -> None:
    named = replace(HEAD, approval=("담당", "국장"))
    assert form_of(quiet_site(), ENTRY, named, Wording(catalog_for("ko"))).approval == ("담당", "국장")


def test_only_a_site_whose_every_cubicle_earned_it_gets_a_certificate() -> None:
    assert why_no_certificate(quiet_site()) == ""
    assert why_no_certificate(alarmed_site()) == "form.certificate.alarm"
    five = [visit(n) for n in range(1, 6)]
    few = "form.certificate.not_enough"
    assert why_no_certificate(site(*five)) == few
    assert why_no_certificate(site(*five, visit(6, enough=False))) == few
    assert why_no_certificate(site(*five, visit(6, level="inconclusive"))) == few
    assert why_no_certificate(site(planned=0)) == few
    assert why_no_certificate(site(*five, visit(6, alarm="check"))) == "form.certificate.alarm"


def test_hostile_names_are_made_visible() -> None:
    form = form_of(
        site(visit(1, room="\u202e\x1b[2J")), ENTRY, replace(HEAD, team="\x07"), Wording(catalog_for("en"))
    )
    text = "".join(form.rows[0]) + "".join(value for _, value in form.head)
    assert not any(char in text for char in "\u202e\x1b\x07")
