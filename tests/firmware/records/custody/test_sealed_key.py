"""A sealed key signs nothing without its PIN; what can be done without it still works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from firmware.records.custody.errors import KeySealed, KeyTrouble
from firmware.records.custody.sealed_key import (
    HEADING,
    PIN_VARIABLE,
    open_sealed,
    public_of_sealed,
    seal_secret,
)
from firmware.records.custody.unit_key import (
    KEY_FILE,
    UnitKey,
    key_is_sealed,
    load_unit_key,
    seal_unit_key,
    unseal_unit_key,
)
from firmware.records.reader import open_reader
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.firmware.records.rooms import inspection

SECRET, PIN = bytes(range(32)), "안심 123456"
CONFIG = RecordsConfig(free_least_bytes=0)


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    with RecordStore(tmp_path, config=CONFIG) as store:
        store.append(inspection(store.key, "room-0001"))
    seal_unit_key(tmp_path, PIN)
    return tmp_path


def test_it_opens_with_its_pin_alone() -> None:
    text = seal_secret(SECRET, PIN)
    assert SECRET.hex().encode() not in text
    assert open_sealed(text, PIN) == SECRET
    assert public_of_sealed(text) == UnitKey(SECRET).public
    assert seal_secret(SECRET, PIN) != text
    for wrong in ("", "안심 123457"):
        with pytest.raises(KeySealed):
            open_sealed(text, wrong)
    with pytest.raises(KeyTrouble):
        seal_secret(SECRET, "12345")


@pytest.mark.parametrize("name", ["nonce", "public", "salt", "sealed"])
def test_every_altered_field_keeps_it_shut(name: str) -> None:
    fields = json.loads(seal_secret(SECRET, PIN).removeprefix(HEADING))
    for value in ("", "zz", None, fields[name][:-2] + ("00" if fields[name][-2:] != "00" else "01")):
        with pytest.raises(KeyTrouble):
            open_sealed(HEADING + json.dumps({**fields, name: value}).encode(), PIN)


def test_without_the_pin_nothing_is_signed_and_everything_is_read(sealed: Path) -> None:
    with pytest.raises(KeySealed, match="sealed"):
        RecordStore(sealed, config=CONFIG)
    with open_reader(sealed) as reader:
        assert [row.fault for row in reader.listed()] == [""]
        assert reader.stored("room-0001").inspection.id == "room-0001"
        assert reader.verify().whole
        with pytest.raises(KeySealed):
            _ = reader.key


def test_with_the_pin_the_same_key_goes_on(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PIN_VARIABLE, PIN)
    with RecordStore(sealed, config=CONFIG) as store:
        store.append(inspection(store.key, "room-0002"))
        assert store.verify().whole
        assert len(store.listed()) == 2


def test_the_seal_comes_off_and_the_key_is_the_same(sealed: Path) -> None:
    with pytest.raises(KeyTrouble, match="already"):
        seal_unit_key(sealed, PIN)
    with pytest.raises(KeySealed):
        unseal_unit_key(sealed, "wrong one")
    assert key_is_sealed(sealed)
    before = load_unit_key(sealed, pin=PIN).public
    unseal_unit_key(sealed, PIN)
    assert load_unit_key(sealed).public == before
    assert (sealed / KEY_FILE).stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyTrouble, match="not sealed"):
        unseal_unit_key(sealed, PIN)


def test_the_lost_part_of_a_store_is_saved_only_with_the_pin(sealed: Path) -> None:
    (sealed / KEY_FILE).write_bytes(HEADING + b"{}")
    with pytest.raises(KeyTrouble, match="damaged"):
        RecordStore(sealed, config=CONFIG)
