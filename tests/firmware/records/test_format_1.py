"""A store and a bundle of format 1, written before there was a format 2, are read for ever.

``vectors/format-1.zip`` holds a store of four entries: a record whose body retention removed, the tombstone
that says so, a record with an attachment and one more; and a bundle of the record with the attachment.
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from firmware.records import ansim_verify
from firmware.records.bundle import verify_file
from firmware.records.custody.anchor import Expected
from firmware.records.custody.hash_chain import parse_header
from firmware.records.custody.unit_key import public_pem, read_public_pem
from firmware.records.model import read_verdict
from firmware.records.reader import open_reader
from firmware.records.store import RecordStore
from firmware.report.export import export
from firmware.settings.records_config import RecordsConfig
from firmware.verdict.model import Level
from tests.firmware.records.rooms import FakeClock, inspection

VECTOR = Path(__file__).parent / "vectors" / "format-1.zip"
HEAD = "768d1b2f4598bf1ca632e0cef1c2678e1717e3066467632f20f4342832a7f6db"
KEY = "56475aa75463474c0285df5dbf2bcab7"
NAMES = ["room-0002", "room-0004"]


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "anchors"))
    with zipfile.ZipFile(VECTOR) as archive:
        archive.extractall(tmp_path / "old")
    (tmp_path / "old" / "unit.key").chmod(0o600)
    return tmp_path / "old"


def test_every_record_is_listed_shown_and_verified(old: Path) -> None:
    with open_reader(old) as reader:
        assert [(line.id, line.fault) for line in reader.listed()] == [(n, "") for n in NAMES]
        stored = [reader.stored(n) for n in NAMES]
    assert [parse_header(s.entry.header)["format"] for s in stored] == ["ansim-entry-1"] * 2
    assert [read_verdict(s.inspection).level for s in stored] == [Level.CHECK, Level.LIKELY_CAMERA]
    assert [a.name for a in stored[0].inspection.attachments] == ["readout.png"]
    assert stored[0].inspection.devices == ()
    checked = verify_file(old / "records.db", expect=Expected(hash=HEAD, fingerprint=KEY))
    assert (checked.standing, checked.entries, checked.head) == ("whole", 4, HEAD)


def test_the_bundle_is_whole_for_both_verifiers(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with open_reader(old) as reader:
        assert reader.public is not None
        pem = public_pem(reader.public)
    (old / "unit.pem").write_bytes(pem)
    checked = verify_file(old / "bundle.zip", public=read_public_pem(pem))
    assert (checked.troubles, checked.record, checked.pinned) == ((), "room-0002", True)
    key = ["--key", str(old / "unit.pem")]
    assert ansim_verify.main([str(old / "bundle.zip"), *key]) == 0
    assert ansim_verify.main([str(old / "records.db"), *key, "--expect", HEAD]) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == [f"4 entries, hash {HEAD}", f"unit key {KEY}"]


def test_the_chain_goes_on_in_format_2_and_an_old_record_is_exported(old: Path) -> None:
    with RecordStore(old, config=RecordsConfig(free_least_bytes=0), clock=FakeClock()) as store:
        entry = store.append(inspection(store.key, "room-0005"))
        assert (entry.fields()["format"], entry.fields()["prev"]) == ("ansim-entry-2", HEAD)
        assert store.verify().whole
        done = export(store, "room-0002", languages=("en",))
    path = old / "again.zip"
    path.write_bytes(done.content)
    assert verify_file(path).whole
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("inspection.json"))["id"] == "room-0002"
