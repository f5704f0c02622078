"""What the unit's own key signed, but the record does not say, is a contradiction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from firmware.i18n.catalog import catalog_for
from firmware.records.build_record import build_record
from firmware.records.bundle import make_bundle
from firmware.records.custody.hash_chain import canonical
from firmware.records.store import RecordStore
from firmware.report.contradictions import verify_exported
from firmware.report.document import draw_report
from firmware.report.export import dossier_of, export
from firmware.report.pdf_words import pdf_words
from firmware.report.tables import findings_csv, heard_csv, joint_csv
from firmware.settings.records_config import RecordsConfig
from firmware.verdict.model import Level, WeighedSubject
from tests.firmware.records.rooms import (
    SUSPECT_MAC,
    FakeClock,
    circumstances,
    inspection,
    scanned,
    verdict,
)

SUSPECT = WeighedSubject(
    sensor="wifi", subject=SUSPECT_MAC, word="finding", nats=3.2, reason="reason.wifi.streaming", params={}
)
SMALL = RecordsConfig(free_least_bytes=0)


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    made = RecordStore(tmp_path / "records", config=SMALL, clock=FakeClock())
    suspected = replace(scanned(), verdict=replace(verdict(), subjects=(SUSPECT,)))
    made.append(build_record(suspected, circumstances(), made.key, name="room-0001"))
    return made


def words_of(store: RecordStore, parts: Mapping[str, bytes], tmp_path: Path) -> set[tuple[str, str]]:
    path = tmp_path / "signed.zip"
    path.write_bytes(make_bundle(store.key, store.stored("room-0001").entry, store.entries(), parts))
    return {(t.where, t.word) for t in verify_exported(path, public=store.key.public).troubles}


def test_an_honest_export_contradicts_nothing(store: RecordStore, tmp_path: Path) -> None:
    done = export(store, "room-0001", evidence=True)
    path = tmp_path / done.name
    path.write_bytes(done.content)
    assert verify_exported(path, public=store.key.public).troubles == ()


@pytest.mark.parametrize("level", [Level.NOTHING_FOUND, Level.CHECK])
def test_a_report_of_another_verdict_is_named(store: RecordStore, tmp_path: Path, level: Level) -> None:
    stored = store.stored("room-0001")
    verdict = {**stored.inspection.verdict, "level": level.value}
    liar = replace(stored.inspection, verdict=verdict)
    pdf = draw_report(replace(dossier_of(store, stored), record=liar), catalog_for("en"))
    assert words_of(store, {"report-en.pdf": pdf}, tmp_path) == {("report-en.pdf", "contradicts")}


def test_a_report_of_another_entry_is_named(store: RecordStore, tmp_path: Path) -> None:
    store.append(inspection(store.key, "room-0002"))
    pdf = draw_report(dossier_of(store, store.stored("room-0002")), catalog_for("ko"))
    assert words_of(store, {"report-ko.pdf": pdf}, tmp_path) == {("report-ko.pdf", "contradicts")}


@pytest.mark.parametrize("table", [b"", b"sensor\r\n", b"\xff\xfe", b"a,b\r\n1,2\r\n"])
def test_a_table_that_is_not_the_records_is_named(store: RecordStore, tmp_path: Path, table: bytes) -> None:
    assert words_of(store, {"findings.csv": table}, tmp_path) == {("findings.csv", "contradicts")}


def test_one_changed_cell_of_the_table_is_named(store: RecordStore, tmp_path: Path) -> None:
    record = store.stored("room-0001").inspection
    tables = {"findings.csv": findings_csv(record), "heard.csv": heard_csv(record)}
    assert words_of(store, tables, tmp_path) == set()
    for name, (before, after) in {
        "findings.csv": (b"900", b"901"), "heard.csv": (b"1080000000.0", b"1080000000.1"),
    }.items():  # fmt: skip
        changed = tables[name].replace(before, after)
        assert changed != tables[name]
        assert words_of(store, {**tables, name: changed}, tmp_path) == {(name, "contradicts")}


def test_a_bundle_of_before_with_one_table_for_everything_still_agrees(
    store: RecordStore, tmp_path: Path
) -> None:
    record = store.stored("room-0001").inspection
    joint = joint_csv(record)
    assert words_of(store, {"findings.csv": joint}, tmp_path) == set()
    mixed = {"findings.csv": joint, "heard.csv": heard_csv(record)}
    assert words_of(store, mixed, tmp_path) == {("findings.csv", "contradicts")}


def test_an_address_that_the_record_does_not_commit_to_is_named(store: RecordStore, tmp_path: Path) -> None:
    stored = store.stored("room-0001")
    assert stored.inspection.commitments
    forged = dict.fromkeys(stored.inspection.commitments, "de:ad:be:ef:00:01")
    for more in ({}, {"salts": dict.fromkeys(forged, "00" * 32)}):
        said = {"record": "room-0001", "entry": stored.entry.hash, "addresses": forged, **more}
        parts = {"evidence.json": canonical(said)}
        assert words_of(store, parts, tmp_path) == {("evidence.json", "contradicts")}


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"stream\nx\nendstream" * 5000])
def test_what_is_no_pdf_of_ours_has_no_words(content: bytes) -> None:
    assert pdf_words(content) == ""
