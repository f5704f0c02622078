"""An alarm is resolved once and for all ways alike: with a reason, perhaps a photo, and only where it was."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from firmware.records import ansim_verify
from firmware.records.bundle import RESOLUTIONS, make_bundle, verify_file
from firmware.records.custody.deterministic_zip import unpack
from firmware.records.custody.errors import AttachmentTrouble
from firmware.records.database import DATABASE_FILE
from firmware.records.resolutions import as_lines
from firmware.records.resolve_alarm import AlarmAnswer, NoAlarmToResolve, ReasonMissing, resolve_alarm
from firmware.records.store import RecordStore
from firmware.report.contradictions import verify_exported
from firmware.report.export import export
from firmware.settings.records_config import MIB, RecordsConfig
from firmware.verdict.model import Level
from tests.firmware.records.rooms import FakeClock, inspection

SMALL = RecordsConfig(free_least_bytes=0)


def photo() -> bytes:
    stream = io.BytesIO()
    Image.new("L", (8, 6), 90).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RecordStore]:
    with RecordStore(tmp_path / "records", config=SMALL, clock=FakeClock()) as made:
        made.append(inspection(made.key, "alarm-1", level=Level.CHECK))
        made.append(inspection(made.key, "quiet-1", level=Level.NOTHING_FOUND))
        yield made


def test_a_place_without_an_alarm_is_refused_and_nothing_is_written(store: RecordStore) -> None:
    before = store.verify().entries
    with pytest.raises(NoAlarmToResolve):
        resolve_alarm(store, AlarmAnswer(record="quiet-1", resolution="found", picture=photo()))
    with pytest.raises(ReasonMissing):
        resolve_alarm(store, AlarmAnswer(record="alarm-1", resolution="harmless", reason=" "))
    assert store.verify().entries == before
    assert store.attachments.size_bytes() == 0


@pytest.mark.parametrize("content", [b"", b"MZ", b"<svg/>", b"GIF89a"])
def test_only_png_and_jpeg_are_photos(store: RecordStore, content: bytes) -> None:
    with pytest.raises(AttachmentTrouble):
        resolve_alarm(store, AlarmAnswer(record="alarm-1", resolution="found", picture=content))


def test_the_list_says_what_came_of_each_alarm(store: RecordStore) -> None:
    assert [row.resolution for row in store.listed()] == ["open", ""]
    resolve_alarm(store, AlarmAnswer(record="alarm-1", resolution="unclear"))
    resolve_alarm(store, AlarmAnswer(record="alarm-1", resolution="harmless", reason="a lamp"))
    assert [row.resolution for row in store.listed()] == ["harmless", ""]


def test_the_photo_is_verified_with_the_store(store: RecordStore) -> None:
    resolve_alarm(store, AlarmAnswer(record="alarm-1", resolution="found", picture=photo()))
    ((_, said),) = store.resolutions("alarm-1")
    assert said.picture is not None
    assert store.verify().faults == ()
    path = store.folder / DATABASE_FILE
    assert ansim_verify.check_store(path, store.public)[0].troubles == []
    file = store.folder / "attachments" / said.picture.sha256[:2] / said.picture.sha256
    file.write_bytes(b"another picture")
    assert [f.part for f in store.verify().faults] == ["attachment"]
    assert verify_file(path, public=store.public).standing == "altered"
    assert len(ansim_verify.check_store(path, store.public)[0].troubles) == 1


def test_a_bundle_carries_the_resolution_and_its_photo_and_both_are_verified(
    store: RecordStore, tmp_path: Path
) -> None:
    answer = AlarmAnswer(record="alarm-1", resolution="harmless", reason="a lamp", picture=photo())
    resolve_alarm(store, answer)
    path = tmp_path / "whole.zip"
    path.write_bytes(export(store, "alarm-1", languages=("en",)).content)
    assert verify_exported(path, public=store.public).troubles == ()
    assert ansim_verify.check_bundle(path, store.public)[0].troubles == []
    parts, _ = unpack(path)
    assert b"a lamp" in parts["resolutions.csv"]
    quiet = export(store, "quiet-1", languages=("en",))
    assert "resolutions.jsonl" not in quiet.content.decode("latin-1")


def test_a_resolution_that_the_unit_never_signed_is_named(store: RecordStore, tmp_path: Path) -> None:
    resolve_alarm(store, AlarmAnswer(record="alarm-1", resolution="harmless", reason="a lamp"))
    ((entry, _),) = store.resolutions("alarm-1")
    forged = replace(entry, body=(entry.body or b"").replace(b"a lamp", b"a bulb"))
    other = resolve_alarm(store, AlarmAnswer(record="alarm-1", resolution="found"))
    path = tmp_path / "forged.zip"
    for lines, record in ((forged, "alarm-1"), (other, "quiet-1")):
        parts = {RESOLUTIONS: as_lines([lines])}
        path.write_bytes(make_bundle(store.key, store.stored(record).entry, store.entries(), parts))
        troubles = verify_file(path, public=store.public).troubles
        assert [(t.where, t.word) for t in troubles] == [(RESOLUTIONS, "altered")]
    parts = {RESOLUTIONS: as_lines([forged])}
    path.write_bytes(make_bundle(store.key, store.stored("alarm-1").entry, store.entries(), parts))
    assert len(ansim_verify.check_bundle(path, store.public)[0].troubles) == 1


def test_answer_and_photo_go_with_their_record_by_rule_and_never_before(tmp_path: Path) -> None:
    clock = FakeClock()
    config = RecordsConfig(free_least_bytes=0, keep_days=30, keep_found_days=300)
    with RecordStore(tmp_path, config=config, clock=clock) as store:
        # one whose alarm was answered at the place, so that its word had fallen; and one that is a find
        for name, level in (("fallen-1", Level.NOTHING_FOUND), ("find-1", Level.CHECK)):
            record = inspection(store.key, name, level=level)
            kept = {"level": "check", "resolution": ""}
            store.append(replace(record, verdict={**record.verdict, "alarm": kept}))
        store.append(inspection(store.key, "quiet-1", level=Level.NOTHING_FOUND))
        answers = {
            name: resolve_alarm(store, AlarmAnswer(record=name, resolution=word, reason="seen", picture=shot))
            for name, word, shot in (("fallen-1", "harmless", photo()), ("find-1", "found", photo() + b"2"))
        }
        clock.go(29 * 86_400)
        assert store.apply_retention() is None
        assert all(len(store.resolutions(name)) == 1 for name in answers)
        clock.go(2 * 86_400)
        assert store.apply_retention() is not None
        assert {row.id for row in store.listed()} == {"fallen-1", "find-1"}
        clock.go(4000 * 86_400)
        assert store.apply_retention(clock_is_right=True) is None  # what had an alarm never goes by age alone
        for name, content in (("fallen-1", photo()), ("find-1", photo() + b"2")):
            ((_, said),) = store.resolutions(name)
            assert said.picture is not None
            assert store.attachments.get(said.picture.sha256) == content
        assert store.apply_retention(clock_is_right=True, finds=True) is not None
        gone = [e.row for e in store.entries() if e.body is None]
        assert gone == [1, 2, 3, *(a.row for a in answers.values())]
        assert all(store.resolutions(name) == () for name in answers)
        assert store.attachments.size_bytes() == 0
        assert store.verify().whole


def test_what_had_an_alarm_goes_neither_for_room_nor_for_an_answer(tmp_path: Path) -> None:
    config = RecordsConfig(free_least_bytes=0, most_bytes=MIB)
    with RecordStore(tmp_path, config=config, clock=FakeClock()) as store:
        alarmed = inspection(store.key, "fallen-1", level=Level.NOTHING_FOUND)
        store.append(replace(alarmed, verdict={**alarmed.verdict, "alarm": {"level": "check"}}))
        resolve_alarm(store, AlarmAnswer(record="fallen-1", resolution="harmless", reason="a lamp"))
        for name in ("quiet-1", "new-1"):
            big = store.attachments.put(name.encode() * 90_000, name="a.png", media_type="image/png")
            store.append(inspection(store.key, name, level=Level.NOTHING_FOUND, attachments=(big,)))
        assert {row.id for row in store.listed()} == {"fallen-1", "new-1"}
        assert len(store.resolutions("fallen-1")) == 1


def test_a_photo_that_two_answers_share_stays_for_the_one_that_stays(tmp_path: Path) -> None:
    clock = FakeClock()
    config = RecordsConfig(free_least_bytes=0, keep_days=30, keep_found_days=300)
    with RecordStore(tmp_path, config=config, clock=clock) as store:
        for name, level in (("fallen-1", Level.NOTHING_FOUND), ("find-1", Level.CHECK)):
            record = inspection(store.key, name, level=level)
            store.append(replace(record, verdict={**record.verdict, "alarm": {"level": "check"}}))
            resolve_alarm(store, AlarmAnswer(record=name, resolution="unclear", picture=photo()))
        clock.go(301 * 86_400)
        newer = inspection(store.key, "newer-1", level=Level.CHECK)
        store.append(replace(newer, verdict={**newer.verdict, "alarm": {"level": "check"}}))
        resolve_alarm(store, AlarmAnswer(record="newer-1", resolution="unclear", picture=photo()))
        assert store.apply_retention(finds=True) is not None
        assert [row.id for row in store.listed()] == ["newer-1"]
        ((_, said),) = store.resolutions("newer-1")
        assert said.picture is not None
        assert store.attachments.get(said.picture.sha256) == photo()
        assert store.verify().whole
