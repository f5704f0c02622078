"""Whom to call: every number has a source, every country its police, and no page an unfilled field."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from firmware.errors import BadKnowledge
from firmware.i18n import help_lines as helplines
from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.i18n.help_lines import (
    COUNTRIES,
    Country,
    call_words,
    entries,
    help_lines,
    line_words,
    number_of,
)
from firmware.settings.settings import load_settings
from sweeper.config import Region


def test_every_country_names_its_police_first_and_every_number_its_source() -> None:
    assert set(entries()) == set(get_args(Country))
    for country in COUNTRIES:
        lines = help_lines(country)
        assert lines[0].role == "police"
        assert len({line.number for line in lines}) == len(lines)
        assert all(len(entry.source) > 8 for entry in entries()[country])


def test_koreas_numbers_are_those_of_the_unified_line() -> None:
    lines = help_lines("KR")
    assert (number_of(lines, "police"), number_of(lines, "support")) == ("112", "1366")
    assert "02-735-8994" not in {line.number for line in lines}  # answered at 1366 since April 2025


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("country", [*COUNTRIES, "XX", ""])
def test_every_line_is_a_whole_sentence(country: str, lang: Language) -> None:
    catalog = catalog_for(lang)
    for line in help_lines(country):
        said = line_words(catalog, line)
        assert line.number in said
        assert line.name not in said
        assert "{" not in said
    for key in ("todo.likely.4", "todo.check.4"):
        said = call_words(catalog, key, help_lines(country))
        assert help_lines(country)[0].number in said
        assert "{" not in said


def test_a_country_nobody_knows_gets_the_number_of_every_mobile_phone() -> None:
    assert help_lines("XX") == help_lines("EU")
    assert help_lines("XX")[0].number == "112"


def test_the_country_follows_the_band_plan_unless_it_is_set() -> None:
    assert {r: load_settings(overrides=(f"rf.region={r}",)).country for r in get_args(Region)} == {
        "kr": "KR", "eu": "EU", "us": "US",
    }  # fmt: skip
    assert load_settings(overrides=("rf.region=eu", "help.country=GB")).country == "GB"


@pytest.mark.parametrize(
    "text",
    [
        '[[KR]]\nnumber = "112"\nrole = "police"\nname = "help.police"\nstrength = "A"\n',  # no source
        '[[KR]]\nnumber = "call me"\nrole = "police"\nname = "help.police"\nsource = "x" \nstrength = "A"\n',
        '[[KR]]\nnumber="1366"\nrole="support"\nname="help.women"\nsource="somewhere"\nstrength="A"\n',
    ],
)
def test_a_list_without_source_or_police_is_refused(text: str, monkeypatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / helplines.FILE).write_text(text, encoding="utf-8")
    monkeypatch.setattr(helplines, "files", lambda _: tmp_path)
    helplines.entries.cache_clear()
    try:
        with pytest.raises(BadKnowledge) as caught:
            entries()
    finally:
        helplines.entries.cache_clear()
    assert caught.value.__cause__ is None or isinstance(caught.value.__cause__, ValidationError)
