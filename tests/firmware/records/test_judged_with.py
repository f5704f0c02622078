"""A record says which code, which tables and which devices its verdict was made with."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from firmware.records import judged_with as module
from firmware.records.build_record import build_record
from firmware.records.custody.unit_key import UnitKey
from firmware.records.judged_with import ROOT, TABLES, digest_of, judged_with
from firmware.records.model import read_inspection
from firmware.records.save_scan import (
    Occasion,
    about_scan,
    scanned_of,
    span_until_now,
    unit_of,
)
from firmware.runtime.session import inspect
from firmware.settings.settings import Settings


def test_every_table_is_there_and_has_its_digest() -> None:
    said = judged_with()
    for name, path in TABLES.items():
        assert said[name] == hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def test_one_byte_of_the_code_changes_its_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    files = [tmp_path / name for name in ("a.py", "b.py")]
    for file in files:
        file.write_bytes(b"x = 1\n")
    before = digest_of(files)
    assert before == digest_of(files[::-1])
    files[1].write_bytes(b"x = 2\n")
    assert digest_of(files) != before


def test_the_machine_is_named_by_its_firmware_and_only_where_it_measured(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"Raspberry Pi 5 Model B Rev 1.0\0")
    (tmp_path / "serial-number").write_bytes(b"10000000abcdef01\0")
    (unit,) = unit_of("pi", tree=tmp_path)
    assert (unit.role, unit.name, unit.serial) == (
        "unit",
        "Raspberry Pi 5 Model B Rev 1.0",
        "10000000abcdef01",
    )
    assert unit_of("sim:wifi-camera", tree=tmp_path) == ()
    (without,) = unit_of("pi", tree=tmp_path / "nowhere")
    assert without.name
    assert without.serial == ""


def test_a_scan_records_every_device_that_measured() -> None:
    settings, kit = Settings(), "sim:wifi-camera?seed=1"
    done = inspect(kit, settings, only={"wifi", "ble"}, until_s=1.0)
    about = about_scan(Occasion(), span=span_until_now(1.0), kit=kit, simulated=True, settings=settings)
    record = build_record(scanned_of(done.snapshot, settings), about, UnitKey(bytes(range(32))))
    assert [(d.role, d.backend) for d in record.devices] == [("monitor", "sim"), ("ble", "sim")]
    assert read_inspection(json.dumps(record.as_json()).encode()) == record
