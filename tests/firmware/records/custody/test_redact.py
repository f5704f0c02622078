"""Addresses of bystanders never get into a record; those of suspects only sealed."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records.build_record import build_record, clean
from firmware.records.custody.errors import KeyTrouble, StoreDamaged
from firmware.records.custody.hash_chain import canonical
from firmware.records.custody.redact import Redactor, names_in
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import read_inspection
from firmware.verdict.model import Level
from tests.firmware.records.rooms import (
    ALL_MACS,
    BYSTANDER_BLE,
    BYSTANDER_MACS,
    BYSTANDER_NAME,
    SUSPECT_BSSID,
    SUSPECT_MAC,
    circumstances,
    inspection,
    scanned,
    station,
)
from wifiscan.model import Identity

KEY, OTHER = UnitKey(bytes(32)), UnitKey(bytes([1] * 32))
MACS = st.binary(min_size=6, max_size=6)


def test_a_record_reads_back_as_it_was_written() -> None:
    record = inspection(KEY)
    assert read_inspection(canonical(record.as_json())) == record


def test_only_suspects_can_be_unsealed_and_only_by_this_unit() -> None:
    record = inspection(KEY)
    clear = json.loads(KEY.unseal(record.sealed))
    assert {SUSPECT_MAC, SUSPECT_BSSID} <= {a.lower() for a in clear.values()}
    assert not {*BYSTANDER_MACS, BYSTANDER_BLE} & {a.lower() for a in clear.values()}
    assert clear[KEY.pseudonym(SUSPECT_MAC)].lower() == SUSPECT_MAC
    with pytest.raises(KeyTrouble):
        OTHER.unseal(record.sealed)
    with pytest.raises(KeyTrouble):
        KEY.unseal(record.sealed[:-8] + "AAAAAAA=")


def test_a_clean_room_has_nothing_to_unseal() -> None:
    assert inspection(KEY, level=Level.NOTHING_FOUND).sealed == ""


def test_the_pseudonym_is_the_same_every_time_and_another_units_differs() -> None:
    assert KEY.pseudonym(SUSPECT_MAC) == KEY.pseudonym(SUSPECT_MAC.upper().replace(":", "-"))
    assert KEY.pseudonym(SUSPECT_MAC) != OTHER.pseudonym(SUSPECT_MAC)
    assert KEY.pseudonym(SUSPECT_MAC) != KEY.pseudonym(SUSPECT_BSSID)


def test_findings_are_ordered_and_the_least_suspicious_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware.records.build_record.FINDINGS_MOST", 4)
    record = build_record(scanned(), circumstances(), KEY, name="room-0001")
    assert len(record.findings) == 4
    assert record.left_out == 5
    assert all(f.suspicious for f in record.findings)


def test_names_of_bystanders_are_replaced_and_of_suspects_kept() -> None:
    text = canonical(inspection(KEY).as_json()).decode()
    assert BYSTANDER_NAME not in json.dumps(json.loads(text), ensure_ascii=False)
    assert "HYPERLINK" in text


@given(MACS, st.sampled_from([":", "-", ".", "_", " ", ""]), st.booleans(), st.text(max_size=10))
def test_an_address_in_any_writing_and_any_place_is_found(
    raw: bytes, sep: str, upper: bool, around: str
) -> None:
    around = re.sub("[0-9a-fA-F~]", "", around)
    address = sep.join(f"{b:02x}" for b in raw)
    address = address.upper() if upper else address
    redactor = Redactor(KEY, ())
    value = {"why": f"{around}{address}{around}", "list": [{"x": address}], address: 1, "mac": address}
    out = json.dumps(redactor.value(value, keep=False))
    digits = raw.hex()
    assert address.lower() not in out.lower()
    assert digits not in re.sub("[^0-9a-f]", "", out.lower().replace(KEY.pseudonym(address)[1:], "|"))
    assert redactor.cleared() == {}


@given(MACS)
def test_redacting_twice_is_redacting_once(raw: bytes) -> None:
    redactor = Redactor(KEY, ())
    once = redactor.text(f"camera {raw.hex(':')} here", keep=False)
    assert redactor.text(once, keep=False) == once


def test_everything_of_the_room_is_redacted() -> None:
    text = canonical(inspection(KEY).as_json()).decode().lower()
    assert not [m for m in ALL_MACS if m in text or m.replace(":", "") in text]


def test_what_people_type_is_cut_and_has_no_control_characters() -> None:
    assert clean("a\x00b\nc\ud800") == "a b c"
    assert len(clean("x" * 9999)) == 200


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(canonical))
def test_what_is_not_a_record_is_refused_with_one_error(body: bytes) -> None:
    with pytest.raises(StoreDamaged):
        read_inspection(body)


@pytest.mark.parametrize("field", ["id", "verdict", "findings", "span", "settings_sha256"])
def test_a_record_with_a_field_gone_or_too_many_is_refused(field: str) -> None:
    plain = inspection(KEY).as_json()
    for changed in ({k: v for k, v in plain.items() if k != field}, {**plain, "more": 1}):
        with pytest.raises(StoreDamaged):
            read_inspection(canonical(changed))


NAME = "Tapo_Cam_Minji Kim 010"


@pytest.mark.parametrize(
    "value",
    [
        {"ssid": NAME, "identity": [{"rule": "r", "seen": "ssid", "value": NAME, "why": f"named '{NAME}'"}]},
        {"params": {"why": f"the network '{NAME}' is a camera's"}},
        {"identity": [{"seen": "wps", "value": NAME, "why": f"calls itself '{NAME}'"}]},
        {"name": NAME, "text": f"{NAME} and {NAME}", "deep": [{"note": f"x{NAME}x"}]},
        {"name": "Min\u202eji", "text": "shown as Min\\u202eji"},
    ],
)
def test_a_bystanders_name_is_replaced_wherever_it_is_quoted(value: dict[str, object]) -> None:
    redactor = Redactor(KEY, ())
    redactor.learn(names_in(value))
    out = json.dumps(redactor.value(value, keep=False), ensure_ascii=False)
    assert "Minji" not in out
    assert "u202e" not in out


def test_words_of_ours_stay_even_where_a_name_equals_them() -> None:
    redactor = Redactor(KEY, ())
    redactor.learn(["station", "wifi", "ok"])
    value = {"type": "station", "sensor": "wifi", "text": "ok"}
    assert redactor.value(value, keep=False) == value  # "ok" is too short to be looked for


def test_a_suspects_name_stays_in_its_own_finding_and_a_bystanders_in_none() -> None:
    quoting = Identity(rule="r", strength="B", why=f"near '{NAME}'", seen="ssid", value=NAME)
    more = (
        station("02:00:00:00:00:01", 0.01, ssid=NAME, identity=(quoting,)),
        station("02:00:00:00:00:02", 0.01, ssid="V380_cam"),
        station("02:00:00:00:00:03", 0.97, ssid="V380_cam"),
    )
    text = json.dumps(inspection(KEY, more=more).as_json(), ensure_ascii=False)
    assert "Minji Kim" not in text
    assert text.count("V380_cam") == 1
