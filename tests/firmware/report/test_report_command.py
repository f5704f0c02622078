"""``ansim report`` from the outside: what it prints and how it ends."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.report import app
from firmware.records.reader import open_reader
from firmware.records.resolutions import resolved_entries
from firmware.records.store import RecordStore
from firmware.report.formatting import qr_text
from firmware.verdict.model import Level
from tests.firmware.records.rooms import inspection
from tests.firmware.records.test_store import filled

run = CliRunner().invoke


@pytest.fixture
def records(tmp_path: Path) -> Path:
    folder = tmp_path / "records"
    filled(folder, 2).close()
    return folder


def test_list_names_every_record(records: Path) -> None:
    done = run(app, ["list", "--records", str(records), "--lang", "en"], env={"COLUMNS": "140"})
    assert done.exit_code == 0
    assert "room-0001" in done.output
    assert "Likely camera" in done.output


def test_an_empty_folder_is_no_error(tmp_path: Path) -> None:
    done = run(app, ["list", "--records", str(tmp_path), "--lang", "ko"])
    assert done.exit_code == 0
    assert "아직 없습니다" in done.output
    assert list(tmp_path.iterdir()) == []


def test_show_says_the_verdict_and_what_was_not_looked_at(records: Path) -> None:
    done = run(app, ["show", "room-0002", "--records", str(records), "--lang", "ko"])
    assert done.exit_code == 0
    for word in ("카메라 의심", "91%", "살펴보지 못한 것", "유선 카메라"):
        assert word in done.output
    as_json = run(app, ["show", "room-0002", "--records", str(records), "--json"])
    assert json.loads(as_json.output)["id"] == "room-0002"


def test_an_alarm_is_resolved_by_a_signed_entry_beside_the_record(records: Path) -> None:
    here = ["--records", str(records), "--lang", "en"]
    bare = run(app, ["resolve", "room-0002", "harmless", *here])
    assert bare.exit_code == 2
    done = run(app, ["resolve", "room-0002", "harmless", "--reason", "a smoke detector", *here])
    assert done.exit_code == 0, done.output
    assert "harmless: a smoke detector" in run(app, ["show", "room-0002", *here]).output
    assert "smoke" not in run(app, ["show", "room-0001", *here]).output
    checked = run(app, ["verify", str(records / "records.db"), "--lang", "en"])
    assert checked.exit_code == 11, checked.output


def test_the_list_the_show_and_the_photo_tell_what_came_of_an_alarm(records: Path, tmp_path: Path) -> None:
    here = ["--records", str(records), "--lang", "en"]
    wide = {"COLUMNS": "160"}
    assert "open" in run(app, ["list", *here], env=wide).output
    photo = tmp_path / "vent.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n rest")
    done = run(app, ["resolve", "room-0002", "found", "--photo", str(photo), *here])
    assert done.exit_code == 0, done.output
    listed = run(app, ["list", *here], env=wide).output
    assert "found" in listed.split("room-0002")[1]
    shown = run(app, ["show", "room-0002", *here]).output
    assert "A person found it" in shown
    assert "Nobody has said yet" not in shown
    with open_reader(records) as reader:
        ((_, said),) = reader.resolutions("room-0002")
    assert said.picture is not None
    assert said.picture.name == "photo.png"
    lost = run(app, ["resolve", "room-0002", "found", "--photo", str(tmp_path / "none.png"), *here])
    assert lost.exit_code == 1
    assert "none.png" in lost.stderr.replace("\n", "")


@pytest.mark.parametrize(("lang", "words"), [("en", "no alarm to resolve"), ("ko", "처리할 경보가 없습니다")])
def test_a_place_without_an_alarm_is_refused_in_both_languages(tmp_path: Path, lang: str, words: str) -> None:
    folder = tmp_path / "records"
    with RecordStore(folder) as store:
        store.append(inspection(store.key, "quiet-1", level=Level.NOTHING_FOUND))
    done = run(app, ["resolve", "quiet-1", "found", "--records", str(folder), "--lang", lang])
    assert done.exit_code == 1
    assert words in done.stderr


def test_a_resolution_that_was_altered_does_not_count(records: Path) -> None:
    here = ["--records", str(records), "--lang", "en"]
    run(app, ["resolve", "room-0002", "found", *here])
    with open_reader(records) as reader:
        entries, public = list(reader.entries()), reader.public
    assert [one.record for _, one in resolved_entries(entries, public)] == ["room-0002"]
    last = replace(entries[-1], body=(entries[-1].body or b"").replace(b"found", b"never"))
    assert resolved_entries([*entries[:-1], last], public) == ()


def test_a_wrong_id_ends_with_what_and_what_to_do(records: Path) -> None:
    done = run(app, ["show", "nowhere", "--records", str(records)])
    assert done.exit_code == 1
    assert "ansim report list" in done.stderr


def test_export_then_verify_then_tamper(records: Path, tmp_path: Path) -> None:
    done = run(
        app, ["export", "room-0002", "--records", str(records), "--out", str(tmp_path), "--lang", "en"]
    )
    assert done.exit_code == 0, done.output
    bundle = next(tmp_path.glob("*.zip"))
    alone = run(app, ["verify", str(bundle), "--lang", "en"])
    assert (alone.exit_code, "WHOLE" in alone.output) == (11, False)
    assert "CONSISTENT, not anchored" in alone.output
    assert "UNPINNED. Signed by the key inside" in alone.output
    key = tmp_path / "unit.pem"
    key.write_text(run(app, ["key", "--records", str(records)]).stdout)
    pinned = run(app, ["verify", str(bundle), "--key", str(key), "--lang", "en"])
    assert (pinned.exit_code, "WHOLE" in pinned.output) == (0, False)
    assert "Signed by the key inside" not in pinned.output
    paper = done.output.splitlines()[1]
    sure = run(app, ["verify", str(bundle), "--key", str(key), "--expect", paper, "--lang", "en"])
    assert (sure.exit_code, "WHOLE" in sure.output, paper in sure.output) == (0, True, True)
    other = run(app, ["verify", str(bundle), "--key", str(key), "--expect", "0" * 64, "--lang", "en"])
    assert (other.exit_code, "0" * 48 in other.output) == (1, True)
    raw = bytearray(bundle.read_bytes())
    raw[raw.index(b"%PDF") + 2000] ^= 1
    bundle.write_bytes(raw)
    altered = run(app, ["verify", str(bundle), "--lang", "en"])
    assert altered.exit_code == 1
    assert "report-en.pdf: changed" in altered.output


def test_verify_takes_the_store_itself_and_a_key_beside_it_is_no_pin(records: Path, tmp_path: Path) -> None:
    done = run(app, ["verify", str(records / "records.db"), "--lang", "ko"])
    assert done.exit_code == 11
    assert "모순 없음" in done.output
    assert "온전함" not in done.output
    assert "고정되지 않은 키" in done.output
    key = tmp_path / "unit.pem"
    key.write_text(run(app, ["key", "--records", str(records)]).stdout)
    sure = run(app, ["verify", str(records / "records.db"), "--key", str(key), "--lang", "ko"])
    assert (sure.exit_code, "온전함" in sure.output) == (0, True)


def test_a_record_that_was_altered_is_neither_listed_as_one_nor_shown_nor_exported(
    records: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(records / "records.db", isolation_level=None)) as db:
        rules = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in rules:
            db.execute(f"DROP TRIGGER {name}")
        changed = "CAST(replace(CAST(body AS TEXT), '2F', '9F') AS BLOB)"
        db.execute(f"UPDATE bodies SET body = {changed}, room = '9F 여자 화장실' WHERE seq = 2")  # noqa: S608
        for _, rule in rules:
            db.execute(rule)
    listed = run(app, ["list", "--records", str(records), "--lang", "en"], env={"COLUMNS": "160"})
    assert (listed.exit_code, "ALTERED" in listed.output, "room-0001" in listed.output) == (1, True, True)
    for command in (["show"], ["export", "--out", str(tmp_path)]):
        done = run(app, [command[0], "room-0002", *command[1:], "--records", str(records)])
        assert done.exit_code == 1
        assert "not what the unit signed" in done.stderr
    assert not list(tmp_path.glob("*.zip"))


def test_a_read_only_store_is_exported_all_the_same(records: Path, tmp_path: Path) -> None:
    for path in records.rglob("*"):
        path.chmod(0o400)
    records.chmod(0o500)
    out = tmp_path / "out"
    done = run(app, ["export", "room-0001", "--records", str(records), "--out", str(out), "--lang", "en"])
    records.chmod(0o700)
    assert done.exit_code == 0, done.output
    assert [p.suffix for p in out.iterdir()] == [".zip"]


def test_evidence_must_be_asked_for_and_is_its_owners_alone(records: Path, tmp_path: Path) -> None:
    done = run(
        app,
        [
            "export",
            "room-0001",
            "--records",
            str(records),
            "--out",
            str(tmp_path),
            "--evidence",
            "--lang",
            "en",
        ],
    )
    assert done.exit_code == 0
    bundle = next(tmp_path.glob("*.zip"))
    assert bundle.stat().st_mode & 0o077 == 0
    assert "police" in done.stderr


def test_a_language_that_is_not_spoken_is_a_usage_error(records: Path) -> None:
    assert run(app, ["list", "--records", str(records), "--lang", "xx"]).exit_code == 2


def test_no_new_key_is_made_beside_records_that_another_one_signed(records: Path, tmp_path: Path) -> None:
    (records / "unit.key").unlink()
    done = run(app, ["key", "--records", str(records)])
    assert done.exit_code == 1
    assert "BEGIN PUBLIC KEY" not in done.output
    assert not (records / "unit.key").exists()
    assert run(app, ["key", "--records", str(tmp_path / "new")]).exit_code == 0


def test_a_second_unit_vouches_for_a_report_and_a_revoked_key_does_not_count(
    records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_reader(records) as reader:
        stored = reader.stored("room-0002")
    code = qr_text(stored.inspection, stored.entry)
    witness = tmp_path / "witness"
    made = run(app, ["witness", code, "--records", str(witness), "--lang", "en"])
    assert made.exit_code == 0, made.output
    assert "█" in made.stderr  # the QR code, for the other side's camera
    (tmp_path / "said.txt").write_text(made.stdout)
    (tmp_path / "key.pem").write_text(run(app, ["key", "--records", str(witness)]).stdout)
    (tmp_path / "revoked").write_text(f"{code.split()[4]} lost on 2026-12-01\n")
    with open_reader(witness) as reader:
        (own,) = reader.entries()
    assert json.loads(own.body or b"")["details"]["hash"] == stored.entry.hash
    monkeypatch.setenv("ANSIM_ANCHORS", str(tmp_path / "another-machine"))
    check = ["verify", str(records / "records.db"), "--lang", "en"]
    by_witness = ["--witness", str(tmp_path / "said.txt"), "--witness-key", str(tmp_path / "key.pem")]
    assert run(app, check).exit_code == 11
    assert run(app, [*check, *by_witness]).exit_code == 0
    assert run(app, [*check, *by_witness[:2]]).exit_code == 2
    assert run(app, [*check, *by_witness, "--expect", stored.entry.hash]).exit_code == 2
    gone = run(app, [*check, *by_witness, "--revoked", str(tmp_path / "revoked")])
    assert gone.exit_code == 1
    assert "revoked" in gone.output
