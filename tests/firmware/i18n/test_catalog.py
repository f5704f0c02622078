"""Both languages say the same things, with the same fields, in glyphs that exist, for every key in use."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.handheld.screen.state import Condition
from firmware.handheld.screen.views import MENU, Page, Trend
from firmware.i18n.catalog import LANGUAGES, Catalog, Language, Sentence, Written, plain
from firmware.verdict.evidence.reasons import NEXT_STEPS, REASONS, RULES, STATUS_REASONS
from firmware.verdict.model import Level
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
# Words that Korean inspectors and courts write otherwise (odds, custody, sensor, specular, buzzer, detector).
UNUSUAL_KO = re.compile(r"승산|기록 사슬|감각|감지 방식|번들거림|부저|화재 감지기|시작 확률|\(으\)로")
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


def test_korean_uses_the_words_that_its_readers_use() -> None:
    ko = Catalog("ko")
    assert not {k: ko.template(k) for k in ko if UNUSUAL_KO.search(ko.template(k))}


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
def test_no_sentence_promises_safety_or_proof_or_uses_the_slang(lang: Language) -> None:
    catalog = Catalog(lang)
    assert not {k for k in catalog if FORBIDDEN[lang].search(catalog.template(k))}


def test_korean_is_korean_and_english_is_not() -> None:
    hangul = re.compile("[가-힣]")
    foreign = {k for k in Catalog("en") if hangul.search(Catalog("en").template(k))}
    assert foreign == {"menu.language"}  # the one word that must be read by those who cannot read the rest
    silent = {k for k in Catalog("ko") if not hangul.search(Catalog("ko").template(k))}
    assert not {k for k in silent if len(ENGLISH_WORD.findall(Catalog("ko").template(k))) > 1}


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
