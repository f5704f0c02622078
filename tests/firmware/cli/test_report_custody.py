"""A hand-over is signed, shown, printed, exported and verified."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from firmware.cli.report import app
from firmware.records import ansim_verify
from firmware.records.bundle import make_bundle, verify_file
from firmware.records.custody.deterministic_zip import unpack
from firmware.records.reader import open_reader
from firmware.records.resolutions import from_lines
from firmware.records.store import RecordStore
from firmware.settings.records_config import RecordsConfig
from tests.firmware.records.rooms import inspection

HANDED = ("hand-over", "room-0001", "--from", "Kim, facility team", "--to", "Lee, Mapo police station")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    with RecordStore(tmp_path / "records", config=RecordsConfig(free_least_bytes=0)) as store:
        for name in ("room-0001", "room-0002"):
            store.append(inspection(store.key, name))
    return tmp_path / "records"


def test_a_hand_over_is_signed_and_goes_along_with_the_record(records: Path, tmp_path: Path) -> None:
    here = ("--records", str(records), "--lang", "en")
    done = run(*HANDED, "--reason", "as evidence", "--at", "Hall 3", "--original", *here)
    assert done.exit_code == 0, done.output
    said = "Handed over by Kim, facility team to Lee, Mapo police station"
    assert said in done.output
    assert said in " ".join(run("show", "room-0001", *here).output.split())
    assert "Handed over" not in run("show", "room-0002", *here).output
    assert run("export", "room-0001", "--out", str(tmp_path), *here).exit_code == 0
    bundle = next(tmp_path.glob("*.zip"))
    parts, _ = unpack(bundle)
    assert len(from_lines(parts["hand-overs.jsonl"])) == 1
    assert verify_file(bundle).whole
    assert ansim_verify.main([str(bundle)]) == 11
    (tmp_path / "report.pdf").write_bytes(parts["report-en.pdf"])
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "Changed hands" in text
    assert "original (the unit with its store)" in " ".join(text.split())


@pytest.mark.parametrize("gap", ["--from", "--to", "--reason"])
def test_who_to_whom_and_what_for_are_asked_for(records: Path, gap: str) -> None:
    words = {"--from": "Kim", "--to": "Lee", "--reason": "evidence", gap: " "}
    given = [word for pair in words.items() for word in pair]
    done = run("hand-over", "room-0001", *given, "--records", str(records), "--lang", "en")
    assert done.exit_code == 2
    with open_reader(records) as reader:
        assert reader.hand_overs("room-0001") == ()


def test_a_hand_over_of_another_record_does_not_belong_in_a_bundle(records: Path, tmp_path: Path) -> None:
    run(*HANDED, "--reason", "as evidence", "--records", str(records))
    run("export", "room-0001", "--records", str(records), "--out", str(tmp_path), "--lang", "en")
    foreign = unpack(next(tmp_path.glob("*.zip")))[0]["hand-overs.jsonl"]
    with RecordStore(records, config=RecordsConfig(free_least_bytes=0)) as store:
        entry = store.stored("room-0002").entry
        made = make_bundle(store.key, entry, store.entries(), {"hand-overs.jsonl": foreign})
    (tmp_path / "mixed.zip").write_bytes(made)
    [trouble] = verify_file(tmp_path / "mixed.zip").troubles
    assert (trouble.where, trouble.word) == ("hand-overs.jsonl", "altered")
