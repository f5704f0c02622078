"""Every identity rule can be said in Korean, whatever name from the air stands in the middle of it."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wifiscan.signatures import load_signatures
from wifiscan.vendors import parse_mac
from wifiscan.wording import in_korean

RULES = tomllib.loads((files("wifiscan") / "data" / "signatures.toml").read_text(encoding="utf-8"))
KINDS = ("ssid", "wps", "ble_name", "ble_company", "ble_service")
ROWS = [(kind, row) for kind in KINDS for row in RULES[kind]]
HANGUL = re.compile("[가-힣]")
PLAIN_ENGLISH = re.compile(r"\b(a|an|the|of|or|that|by|in|name|network|device|service|block|camera)\b")


def whys() -> list[str]:
    rules = load_signatures()
    said = [rules.of_ssid(m) for row in RULES["ssid"] for m in row["matches"]]
    said += [rules.of_wps(row["matches"]) for row in RULES["wps"]]
    said += [
        rules.of_ble(name=m, company_ids=(), services=()) for row in RULES["ble_name"] for m in row["matches"]
    ]
    said += [rules.of_ble(name=None, company_ids=[number], services=()) for number in rules.ble_companies]
    said += [rules.of_ble(name=None, company_ids=(), services=[number]) for number in rules.ble_services]
    said += [rules.of_mac(block << 24) for block in rules.ouis]
    return sorted({i.why for identities in said for i in identities})


@pytest.mark.parametrize(("kind", "row"), ROWS, ids=lambda r: r if isinstance(r, str) else r["id"])
def test_every_rule_has_korean_words(kind: str, row: dict[str, str]) -> None:
    assert HANGUL.search(row["what_ko"])


def test_the_same_english_is_never_said_in_two_ways() -> None:
    pairs = {(row["what"], row["what_ko"]) for _, row in ROWS}
    assert len(pairs) == len({english for english, _ in pairs})


def test_everything_a_rule_can_say_is_said_in_korean() -> None:
    said = whys()
    assert len(said) > 800
    for why in said:
        korean = in_korean(why)
        assert HANGUL.search(korean), why
        bare = re.sub(r"'[^']*'", "", korean)  # the name from the air stays as it is
        if "is a block of" not in why:
            assert not PLAIN_ENGLISH.search(bare), korean


@given(st.text(max_size=60))
def test_a_name_from_the_air_stays_whole_and_breaks_nothing(name: str) -> None:
    why = f"network name {name!r}: a V380 camera"
    assert in_korean(why) == f"네트워크 이름 {name!r}: V380 카메라"


def test_a_name_that_quotes_a_rule_changes_nothing() -> None:
    name = "x': an endoscope camera"
    assert in_korean(f"network name {name!r}: a V380 camera").endswith(": V380 카메라")


@pytest.mark.parametrize("why", ["", "a V380 camera", "weather: a V380 camera", "named like a camera"])
def test_what_no_rule_said_stays_as_it_is(why: str) -> None:
    assert in_korean(why) == why


def test_a_block_names_its_maker() -> None:
    (known,) = load_signatures().of_mac(parse_mac("C0:56:E3:00:00:01"))
    assert in_korean(known.why) == f"주소 대역 {known.why[:8]}: Hikvision"
