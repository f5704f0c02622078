"""The verifier that shares no code with ansim finds what ansim finds, in one file of its own."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.records import ansim_verify
from firmware.records.bundle import make_bundle, verify_file, without_revoked
from firmware.records.custody.canonical_json import canonical_json
from firmware.records.custody.deterministic_zip import pack, unpack
from firmware.records.custody.errors import RecordsError
from firmware.records.custody.unit_key import public_pem
from firmware.records.hand_overs import HandOver, hand_over_event
from firmware.records.resolutions import as_lines
from tests.firmware.records.rooms import inspection
from tests.firmware.records.test_store import filled

REVOKED = json.loads((Path(__file__).parent / "vectors" / "revoked.json").read_text(encoding="utf-8"))
VECTORS = json.loads((Path(__file__).parent / "vectors" / "numbers.json").read_text())
Change = Callable[[dict[str, bytes]], object]
BUNDLE_CHANGES: dict[str, Change] = {
    "a part changed": lambda p: p.update({"findings.csv": b"x"}),
    "a part removed": lambda p: p.pop("findings.csv"),
    "a part added": lambda p: p.update({"more.txt": b"x"}),
    "the record changed": lambda p: p.update({"inspection.json": p["inspection.json"] + b" "}),
    "a neighbour removed": lambda p: p.update({"chain.jsonl": b"\n".join(p["chain.jsonl"].split(b"\n")[1:])}),
    "neighbours swapped": lambda p: p.update(
        {"chain.jsonl": b"\n".join(p["chain.jsonl"].split(b"\n")[::-1])}
    ),
    "an attachment removed": lambda p: [p.pop(n) for n in list(p) if n.startswith("attachments/")],
    "a hand-over changed": lambda p: p.update(
        {"hand-overs.jsonl": p["hand-overs.jsonl"].replace(b"Police", b"Nobody")}
    ),
    "the manifest changed": lambda p: p.update({"manifest.json": p["manifest.json"].replace(b"3", b"4")}),
    "the signature changed": lambda p: p.update({"manifest.sig": b"00" * 64}),
}
STORE_CHANGES = {
    "a body changed": "UPDATE bodies SET body = CAST(replace(CAST(body AS TEXT), '2F', '9F') AS BLOB)",
    "a header changed": (
        "UPDATE entries SET header = CAST(replace(CAST(header AS TEXT), 'steady', 'back') AS BLOB)"
    ),
    "an entry removed": "DELETE FROM entries WHERE seq = 2",
    "the end removed": "DELETE FROM entries WHERE seq = 5",
    "a body removed": "DELETE FROM bodies WHERE seq = 2",
    "the head removed": "DELETE FROM head",
    "a signature changed": "UPDATE entries SET signature = zeroblob(64) WHERE seq = 3",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verify")
    with filled(folder / "store") as store:
        kept = store.attachments.put(b"picture", name="p.png", media_type="image/png")
        store.append(inspection(store.key, "room-0004", attachments=(kept,)))
        handed = HandOver(record="room-0004", giver="Kim", receiver="Police", reason="evidence")
        store.note(hand_over_event(handed))
        written = [entry for entry, _ in store.hand_overs("room-0004")]
        parts = {"hand-overs.jsonl": as_lines(written)}
        parts |= {"findings.csv": b"a\r\n1\r\n", f"attachments/{kept.sha256}.png": b"picture"}
        entry = store.stored("room-0004").entry
        (folder / "good.zip").write_bytes(make_bundle(store.key, entry, store.entries(), parts))
        (folder / "unit.pem").write_bytes(public_pem(store.key.public))
        (folder / "store" / "public-key.pem").write_bytes(public_pem(store.key.public))
        (folder / "hash").write_text(entry.hash)
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder


def both(path: Path, *more: str) -> tuple[int, bool]:
    """Return the exit code of the one and whether the other finds nothing wrong."""
    try:
        whole = verify_file(path).whole
    except RecordsError:
        whole = False
    return ansim_verify.main([str(path), *more]), whole


def test_the_words_reach_as_far_as_key_and_hash(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, paper = ["--key", str(made / "unit.pem")], ["--expect", (made / "hash").read_text()]
    table = {
        ("good.zip", ""): (11, "CONSISTENT, not anchored"),
        ("good.zip", "key"): (0, "CONSISTENT, not anchored"),
        ("good.zip", "key paper"): (0, "WHOLE"),
        ("good.zip", "paper"): (11, "CONSISTENT"),
        ("store/records.db", ""): (11, "CONSISTENT, not anchored"),
        ("store/records.db", "key"): (11, "CONSISTENT, not anchored"),
        ("store/records.db", "key paper"): (0, "WHOLE"),
    }
    for (name, given_words), (code, word) in table.items():
        more = [a for w in given_words.split() for a in {"key": key, "paper": paper}[w]]
        assert ansim_verify.main([str(made / name), *more]) == code
        said = capsys.readouterr().out
        assert said.startswith(word)
        assert ("UNPINNED" in said) == ("key" not in given_words)
    assert ansim_verify.main([str(made / "good.zip"), *key, "--expect", "0" * 64]) == 1


@pytest.mark.parametrize("name", ["good.zip", "store/records.db"])
@pytest.mark.parametrize("words", REVOKED["counts"] | REVOKED["does not"])
def test_a_revoked_key_no_longer_counts(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, words: str
) -> None:
    listed, key = tmp_path / "revoked.txt", ["--key", str(made / "unit.pem")]
    own = ansim_verify.fingerprint(ansim_verify.read_pem((made / "unit.pem").read_bytes()))
    text = (REVOKED["counts"] | REVOKED["does not"])[words].replace("OWN", own).replace("Own", own.upper())
    listed.write_bytes(text.encode("utf-8"))
    more = [*key, "--expect", (made / "hash").read_text(), "--revoked", str(listed)]
    assert ansim_verify.main([str(made / name), *more]) == (words in REVOKED["counts"])
    assert ("revoked" in capsys.readouterr().out) == (words in REVOKED["counts"])
    theirs = without_revoked(verify_file(made / name), text)
    assert theirs.whole == (words in REVOKED["does not"])


def test_a_list_that_is_not_there_is_said(made: Path, tmp_path: Path) -> None:
    assert ansim_verify.main([str(made / "good.zip"), "--revoked", str(tmp_path / "none")]) == 1


@pytest.mark.parametrize("name", BUNDLE_CHANGES)
def test_both_find_every_alteration_of_a_bundle(made: Path, tmp_path: Path, name: str) -> None:
    parts, _ = unpack(made / "good.zip")
    BUNDLE_CHANGES[name](parts)
    path = tmp_path / "changed.zip"
    path.write_bytes(pack(parts))
    assert both(path) == (1, False)


@pytest.mark.parametrize("name", STORE_CHANGES)
def test_both_find_every_alteration_of_a_store(made: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(made / "store", tmp_path / "s")
    path = tmp_path / "s" / "records.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for (rule,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {rule}")
        db.execute(STORE_CHANGES[name])
    assert both(path) == (1, False)


def test_an_attachment_beside_the_store_counts_for_both(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "store", tmp_path / "s")
    file = next(p for p in (tmp_path / "s" / "attachments").rglob("*") if p.is_file())
    file.write_bytes(b"pictura")
    assert both(tmp_path / "s" / "records.db") == (1, False)
    file.unlink()
    assert both(tmp_path / "s" / "records.db") == (1, False)


def test_hostile_files_end_with_a_word(tmp_path: Path) -> None:
    rng = random.Random(3)
    for n, content in enumerate(
        (b"", b"PK\x03\x04", b"SQLite format 3\0" + rng.randbytes(600), rng.randbytes(99))
    ):
        path = tmp_path / str(n)
        path.write_bytes(content)
        assert ansim_verify.main([str(path), "--key", str(path)]) == 1
    assert ansim_verify.main([str(tmp_path / "nowhere")]) == 1


def test_a_pipe_or_a_folder_is_refused_and_not_waited_for(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    os.mkfifo(tmp_path / "pipe")
    for arguments in (
        [str(tmp_path / "pipe")],
        [str(tmp_path)],
        [str(made), "--key", str(tmp_path / "pipe")],
    ):
        assert ansim_verify.main(arguments) == 1
        assert "is not a file" in capsys.readouterr().err


def test_it_runs_alone_without_ansim(made: Path, tmp_path: Path) -> None:
    alone = shutil.copy(ansim_verify.__file__, tmp_path)
    command = [sys.executable, "-I", alone, str(made / "good.zip"), "--key", str(made / "unit.pem")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    source = Path(ansim_verify.__file__).read_text()
    assert "import firmware" not in source
    assert "from firmware" not in source


@pytest.mark.parametrize(("bits", "text"), VECTORS["rfc8785-appendix-b"].items())
def test_numbers_are_written_as_the_standard_has_them(bits: str, text: str) -> None:
    number = struct.unpack(">d", bytes.fromhex(bits))[0]
    assert canonical_json(number).decode() == text
    assert ansim_verify.canonical(number, first=False).decode() == text


EXACT = 2**53 - 1
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.floats(-EXACT, EXACT) | st.integers(-EXACT, EXACT) | WORDS


@given(st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(WORDS, inner)))
def test_two_writers_of_canonical_json_agree_and_it_reads_back(value: object) -> None:
    text = canonical_json(value)
    assert ansim_verify.canonical(value, first=False) == text
    assert canonical_json(json.loads(text)) == text
