"""Both languages say the same things, with the same fields, in glyphs that exist, for every key in use."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from firmware.handheld.screen.state import Condition
from firmware.handheld.screen.views import MENU, Page, Trend
from firmware.i18n.catalog import LANGUAGES, Catalog, Language, Sentence, Written, plain
from firmware.i18n.font import font_path, has_glyph
from firmware.i18n.numbers import (
    PLAIN_UNITS,
    WRITERS,
    write_clock,
    write_decimal,
    write_number,
    write_probability,
)
from firmware.verdict.evidence.reasons import NEXT_STEPS, REASONS, RULES, STATUS_REASONS
from firmware.verdict.fusion import Level
from hw.errors import Reason
from hw.types import SENSOR_NAMES
from sweeper.model import EmissionKind
from wifiscan.model import Identity
from wifiscan.signatures import load_signatures

ROOT = Path(__file__).parents[3]
SOURCES = ("firmware", "sweeper", "wifiscan", "lensdetect", "hw")
FORBIDDEN = {
    "en": re.compile(r"\b(safe|safety|proved|proven|guarantee\w*|molka)\b", re.IGNORECASE),
    "ko": re.compile("안전|증명|보장|몰카|(?<!불)확실"),
}


ENGLISH_WORD = re.compile(r"(?<![{\w])[A-Za-z]{3,}(?![\w:}])")
FILE_ENDS = (".db", ".json", ".jsonl", ".toml", ".png", ".csv", ".html", ".pdf", ".zip")


def po_path(lang: str) -> Path:
    return ROOT / "firmware" / "i18n" / "locale" / lang / "LC_MESSAGES" / "ansim.po"


def fields_of(template: str) -> set[tuple[str, str]]:
    return {(name, spec or "") for _, name, spec, _ in Formatter().parse(template) if name is not None}


def keys_in_source() -> dict[str, str]:
    prefixes = "|".join(sorted({key.split(".")[0] for key in Catalog("en")}))
    literal = re.compile(rf"[\"']((?:{prefixes})\.[a-z0-9_.-]*[a-z0-9_-])[\"']")
    files = (p for room in SOURCES for end in ("*.py", "*.toml") for p in (ROOT / room).rglob(end))
    found = {key: str(path) for path in files for key in literal.findall(path.read_text(encoding="utf-8"))}
    return {key: path for key, path in found.items() if not key.endswith(FILE_ENDS)}


def test_both_languages_have_the_same_keys_and_fields() -> None:
    ko, en = Catalog("ko"), Catalog("en")
    assert ko.keys() == en.keys()
    differing = {k for k in ko if fields_of(ko.template(k)) != fields_of(en.template(k))}
    assert not differing


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_key_stands_twice_or_empty_in_a_file(lang: Language) -> None:
    text = po_path(lang).read_text(encoding="utf-8")
    keys = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert set(keys) == Catalog(lang).keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_key_in_the_source_has_a_sentence(lang: Language) -> None:
    known = Catalog(lang).keys()
    missing = {key: where for key, where in keys_in_source().items() if key not in known}
    assert not missing
    assert "screen.caught" in keys_in_source()  # the search itself finds something


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_that_is_put_together_at_run_time_has_a_sentence(lang: Language) -> None:
    built = [f"level.{level}" for level in Level] + [f"level.{level}.meaning" for level in Level]
    built += [f"hint.{reason}" for reason in Reason] + [f"sense.{name}" for name in SENSOR_NAMES]
    built += [f"state.{state}" for state in get_args(Condition)]
    built += [f"guide.{trend}" for trend in get_args(Trend)] + [f"page.{page}" for page in get_args(Page)]
    built += [f"menu.{item}" for item in MENU] + [f"line.{kind}" for kind in get_args(EmissionKind)]
    built += [*STATUS_REASONS, *RULES, *NEXT_STEPS]
    kinds = ("wifi-stream", "wifi-idle", "card", "wired", "analog-low", "analog-high", "cellular")
    built += [f"kind.{kind}" for kind in kinds]
    assert set(built) <= Catalog(lang).keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_a_sentence_that_uses_only_what_the_reason_gives(lang: Language) -> None:
    catalog = Catalog(lang)
    assert set(REASONS) <= catalog.keys()
    asking = {key: {name for name, _ in fields_of(catalog.template(key))} for key in REASONS}
    assert not {key: names for key, names in asking.items() if not names <= set(REASONS[key])}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_glyph_of_every_sentence_is_in_the_font(lang: Language) -> None:
    glyphs = set(TTFont(font_path()).getBestCmap())
    catalog = Catalog(lang)
    missing = {k: c for k in catalog for c in catalog.template(k) if ord(c) not in glyphs}
    assert not missing


def test_the_glyph_probe_agrees_with_the_font_file() -> None:
    glyphs = set(TTFont(font_path()).getBestCmap())
    probes = "aA0가힣漢語→▲✓%\u00b5\U0001f4f7\u0e01\u05d0\uffff\u1fff"
    assert {c: has_glyph(c) for c in probes} == {c: ord(c) in glyphs for c in probes}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_promises_safety_or_proof_or_uses_the_slang(lang: Language) -> None:
    catalog = Catalog(lang)
    assert not {k for k in catalog if FORBIDDEN[lang].search(catalog.template(k))}


def test_korean_is_korean_and_english_is_not() -> None:
    hangul = re.compile("[가-힣]")
    foreign = {k for k in Catalog("en") if hangul.search(Catalog("en").template(k))}
    assert foreign == {"menu.language"}  # the one word that must be read by those who cannot read the rest
    silent = {k for k in Catalog("ko") if not hangul.search(Catalog("ko").template(k))}
    assert not {k for k in silent if len(ENGLISH_WORD.findall(Catalog("ko").template(k))) > 1}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_format_word_is_known(lang: Language) -> None:
    known = set(WRITERS) | set(PLAIN_UNITS) | {"key"}
    catalog = Catalog(lang)
    specs = {spec for k in catalog for _, spec in fields_of(catalog.template(k))}
    assert {s for s in specs if s not in known and not re.fullmatch(r"\.\d+f", s)} == set()


def test_a_missing_key_shows_itself_and_a_missing_field_its_name() -> None:
    catalog = Catalog("ko")
    assert catalog.text("reason.nobody_wrote_this") == "reason.nobody_wrote_this"
    assert "{prior}" in catalog.text("screen.prior")
    assert catalog.text("screen.prior", prior="\x1b[2J").endswith("\\x1b[2J")


def test_names_from_the_air_are_made_visible_but_own_sentences_are_left_alone() -> None:
    catalog = Catalog("en")
    assert catalog.say(plain("a\u202eb")) == "a\\u202eb"
    listed = catalog.list_of(("kind.card", "kind.wired", "kind.cellular", "kind.analog-high"))
    assert isinstance(listed, Written)
    assert catalog.text("screen.blind", kinds=listed).endswith(listed)


def test_a_key_inside_a_sentence_is_translated() -> None:
    sentence = Sentence(key="screen.verbatim", params={"text": "kind.card"})
    assert Catalog("ko").say(sentence) == "kind.card"  # a name never becomes a key


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


def identities() -> list[Identity]:
    """Return an identity of every rule that has an address block, a number or a name of its own."""
    rules = load_signatures()
    said = [rules.of_ble(name=None, company_ids=[number], services=()) for number in rules.ble_companies]
    said += [rules.of_ble(name=None, company_ids=(), services=[number]) for number in rules.ble_services]
    said += [rules.of_mac(value << (48 - bits)) for bits, value in rules.ouis]
    said += [rules.of_ssid("V380-1234567"), rules.of_wps(["IPCAM"])]
    return [i for found in said for i in found]


def test_the_english_sentence_of_an_identity_is_the_one_of_the_json_lines() -> None:
    said = identities()
    assert {i.seen for i in said} >= {"ssid", "wps", "block", "company", "service"}
    assert [str(Catalog("en").identity(i.params)) for i in said] == [i.why for i in said]


def test_every_identity_is_said_in_korean() -> None:
    plain_english = re.compile(r"\b(a|an|the|of|or|that|by|in|name|network|device|service|block|camera)\b")
    for identity in identities():
        korean = Catalog("ko").identity(identity.params)
        assert re.search("[가-힣]", korean), identity
        bare = re.sub(r"'[^']*'", "", korean)  # the name from the air stays as it is
        assert identity.seen == "block" or not plain_english.search(bare), korean


@given(st.text(min_size=1, max_size=10))
def test_a_name_from_the_air_stays_whole_and_breaks_nothing(name: str) -> None:
    params = {"rule": "v380", "seen": "ssid", "value": repr(name), "why": ""}
    said = Catalog("ko").identity(params)
    assert said.startswith(("네트워크 이름 '", '네트워크 이름 "'))
    assert said.endswith(": V380 카메라")


@pytest.mark.parametrize(
    "entry",
    [
        {"rule": "v380", "strength": "B", "why": "network name 'V380-1': a V380 camera"},  # an earlier record
        {"rule": "nobody-wrote-this", "seen": "ssid", "value": "x", "why": "named like a camera"},
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_identity_that_no_catalogue_can_say_is_read_as_it_is(
    lang: Language, entry: dict[str, str]
) -> None:
    assert Catalog(lang).identity(entry) == entry["why"]
    assert Catalog(lang).fill("reason.wifi.identity", entry | {"name": "x"}) == f"x: {entry['why']}"


def test_a_reason_says_its_identity_in_the_language_of_the_reader() -> None:
    (found,) = load_signatures().of_ssid("V380-1234567")
    said = Catalog("ko").fill("reason.wifi.network", {"name": "x", **found.params})
    assert said == "네트워크 x: 네트워크 이름 'V380-1234567': V380 카메라"
