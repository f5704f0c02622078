"""Numbers in words: units, decimal signs, clocks and probabilities, in both languages."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from babel import Locale

from firmware.i18n.catalog import LANGUAGES, Catalog, Language
from firmware.i18n.numbers import (
    PLAIN_UNITS,
    WRITERS,
    write_clock,
    write_decimal,
    write_number,
    write_probability,
)


def fields_of(template: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_format_word_is_known(lang: Language) -> None:
    known = set(WRITERS) | set(PLAIN_UNITS) | {"key"}
    catalog = Catalog(lang)
    specs = {spec for k in catalog for _, spec in fields_of(catalog.template(k))}
    assert {s for s in specs if s not in known and not re.fullmatch(r"\.\d+f", s)} == set()


def test_numbers_carry_their_units() -> None:
    locale = Catalog("en").locale
    written = {s: write_number(v, s, locale) for v, s in ((868.95e6, "hz"), (1.25e6, "bps"), (-52.4, "dbm"))}
    assert written == {"hz": "868.95 MHz", "bps": "1.25 Mbit/s", "dbm": "-52.4 dBm"}
    assert write_number(0.612, "percent", locale) == "61%"
    shares = (0.0, 0.0005, 0.005, 0.034, 0.34, 0.995, 1.0)
    assert [write_number(s, "percent", locale) for s in shares] == [
        "0%",
        "0.05%",
        "0.5%",
        "3.4%",
        "34%",
        "100%",
        "100%",
    ]
    assert write_number(12.345, ".1f", locale) == "12.3"
    assert write_number(float("nan"), "hz", locale) != ""
    assert write_decimal(12345.0, locale) == "12,345"


def test_a_probability_is_never_nothing_and_never_certain() -> None:
    locale = Catalog("ko").locale
    shown = [write_probability(p, locale) for p in (0.0, 1e-9, 0.005, 0.34, 0.995, 1.0)]
    assert shown == ["<0.1%", "<0.1%", "0.5%", "34%", ">99%", ">99%"]


def test_the_clock_reads_like_a_clock() -> None:
    assert [write_clock(s) for s in (0, 65, 3725, -1, float("inf"))] == [
        "0:00",
        "1:05",
        "1:02:05",
        "0:00",
        "0:00",
    ]


def test_a_channel_has_the_number_that_people_know() -> None:
    known = {2412: "1", 2437: "6", 2484: "14", 5180: "36", 5885: "177", 5935: "2 (6 GHz)", 5955: "1 (6 GHz)"}
    assert {mhz: write_number(float(mhz), "channel", Locale.parse("ko")) for mhz in known} == known
    assert write_number(float("nan"), "channel", Locale.parse("en")) == "–"
