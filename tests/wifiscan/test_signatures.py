"""Every rule: source, examples, benign counter-examples, and its numbers in the bundled registries."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest
from scapy.libs.bluetoothids import DATA as COMPANIES
from scapy.libs.manuf import DATA as MANUF

from wifiscan.errors import BadSignatures
from wifiscan.names import decode_name
from wifiscan.signatures import block_of, load_signatures, parse_signatures, rule_words
from wifiscan.vendors import format_mac, is_randomised, parse_mac, vendor_of

FOLDER = files("wifiscan") / "data"
RULES = tomllib.loads((FOLDER / "signatures.toml").read_text(encoding="utf-8"))
OUIS = tomllib.loads((FOLDER / "ouis.toml").read_text(encoding="utf-8"))
REGISTRY = {row.split("\t")[0].strip(): row.split("\t")[-1].strip() for row in MANUF.splitlines()}
IN_KOREAN = ("ssid", "wps", "ble_name", "ble_company", "ble_service")
HANGUL = re.compile("[가-힣]")
NAMED = [(kind, row) for kind in ("ssid", "wps", "ble_name") for row in RULES[kind]]
WRONG_IN_PEERS = (0x0B1A, 0x08A9, 0x0413, 0x02D3, 0x09B1, 0x0962, 0x0B14, 0x0E3C)


@pytest.mark.parametrize("row", OUIS["oui"], ids=lambda r: r["id"])
def test_every_block_belongs_to_whom_the_rule_says(row):
    assert row["source"]
    assert row["blocks"] or row["newer"]
    for block in row["blocks"]:
        assert REGISTRY[block] in row["registered"]
    for block in row["newer"]:  # given out after the bundled registry was made: at least to nobody else
        assert block not in REGISTRY


def test_no_block_is_listed_twice_or_is_a_made_up_address():
    blocks = [b for row in OUIS["oui"] for b in (*row["blocks"], *row["newer"])]
    assert len(blocks) == len(set(blocks)) > 800
    assert not any(is_randomised(value << (48 - bits)) for bits, value in map(block_of, blocks))


@pytest.mark.parametrize("row", RULES["ble_company"], ids=lambda r: r["id"])
def test_every_company_id_is_registered_to_whom_the_rule_says(row):
    assert COMPANIES[row["company_id"]] == row["registered"]


def test_ids_that_others_list_wrongly_are_not_listed_here():
    listed = {row["company_id"] for row in RULES["ble_company"]}
    assert not listed.intersection(WRONG_IN_PEERS)


def test_every_rule_has_an_id_of_its_own_and_a_source():
    rows = [r for kind in RULES if kind != "weights" for r in RULES[kind]] + OUIS["oui"]
    assert all(r["source"] for r in rows)
    assert len({r["id"] for r in rows}) == len(rows)


@pytest.mark.parametrize(("kind", "row"), NAMED, ids=lambda v: v["id"] if isinstance(v, dict) else v)
def test_examples_match_and_benign_ones_match_no_rule(kind, row):
    assert row["matches"]
    assert row["benign"]
    assert all(re.fullmatch(row["pattern"], name) for name in row["matches"])
    for name in row["benign"]:
        hits = [r["id"] for r in RULES[kind] if re.fullmatch(r["pattern"], name)]
        assert hits == []


@pytest.mark.parametrize(
    ("name", "codec"),
    [("몰카", "cp949"), ("针孔摄像头", "gbk"), ("隠しカメラ", "cp932"), ("우리집 카메라", "cp949")],
)
def test_camera_words_are_found_in_whatever_encoding_they_come(name, codec):
    signatures = load_signatures()
    (plain,) = signatures.of_ssid(name)
    (coded,) = signatures.of_ssid(decode_name(name.encode(codec)))
    assert coded.rule == plain.rule
    assert name in coded.value
    assert coded.value.endswith("?)")


def test_narrow_blocks_of_makers_are_known():
    signatures = load_signatures()
    assert [i.rule for i in signatures.of_mac(parse_mac("0c:cc:47:01:02:03"))] == ["oui-jooan-narrow"]
    assert signatures.of_mac(parse_mac("0c:cc:47:11:02:03")) == ()


def test_a_device_that_calls_itself_a_bulb_is_not_named_by_its_maker():
    signatures = load_signatures()
    bulb = signatures.of_ble(name="Wyze Bulb", company_ids=(0x0870,), services=())
    camera = signatures.of_ble(name="Wyze Cam v3", company_ids=(0x0870,), services=())
    assert bulb == ()
    assert {i.rule for i in camera} == {"name-home", "ble-wyze-camera-or-other-device"}
    (row,) = RULES["product"]
    assert all(signatures.is_other_product([name]) for name in row["matches"])
    assert not any(signatures.is_other_product([name]) for name in row["benign"])


@pytest.mark.parametrize(
    "name",
    [
        "Spring Hotel Guest",
        "MVP_Guest",
        "SK_WiFiGIGA4410",
        "U+Net0C7A",
        "HotelGuest",
        "ESP_1A2B3C",
        "AI_Lab",
        "DIRECT-xy",
    ],
)
def test_ordinary_names_say_nothing(name):
    assert load_signatures().of_ssid(name) == ()


def test_a_device_number_as_network_name():
    (known,) = load_signatures().of_ssid("FTYC811847AGFDZ")
    (unknown,) = load_signatures().of_ssid("QQQQ811847AGFDZ")
    assert (known.rule, known.strength) == ("uid-known", "A")
    assert (unknown.rule, unknown.strength) == ("uid-shape", "B")
    assert "FTYC811847AGFDZ" in known.why


def test_an_address_block_alone_is_capped():
    signatures = load_signatures()
    weights = [v for k, v in signatures.weights.items() if k.startswith("oui")]
    assert max(weights) <= 1.5
    assert signatures.weights["none"] <= -2.0
    assert signatures.weight(signatures.of_mac(parse_mac("44:47:cc:00:00:01"))) == signatures.weights["oui_A"]


def test_a_made_up_address_names_nobody():
    made_up = parse_mac("46:47:cc:00:00:01")
    assert vendor_of(made_up) is None
    assert load_signatures().of_mac(made_up) == ()
    assert format_mac(made_up) == "46:47:cc:00:00:01"


def test_narrow_blocks_win_over_wide_ones():
    narrow = next(row for row in MANUF.splitlines() if "/36" in row[:20])
    block, *names = narrow.split("\t")
    digits = block.split("/")[0].replace(":", "").strip()
    assert vendor_of(int(digits.ljust(12, "0"), 16)) == (names[-1].strip() or names[0].strip())[:60]


def test_several_matches_weigh_as_the_strongest_one():
    signatures = load_signatures()
    both = (*signatures.of_mac(parse_mac("84:ea:97:31:7f:02")), *signatures.of_ssid("FTYC811847AGFDZ"))
    assert len(both) == 2
    assert signatures.weight(both) == signatures.weights["name_A"]


def test_a_bad_rule_file_is_refused():
    with pytest.raises(re.error):
        parse_signatures(RULES | {"ssid": [RULES["ssid"][0] | {"pattern": "("}]}, OUIS)
    assert issubclass(BadSignatures, ValueError)


@pytest.mark.parametrize("row", [r for k in IN_KOREAN for r in RULES[k]], ids=lambda r: r["id"])
def test_every_rule_says_in_korean_what_it_names(row):
    assert rule_words()[row["id"]] == {"en": row["what"], "ko": row["what_ko"]}
    assert HANGUL.search(row["what_ko"])


def test_the_same_english_is_never_said_in_two_ways():
    pairs = {(row["what"], row["what_ko"]) for kind in IN_KOREAN for row in RULES[kind]}
    assert len(pairs) == len({english for english, _ in pairs})


def test_no_two_rules_have_the_same_id():
    ids = [row["id"] for kind in IN_KOREAN for row in RULES[kind]] + [row["id"] for row in OUIS["oui"]]
    assert len(ids) == len(set(ids)) == len(rule_words())


def test_an_identity_says_where_it_matched_and_on_what():
    (named,) = load_signatures().of_ssid("V380-1234567")
    assert (named.seen, named.value) == ("ssid", "'V380-1234567'")
    (made,) = load_signatures().of_mac(parse_mac("C0:56:E3:00:00:01"))
    assert (made.rule, made.seen, made.value) == ("oui-hikvision", "block", "c0:56:e3")
    assert made.as_json() == {
        "rule": "oui-hikvision",
        "strength": "A",
        "why": "c0:56:e3 is a block of Hikvision",
    }
